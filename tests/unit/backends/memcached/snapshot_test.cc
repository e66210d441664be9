#include "backends/memcached/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace cachetted::memcached {
namespace {

std::string key(int i) { return "key:" + std::to_string(i); }

// All that it tells from `from` on, by pages.
std::multiset<std::string> walk(Snapshot& s, uint64_t from, size_t count, uint64_t* end = nullptr) {
  std::multiset<std::string> all;
  uint64_t place = from;
  do {
    size_t told = 0;
    place = s.tell(place, count, [&](std::string_view k) {
      all.emplace(k);
      ++told;
    });
    EXPECT_LE(told, count);
  } while (place != 0 && s.covers(place, 1));
  if (end != nullptr) *end = place;
  return all;
}

TEST(Snapshot, TellsEachKeyOnceWhateverTheCount) {
  Snapshot s;
  s.begin(0, 1);
  for (int i = 0; i < 10'000; ++i) s.add(key(i));
  s.finish(1);
  for (size_t count : {1u, 7u, 4096u, 100'000u}) {
    auto all = walk(s, 0, count);
    EXPECT_EQ(all.size(), 10'000u);
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 10'000u);
  }
}

TEST(Snapshot, ACursorHoldsForAnother) {
  Snapshot one, other;
  one.begin(0, 1);
  for (int i = 0; i < 1000; ++i) one.add(key(i));
  one.finish(1);
  std::set<std::string> seen;
  uint64_t place = one.tell(0, 400, [&](std::string_view k) { seen.emplace(k); });
  ASSERT_NE(place, 0u);
  other.begin(place, 1);
  for (int i = 0; i < 2000; ++i) other.add(key(i));  // more keys meanwhile
  other.finish(1);
  EXPECT_FALSE(other.covers(0, 1)) << "it has the keys from there on alone";
  for (const std::string& k : walk(other, place, 10)) EXPECT_TRUE(seen.insert(k).second) << "told twice";
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.contains(key(i)));
}

TEST(Snapshot, IsBoundedAndEndsEarlier) {
  Snapshot s;
  s.begin(0, 1);
  const std::string tail(200, 'x');
  for (int i = 0; i < 500'000; ++i) s.add(key(i) + tail);
  EXPECT_LE(s.bytes(), Snapshot::kMostBytes);
  s.finish(1);
  uint64_t end = 0;
  auto first = walk(s, 0, 4096, &end);
  EXPECT_LT(first.size(), 500'000u);
  ASSERT_NE(end, 0u) << "there is more, for the next one";
  s.begin(end, 1);
  for (int i = 0; i < 500'000; ++i) s.add(key(i) + tail);
  s.finish(1);
  for (const std::string& k : walk(s, end, 4096, &end)) EXPECT_FALSE(first.contains(k));
}

TEST(Snapshot, GetsOld) {
  Snapshot s;
  EXPECT_FALSE(s.covers(0, 1)) << "there is none";
  s.begin(0, 1);
  s.finish(5);
  EXPECT_TRUE(s.covers(7, 6));
  EXPECT_FALSE(s.covers(7, 5 + Snapshot::kLife));
  EXPECT_EQ(s.tell(0, 10, [](std::string_view) { FAIL(); }), 0u);
}

}  // namespace
}  // namespace cachetted::memcached
