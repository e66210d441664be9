// Decimal text: redis-server's string2ll and long double rules.
#include "core/number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace cachetted {
namespace {

using std::nullopt;

TEST(ParseInteger, TakesTheCanonicalFormOnly) {
  struct Case {
    std::string_view text;
    std::optional<int64_t> number;
  };
  using namespace std::string_view_literals;
  const Case cases[] = {
      {"0", 0},
      {"1", 1},
      {"-1", -1},
      {"10", 10},
      {"9223372036854775807", INT64_MAX},
      {"-9223372036854775808", INT64_MIN},
      {"9223372036854775808", nullopt},
      {"-9223372036854775809", nullopt},
      {"18446744073709551615", nullopt},
      {"99999999999999999999", nullopt},
      {"-99999999999999999999", nullopt},
      {"100000000000000000000000", nullopt},
      {"", nullopt},
      {" ", nullopt},
      {"-", nullopt},
      {"--1", nullopt},
      {"-0", nullopt},
      {"00", nullopt},
      {"01", nullopt},
      {"-01", nullopt},
      {"+1", nullopt},
      {" 1", nullopt},
      {"1a", nullopt},
      {"a1", nullopt},
      {"1.0", nullopt},
      {"1e3", nullopt},
      {"0x10", nullopt},
      {"1\r", nullopt},
      {"1\n", nullopt},
      {"\0001"sv, nullopt},
      {"1\0"sv, nullopt},
      {"1\0002"sv, nullopt},
      {"1-", nullopt},
      {"1_000", nullopt},
      {"\xc2\xb2", nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(parse_integer(c.text), c.number) << '"' << c.text << '"';
}

__extension__ using Wide = __int128;

// The rule written down once more: an optional minus, a digit 1 to 9 and more digits, or "0"; in 64 bits.
std::optional<int64_t> naive_integer(const std::string& s) {
  if (s == "0") return 0;
  size_t first = !s.empty() && s[0] == '-' ? 1 : 0;
  if (s.size() == first || s[first] == '0' || s.size() > 20) return nullopt;
  Wide n = 0;
  for (size_t i = first; i < s.size(); ++i) {
    if (s[i] < '0' || s[i] > '9') return nullopt;
    n = n * 10 + (s[i] - '0');
  }
  if (first == 1) n = -n;
  if (n < INT64_MIN || n > INT64_MAX) return nullopt;
  return static_cast<int64_t>(n);
}

TEST(ParseInteger, AgreesWithTheRuleOnRandomText) {
  std::mt19937_64 random(1);
  constexpr std::string_view alphabet = "0123456789012345678901234567899-+.x";
  for (int i = 0; i < 200'000; ++i) {
    std::string s(random() % 23, ' ');
    for (char& c : s) c = alphabet[random() % alphabet.size()];
    if (!s.empty() && random() % 3 == 0) s[0] = '-';
    ASSERT_EQ(parse_integer(s), naive_integer(s)) << '"' << s << '"';
  }
}

TEST(ParseInteger, ReadsBackEveryNumberItsTextWasMadeOf) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 100'000; ++i) {
    auto n = static_cast<int64_t>(random() >> (random() % 64));
    if (random() % 2 == 0) n = -n;
    ASSERT_EQ(parse_integer(std::to_string(n)), n);
  }
}

TEST(ParseUnsigned, TakesDigitsOnly) {
  EXPECT_EQ(parse_unsigned("0"), 0u);
  EXPECT_EQ(parse_unsigned("007"), 7u);
  EXPECT_EQ(parse_unsigned("18446744073709551615"), UINT64_MAX);
  for (std::string_view s : {"", "-1", "+1", " 1", "1 ", "18446744073709551616", "1x", "0x1"}) {
    EXPECT_EQ(parse_unsigned(s), nullopt) << '"' << s << '"';
  }
}

TEST(ParseFloat, TakesWhatStrtoldTakesWithNothingAround) {
  EXPECT_EQ(parse_float("3.5"), 3.5L);
  EXPECT_EQ(parse_float("-3.5e2"), -350.0L);
  EXPECT_EQ(parse_float("+1"), 1.0L);
  EXPECT_EQ(parse_float("1."), 1.0L);
  EXPECT_EQ(parse_float(".5"), 0.5L);
  EXPECT_EQ(parse_float("0x10"), 16.0L);
  EXPECT_TRUE(std::isinf(*parse_float("inf")));
  EXPECT_EQ(parse_float("-inf"), -HUGE_VALL);
  using namespace std::string_view_literals;
  for (std::string_view s :
       {""sv, " 1"sv, "1 "sv, "nan"sv, "NaN"sv, "1x"sv, "e5"sv, "."sv, "-"sv, "1e99999"sv, "1\0"sv, "1\0002"sv}) {
    EXPECT_EQ(parse_float(s), nullopt) << '"' << s << '"';
  }
  EXPECT_EQ(parse_float(std::string(kFloatText, '1')), nullopt);
  EXPECT_TRUE(parse_float(std::string(kFloatText - 2000, '1')));
}

std::string formatted(long double v) {
  char text[kFloatText];
  return {text, format_float(v, text)};
}

TEST(FormatFloat, CutsTrailingZerosAndAnEmptyFraction) {
  EXPECT_EQ(formatted(0), "0");
  EXPECT_EQ(formatted(-0.0L), "0");
  EXPECT_EQ(formatted(10), "10");
  EXPECT_EQ(formatted(-100), "-100");
  EXPECT_EQ(formatted(10.5L), "10.5");
  EXPECT_EQ(formatted(5.0e3L), "5000");
  EXPECT_EQ(formatted(3.0L + 0.0000000000000001L), "3.0000000000000001");
  EXPECT_EQ(formatted(1.0e-18L), "0");
  EXPECT_EQ(formatted(-1.0e-18L), "0");
  EXPECT_EQ(formatted(HUGE_VALL), "inf");
  EXPECT_EQ(formatted(-HUGE_VALL), "-inf");
  EXPECT_EQ(formatted(1e300L).size(), 301u);
}

TEST(FormatFloat, HasRoomForTheLargestNumber) {
  EXPECT_EQ(formatted(-std::numeric_limits<long double>::max()).size(), 4934u);
}

}  // namespace
}  // namespace cachetted
