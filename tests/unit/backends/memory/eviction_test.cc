// The memory bound: never exceeded, kept by evicting what is used least, and by refusing where nothing may go.
#include "backends/memory/eviction.h"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <random>
#include <thread>
#include <unordered_set>

#include "tests/unit/backends/memory/memory_fixture.h"

#if defined(__SANITIZE_ADDRESS__)
// What was freed and is kept aside, to find late uses, would otherwise be all that fits under a bound.
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=8"; }
#endif

namespace cachetted::memory {
namespace {

TEST(Ticket, KeepsHashAndTable) {
  Ticket t(0xFFFF123456789ABC, 1023);
  EXPECT_EQ(t.hash48(), 0x123456789ABCu);
  EXPECT_EQ(t.table(), 1023);
}

TEST(Ghosts, RememberWhatWasEvictedOfLate) {
  std::mt19937_64 random(53);
  constexpr uint64_t low48 = (uint64_t{1} << 48) - 1;
  Ghosts ghosts;
  EXPECT_FALSE(ghosts.take(5));
  std::vector<uint64_t> hashes(1000);
  for (uint64_t& h : hashes) ghosts.add(h = random() & low48, 10'000);
  int kept = 0, strangers = 0;
  for (uint64_t h : hashes) kept += ghosts.take(h);
  EXPECT_GT(kept, 900);  // some fell on each other's place
  for (uint64_t h : hashes) EXPECT_FALSE(ghosts.take(h)) << "taken already";
  for (uint64_t h : hashes) ghosts.add(h, 10'000);
  for (int i = 0; i < 100'000; ++i) strangers += ghosts.take(random() & low48);
  EXPECT_LT(strangers, 20);
}

class EvictionTest : public MemoryFixture {
 protected:
  std::mt19937_64 random_{59};
};

TEST_F(EvictionTest, TheProcessKeepsToItsBound) {
  for (bool shared : {false, true}) {
    open_bounded(32 << 20, true, shared);
    host_.evictions = 0;
    for (int i = 0; i < 100'000; ++i) {
      std::string key = "key:" + std::to_string(random_() % 60'000);
      std::string value(random_() % 50 == 0 ? random_() % 100'000 : random_() % 1500, 'v');
      switch (random_() % 6) {
        case 0: ask(Ask(Op::append, key, value).number(200'000)); break;
        case 1: ask(Ask(Op::set_range, key, value).number(static_cast<int64_t>(random_() % 1000)).cas(200'000)); break;
        case 2: ask(Ask(Op::add_integer, key).number(1)); break;
        case 3: get(key); break;
        default: ASSERT_TRUE(set(key, value));
      }
      if (i % 32 == 0) {
        ASSERT_TRUE(within(*store_)) << metrics::resident_bytes() << " of " << figures().limit;
      }
    }
    EXPECT_TRUE(kSanitized || host_.evictions > 1000) << host_.evictions;
    EXPECT_GT(figures().bytes, 32u << 19) << "what is allowed is used";
  }
}

TEST_F(EvictionTest, CopiesAndNewNamesKeepToTheBound) {
  open_bounded(32 << 20);
  for (int i = 0; i < 10'000; ++i) {
    std::string key = "key:" + std::to_string(i);
    set(key, std::string(1000 + random_() % 3000, 'v'));
    ask(Ask(Op::copy, key, key + ":copy"));
    ask(Ask(Op::rename, key, key + ":other"));
    ask(Ask(Op::set_many).words({key + "a", std::string(500, 'a'), key + "b", std::string(500, 'b')}));
    if (i % 16 == 0) {
      ASSERT_TRUE(within(*store_)) << metrics::resident_bytes() << " of " << figures().limit;
    }
  }
  EXPECT_TRUE(kSanitized || host_.evictions > 1000) << host_.evictions;
}

TEST_F(EvictionTest, LargeValuesKeepToTheBound) {
  open_bounded(64 << 20);
  const std::string large(3'000'000, 'x'), piece(1'000'000, 'y');
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(set("large:" + std::to_string(i), large));
    ask(Ask(Op::append, "grown:" + std::to_string(i / 3), piece).number(10 << 20));
    ASSERT_TRUE(within(*store_)) << metrics::resident_bytes() << " of " << figures().limit;
  }
}

TEST_F(EvictionTest, TheBoundIsThatOfTheWholeProcess) {
  open_bounded(64 << 20);
  for (int i = 0; i < 40'000; ++i) set("key:" + std::to_string(i), std::string(1000, 'v'));
  EXPECT_TRUE(kSanitized || host_.evictions == 0) << host_.evictions;
  const std::string ballast(40 << 20, 'b');  // what the process needs beside the entries
  for (int i = 0; i < 300 && (i == 0 || !within(*store_)); ++i) {
    for (int j = 0; j < 200; ++j) set("new:" + std::to_string(i * 200 + j), std::string(1000, 'v'));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // gaps in the heap are given back once a second
  }
  EXPECT_TRUE(within(*store_)) << metrics::resident_bytes() << " of " << figures().limit << " with " << ballast.size();
  EXPECT_TRUE(kSanitized || host_.evictions > 1000) << host_.evictions;
}

// A zipf trace with scans of keys that never come back, as a nightly report makes them.
class Trace {
 public:
  explicit Trace(size_t keys) : below_(keys) {
    double sum = 0;
    for (size_t i = 0; i < keys; ++i) below_[i] = sum += 1 / std::pow(static_cast<double>(i + 1), 0.9);
    for (double& b : below_) b /= sum;
  }
  std::string next() {
    if (scanning_ > 0) {
      --scanning_;
      return "scan:" + std::to_string(once_++);
    }
    if (random_() % 20'000 == 0) scanning_ = 5000;
    double p = static_cast<double>(random_() >> 11) / static_cast<double>(uint64_t{1} << 53);
    return "key:" + std::to_string(std::lower_bound(below_.begin(), below_.end(), p) - below_.begin());
  }

 private:
  std::vector<double> below_;
  std::mt19937_64 random_{61};
  size_t scanning_ = 0, once_ = 0;
};

class Fifo {
 public:
  explicit Fifo(size_t places) : places_(places) {}
  bool look_up(const std::string& key) {
    if (!held_.insert(key).second) return true;
    queue_.push_back(key);
    if (queue_.size() > places_) {
      held_.erase(queue_.front());
      queue_.pop_front();
    }
    return false;
  }

 private:
  size_t places_;
  std::unordered_set<std::string> held_;
  std::deque<std::string> queue_;
};

TEST_F(EvictionTest, HitsMoreThanFirstInFirstOut) {
  constexpr int kLookUps = 300'000;
  constexpr size_t kKeys = 100'000;
  const std::string value(1500, 'v');
  int hits = 0, fifo_hits = 0;
  size_t places = 0;  // the most that were held at once: what the FIFO gets for the whole time
  {
    Trace trace(kKeys);
    open_bounded(16 << 20);
    for (int i = 0; i < kLookUps; ++i) {
      std::string key = trace.next();
      bool hit = get(key).has_value();
      if (!hit) set(key, value);
      hits += hit;
      if (i % 64 == 0) places = std::max<size_t>(places, figures().keys);
    }
  }
  ASSERT_TRUE(kSanitized || host_.evictions > 10'000) << host_.evictions;
  ASSERT_GT(places, 1000u);
  Trace trace(kKeys);
  Fifo fifo(places + 64);
  for (int i = 0; i < kLookUps; ++i) fifo_hits += fifo.look_up(trace.next());
  EXPECT_GT(fifo_hits, kLookUps / 10);
  EXPECT_TRUE(kSanitized || hits > fifo_hits + kLookUps / 100)
      << hits << " to " << fifo_hits << "of " << kLookUps << " with " << places << " places";
}

TEST_F(EvictionTest, HotKeysSurviveAScan) {
  open_bounded(16 << 20);
  const std::string value(1000, 'v');
  for (int i = 0; i < 1000; ++i) set("hot:" + std::to_string(i), value);
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < 1000; ++i) get("hot:" + std::to_string(i));
  for (int i = 0; host_.evictions < 30'000; ++i) set("scan:" + std::to_string(i), value);
  int alive = 0;
  for (int i = 0; i < 1000; ++i) alive += get("hot:" + std::to_string(i)).has_value();
  EXPECT_TRUE(kSanitized || alive > 950) << alive;
}

TEST_F(EvictionTest, WhereEverythingIsHotSomethingStillGoes) {
  open_bounded(16 << 20);
  for (int i = 0; i < 40'000; ++i) {
    std::string key = "key:" + std::to_string(i);
    ASSERT_TRUE(set(key, std::string(1000, 'v')));
    for (int j = 0; j < 4; ++j) get(key);
  }
  EXPECT_TRUE(kSanitized || host_.evictions > 1000) << host_.evictions;
}

TEST_F(EvictionTest, TicketsOfDeletedKeysDoNotPileUp) {
  open_bounded(64 << 20);
  for (int i = 0; i < 300'000; ++i) {
    std::string key = "key:" + std::to_string(i);
    set(key, "v");
    remove(key);
  }
  EXPECT_EQ(figures().keys, 0u);
  EXPECT_LT(queue_bytes(), 200'000u);
}

TEST_F(EvictionTest, TicketsOfAKeyDeletedAndSetAgainDoNotPileUp) {
  open_bounded(64 << 20);
  for (int i = 0; i < 200'000; ++i) {
    set("lock", "v");
    remove("lock");
  }
  EXPECT_LT(queue_bytes(), 200'000u);
}

TEST_F(EvictionTest, TicketsOfAKeyThatExpiresAndIsSetAgainDoNotPileUp) {
  open_bounded(64 << 20);
  set("steady", "v");
  for (int i = 0; i < 200'000; ++i) {
    set("window", "v", 1);
    host_.pass(2);
  }
  EXPECT_LT(queue_bytes(), 200'000u);
}

TEST_F(EvictionTest, TicketsOfKeysThatComeBackInTheMainQueueDoNotPileUp) {
  open_bounded(16 << 20);
  for (int i = 0; i < 40'000; ++i) set("filler:" + std::to_string(i), std::string(1000, 'v'));
  for (int i = 0; i < 200'000; ++i) {
    std::string key = "key:" + std::to_string(i % 20);
    set(key, "v");
    get(key);
    if (i % 3 == 0) remove(key);
  }
  EXPECT_LT(queue_bytes(), figures().keys * 64 + 400'000);
}

TEST_F(EvictionTest, WithoutABoundThereAreNoTickets) {
  for (int i = 0; i < 1000; ++i) set("key:" + std::to_string(i), "v");
  EXPECT_EQ(queue_bytes(), 0u);
}

TEST_F(EvictionTest, WithoutEvictionWritesAreRefusedAndNothingIsLost) {
  open_bounded(16 << 20, false);
  EXPECT_FALSE(store_->full());
  ASSERT_TRUE(set("big", std::string(50'000, 'b')));
  int stored = 0;
  Answer a;
  while ((a = set("key:" + std::to_string(stored), std::string(5000, 'v'))).status == Status::ok)
    ASSERT_LT(++stored, 50'000);
  EXPECT_EQ(a.status, Status::out_of_memory);
  EXPECT_TRUE(store_->full());
  EXPECT_GT(stored, 500);
  EXPECT_EQ(queue_bytes(), 0u);
  const std::string more(50'000, 'w');
  for (Ask write :
       {Ask(Op::set, "key:0", more), Ask(Op::append, "key:0", more).number(100'000),
        Ask(Op::set_range, "new", more).cas(100'000), Ask(Op::set_bit, "new").number(400'000).number2(1).cas(100'000),
        Ask(Op::set_many).words({"new", more}), Ask(Op::copy, "big", "new")}) {
    EXPECT_EQ(ask(write).status, Status::out_of_memory) << row(write.request().op).name;
  }
  EXPECT_EQ(get("key:0"), std::string(5000, 'v'));
  EXPECT_FALSE(get("new"));
  EXPECT_EQ(count(), stored + 1);
  EXPECT_EQ(host_.evictions, 0u);
  for (int i = 0; i < stored / 2; ++i) EXPECT_TRUE(remove("key:" + std::to_string(i)));
  EXPECT_TRUE(set("new", more));
  EXPECT_FALSE(store_->full());
}

TEST_F(EvictionTest, ManyPairsAreStoredAllOrNone) {
  open_bounded(16 << 20, false);
  std::vector<std::string> words;
  for (int i = 0; i < 200; ++i) {
    words.push_back("key:" + std::to_string(i));
    words.push_back(std::string(kSanitized ? 1'000'000 : 200'000, 'v'));
  }
  EXPECT_EQ(ask(Ask(Op::set_many).words(words)).status, Status::out_of_memory);
  EXPECT_EQ(count(), 0) << "an MSET that is refused stores nothing";
}

// Where the key written to is itself the one to go, it is as if it had gone before.
TEST_F(EvictionTest, AKeyThatMakesRoomForItselfIsNotLeftHalf) {
  open_bounded(32 << 20);
  const std::string large(1'000'000, 'x');
  for (int i = 0; i < 60; ++i) {
    std::string key = "key:" + std::to_string(i);
    set(key, large);
    ask(Ask(Op::set_range, key, "Y").number(1).cas(2 << 20));
    auto v = get(key);
    ASSERT_TRUE(!v || v == "xY" + large.substr(2) || v == std::string("\0Y", 2))
        << v->substr(0, 10) << " of " << v->size();
    set(key, large);
    ask(Ask(Op::set_bit, key).number(7).number2(1).cas(2 << 20));
    v = get(key);
    ASSERT_TRUE(!v || v == "y" + large.substr(1) || v == "\1") << v->substr(0, 10) << " of " << v->size();
    set(key, large);
    Answer a = ask(Ask(Op::append, key, "Y").number(2 << 20));
    v = get(key);
    ASSERT_TRUE(!v || v == large + "Y" || v == "Y") << v->substr(0, 10) << " of " << v->size();
    ASSERT_TRUE(!v || a.number == static_cast<int64_t>(v->size()));
    set(key, large);
    ask(Ask(Op::append, key, "Z").options(kIfPresent).number(2 << 20));
    v = get(key);
    ASSERT_TRUE(!v || v == large + "Z") << "what is gone is not there to be added to";
  }
  EXPECT_TRUE(kSanitized || host_.evictions > 10) << host_.evictions;
}

// With several loops a shard's lock may be the request's own.
TEST_F(EvictionTest, RequestsThatLockEveryShardStillFindRoom) {
  open_bounded(32 << 20, true, true);
  const std::string large(1'000'000, 'v');
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(set("key:" + std::to_string(i), large));
  for (int i = 0; i < 100; ++i) {
    std::deque<Ask> children;
    children.push_back(Ask(Op::count));
    children.push_back(Ask(Op::set, "grouped:" + std::to_string(i), large));
    ask(Ask(Op::group).children(children));
    ASSERT_EQ(children[1].request().reply.status, Status::ok) << "child " << i;
  }
  std::vector<std::string> words;
  for (int i = 0; i < 100; ++i) {
    words.push_back("many:" + std::to_string(i));
    words.push_back(std::string(5000, 'v'));
  }
  EXPECT_EQ(ask(Ask(Op::set_many).words(words)).status, Status::ok);
}

TEST_F(EvictionTest, AValueThatCanNeverFitIsRefused) {
  open_bounded(8 << 20);
  EXPECT_EQ(set("k", std::string(size_t{8 << 20} * (kSanitized ? 10 : 2), 'v')).status, Status::out_of_memory);
  EXPECT_FALSE(get("k"));
  EXPECT_TRUE(set("k", "small"));
}

TEST_F(EvictionTest, WhatWasFlushedMakesRoomFirst) {
  open_bounded(32 << 20);
  for (int i = 0; i < 20'000; ++i) set("key:" + std::to_string(i), std::string(1000, 'v'));
  ask(Ask(Op::flush));
  uint64_t evicted = host_.evictions;
  for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(set("new:" + std::to_string(i), std::string(1000, 'v')));
  EXPECT_EQ(host_.evictions, evicted);
}

TEST_F(EvictionTest, EvictsFromExchangedDatabasesToo) {
  open_bounded(16 << 20);
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 3000; ++i) {
      ask(Ask(Op::set, "key:" + std::to_string(i), std::string(1500, 'v')).db(static_cast<uint16_t>((i + round) % 16)));
    }
    ask(Ask(Op::swap).number(round % 16).number2((round + 1) % 16));
    ASSERT_TRUE(within(*store_)) << metrics::resident_bytes() << " of " << figures().limit;
  }
  EXPECT_TRUE(kSanitized || host_.evictions > 1000) << host_.evictions;
}

}  // namespace
}  // namespace cachetted::memory
