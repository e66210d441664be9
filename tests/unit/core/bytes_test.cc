// Ranges and bits against an implementation that looks at one byte or bit at a time.
#include "core/bytes.h"

#include <gtest/gtest.h>

#include <random>

namespace cachetted {
namespace {

__extension__ using Wide = __int128;

// An end as a client gives it, as an index: from the end when negative, never before the first.
Wide index_of(int64_t given, size_t size) {
  Wide i = given;
  if (i < 0) i += static_cast<Wide>(size);
  return i < 0 ? 0 : i;
}

bool both_from_the_end_and_crossed(int64_t start, int64_t end) { return start < 0 && end < 0 && start > end; }

std::string naive_range(std::string_view s, int64_t start, int64_t end) {
  std::string part;
  if (both_from_the_end_and_crossed(start, end)) return part;
  for (size_t i = 0; i < s.size(); ++i)
    if (i >= index_of(start, s.size()) && i <= index_of(end, s.size())) part += s[i];
  return part;
}

bool bit(std::string_view s, size_t i) { return (static_cast<unsigned char>(s[i / 8]) & (0x80 >> i % 8)) != 0; }

// Whether bit i lies inside the span.
bool inside(const BitSpan& span, size_t i, size_t bytes) {
  size_t unit = span.bits ? i : i / 8, size = span.bits ? bytes * 8 : bytes;
  return unit >= index_of(span.start, size) && unit <= index_of(span.end, size);
}

int64_t naive_count(std::string_view s, const BitSpan& span) {
  if (both_from_the_end_and_crossed(span.start, span.end)) return 0;
  int64_t n = 0;
  for (size_t i = 0; i < s.size() * 8; ++i) n += inside(span, i, s.size()) && bit(s, i);
  return n;
}

int64_t naive_find(std::string_view s, bool wanted, const BitSpan& span) {
  bool any = false;
  for (size_t i = 0; i < s.size() * 8; ++i) {
    if (!inside(span, i, s.size())) continue;
    any = true;
    if (bit(s, i) == wanted) return static_cast<int64_t>(i);
  }
  return any && !wanted && !span.end_given ? static_cast<int64_t>(s.size()) * 8 : -1;
}

class BytesTest : public testing::Test {
 protected:
  std::string value() {
    std::string s(random_() % 40, '\0');
    switch (random_() % 4) {
      case 0: break;
      case 1: s.assign(s.size(), '\xff'); break;
      case 2:
        for (char& c : s) c = random_() % 8 == 0 ? static_cast<char>(random_()) : '\xff';
        break;
      default:
        for (char& c : s) c = static_cast<char>(random_());
    }
    return s;
  }
  int64_t end() {
    switch (random_() % 16) {
      case 0: return INT64_MIN + static_cast<int64_t>(random_() % 3);
      case 1: return INT64_MAX - static_cast<int64_t>(random_() % 3);
      default: return static_cast<int64_t>(random_() % 700) - 350;
    }
  }
  int64_t near_end() { return random_() % 2 == 0 ? end() : static_cast<int64_t>(random_() % 90) - 45; }
  std::mt19937_64 random_{7};
};

TEST_F(BytesTest, RangeHasBothEnds) {
  EXPECT_EQ(byte_range("This is a string", 0, 3), "This");
  EXPECT_EQ(byte_range("This is a string", -3, -1), "ing");
  EXPECT_EQ(byte_range("This is a string", 0, -1), "This is a string");
  EXPECT_EQ(byte_range("This is a string", 10, 100), "string");
  EXPECT_EQ(byte_range("This is a string", 5, 3), "");
  EXPECT_EQ(byte_range("abc", -2, -3), "");
  EXPECT_EQ(byte_range("abc", -100, -100), "a");
  EXPECT_EQ(byte_range("", 0, -1), "");
}

TEST_F(BytesTest, RangeAgreesWithTheNaiveOne) {
  for (int i = 0; i < 50'000; ++i) {
    std::string s = value();
    int64_t a = near_end(), b = near_end();
    ASSERT_EQ(byte_range(s, a, b), naive_range(s, a, b)) << s.size() << " bytes, " << a << " to " << b;
  }
}

TEST_F(BytesTest, CountAgreesWithTheNaiveOne) {
  for (int i = 0; i < 30'000; ++i) {
    std::string s = value();
    BitSpan span{near_end(), near_end(), random_() % 2 == 0, true};
    ASSERT_EQ(count_bits(s, span), naive_count(s, span))
        << s.size() << " bytes, " << span.start << " to " << span.end << (span.bits ? " bits" : " bytes");
  }
}

TEST_F(BytesTest, CountsLongValuesByWords) {
  std::string s(100'003, '\0');
  for (char& c : s) c = static_cast<char>(random_());
  EXPECT_EQ(count_bits(s, {}), naive_count(s, {}));
  EXPECT_EQ(count_bits(std::string_view(s).substr(1), {3, -5, true, true}),
            naive_count(std::string_view(s).substr(1), {3, -5, true, true}));
}

TEST_F(BytesTest, FindAgreesWithTheNaiveOne) {
  for (int i = 0; i < 30'000; ++i) {
    std::string s = value();
    bool wanted = random_() % 2 == 0, end_given = random_() % 2 == 0;
    BitSpan span{near_end(), end_given ? near_end() : -1, random_() % 2 == 0, end_given};
    ASSERT_EQ(find_bit(s, wanted, span), naive_find(s, wanted, span))
        << s.size() << " bytes, bit " << wanted << ", " << span.start << " to " << span.end
        << (span.bits ? " bits" : " bytes");
  }
}

TEST_F(BytesTest, ClearBitsGoOnBehindAValueUnlessTheEndWasGiven) {
  const std::string full(3, '\xff');
  EXPECT_EQ(find_bit(full, false, {0, -1, false, false}), 24);
  EXPECT_EQ(find_bit(full, false, {1, -1, false, false}), 24);
  EXPECT_EQ(find_bit(full, false, {0, -1, false, true}), -1);
  EXPECT_EQ(find_bit(full, false, {3, -1, false, false}), -1);
  EXPECT_EQ(find_bit("", false, {}), -1);
  EXPECT_EQ(find_bit(std::string(3, '\0'), true, {}), -1);
}

}  // namespace
}  // namespace cachetted
