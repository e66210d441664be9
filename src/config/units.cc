// Implements units.h. Hand-written on purpose: std::from_chars and strtoull accept signs, hexadecimal
// or locale forms that a config file must not have.
#include "config/units.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <span>

namespace cachetted::config {

namespace {

struct Unit {
  std::string_view name;  // lower case
  uint64_t factor;
};

constexpr Unit kSizeUnits[] = {
    {"b", 1},         {"kib", 1ull << 10},  {"mib", 1ull << 20},      {"gib", 1ull << 30},          {"tib", 1ull << 40},
    {"kb", 1'000ull}, {"mb", 1'000'000ull}, {"gb", 1'000'000'000ull}, {"tb", 1'000'000'000'000ull},
};

constexpr uint64_t kSecond = 1'000'000;
constexpr Unit kDurationUnits[] = {
    {"us", 1}, {"ms", 1'000}, {"s", kSecond}, {"m", 60 * kSecond}, {"h", 3600 * kSecond}, {"d", 86400 * kSecond},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

uint64_t saturating_product(uint64_t a, uint64_t b) {
  uint64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? std::numeric_limits<uint64_t>::max() : out;
}

// Digits, then perhaps blanks and a unit; `bare` is the factor without a unit.
std::optional<uint64_t> parse_scaled(std::string_view text, std::span<const Unit> units, uint64_t bare) {
  size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  const std::optional<uint64_t> number = parse_count(text.substr(0, digits));
  if (!number) return std::nullopt;
  const std::string unit = lower_case(trimmed(text.substr(digits)));
  if (unit.empty()) return digits == text.size() ? std::optional(saturating_product(*number, bare)) : std::nullopt;
  for (const Unit& known : units)
    if (known.name == unit) return saturating_product(*number, known.factor);
  return std::nullopt;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<uint64_t> parse_count(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  bool overflow = false;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    overflow |= __builtin_mul_overflow(value, 10u, &value);
    overflow |= __builtin_add_overflow(value, static_cast<unsigned>(c - '0'), &value);
  }
  return overflow ? std::numeric_limits<uint64_t>::max() : value;
}

std::optional<uint64_t> parse_size(std::string_view text) { return parse_scaled(text, kSizeUnits, 1); }

std::optional<int64_t> parse_duration_us(std::string_view text) {
  const std::optional<uint64_t> us = parse_scaled(text, kDurationUnits, kSecond);
  if (!us) return std::nullopt;
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(*us > kMost ? kMost : *us);
}

std::optional<double> parse_percent(std::string_view text) {
  if (!text.empty() && text.back() == '%') text = trimmed(text.substr(0, text.size() - 1));
  if (text.empty() || !(is_digit(text[0]) || text[0] == '-')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return std::numeric_limits<double>::max();
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  return value == 0 ? 0.0 : value;  // no negative zero
}

std::optional<bool> parse_boolean(std::string_view text) {
  const std::string word = lower_case(text);
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  return std::nullopt;
}

std::string size_text(uint64_t bytes) {
  constexpr Unit kUnits[] = {{"TiB", 1ull << 40}, {"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}};
  for (const Unit& unit : kUnits)
    if (bytes != 0 && bytes % unit.factor == 0) return std::to_string(bytes / unit.factor) + std::string(unit.name);
  return std::to_string(bytes);
}

std::string duration_text_us(int64_t us) {
  constexpr Unit kUnits[] = {
      {"d", 86400 * kSecond}, {"h", 3600 * kSecond}, {"m", 60 * kSecond}, {"s", kSecond}, {"ms", 1'000}};
  if (us <= 0) return us == 0 ? "0" : "off";
  const auto value = static_cast<uint64_t>(us);
  if (value == 60 * kSecond) return "60s";  // how everybody says it
  for (const Unit& unit : kUnits)
    if (value % unit.factor == 0) return std::to_string(value / unit.factor) + std::string(unit.name);
  return std::to_string(value) + "us";
}

std::string percent_text(double percent) {
  char out[64];
  const auto [end, error] = std::to_chars(out, out + sizeof out, percent);
  return error == std::errc() ? std::string(out, end) : "0";
}

}  // namespace cachetted::config
