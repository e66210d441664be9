// Glob patterns against a matcher that simply tries everything.
#include <gtest/gtest.h>

#include <random>

#include "core/bytes.h"

namespace cachetted {
namespace {

// The end of the [set] that begins at p[0] == '[', and whether c is in it. An open set goes to the pattern's end.
size_t naive_set(std::string_view p, unsigned char c, bool& hit) {
  size_t i = 1;
  bool negate = i < p.size() && p[i] == '^';
  if (negate) ++i;
  hit = false;
  while (i < p.size() && p[i] != ']') {
    if (p[i] == '\\' && i + 1 < p.size()) {
      hit |= static_cast<unsigned char>(p[i + 1]) == c;
      i += 2;
    } else if (i + 2 < p.size() && p[i + 1] == '-') {
      auto low = static_cast<unsigned char>(p[i]), high = static_cast<unsigned char>(p[i + 2]);
      hit |= (c >= low && c <= high) || (c >= high && c <= low);
      i += 3;
    } else {
      hit |= static_cast<unsigned char>(p[i]) == c;
      ++i;
    }
  }
  hit = hit != negate;
  return i < p.size() ? i + 1 : i;
}

bool naive_match(std::string_view p, std::string_view t) {
  if (p.empty()) return t.empty();
  if (p[0] == '*') return naive_match(p.substr(1), t) || (!t.empty() && naive_match(p, t.substr(1)));
  if (t.empty()) return false;
  if (p[0] == '?') return naive_match(p.substr(1), t.substr(1));
  if (p[0] == '[') {
    bool hit = false;
    size_t end = naive_set(p, static_cast<unsigned char>(t[0]), hit);
    return hit && naive_match(p.substr(end), t.substr(1));
  }
  size_t skip = p[0] == '\\' && p.size() > 1 ? 1 : 0;
  return p[skip] == t[0] && naive_match(p.substr(skip + 1), t.substr(1));
}

TEST(Glob, KnowsItsSigns) {
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_FALSE(glob_match("**", "")) << "so the server has it";
  EXPECT_TRUE(glob_match("*", "anything"));
  EXPECT_TRUE(glob_match("h?llo", "hello"));
  EXPECT_FALSE(glob_match("h?llo", "hllo"));
  EXPECT_TRUE(glob_match("h*llo", "heeeello"));
  EXPECT_TRUE(glob_match("h[ae]llo", "hallo"));
  EXPECT_FALSE(glob_match("h[ae]llo", "hillo"));
  EXPECT_TRUE(glob_match("h[^e]llo", "hallo"));
  EXPECT_FALSE(glob_match("h[^e]llo", "hello"));
  EXPECT_TRUE(glob_match("h[a-b]llo", "hbllo"));
  EXPECT_TRUE(glob_match("h[b-a]llo", "hallo"));
  EXPECT_TRUE(glob_match("a\\*b", "a*b"));
  EXPECT_FALSE(glob_match("a\\*b", "axb"));
  EXPECT_TRUE(glob_match("a\\", "a\\"));
  EXPECT_TRUE(glob_match("[\\]]", "]"));
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_FALSE(glob_match("a", ""));
  EXPECT_FALSE(glob_match("A", "a"));
  EXPECT_TRUE(glob_match(std::string_view("a\0*", 3), std::string_view("a\0b", 3)));
}

TEST(Glob, AgreesWithTheNaiveMatcher) {
  std::mt19937_64 random(3);
  constexpr std::string_view signs = "aabbc***??[[]]^-\\", letters = "aaabbbc-]^\\[*";
  int hits = 0;
  for (int i = 0; i < 300'000; ++i) {
    std::string pattern(random() % 10, ' '), text(random() % 8, ' ');
    for (char& c : pattern) c = signs[random() % signs.size()];
    for (char& c : text) c = letters[random() % letters.size()];
    bool hit = text.empty() ? pattern.empty() || pattern == "*" : naive_match(pattern, text);
    hits += hit;
    ASSERT_EQ(glob_match(pattern, text), hit) << "pattern " << pattern << " text " << text;
  }
  EXPECT_GT(hits, 10'000);  // else the test proves little
}

TEST(Glob, ManyStarsTakeNoExponentialTime) {
  std::string pattern, text(5000, 'a');
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "*b", text));
  EXPECT_TRUE(glob_match(pattern + "*", text));
}

}  // namespace
}  // namespace cachetted
