// Implements text.h.
#include "codecs/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

namespace cachetted::codecs {
namespace {

constexpr const char* kHex = "0123456789abcdef";

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

void day_text(std::string& out, int64_t day) {
  padded(out, day / 10'000, 4);
  out += '-';
  padded(out, day / 100 % 100, 2);
  out += '-';
  padded(out, day % 100, 2);
}

// A double's digits, and where the point stands behind the first of them.
struct Digits {
  std::array<char, 20> digits;
  int count = 0, exponent = 0;
};

// Most doubles that people write have few digits. One of at most 15 that is this double is the only one, and so the
// shortest; the division is exact to the last bit, as both numbers are.
bool few_digits(double d, Digits& to) {
  constexpr double kMost = 1e15;
  double scale = 1;
  int places = 0;
  for (; places <= 6; ++places, scale *= 10) {
    const double whole = d * scale;
    if (whole >= kMost) return false;
    const auto n = static_cast<uint64_t>(whole + 0.5);
    if (n == 0 || static_cast<double>(n) / scale != d) continue;
    const char* const end = std::to_chars(to.digits.data(), to.digits.data() + to.digits.size(), n).ptr;
    to.count = static_cast<int>(end - to.digits.data());
    to.exponent = to.count - 1 - places;
    while (to.count > 1 && to.digits[static_cast<size_t>(to.count - 1)] == '0') --to.count;
    return true;
  }
  return false;
}

Digits digits_of(double d) {
  Digits to;
  if (few_digits(d, to)) return to;
  char text[40];
  const char* const end = std::to_chars(text, text + sizeof text, d, std::chars_format::scientific).ptr;
  const char* p = text;
  for (; *p != 'e'; ++p)
    if (*p != '.') to.digits[static_cast<size_t>(to.count++)] = *p;
  p += p[1] == '+' ? 2 : 1;
  std::from_chars(p, end, to.exponent);
  return to;
}

// Without an exponent from 10^least on, below 10^16. `width` of an exponent's digits.
char* real(char* to, double d, int least, int width) {
  if (std::signbit(d)) {
    *to++ = '-';
    d = -d;
  }
  if (d == 0) {
    std::memcpy(to, "0.0", 3);
    return to + 3;
  }
  const Digits s = digits_of(d);
  auto copy = [&](int from, int n) {
    std::memcpy(to, s.digits.data() + from, static_cast<size_t>(n));
    to += n;
  };
  auto zeros = [&](int n) {
    std::memset(to, '0', static_cast<size_t>(n));
    to += n;
  };
  if (s.exponent >= 0 && s.exponent < 16) {
    const int whole = std::min(s.count, s.exponent + 1);
    copy(0, whole);
    zeros(s.exponent + 1 - whole);
    *to++ = '.';
    if (whole == s.count) zeros(1);
    copy(whole, s.count - whole);
    return to;
  }
  if (s.exponent < 0 && s.exponent >= least) {
    zeros(1);
    *to++ = '.';
    zeros(-1 - s.exponent);
    copy(0, s.count);
    return to;
  }
  copy(0, 1);
  if (s.count > 1) {
    *to++ = '.';
    copy(1, s.count - 1);
  }
  *to++ = 'e';
  *to++ = s.exponent < 0 ? '-' : '+';
  const int exponent = s.exponent < 0 ? -s.exponent : s.exponent;
  if (exponent < 10) zeros(width - 1);
  return std::to_chars(to, to + 4, exponent).ptr;
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::null: return "null";
    case Kind::boolean: return "a boolean";
    case Kind::integer: return "an integer";
    case Kind::real: return "a float";
    case Kind::decimal: return "a decimal";
    case Kind::string: return "a string";
    case Kind::bytes: return "bytes";
    case Kind::bytearray: return "a bytearray";
    case Kind::list: return "a list";
    case Kind::tuple: return "a tuple";
    case Kind::set: return "a set";
    case Kind::frozenset: return "a frozenset";
    case Kind::map: return "a map";
    case Kind::ordered: return "an ordered map";
    case Kind::date: return "a date";
    case Kind::time: return "a time";
    case Kind::datetime: return "a datetime";
    case Kind::duration: return "a duration";
    case Kind::zone: return "a time zone";
    case Kind::uuid: return "a UUID";
  }
  return "nothing";
}

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

Utf8 check_utf8(std::string_view s) {
  Utf8 result = Utf8::good;
  for (size_t i = 0; i < s.size();) {
    uint64_t word;
    if (i + sizeof word <= s.size()) {
      std::memcpy(&word, s.data() + i, sizeof word);
      if ((word & 0x8080808080808080) == 0) {
        i += sizeof word;
        continue;
      }
    }
    bool surrogate = false;
    const size_t n = character(s, i, surrogate);
    if (n == 0) return Utf8::bad;
    if (surrogate) result = Utf8::surrogates;
    i += n;
  }
  return result;
}

bool is_plain(std::string_view s) {
  const char* const p = s.data();
  const size_t n = s.size();
  if (n >= 8) {
    uint64_t w;
    for (size_t i = 0; i + 8 < n; i += 8) {
      std::memcpy(&w, p + i, 8);
      if (!is_plain(w)) return false;
    }
    std::memcpy(&w, p + n - 8, 8);
    return is_plain(w);
  }
  if (n >= 4) {
    uint32_t head, tail;
    std::memcpy(&head, p, 4);
    std::memcpy(&tail, p + n - 4, 4);
    return is_plain(uint64_t{head} << 32 | tail);
  }
  if (n == 0) return true;
  auto byte = [&](size_t i) { return static_cast<uint64_t>(static_cast<unsigned char>(p[i])); };
  return is_plain(0x6161616161000000 | byte(0) << 16 | byte(n / 2) << 8 | byte(n - 1));
}

char* put_utf8(char* to, uint32_t c) {
  auto byte = [&](uint32_t b) { *to++ = static_cast<char>(b); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xc0 | c >> 6), byte(0x80 | (c & 63));
  } else if (c < 0x10000) {
    byte(0xe0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63));
  } else {
    byte(0xf0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63));
  }
  return to;
}

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

bool read_base64(std::string_view s, std::string& out) {
  if (s.size() % 4 != 0) return false;
  auto digit = [](char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
  };
  out.reserve(out.size() + s.size() / 4 * 3);
  for (size_t i = 0; i < s.size(); i += 4) {
    const size_t spare = i + 4 < s.size() || s[i + 3] != '=' ? 0 : s[i + 2] != '=' ? 1 : 2;
    int n = 0;
    for (size_t j = 0; j < 4; ++j) {
      const int d = j < 4 - spare ? digit(s[i + j]) : 0;
      if (d < 0) return false;
      n = n << 6 | d;
    }
    if ((n & ((1 << 8 * spare) - 1)) != 0) return false;
    for (size_t j = 0; j < 3 - spare; ++j) out += static_cast<char>(n >> (16 - 8 * j));
  }
  return true;
}

char* python_real(char* to, double d) { return real(to, d, -4, 2); }
char* orjson_real(char* to, double d) { return real(to, d, -5, 1); }

bool is_unsigned(std::string_view digits) {
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  return error == std::errc{} && end == digits.data() + digits.size();
}

std::string zone_text(int64_t zone) {
  std::string out(1, zone < 0 ? '-' : '+');
  const int64_t east = zone < 0 ? -zone : zone;
  padded(out, east / (3600 * kSecond), 2);
  out += ':';
  padded(out, east / (60 * kSecond) % 60, 2);
  if (east % (60 * kSecond) == 0) return out;
  out += ':';
  padded(out, east / kSecond % 60, 2);
  if (east % kSecond == 0) return out;
  out += '.';
  padded(out, east % kSecond, 6);
  return out;
}

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
  return v.zone == kNoZone ? s : s + zone_text(v.zone);
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

bool is_decimal(std::string_view s) {
  constexpr size_t kLongest = 5000, kExponent = 18;  // characters
  if (s.size() > kLongest) return false;
  auto digits = [&] {
    const size_t n = std::min(s.find_first_not_of("0123456789"), s.size());
    s.remove_prefix(n);
    return n;
  };
  auto sign = [&] {
    if (s.starts_with('+') || s.starts_with('-')) s.remove_prefix(1);
  };
  auto word = [&](std::string_view lower) {
    if (s.size() < lower.size()) return false;
    for (size_t i = 0; i < lower.size(); ++i)
      if ((s[i] | 0x20) != lower[i]) return false;
    s.remove_prefix(lower.size());
    return true;
  };
  sign();
  if (word("infinity") || word("inf")) return s.empty();
  if (word("nan") || word("snan")) return digits(), s.empty();
  size_t n = digits();
  if (s.starts_with('.')) {
    s.remove_prefix(1);
    n += digits();
  }
  if (n == 0) return false;
  if (s.empty()) return true;
  if ((s[0] | 0x20) != 'e') return false;
  s.remove_prefix(1);
  sign();
  n = digits();
  return s.empty() && n > 0 && n <= kExponent;
}

bool is_hashable(const Value& v) {
  if (v.kind == Kind::decimal) return v.text.find_first_of("sS") == v.text.npos;  // sNaN
  return !has_items(v.kind) ? v.kind != Kind::bytearray : v.kind == Kind::frozenset || v.kind == Kind::tuple;
}

}  // namespace cachetted::codecs
