// Numbers as a config file writes them: counts, sizes (64MiB), durations (1500ms), percentages.
// Pure functions, any thread. Called by the option table; also of use for CONFIG SET.
// A number too large for its type comes back as the largest one, so that a range check names it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cachetted::config {

// Decimal digits only.
std::optional<uint64_t> parse_count(std::string_view text);

// Bytes: 65536, 64KiB, 64MiB, 1GiB, 1TiB (powers of 1024), 10KB, 10MB, 1GB, 1TB (powers of 1000). Case is ignored.
std::optional<uint64_t> parse_size(std::string_view text);

// Microseconds from 500us, 1500ms, 30s, 5m, 2h, 7d; a bare number is seconds.
std::optional<int64_t> parse_duration_us(std::string_view text);

// A decimal number, with or without a percent sign; never NaN or infinite.
std::optional<double> parse_percent(std::string_view text);

// true, false, yes, no, on, off, in any case.
std::optional<bool> parse_boolean(std::string_view text);

// The shortest exact form that parses back to the same value: "64MiB", "1500ms", "60s", "0".
std::string size_text(uint64_t bytes);
std::string duration_text_us(int64_t us);
std::string percent_text(double percent);

std::string lower_case(std::string_view text);
std::string_view trimmed(std::string_view text);

}  // namespace cachetted::config
