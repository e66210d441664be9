// The longest common subsequence: its length against the textbook recursion, its text and matches by what they claim.
#include <gtest/gtest.h>

#include <random>

#include "core/bytes.h"

namespace cachetted {
namespace {

size_t naive_length(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return 0;
  if (a[0] == b[0]) return 1 + naive_length(a.substr(1), b.substr(1));
  return std::max(naive_length(a.substr(1), b), naive_length(a, b.substr(1)));
}

bool is_subsequence(std::string_view part, std::string_view whole) {
  size_t i = 0;
  for (char c : whole)
    if (i < part.size() && part[i] == c) ++i;
  return i == part.size();
}

std::string word(std::mt19937_64& random, size_t most, int letters) {
  std::string s(random() % (most + 1), ' ');
  for (char& c : s) c = static_cast<char>('a' + static_cast<int>(random() % static_cast<unsigned>(letters)));
  return s;
}

TEST(Lcs, LengthAndTextAreRight) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 3000; ++i) {
    std::string a = word(random, 9, 3), b = word(random, 9, 3);
    auto lcs = longest_common(a, b, true, true, 0);
    ASSERT_TRUE(lcs);
    ASSERT_EQ(lcs->length, naive_length(a, b)) << a << " and " << b;
    ASSERT_EQ(lcs->text.size(), lcs->length);
    ASSERT_TRUE(is_subsequence(lcs->text, a) && is_subsequence(lcs->text, b))
        << lcs->text << " of " << a << " and " << b;
    auto only = longest_common(a, b, false, false, 0);
    ASSERT_EQ(only->length, lcs->length);
  }
}

TEST(Lcs, MatchesCoverTheWholeSubsequenceLastFirst) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 2000; ++i) {
    std::string a = word(random, 60, 4), b = word(random, 60, 4);
    auto lcs = longest_common(a, b, false, true, 0);
    ASSERT_TRUE(lcs);
    uint32_t covered = 0, a_next = UINT32_MAX, b_next = UINT32_MAX;
    std::string text;
    for (const LcsMatch& m : lcs->matches) {
      ASSERT_LE(m.a_start, m.a_end);
      ASSERT_EQ(m.a_end - m.a_start, m.b_end - m.b_start);
      ASSERT_LT(m.a_end, a_next);
      ASSERT_LT(m.b_end, b_next);
      ASSERT_LT(m.a_end, a.size());
      ASSERT_LT(m.b_end, b.size());
      uint32_t n = m.a_end - m.a_start + 1;
      ASSERT_EQ(a.substr(m.a_start, n), b.substr(m.b_start, n));
      text.insert(0, a, m.a_start, n);
      covered += n;
      a_next = m.a_start;
      b_next = m.b_start;
    }
    ASSERT_EQ(covered, lcs->length);
    ASSERT_EQ(longest_common(a, b, true, false, 0)->text, text);
  }
}

TEST(Lcs, LeavesOutMatchesThatAreTooShort) {
  std::mt19937_64 random(8);
  for (int i = 0; i < 500; ++i) {
    std::string a = word(random, 60, 4), b = word(random, 60, 4);
    auto all = longest_common(a, b, false, true, 0), some = longest_common(a, b, false, true, 3);
    std::erase_if(all->matches, [](const LcsMatch& m) { return m.a_end - m.a_start + 1 < 3; });
    ASSERT_EQ(some->length, all->length);
    ASSERT_EQ(some->matches.size(), all->matches.size());
  }
}

TEST(Lcs, GivesTheServersChoiceAmongEqualOnes) {
  auto lcs = longest_common("ohmytext", "mynewtext", true, true, 0);
  EXPECT_EQ(lcs->text, "mytext");
  ASSERT_EQ(lcs->matches.size(), 2u);
  EXPECT_EQ(lcs->matches[0].a_start, 4u);
  EXPECT_EQ(lcs->matches[0].b_end, 8u);
  EXPECT_EQ(lcs->matches[1].a_start, 2u);
  EXPECT_EQ(lcs->matches[1].b_end, 1u);
  EXPECT_EQ(longest_common("", "abc", true, true, 0)->length, 0u);
}

TEST(Lcs, RefusesATableThatWouldNotFit) {
  std::string a(20'000, 'a'), b(20'000, 'b');
  EXPECT_FALSE(longest_common(a, b, false, false, 0));
}

}  // namespace
}  // namespace cachetted
