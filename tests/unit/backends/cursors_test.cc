#include "backends/cursors.h"

#include <gtest/gtest.h>

namespace cachetted {
namespace {

Place place(std::string behind) { return {false, std::move(behind), true}; }

TEST(Cursors, OneIsFollowedAgainUntilItsSuccessorIs) {
  Cursors c;
  const uint64_t a = c.add(place("a"), 0, 1), b = c.add(place("b"), a, 2);
  EXPECT_NE(a, b);
  EXPECT_EQ(c.find(a, 3)->behind, "a") << "a client that lost the reply asks again";
  EXPECT_EQ(c.find(b, 3)->behind, "b");
  EXPECT_EQ(c.find(b, 3)->behind, "b");
  EXPECT_FALSE(c.find(a, 3));
}

TEST(Cursors, EachLivesTenMinutes) {
  Cursors c;
  const uint64_t a = c.add(place("a"), 0, 1);
  EXPECT_TRUE(c.find(a, Cursors::kLifeNs));
  EXPECT_FALSE(c.find(a, Cursors::kLifeNs + 1));
}

TEST(Cursors, OfTooManyTheOldestGoes) {
  Cursors c;
  const uint64_t first = c.add(place("a"), 0, 1), second = c.add(place("b"), 0, 1);
  for (size_t i = 2; i <= Cursors::kMost; ++i) c.add(place("c"), 0, 1);
  EXPECT_FALSE(c.find(first, 2));
  EXPECT_TRUE(c.find(second, 2));
}

TEST(Cursors, NumbersThatNobodyTellsAreKnownAsSuch) {
  Cursors c;
  EXPECT_FALSE(Cursors::never_told(c.add(place("a"), 0, 1)));
  EXPECT_TRUE(Cursors::never_told(7));
  EXPECT_TRUE(Cursors::never_told(static_cast<uint64_t>(-1)));
  EXPECT_FALSE(c.find(7, 1));
}

}  // namespace
}  // namespace cachetted
