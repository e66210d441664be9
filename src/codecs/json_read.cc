// Implements read_json: all that Python reads, and where a fault is. simdjson is asked first.
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "codecs/json.h"
#include "codecs/json_fast.h"
#include "codecs/json_tags.h"
#include "codecs/map_keys.h"
#include "codecs/text.h"

namespace cachetted::codecs {
namespace {

// For a byte: it stands in a string as it is.
struct Plain {
  bool is[256] = {};
  constexpr Plain() {
    for (int c = 0x20; c < 0x80; ++c) is[c] = c != '"' && c != '\\';
  }
};
constexpr Plain kPlain;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Some of these eight is a quote, a backslash, a control character or none of ASCII.
bool has_special(const char* p) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  uint64_t w;
  std::memcpy(&w, p, sizeof w);
  const uint64_t quote = w ^ (kOnes * '"'), slash = w ^ (kOnes * '\\');
  return ((w | (w - kOnes * 0x20) | (quote - kOnes) | (slash - kOnes)) & kHigh) != 0;
}

class Reader {
 public:
  Reader(std::string_view json, Types types, const Limits& limits, Document& into)
      : tagged_(types == Types::tagged),
        limits_(limits),
        into_(into),
        depth_(tagged_ ? kTagLevels * limits.depth : limits.depth),
        begin_(json.data()),
        p_(json.data()),
        end_(json.data() + json.size()),
        items_(into.loose),
        levels_(into.levels) {}

  bool read(std::string& why) {
    if (std::string_view(p_, static_cast<size_t>(end_ - p_)).starts_with("\xef\xbb\xbf")) p_ += 3;
    if (document()) return true;
    // Where it is: in characters.
    size_t line = 1, column = 1;
    for (const char* p = begin_; p < p_; ++p) {
      if ((*p & 0xc0) != 0x80) ++column;
      if (*p == '\n') ++line, column = 1;
    }
    why = "value is not JSON: line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + why_;
    return false;
  }

 private:
  bool fail(std::string why) {
    why_ = std::move(why);
    return false;
  }
  bool fail_at(const char* p, std::string why) {
    p_ = p;
    return fail(std::move(why));
  }
  bool expected(const char* what) {
    return fail(std::string(what) + (p_ == end_ ? " is expected, and it ends" : " is expected"));
  }

  void skip_space() {
    while (p_ < end_ && (*p_ == ' ' || *p_ == '\n' || *p_ == '\r' || *p_ == '\t')) ++p_;
  }
  bool next(char c) {
    if (p_ == end_ || *p_ != c) return false;
    ++p_;
    return true;
  }
  Value* made(Kind kind) {
    if (into_.size() >= limits_.items) {
      fail("over " + std::to_string(limits_.items) + " values");
      return nullptr;
    }
    return into_.make(kind);
  }
  bool add(Value* v) {
    if (v != nullptr) items_.push_back(v);
    return v != nullptr;
  }

  // One turn is a value with what follows it; what is in it has turns of its own.
  bool document() {
    do {
      skip_space();
      if (!levels_.empty() && levels_.back().map && !key()) return false;
      if (!value()) return false;
      if (entered_) continue;
      while (!levels_.empty() && !next_item())
        if (!close()) return false;
    } while (!levels_.empty());
    skip_space();
    if (p_ != end_) return fail("something follows the value");
    into_.root = items_.back();
    return true;
  }

  // Behind a value in a list or map: there is another. False: it is to be closed.
  bool next_item() {
    skip_space();
    return next(',');
  }

  bool key() {
    if (p_ == end_ || *p_ != '"') return expected("a name in double quotes");
    if (!string()) return false;
    skip_space();
    if (!next(':')) return expected("':'");
    skip_space();
    return true;
  }

  bool open(bool map) {
    if (levels_.size() == depth_) return fail("over " + std::to_string(depth_) + " levels deep");
    ++p_;
    levels_.push_back({items_.size(), 0, nullptr, map});
    skip_space();
    entered_ = p_ == end_ || *p_ != (map ? '}' : ']');
    return entered_ || close();
  }

  bool close() {
    const Document::Level level = levels_.back();
    if (!next(level.map ? '}' : ']')) return expected(level.map ? "',' or '}'" : "',' or ']'");
    Value** const from = items_.data() + level.from;
    size_t n = items_.size() - level.from;
    if (level.map) n = keep_last(from, n);
    Value* v = made(level.map ? Kind::map : Kind::list);
    if (v == nullptr) return false;
    into_.fill(v->items, from, n);
    levels_.pop_back();
    items_.resize(level.from);
    items_.push_back(v);
    return !tagged_ || !level.map || n != 2 || !v->items[0]->text.starts_with('$') || read_tag(*v, into_, why_);
  }

  bool value() {
    entered_ = false;
    if (p_ == end_) return expected("a value");
    switch (*p_) {
      case '{': return open(true);
      case '[': return open(false);
      case '"': return string();
      case 't': return word("true") && add_number(Kind::boolean, 1);
      case 'f': return word("false") && add_number(Kind::boolean, 0);
      case 'n': return word("null") && add(made(Kind::null));
      case 'N': return word("NaN") && add_real(NAN);
      case 'I': return word("Infinity") && add_real(HUGE_VAL);
      case '-':
        if (p_ + 1 < end_ && p_[1] == 'I') return word("-Infinity") && add_real(-HUGE_VAL);
        return number();
      default: return is_digit(*p_) ? number() : expected("a value");
    }
  }
  bool word(std::string_view w) {
    if (std::string_view(p_, static_cast<size_t>(end_ - p_)).starts_with(w)) {
      p_ += w.size();
      return true;
    }
    return fail("a value is expected");
  }
  bool add_number(Kind kind, int64_t n) {
    Value* v = made(kind);
    if (v != nullptr) v->number = n;
    return add(v);
  }
  bool add_real(double d) {
    Value* v = made(Kind::real);
    if (v != nullptr) v->real = d;
    return add(v);
  }

  bool number() {
    const char *const from = p_, *const first = *p_ == '-' ? p_ + 1 : p_, *p = first;
    uint64_t n = 0;
    while (p < end_ && is_digit(*p)) n = n * 10 + static_cast<uint64_t>(*p++ - '0');
    if (p == first) return fail_at(p, "a digit is expected");
    if (*first == '0' && p > first + 1) return fail_at(first, "a number begins with 0");
    const size_t digits = static_cast<size_t>(p - first);
    bool real = false;
    if (p < end_ && *p == '.') {
      real = true;
      const char* const point = p++;
      while (p < end_ && is_digit(*p)) ++p;
      if (p == point + 1) return fail_at(p, "a digit is expected");
    }
    if (p < end_ && (*p | 0x20) == 'e') {
      real = true;
      ++p;
      if (p < end_ && (*p == '+' || *p == '-')) ++p;
      const char* const exponent = p;
      while (p < end_ && is_digit(*p)) ++p;
      if (p == exponent) return fail_at(p, "a digit is expected");
    }
    if (real) return real_number(from, p);
    if (digits <= 18) {
      p_ = p;
      return add_number(Kind::integer, from == first ? static_cast<int64_t>(n) : -static_cast<int64_t>(n));
    }
    return long_number(from, p, digits);
  }
  bool real_number(const char* from, const char* to) {
    double d = 0;
    if (std::from_chars(from, to, d).ec != std::errc{}) d = std::strtod(std::string(from, to).c_str(), nullptr);
    p_ = to;
    return add_real(d);
  }
  bool long_number(const char* from, const char* to, size_t digits) {
    if (digits > limits_.digits)
      return fail("an integer of " + std::to_string(digits) + " digits, of at most " + std::to_string(limits_.digits));
    int64_t n = 0;
    const bool fits = std::from_chars(from, to, n).ec == std::errc{};
    p_ = to;
    if (fits) return add_number(Kind::integer, n);
    Value* v = made(Kind::integer);
    if (v != nullptr) v->text = {from, static_cast<size_t>(to - from)};
    return add(v);
  }

  bool string() {
    const char* const from = ++p_;
    Value* v = made(Kind::string);
    if (v == nullptr) return false;
    items_.push_back(v);
    bool escapes = false;
    for (;;) {
      while (end_ - p_ >= 8 && !has_special(p_)) p_ += 8;
      while (p_ < end_ && kPlain.is[static_cast<unsigned char>(*p_)]) ++p_;
      if (p_ == end_) return fail_at(from - 1, "a string does not end");
      if (*p_ == '"') break;
      if (!special(escapes)) return false;
    }
    const std::string_view raw{from, static_cast<size_t>(p_ - from)};
    ++p_;
    v->text = escapes ? unescape(raw) : raw;
    return true;
  }
  // At what does not stand for itself; goes behind it.
  bool special(bool& escapes) {
    const auto c = static_cast<unsigned char>(*p_);
    if (c >= 0x80) {
      bool surrogate = false;
      const size_t n = character({p_, static_cast<size_t>(end_ - p_)}, 0, surrogate);
      p_ += n;
      return n != 0 || fail("it is no UTF-8");
    }
    if (c != '\\') return fail("a control character in a string");
    escapes = true;
    if (p_ + 1 == end_) return ++p_, true;  // then it does not end
    if (p_[1] != 'u') {
      if (std::strchr("\"\\/bfnrt", p_[1]) == nullptr || p_[1] == 0) return fail("no such escape");
      p_ += 2;
      return true;
    }
    uint32_t code = 0;
    if (end_ - p_ < 6 || !hexadecimal(p_ + 2, code)) return fail("four hexadecimal digits are expected behind \\u");
    p_ += 6;
    return true;
  }
  static bool hexadecimal(const char* p, uint32_t& code) {
    code = 0;
    for (const char* const end = p + 4; p < end; ++p) {
      const char lower = static_cast<char>(*p | 0x20);
      if (!is_digit(*p) && (lower < 'a' || lower > 'f')) return false;
      code = code << 4 | static_cast<uint32_t>(is_digit(*p) ? *p - '0' : lower - 'a' + 10);
    }
    return true;
  }
  // Its escapes are known to be good.
  std::string_view unescape(std::string_view raw) {
    char *const to = into_.allocate(raw.size()), *out = to;
    const char *p = raw.data(), *const end = p + raw.size();
    while (p < end) {
      const auto* stop = static_cast<const char*>(std::memchr(p, '\\', static_cast<size_t>(end - p)));
      if (stop == nullptr) stop = end;
      std::memcpy(out, p, static_cast<size_t>(stop - p));
      out += stop - p;
      p = stop;
      if (p == end) break;
      if (p[1] != 'u') {
        constexpr std::string_view kLetters = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
        *out++ = kMeant[kLetters.find(p[1])];
        p += 2;
        continue;
      }
      uint32_t code = 0, low = 0;
      hexadecimal(p + 2, code);
      p += 6;
      const bool pair = (code & 0xfc00) == 0xd800 && end - p >= 6 && p[0] == '\\' && p[1] == 'u' &&
                        hexadecimal(p + 2, low) && (low & 0xfc00) == 0xdc00;
      if (pair) {
        code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
        p += 6;
      }
      out = put_utf8(out, code);
    }
    return {to, static_cast<size_t>(out - to)};
  }

  const bool tagged_;
  const Limits& limits_;
  Document& into_;
  const size_t depth_;
  const char *const begin_, *p_, *const end_;
  std::string why_;
  bool entered_ = false;  // the value just read is a list or map, and its first item follows
  std::vector<Value*>& items_;
  std::vector<Document::Level>& levels_;
};

}  // namespace

bool read_json(std::string_view json, Types types, const Limits& limits, Document& into, std::string& why) {
  if (read_json_fast(json, types, limits, into)) return true;
  into.clear();
  return read_json_exactly(json, types, limits, into, why);
}

bool read_json_exactly(std::string_view json, Types types, const Limits& limits, Document& into, std::string& why) {
  return Reader(json, types, limits, into).read(why);
}

}  // namespace cachetted::codecs
