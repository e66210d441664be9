// The arithmetic of time to live.
#include "core/expiry.h"

#include <gtest/gtest.h>

namespace cachetted {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;

TEST(MakeExpiry, AddsTheUnitToNowOrTakesTheInstant) {
  EXPECT_EQ(make_expiry(60, TimeUnit::seconds, true, kNow), kNow + 60'000);
  EXPECT_EQ(make_expiry(60, TimeUnit::milliseconds, true, kNow), kNow + 60);
  EXPECT_EQ(make_expiry(1'800'000'000, TimeUnit::seconds, false, kNow), 1'800'000'000'000);
  EXPECT_EQ(make_expiry(1'800'000'000'000, TimeUnit::milliseconds, false, kNow), 1'800'000'000'000);
}

TEST(MakeExpiry, RefusesWhatLeaves63Bits) {
  const int64_t most = INT64_MAX;
  EXPECT_EQ(make_expiry(most / 1000, TimeUnit::seconds, false, kNow), most / 1000 * 1000);
  EXPECT_EQ(make_expiry(most / 1000 + 1, TimeUnit::seconds, false, kNow), std::nullopt);
  EXPECT_EQ(make_expiry(most / 1000, TimeUnit::seconds, true, kNow), std::nullopt);
  EXPECT_EQ(make_expiry(most, TimeUnit::seconds, true, kNow), std::nullopt);
  EXPECT_EQ(make_expiry(most, TimeUnit::milliseconds, false, kNow), most);
  EXPECT_EQ(make_expiry(most - kNow, TimeUnit::milliseconds, true, kNow), most);
  EXPECT_EQ(make_expiry(most - kNow + 1, TimeUnit::milliseconds, true, kNow), std::nullopt);
  EXPECT_EQ(make_expiry(INT64_MIN, TimeUnit::seconds, true, kNow), std::nullopt);
}

TEST(MakeExpiry, NeverTakesAPastInstantForNever) {
  for (int64_t amount : {int64_t{0}, int64_t{-1}, int64_t{-1'700'000'000}, int64_t{-9'000'000'000'000}}) {
    for (TimeUnit unit : {TimeUnit::seconds, TimeUnit::milliseconds}) {
      for (bool relative : {true, false}) {
        auto expiry = make_expiry(amount, unit, relative, kNow);
        ASSERT_TRUE(expiry);
        EXPECT_NE(*expiry, kNever);
        EXPECT_GE(*expiry, kPast);
        EXPECT_LE(*expiry, kNow);
      }
    }
  }
  EXPECT_EQ(make_expiry(INT64_MIN, TimeUnit::milliseconds, false, kNow), kPast);
  EXPECT_EQ(make_expiry(INT64_MIN, TimeUnit::milliseconds, true, kNow), kPast);
  EXPECT_EQ(make_expiry(-kNow, TimeUnit::milliseconds, true, kNow), kPast);
}

TEST(Expiry, KeyLivesUpToItsLastMillisecond) {
  EXPECT_FALSE(is_expired(kNever, kNow));
  EXPECT_FALSE(is_expired(kNow, kNow));
  EXPECT_FALSE(is_expired(kNow, kNow - 1));
  EXPECT_TRUE(is_expired(kNow, kNow + 1));
  EXPECT_TRUE(is_expired(kPast, kNow));
}

TEST(Expiry, RoundsAsItsReadersNeed) {
  EXPECT_EQ(remaining_ms(kNow + 5, kNow), 5);
  EXPECT_EQ(remaining_ms(kNow, kNow), 0);
  EXPECT_EQ(remaining_ms(kNow - 5, kNow), 0);
  EXPECT_EQ(nearest_seconds(499), 0);
  EXPECT_EQ(nearest_seconds(500), 1);
  EXPECT_EQ(nearest_seconds(1499), 1);
  EXPECT_EQ(nearest_seconds(60'000), 60);
  EXPECT_EQ(nearest_seconds(INT64_MAX), INT64_MAX / 1000 + 1);
  EXPECT_EQ(seconds_up(0), 0);
  EXPECT_EQ(seconds_up(1), 1);
  EXPECT_EQ(seconds_up(1000), 1);
  EXPECT_EQ(seconds_up(1001), 2);
  EXPECT_EQ(seconds_up(INT64_MAX), INT64_MAX / 1000 + 1);
}

}  // namespace
}  // namespace cachetted
