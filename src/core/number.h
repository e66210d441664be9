// Decimal text to numbers and back, by redis-server's rules. Pure functions; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace cachetted {

// A signed 64-bit decimal in its only canonical form: no blanks before it, no plus, no leading zeros, no "-0".
// Trailing spaces are let through: memcached's decr leaves them.
std::optional<int64_t> parse_integer(std::string_view s);

// An unsigned 64-bit decimal, digits only.
std::optional<uint64_t> parse_unsigned(std::string_view s);

// An unsigned 64-bit decimal as memcached's counters are read: blanks and a sign may stand before it, and what follows
// a blank behind it does not count. https://github.com/memcached/memcached/blob/1.6.18/util.c (safe_strtoull)
std::optional<uint64_t> parse_counter(std::string_view s);

// A long double as strtold reads it, with nothing around it; no NaN.
std::optional<long double> parse_float(std::string_view s);

inline constexpr size_t kFloatText = 5 * 1024;
// Fixed-point with up to 17 decimals, trailing zeros cut, as INCRBYFLOAT stores it. Returns the length.
size_t format_float(long double v, char (&out)[kFloatText]);

}  // namespace cachetted
