// Implements msgpack.h.
#include "codecs/msgpack.h"

#include <bit>
#include <charconv>
#include <concepts>
#include <vector>

#include "codecs/map_keys.h"
#include "codecs/sink.h"
#include "codecs/text.h"

namespace cachetted::codecs {
namespace {

template <std::unsigned_integral T>
T swapped(T n) {
  if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) return n;
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(n);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(n);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(n);
}

class Reader {
 public:
  Reader(std::string_view in, const Limits& limits, Document& into)
      : limits_(limits), into_(into), begin_(in.data()), p_(begin_), end_(begin_ + in.size()), levels_(into.levels) {}

  bool read(std::string& why) {
    if (value() && (p_ == end_ || fail("something follows the value"))) return true;
    why = why_ + " at byte " + std::to_string(p_ - begin_);
    return false;
  }

 private:
  bool fail(std::string why) {
    why_ = std::move(why);
    return false;
  }
  size_t left() const { return static_cast<size_t>(end_ - p_); }

  // All of it, one after the other; where a container ends, those around it may.
  bool value() {
    Value* root = nullptr;
    do {
      Value* v = one();
      if (v == nullptr) return false;
      if (levels_.empty()) {
        root = v;
      } else {
        Document::Level& l = levels_.back();
        if (l.map && l.due % 2 == 0 && v->kind != Kind::string && v->kind != Kind::bytes)
          return fail(std::string(name_of(v->kind)) + " as a key, where only strings and bytes can be,");
        l.container->items.data[l.container->items.count++] = v;
        --l.due;
      }
      if (has_items(v->kind)) {
        if (levels_.size() == limits_.depth) return fail("over " + std::to_string(limits_.depth) + " levels deep");
        levels_.push_back({0, due_, v, v->kind == Kind::map});
      }
      while (!levels_.empty() && levels_.back().due == 0) {
        Value& done = *levels_.back().container;
        if (done.kind == Kind::map)
          done.items.count = static_cast<uint32_t>(keep_last(done.items.data, done.items.size()));
        levels_.pop_back();
      }
    } while (!levels_.empty());
    into_.root = root;
    return true;
  }

  Value* one() {
    if (p_ == end_) return cut();
    if (into_.size() >= limits_.items) return none("over " + std::to_string(limits_.items) + " values");
    const auto c = static_cast<uint8_t>(*p_++);
    if (c < 0x80) return number(c);
    if (c < 0x90) return container(Kind::map, c & 15);
    if (c < 0xa0) return container(Kind::list, c & 15);
    if (c < 0xc0) return text(Kind::string, c & 31);
    if (c >= 0xe0) return number(static_cast<int8_t>(c));
    uint64_t n = 0;
    switch (c) {
      case 0xc0: return into_.make(Kind::null);
      case 0xc2:
      case 0xc3: return boolean(c == 0xc3);
      case 0xc4: return take<uint8_t>(n) ? text(Kind::bytes, n) : cut();
      case 0xc5: return take<uint16_t>(n) ? text(Kind::bytes, n) : cut();
      case 0xc6: return take<uint32_t>(n) ? text(Kind::bytes, n) : cut();
      case 0xca: return take<uint32_t>(n) ? real(std::bit_cast<float>(static_cast<uint32_t>(n))) : cut();
      case 0xcb: return take<uint64_t>(n) ? real(std::bit_cast<double>(n)) : cut();
      case 0xcc: return take<uint8_t>(n) ? number(static_cast<int64_t>(n)) : cut();
      case 0xcd: return take<uint16_t>(n) ? number(static_cast<int64_t>(n)) : cut();
      case 0xce: return take<uint32_t>(n) ? number(static_cast<int64_t>(n)) : cut();
      case 0xcf: return take<uint64_t>(n) ? large(n) : cut();
      case 0xd0: return take<uint8_t>(n) ? number(static_cast<int8_t>(n)) : cut();
      case 0xd1: return take<uint16_t>(n) ? number(static_cast<int16_t>(n)) : cut();
      case 0xd2: return take<uint32_t>(n) ? number(static_cast<int32_t>(n)) : cut();
      case 0xd3: return take<uint64_t>(n) ? number(static_cast<int64_t>(n)) : cut();
      case 0xd9: return take<uint8_t>(n) ? text(Kind::string, n) : cut();
      case 0xda: return take<uint16_t>(n) ? text(Kind::string, n) : cut();
      case 0xdb: return take<uint32_t>(n) ? text(Kind::string, n) : cut();
      case 0xdc: return take<uint16_t>(n) ? container(Kind::list, n) : cut();
      case 0xdd: return take<uint32_t>(n) ? container(Kind::list, n) : cut();
      case 0xde: return take<uint16_t>(n) ? container(Kind::map, n) : cut();
      case 0xdf: return take<uint32_t>(n) ? container(Kind::map, n) : cut();
      default: return extension(c);
    }
  }

  Value* none(std::string why) {
    fail(std::move(why));
    return nullptr;
  }
  Value* cut() {
    p_ = end_;
    return none("it is cut off");
  }
  Value* extension(uint8_t c) {
    if (c == 0xc1) return none("no value begins with 193");
    // fixext 1 to 16 have the type behind the first byte; ext 8, 16 and 32 behind a length.
    const size_t before = c >= 0xd4 ? 0 : size_t{1} << (c - 0xc7);
    if (left() <= before) return cut();
    const int type = static_cast<int8_t>(p_[before]);
    return none("refused: extension type " + std::to_string(type) + (type == -1 ? " (a timestamp)" : ""));
  }

  template <std::unsigned_integral T>
  bool take(uint64_t& to) {
    if (left() < sizeof(T)) return false;
    T n;
    std::memcpy(&n, p_, sizeof n);
    to = swapped(n);
    p_ += sizeof n;
    return true;
  }
  Value* boolean(bool b) {
    Value* v = into_.make(Kind::boolean);
    v->number = b ? 1 : 0;
    return v;
  }
  Value* number(int64_t n) {
    Value* v = into_.make(Kind::integer);
    v->number = n;
    return v;
  }
  Value* large(uint64_t n) {
    Value* v = number(static_cast<int64_t>(n));
    if (n > INT64_MAX) v->text = into_.keep(std::to_string(n));
    return v;
  }
  Value* real(double d) {
    Value* v = into_.make(Kind::real);
    v->real = d;
    return v;
  }
  Value* text(Kind kind, uint64_t n) {
    if (n > left()) return cut();
    const std::string_view s{p_, n};
    Text known = Text::any;
    if (kind == Kind::string) {
      known = is_plain(s) ? Text::plain : Text::utf8;
      if (known == Text::utf8 && check_utf8(s) != Utf8::good) return none("a string that is no UTF-8");
    }
    p_ += n;
    Value* v = into_.make(kind);
    v->text = s;
    v->known = known;
    return v;
  }
  // Each item takes a byte at least, so that what is due cannot be more than is left: memory follows the input.
  Value* container(Kind kind, uint64_t n) {
    if (kind == Kind::map) n *= 2;
    promised_ += n;
    if (promised_ > static_cast<size_t>(end_ - begin_)) return cut();
    if (promised_ > limits_.items) return none("over " + std::to_string(limits_.items) + " values");
    Value* v = into_.make(kind);
    into_.reserve(v->items, n);
    due_ = static_cast<uint32_t>(n);
    return v;
  }

  const Limits& limits_;
  Document& into_;
  const char *const begin_, *p_, *const end_;
  size_t promised_ = 0;  // items of all containers
  uint32_t due_ = 0;     // items of the container just begun
  std::string why_;
  std::vector<Document::Level>& levels_;
};

class Writer {
 public:
  Writer(const Limits& limits, std::string& out, std::string& why)
      : limits_(limits), out_(out, limits.output), why_(why) {}

  bool write(Value& v, size_t depth) {
    switch (v.kind) {
      case Kind::null: out_.put('\xc0'); return true;
      case Kind::boolean: out_.put(v.number != 0 ? '\xc3' : '\xc2'); return true;
      case Kind::integer: return integer(v);
      case Kind::real: head<uint64_t>(0xcb, std::bit_cast<uint64_t>(v.real)); return true;
      case Kind::string: return string(v.text, v.known);
      case Kind::bytes:
      case Kind::bytearray: return bytes(v.text);
      case Kind::list:
      case Kind::tuple:
      case Kind::map:
      case Kind::ordered: return container(v, depth);
      case Kind::decimal:
      case Kind::set:
      case Kind::frozenset:
      case Kind::date:
      case Kind::time:
      case Kind::datetime:
      case Kind::duration:
      case Kind::zone:
      case Kind::uuid: break;
    }
    return fail(std::string("it cannot hold ").append(name_of(v.kind)));
  }

 private:
  bool fail(std::string what) {
    why_ = std::move(what);
    return false;
  }

  void byte(unsigned n) { out_.put(static_cast<char>(n)); }
  template <std::unsigned_integral T>
  void head(uint8_t code, T n) {
    char* const p = out_.room(1 + sizeof n);
    *p = static_cast<char>(code);
    n = swapped(n);
    std::memcpy(p + 1, &n, sizeof n);
    out_.reach(p + 1 + sizeof n);
  }
  // By the shortest of 16 and 32 bits.
  void long_head(uint8_t code, size_t n) {
    if (n <= 0xffff) return head(code, static_cast<uint16_t>(n));
    head(static_cast<uint8_t>(code + 1), static_cast<uint32_t>(n));
  }

  void positive(uint64_t n) {
    if (n < 0x80) return byte(static_cast<unsigned>(n));
    if (n <= 0xff) return head(0xcc, static_cast<uint8_t>(n));
    if (n <= 0xffff) return head(0xcd, static_cast<uint16_t>(n));
    if (n <= 0xffffffff) return head(0xce, static_cast<uint32_t>(n));
    head<uint64_t>(0xcf, n);
  }
  void negative(int64_t n) {
    if (n >= -0x20) return byte(static_cast<uint8_t>(n));
    if (n >= INT8_MIN) return head(0xd0, static_cast<uint8_t>(n));
    if (n >= INT16_MIN) return head(0xd1, static_cast<uint16_t>(n));
    if (n >= INT32_MIN) return head(0xd2, static_cast<uint32_t>(n));
    head<uint64_t>(0xd3, static_cast<uint64_t>(n));
  }
  bool integer(const Value& v) {
    if (v.text.empty()) {
      if (v.number < 0) return negative(v.number), true;
      return positive(static_cast<uint64_t>(v.number)), true;
    }
    uint64_t n = 0;
    if (!is_unsigned(v.text)) return fail("it cannot hold an integer beyond 64 bits");
    std::from_chars(v.text.data(), v.text.data() + v.text.size(), n);
    positive(n);
    return true;
  }

  bool fits(size_t n) const { return n <= UINT32_MAX; }
  bool string(std::string_view s, Text known) {
    if (!fits(s.size())) return fail("a string is over 4 GiB");
    if (known == Text::any && check_utf8(s) != Utf8::good) return fail("it cannot hold a string with a lone surrogate");
    if (s.size() < 0x20) {
      byte(0xa0 | static_cast<unsigned>(s.size()));
    } else if (s.size() <= 0xff) {
      head(0xd9, static_cast<uint8_t>(s.size()));
    } else {
      long_head(0xda, s.size());
    }
    out_.put(s);
    return true;
  }
  bool bytes(std::string_view s) {
    if (!fits(s.size())) return fail("bytes are over 4 GiB");
    if (s.size() <= 0xff) {
      head(0xc4, static_cast<uint8_t>(s.size()));
    } else {
      long_head(0xc5, s.size());
    }
    out_.put(s);
    return true;
  }

  bool container(Value& v, size_t depth) {
    if (depth == limits_.depth) return fail("it is over " + std::to_string(limits_.depth) + " levels deep");
    if (v.open) return fail("it holds itself");
    v.open = true;
    const bool map = v.kind == Kind::map || v.kind == Kind::ordered;
    const size_t n = map ? v.items.size() / 2 : v.items.size();
    if (n < 0x10) {
      byte((map ? 0x80u : 0x90u) | static_cast<unsigned>(n));
    } else {
      long_head(map ? 0xde : 0xdc, n);
    }
    const bool good = items(v.items, map, depth);
    v.open = false;
    return good;
  }
  bool items(const Items& items, bool map, size_t depth) {
    for (size_t i = 0; i < items.size(); ++i) {
      Value& item = *items[i];
      if (map && i % 2 == 0 && item.kind != Kind::string && item.kind != Kind::bytes)
        return fail("a key is " + std::string(name_of(item.kind)) + ", and only strings and bytes can be");
      if (out_.full()) return fail("it is over " + std::to_string(limits_.output) + " bytes");
      if (!write(item, depth + 1)) return false;
    }
    return true;
  }

  const Limits& limits_;
  Sink out_;
  std::string& why_;
};

}  // namespace

bool read_msgpack(std::string_view in, const Limits& limits, Document& into, std::string& why) {
  return Reader(in, limits, into).read(why);
}

bool write_msgpack(Value& value, const Limits& limits, std::string& out, std::string& why) {
  return Writer(limits, out, why).write(value, 0);
}

}  // namespace cachetted::codecs
