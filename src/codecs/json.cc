// Implements json.h.
#include "codecs/json.h"

#include <charconv>
#include <cmath>
#include <utility>

namespace cachetted::codecs {
namespace {

constexpr int64_t kSecond = 1'000'000, kDay = 86'400 * kSecond;  // microseconds
constexpr const char* kHex = "0123456789abcdef";

void base64(std::string& out, std::string_view s) {
  constexpr const char* kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < s.size(); i += 3) {
    auto byte = [&](size_t j) { return j < s.size() ? static_cast<unsigned char>(s[j]) : 0u; };
    const unsigned n = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += kDigits[n >> 18];
    out += kDigits[n >> 12 & 63];
    out += i + 1 < s.size() ? kDigits[n >> 6 & 63] : '=';
    out += i + 2 < s.size() ? kDigits[n & 63] : '=';
  }
}

// The length of the character there; 0: that is no UTF-8. `surrogate`: a half of one, as surrogatepass writes it.
size_t character(std::string_view s, size_t i, bool& surrogate) {
  const auto byte = [&](size_t j) { return j < s.size() ? static_cast<unsigned char>(s[j]) : 0u; };
  const auto more = [&](size_t j) { return (byte(j) & 0xc0) == 0x80; };
  const unsigned b = byte(i);
  surrogate = false;
  if (b < 0x80) return 1;
  if (b >= 0xc2 && b < 0xe0) return more(i + 1) ? 2 : 0;
  if (b >= 0xe0 && b < 0xf0) {
    if (!more(i + 1) || !more(i + 2) || (b == 0xe0 && byte(i + 1) < 0xa0)) return 0;
    surrogate = b == 0xed && byte(i + 1) >= 0xa0;
    return 3;
  }
  if (b < 0xf0 || b > 0xf4 || !more(i + 1) || !more(i + 2) || !more(i + 3)) return 0;
  return (b == 0xf0 && byte(i + 1) < 0x90) || (b == 0xf4 && byte(i + 1) > 0x8f) ? 0 : 4;
}

bool is_utf8(std::string_view s) {
  bool surrogate = false;
  for (size_t i = 0; i < s.size();) {
    const size_t n = character(s, i, surrogate);
    if (n == 0 || surrogate) return false;
    i += n;
  }
  return true;
}

// What is no UTF-8 becomes U+FFFD.
void quote(std::string& out, std::string_view s) {
  out += '"';
  for (size_t i = 0; i < s.size();) {
    const char c = s[i];
    if (static_cast<unsigned char>(c) >= 0x80) {
      bool surrogate = false;
      const size_t n = character(s, i, surrogate);
      if (n == 0) {
        out += "\xef\xbf\xbd";
        ++i;
      } else if (surrogate) {
        const unsigned code =
            0xd000u | (static_cast<unsigned char>(s[i + 1]) & 63u) << 6 | (static_cast<unsigned char>(s[i + 2]) & 63u);
        out += "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) out += kHex[code >> shift & 15];
        i += n;
      } else {
        out.append(s, i, n);
        i += n;
      }
      continue;
    }
    ++i;
    constexpr std::string_view kEscaped = "\"\\\b\f\n\r\t", kLetters = "\"\\bfnrt";
    if (const size_t at = kEscaped.find(c); at != kEscaped.npos) {
      out += '\\';
      out += kLetters[at];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out.append("\\u00").append(1, kHex[c >> 4]).append(1, kHex[c & 15]);
    } else {
      out += c;
    }
  }
  out += '"';
}

void padded(std::string& out, int64_t n, size_t width) {
  const std::string digits = std::to_string(n);
  out.append(width > digits.size() ? width - digits.size() : 0, '0').append(digits);
}

void clock_text(std::string& out, int64_t micros) {
  padded(out, micros / (3600 * kSecond), 2);
  out += ':';
  padded(out, micros / (60 * kSecond) % 60, 2);
  out += ':';
  padded(out, micros / kSecond % 60, 2);
  if (micros % kSecond == 0) return;
  out += '.';
  padded(out, micros % kSecond, 6);
}

void zone_text(std::string& out, int64_t zone) {
  if (zone == kNoZone) return;
  out += zone < 0 ? '-' : '+';
  const int64_t east = zone < 0 ? -zone : zone;
  padded(out, east / (3600 * kSecond), 2);
  out += ':';
  padded(out, east / (60 * kSecond) % 60, 2);
  if (east % (60 * kSecond) == 0) return;
  out += ':';
  padded(out, east / kSecond % 60, 2);
  if (east % kSecond == 0) return;
  out += '.';
  padded(out, east % kSecond, 6);
}

void day_text(std::string& out, int64_t day) {
  padded(out, day / 10'000, 4);
  out += '-';
  padded(out, day / 100 % 100, 2);
  out += '-';
  padded(out, day % 100, 2);
}

// As Python's isoformat() has it.
std::string moment_text(const Value& v) {
  std::string s;
  if (v.kind == Kind::date) {
    day_text(s, v.number);
    return s;
  }
  if (v.kind == Kind::datetime) {
    day_text(s, day_of(v.number / kDay));
    s += 'T';
  }
  clock_text(s, v.number % kDay);
  zone_text(s, v.zone);
  return s;
}

std::string uuid_text(std::string_view bytes) {
  std::string s;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) s += '-';
    s += kHex[static_cast<unsigned char>(bytes[i]) >> 4];
    s += kHex[bytes[i] & 15];
  }
  return s;
}

std::string integer_text(const Value& v) { return v.text.empty() ? std::to_string(v.number) : std::string(v.text); }

// The shortest digits that are this number, with a point or an exponent.
std::string real_text(double d) {
  char text[40];
  auto end = std::to_chars(text, text + sizeof text, d).ptr;
  std::string s(text, end);
  if (s.find_first_of(".en") == s.npos) s += ".0";
  return s;
}

class Writer {
 public:
  Writer(Types types, const Limits& limits, std::string& out)
      : tagged_(types == Types::tagged), limits_(limits), out_(out), begun_(out.size()) {}

  bool write(Value& v, size_t depth) {
    if (out_.size() - begun_ > limits_.output)
      return fail("it is over " + std::to_string(limits_.output) + " bytes as JSON");
    if (depth > limits_.depth) return fail("it is over " + std::to_string(limits_.depth) + " levels deep");
    if (v.open) return fail("it holds itself, which JSON cannot show");
    v.open = true;
    const bool good = any(v, depth);
    v.open = false;
    return good;
  }
  std::string why;

 private:
  bool fail(std::string what) {
    why = std::move(what);
    return false;
  }

  void tag(const char* name) { out_.append("{\"$").append(name).append("\":"); }
  bool text_of(const char* name, std::string_view text) {
    if (tagged_) tag(name);
    quote(out_, text);
    if (tagged_) out_ += '}';
    return true;
  }

  bool any(Value& v, size_t depth) {
    switch (v.kind) {
      case Kind::null: out_ += "null"; return true;
      case Kind::boolean: out_ += v.number != 0 ? "true" : "false"; return true;
      case Kind::integer: out_ += integer_text(v); return true;
      case Kind::real: return real(v.real);
      case Kind::decimal: return text_of("numberDecimal", v.text);
      case Kind::string: quote(out_, v.text); return true;
      case Kind::bytes:
      case Kind::bytearray: return binary(v);
      case Kind::list: return array(v.items, depth);
      case Kind::tuple: return tagged_array("tuple", v.items, depth);
      case Kind::set: return tagged_array("set", v.items, depth);
      case Kind::frozenset: return tagged_array("frozenset", v.items, depth);
      case Kind::map:
      case Kind::ordered: return map(v, depth);
      case Kind::date:
      case Kind::datetime: return text_of("date", moment_text(v));
      case Kind::time: return text_of("time", moment_text(v));
      case Kind::duration: return duration(v);
      case Kind::zone: {
        if (!tagged_) {
          std::string s = "UTC";
          if (v.zone != 0) zone_text(s, v.zone);
          quote(out_, s);
          return true;
        }
        tag("zone");
        out_ += real_text(static_cast<double>(v.zone) / kSecond) + "}";
        return true;
      }
      case Kind::uuid: return text_of("uuid", uuid_text(v.text));
    }
    return fail("it has a value of no kind");
  }

  bool real(double d) {
    if (std::isfinite(d)) {
      out_ += real_text(d);
    } else if (tagged_) {
      tag("numberDouble");
      out_.append(std::isnan(d) ? "\"NaN\"}" : d < 0 ? "\"-Infinity\"}" : "\"Infinity\"}");
    } else {
      out_ += "null";
    }
    return true;
  }

  bool binary(const Value& v) {
    if (!tagged_) {
      if (is_utf8(v.text)) return quote(out_, v.text), true;
      out_ += '"';
      base64(out_, v.text);
      out_ += '"';
      return true;
    }
    const bool array = v.kind == Kind::bytearray;
    out_ += array ? "{\"$bytearray\":\"" : "{\"$binary\":{\"base64\":\"";
    base64(out_, v.text);
    out_ += array ? "\"}" : "\",\"subType\":\"00\"}}";
    return true;
  }

  bool duration(const Value& v) {
    if (tagged_) {
      tag("duration");
      out_ += "[" + std::to_string(v.days) + "," + std::to_string(v.number) + "]}";
    } else {
      out_ += real_text(static_cast<double>(v.days) * 86'400 + static_cast<double>(v.number) / kSecond);
    }
    return true;
  }

  bool array(const Items& items, size_t depth) {
    out_ += '[';
    bool first = true;
    for (Value* item : items) {
      if (!std::exchange(first, false)) out_ += ',';
      if (!write(*item, depth + 1)) return false;
    }
    out_ += ']';
    return true;
  }
  bool tagged_array(const char* name, const Items& items, size_t depth) {
    if (tagged_) tag(name);
    if (!array(items, depth)) return false;
    if (tagged_) out_ += '}';
    return true;
  }

  bool map(const Value& v, size_t depth) {
    const Items& items = v.items;
    bool pairs = v.kind == Kind::ordered ||
                 (items.size() == 2 && items[0]->kind == Kind::string && items[0]->text.starts_with('$'));
    for (size_t i = 0; i < items.size(); i += 2) pairs = pairs || items[i]->kind != Kind::string;
    if (tagged_ && pairs) {
      tag(v.kind == Kind::ordered ? "ordered" : "map");
      out_ += '[';
      for (size_t i = 0; i < items.size(); i += 2) {
        out_ += i == 0 ? "[" : ",[";
        if (!write(*items[i], depth + 1)) return false;
        out_ += ',';
        if (!write(*items[i + 1], depth + 1)) return false;
        out_ += ']';
      }
      out_ += "]}";
      return true;
    }
    out_ += '{';
    for (size_t i = 0; i < items.size(); i += 2) {
      if (i != 0) out_ += ',';
      if (!key(*items[i], depth)) return false;
      out_ += ':';
      if (!write(*items[i + 1], depth + 1)) return false;
    }
    out_ += '}';
    return true;
  }
  // Of a map in the plain form: a string, or the text of what it is.
  bool key(Value& k, size_t depth) {
    if (k.kind == Kind::string) return quote(out_, k.text), true;
    std::string text;
    Writer as_value(Types::plain, limits_, text);
    if (!as_value.write(k, depth + 1)) return fail(std::move(as_value.why));
    if (text.starts_with('"')) {
      out_ += text;
    } else {
      quote(out_, text);
    }
    return true;
  }

  const bool tagged_;
  const Limits& limits_;
  std::string& out_;
  const size_t begun_;
};

}  // namespace

bool write_json(Value& value, Types types, const Limits& limits, std::string& out, std::string& why) {
  Writer w(types, limits, out);
  const bool good = w.write(value, 0);
  why = std::move(w.why);
  return good;
}

}  // namespace cachetted::codecs
