// Sizes, durations, percentages and booleans: what parses, what does not, and that printing is exact.
#include "config/units.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cachetted::config {
namespace {

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();

TEST(Units, Counts) {
  EXPECT_EQ(parse_count("0"), 0u);
  EXPECT_EQ(parse_count("65536"), 65536u);
  EXPECT_EQ(parse_count("007"), 7u);
  EXPECT_EQ(parse_count("18446744073709551615"), kMost);
  EXPECT_EQ(parse_count("18446744073709551616"), kMost) << "saturates, so that the range check names the bound";
  EXPECT_EQ(parse_count("99999999999999999999999999"), kMost);
  for (const char* bad : {"", " 1", "1 ", "-1", "+1", "1.0", "0x10", "1e3", "1_000", "a"})
    EXPECT_FALSE(parse_count(bad)) << bad;
}

TEST(Units, Sizes) {
  EXPECT_EQ(parse_size("65536"), 65536u);
  EXPECT_EQ(parse_size("64KiB"), 65536u);
  EXPECT_EQ(parse_size("64MiB"), 64ull << 20);
  EXPECT_EQ(parse_size("1GiB"), 1ull << 30);
  EXPECT_EQ(parse_size("2TiB"), 2ull << 40);
  EXPECT_EQ(parse_size("10MB"), 10'000'000u);
  EXPECT_EQ(parse_size("10kB"), 10'000u);
  EXPECT_EQ(parse_size("1gb"), 1'000'000'000u);
  EXPECT_EQ(parse_size("1tb"), 1'000'000'000'000u);
  EXPECT_EQ(parse_size("12B"), 12u);
  EXPECT_EQ(parse_size("64 MiB"), 64ull << 20);
  EXPECT_EQ(parse_size("999999999999TiB"), kMost);
  for (const char* bad : {"", "MiB", "64M", "64Mi", "64MiBs", "1.5GiB", "-1MiB", "64 "})
    EXPECT_FALSE(parse_size(bad)) << bad;
}

TEST(Units, Durations) {
  EXPECT_EQ(parse_duration_us("0"), 0);
  EXPECT_EQ(parse_duration_us("60"), 60'000'000);
  EXPECT_EQ(parse_duration_us("30s"), 30'000'000);
  EXPECT_EQ(parse_duration_us("1500ms"), 1'500'000);
  EXPECT_EQ(parse_duration_us("250us"), 250);
  EXPECT_EQ(parse_duration_us("5m"), 300'000'000);
  EXPECT_EQ(parse_duration_us("2h"), 7'200'000'000);
  EXPECT_EQ(parse_duration_us("7d"), 604'800'000'000);
  EXPECT_EQ(parse_duration_us("2 H"), 7'200'000'000);
  EXPECT_EQ(parse_duration_us("99999999999999d"), std::numeric_limits<int64_t>::max());
  for (const char* bad : {"", "s", "1.5s", "-5", "5w", "5min", "1h30m", "off"})
    EXPECT_FALSE(parse_duration_us(bad)) << bad;
}

TEST(Units, Percentages) {
  EXPECT_EQ(parse_percent("0"), 0);
  EXPECT_EQ(parse_percent("12.5"), 12.5);
  EXPECT_EQ(parse_percent("10%"), 10);
  EXPECT_EQ(parse_percent("10 %"), 10);
  EXPECT_EQ(parse_percent("-3"), -3);
  EXPECT_FALSE(std::signbit(*parse_percent("-0")));
  for (const char* bad : {"", "%", "nan", "inf", "1e2", "0x10", "5%%", "five", "+5", "1,5"})
    EXPECT_FALSE(parse_percent(bad)) << bad;
}

TEST(Units, Booleans) {
  for (const char* yes : {"true", "True", "yes", "on", "ON"}) EXPECT_EQ(parse_boolean(yes), true) << yes;
  for (const char* no : {"false", "FALSE", "no", "off"}) EXPECT_EQ(parse_boolean(no), false) << no;
  for (const char* bad : {"", "1", "0", "y", "maybe"}) EXPECT_FALSE(parse_boolean(bad)) << bad;
}

TEST(Units, SizesPrintInTheLargestExactUnit) {
  EXPECT_EQ(size_text(0), "0");
  EXPECT_EQ(size_text(1023), "1023");
  EXPECT_EQ(size_text(65536), "64KiB");
  EXPECT_EQ(size_text(64ull << 20), "64MiB");
  EXPECT_EQ(size_text((1ull << 20) - 1), "1048575");
  EXPECT_EQ(size_text(10'000'000), "10000000");
}

TEST(Units, DurationsPrintInTheLargestExactUnit) {
  EXPECT_EQ(duration_text_us(0), "0");
  EXPECT_EQ(duration_text_us(-1), "off");
  EXPECT_EQ(duration_text_us(1), "1us");
  EXPECT_EQ(duration_text_us(1'500'000), "1500ms");
  EXPECT_EQ(duration_text_us(60'000'000), "60s");
  EXPECT_EQ(duration_text_us(120'000'000), "2m");
  EXPECT_EQ(duration_text_us(3'600'000'000), "1h");
  EXPECT_EQ(duration_text_us(86'400'000'000), "1d");
}

TEST(Units, PrintedFormsParseBack) {
  for (uint64_t value = 1; value < (1ull << 62); value = value * 3 + 1) {
    EXPECT_EQ(parse_size(size_text(value)), value);
    EXPECT_EQ(parse_duration_us(duration_text_us(static_cast<int64_t>(value))), static_cast<int64_t>(value));
    EXPECT_EQ(parse_size(size_text(value << 1)), value << 1);
  }
  for (const double percent : {0.0, 0.1, 12.5, 33.333333333333336, 100.0})
    EXPECT_EQ(parse_percent(percent_text(percent)), percent);
}

TEST(Units, Text) {
  EXPECT_EQ(lower_case("AbC-\xc3\x84"), "abc-\xc3\x84") << "ASCII only";
  EXPECT_EQ(trimmed("  a b\t\n"), "a b");
  EXPECT_EQ(trimmed(" \t"), "");
}

}  // namespace
}  // namespace cachetted::config
