// Linear hashing against std::unordered_map, and what a scan promises while the table grows and shrinks.
#include "backends/memory/table.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace cachetted::memory {
namespace {

class TableTest : public testing::Test {
 protected:
  ~TableTest() override {
    size_t all = SIZE_MAX;
    while (table_.drain(all, Entry::destroy)) {
    }
  }
  static std::string key(uint64_t n) { return "key:" + std::to_string(n); }
  void insert(const std::string& key, const std::string& value = "") {
    table_.insert(Entry::create({key, value, kNever, 0}), hash_key(key));
  }
  bool erase(const std::string& key) {
    uint64_t hash = hash_key(key);
    Slot* s = table_.find(key, hash);
    if (s == nullptr) return false;
    Entry* e = Table::entry(*s);
    table_.erase(s, hash);
    Entry::destroy(e);
    return true;
  }
  bool has(const std::string& key) { return table_.find(key, hash_key(key)) != nullptr; }

  Table table_;
  std::mt19937_64 random_{37};
};

TEST_F(TableTest, AgreesWithAModelOverGrowthAndShrink) {
  std::unordered_map<std::string, std::string> model;
  for (int i = 0; i < 200'000; ++i) {
    bool growing = i / 25'000 % 2 == 0;
    std::string k = key(random_() % 30'000);
    uint64_t hash = hash_key(k);
    Slot* s = table_.find(k, hash);
    auto it = model.find(k);
    ASSERT_EQ(s != nullptr, it != model.end());
    if (s != nullptr) {
      ASSERT_EQ(Table::entry(*s)->key(), k);
      ASSERT_EQ(Table::entry(*s)->value(), it->second);
    }
    if (random_() % 10 < (growing ? 8u : 2u)) {
      std::string value = std::to_string(i);
      if (s == nullptr) {
        insert(k, value);
      } else {
        Entry* old = Table::entry(*s);
        Table::replace(*s, Entry::create({k, value, kNever, 0}));
        Entry::destroy(old);
      }
      model[k] = value;
    } else if (s != nullptr) {
      ASSERT_TRUE(erase(k));
      model.erase(k);
    }
    ASSERT_EQ(table_.size(), model.size());
  }
  for (auto& [k, v] : model) ASSERT_TRUE(has(k));
}

TEST_F(TableTest, GrowsAndShrinksWithItsContent) {
  EXPECT_EQ(table_.buckets(), 0u);
  for (uint64_t i = 0; i < 100'000; ++i) insert(key(i));
  EXPECT_GE(table_.buckets(), 100'000u / Table::kSlots);
  EXPECT_LE(table_.buckets(), 100'000u / 2);
  EXPECT_GE(table_.bytes(), table_.buckets() * sizeof(Table::Bucket));
  EXPECT_LE(table_.bytes(), 100'000u * 32);
  for (uint64_t i = 0; i < 100'000; ++i) ASSERT_TRUE(erase(key(i)));
  EXPECT_EQ(table_.size(), 0u);
  EXPECT_LE(table_.buckets(), 2u);
  EXPECT_LE(table_.bytes(), 4 * sizeof(Table::Bucket));
  for (uint64_t i = 0; i < 1000; ++i) insert(key(i));
  for (uint64_t i = 0; i < 1000; ++i) ASSERT_TRUE(has(key(i)));
}

TEST_F(TableTest, FindsByWhatATicketKnowsOfAHash) {
  constexpr uint64_t low48 = (uint64_t{1} << 48) - 1;
  EXPECT_EQ(table_.find_hash(5), nullptr);
  for (uint64_t i = 0; i < 5000; ++i) insert(key(i));
  for (uint64_t i = 0; i < 5000; ++i) {
    Slot* s = table_.find_hash(hash_key(key(i)) & low48);
    ASSERT_NE(s, nullptr);
    ASSERT_EQ(Table::entry(*s)->key(), key(i));
  }
  for (uint64_t i = 5000; i < 10'000; ++i) ASSERT_EQ(table_.find_hash(hash_key(key(i)) & low48), nullptr);
}

TEST_F(TableTest, ScanOfAStillTableSeesEachOnce) {
  EXPECT_EQ(table_.scan(0, [](Slot&) { FAIL(); }), 0u);
  for (size_t n : {1u, 2u, 5u, 6u, 7u, 100u, 777u, 5000u}) {
    while (table_.size() < n) insert(key(table_.size()));
    std::unordered_map<std::string, int> seen;
    uint64_t cursor = 0, calls = 0;
    do {
      cursor = table_.scan(cursor, [&](Slot& s) { ++seen[std::string(Table::entry(s)->key())]; });
      ++calls;
    } while (cursor != 0);
    ASSERT_EQ(seen.size(), n);
    for (auto& [k, times] : seen) ASSERT_EQ(times, 1) << k;
    ASSERT_LE(calls, table_.buckets());
  }
}

// Writes and deletes keys that are none of the scan's own, enough to move the table up and down by levels.
class Churn {
 public:
  Churn(std::mt19937_64& random, size_t most) : random_(random), most_(most) {}
  template <class Insert, class Erase>
  void turn(Insert insert, Erase erase) {
    for (size_t n = random_() % 300; n > 0; --n) {
      if (growing_ ? keys_.size() < most_ : keys_.empty()) {
        keys_.push_back("churn:" + std::to_string(next_++));
        insert(keys_.back());
      } else if (!keys_.empty() && !growing_) {
        std::swap(keys_.back(), keys_[random_() % keys_.size()]);
        erase(keys_.back());
        keys_.pop_back();
      }
    }
    if (random_() % 12 == 0) growing_ = !growing_;
  }

 private:
  std::mt19937_64& random_;
  size_t most_;
  std::vector<std::string> keys_;
  uint64_t next_ = 0;
  bool growing_ = true;
};

TEST_F(TableTest, ScanSeesWhatIsThereThroughoutWhateverTheTableDoes) {
  for (size_t stable : {3u, 60u, 700u}) {
    for (uint64_t i = 0; i < stable; ++i) insert(key(i));
    Churn churn(random_, stable * 20);
    for (int round = 0; round < 25; ++round) {
      std::unordered_set<std::string> seen;
      uint64_t cursor = 0;
      do {
        cursor = table_.scan(cursor, [&](Slot& s) { seen.emplace(Table::entry(s)->key()); });
        churn.turn([&](const std::string& k) { insert(k); }, [&](const std::string& k) { erase(k); });
      } while (cursor != 0);
      for (uint64_t i = 0; i < stable; ++i)
        ASSERT_TRUE(seen.contains(key(i))) << i << " of " << stable << ", round " << round;
    }
    for (uint64_t i = 0; i < stable; ++i) erase(key(i));
  }
}

TEST_F(TableTest, WhileHeldAScanSeesNothingTwice) {
  for (uint64_t i = 0; i < 500; ++i) insert(key(i));
  Churn churn(random_, 8000);
  for (int round = 0; round < 25; ++round) {
    table_.hold();
    std::unordered_set<std::string> seen;
    uint64_t cursor = 0;
    size_t buckets = table_.buckets();
    do {
      cursor = table_.scan(cursor, [&](Slot& s) {
        std::string k(Table::entry(s)->key());
        ASSERT_TRUE(seen.insert(k).second) << k << " was seen twice";
      });
      churn.turn([&](const std::string& k) { insert(k); }, [&](const std::string& k) { erase(k); });
      ASSERT_GE(table_.buckets(), buckets);
      buckets = table_.buckets();
    } while (cursor != 0);
    table_.unhold();
    for (uint64_t i = 0; i < 500; ++i) ASSERT_TRUE(seen.contains(key(i)));
  }
}

TEST_F(TableTest, AnyCursorIsSafe) {
  for (uint64_t i = 0; i < 1000; ++i) insert(key(i));
  for (int i = 0; i < 1000; ++i) {
    size_t calls = 0;
    for (uint64_t cursor = random_() >> random_() % 64; cursor != 0 || calls == 0; ++calls) {
      cursor = table_.scan(cursor, [](Slot&) {});
      if (cursor == 0) break;
      ASSERT_LE(calls, table_.buckets());
    }
  }
}

TEST_F(TableTest, VisitComesByEveryBucket) {
  for (uint64_t i = 0; i < 3000; ++i) insert(key(i));
  size_t n = 0;
  for (uint64_t b = 0; b < table_.buckets(); ++b) table_.visit(b, [&](Slot&) { ++n; });
  EXPECT_EQ(n, 3000u);
}

TEST_F(TableTest, DrainsInSlices) {
  for (uint64_t i = 0; i < 20'000; ++i) insert(key(i));
  Table grave;
  grave.swap(table_);
  EXPECT_EQ(table_.size(), 0u);
  size_t freed = 0, turns = 0;
  bool more = true;
  while (more) {
    size_t budget = 500;
    more = grave.drain(budget, [&](Entry* e) {
      Entry::destroy(e);
      ++freed;
    });
    ASSERT_LE(freed, ++turns * (500 + 100));
  }
  EXPECT_EQ(freed, 20'000u);
  insert("new");  // the place it was taken from works on
  EXPECT_TRUE(has("new"));
}

TEST_F(TableTest, HoldStaysWithThePlace) {
  for (uint64_t i = 0; i < 1000; ++i) insert(key(i));
  table_.hold();
  Table other;
  other.swap(table_);
  for (uint64_t i = 0; i < 1000; ++i) insert(key(i));
  size_t buckets = table_.buckets();
  for (uint64_t i = 0; i < 1000; ++i) erase(key(i));
  EXPECT_EQ(table_.buckets(), buckets);
  table_.unhold();
  insert("a");
  erase("a");
  EXPECT_LT(table_.buckets(), buckets);
  size_t all = SIZE_MAX;
  while (other.drain(all, Entry::destroy)) {
  }
}

}  // namespace
}  // namespace cachetted::memory
