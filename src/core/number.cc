// Decimal text to numbers and back.
#include "core/number.h"

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace cachetted {

std::optional<int64_t> parse_integer(std::string_view s) {
  while (s.size() > 1 && s.back() == ' ') s.remove_suffix(1);
  if (s.empty() || s.size() > 20) return std::nullopt;
  size_t digits = s[0] == '-' ? 1 : 0;
  if (digits == s.size()) return std::nullopt;
  if (s[digits] == '0' && s.size() > 1) return std::nullopt;  // leading zero, "-0"
  int64_t n = 0;
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n);
  if (error != std::errc() || end != s.data() + s.size()) return std::nullopt;
  return n;
}

std::optional<uint64_t> parse_unsigned(std::string_view s) {
  uint64_t n = 0;
  if (s.empty() || s[0] < '0' || s[0] > '9') return std::nullopt;
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n);
  if (error != std::errc() || end != s.data() + s.size()) return std::nullopt;
  return n;
}

std::optional<uint64_t> parse_counter(std::string_view s) {
  auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  size_t i = 0;
  while (i < s.size() && blank(s[i])) ++i;
  bool minus = i < s.size() && s[i] == '-';
  if (i < s.size() && (s[i] == '-' || s[i] == '+')) ++i;
  size_t first = i;
  uint64_t n = 0;
  for (; i < s.size() && s[i] >= '0' && s[i] <= '9'; ++i) {
    if (__builtin_mul_overflow(n, uint64_t{10}, &n) || __builtin_add_overflow(n, static_cast<uint64_t>(s[i] - '0'), &n))
      return std::nullopt;
  }
  if (i == first || (i < s.size() && !blank(s[i]) && s[i] != '\0')) return std::nullopt;
  if (minus) n = -n;
  if (minus && static_cast<int64_t>(n) < 0) return std::nullopt;
  return n;
}

std::optional<long double> parse_float(std::string_view s) {
  if (s.empty() || s.size() >= kFloatText) return std::nullopt;
  if (std::isspace(static_cast<unsigned char>(s[0]))) return std::nullopt;
  char text[kFloatText];
  std::memcpy(text, s.data(), s.size());
  text[s.size()] = 0;
  char* end = nullptr;
  errno = 0;
  long double v = std::strtold(text, &end);
  if (end != text + s.size()) return std::nullopt;
  if (errno == ERANGE && (v == HUGE_VALL || v == -HUGE_VALL || std::fpclassify(v) == FP_ZERO)) return std::nullopt;
  if (std::isnan(v)) return std::nullopt;
  return v;
}

size_t format_float(long double v, char (&out)[kFloatText]) {
  if (std::isinf(v)) {
    std::strcpy(out, v > 0 ? "inf" : "-inf");
    return std::strlen(out);
  }
  int n = std::snprintf(out, sizeof out, "%.17Lf", v);
  auto size = static_cast<size_t>(n);
  if (std::memchr(out, '.', size) != nullptr) {
    while (out[size - 1] == '0') --size;
    if (out[size - 1] == '.') --size;
  }
  if (size == 2 && out[0] == '-' && out[1] == '0') {
    out[0] = '0';
    size = 1;
  }
  return size;
}

}  // namespace cachetted
