// WATCH: every change of a watched key is seen, and nothing else is taken for one.
#include <gtest/gtest.h>

#include "tests/unit/backends/memory/memory_fixture.h"

namespace cachetted::memory {
namespace {

class WatchTest : public MemoryFixture {
 protected:
  void TearDown() override {
    backend_->unwatch(watch_);
    MemoryFixture::TearDown();
  }
  void watch(std::vector<std::string> keys, uint16_t db = 0) {
    ask(Ask(Op::watch).words(std::move(keys)).db(db).watch(watch_));
  }
  // Runs a group that sets "ran" and says whether it did.
  bool exec() {
    std::deque<Ask> children;
    children.push_back(Ask(Op::set, "ran", "yes"));
    Answer a = ask(Ask(Op::group).children(children).watch(watch_));
    EXPECT_EQ(children[0].request().reply.status, a ? Status::ok : Status::pending);
    EXPECT_TRUE(a || a.status == Status::aborted);
    backend_->unwatch(watch_);
    watch_.dirty = false;
    return static_cast<bool>(a);
  }
  Watch watch_;
};

TEST_F(WatchTest, EveryWriteOfTheKeyIsAChange) {
  const Ask writes[] = {
      Ask(Op::set, "k", "w"),
      Ask(Op::set, "k", "1"),  // the same value
      Ask(Op::set, "k", std::string(10'000, 'x')),
      Ask(Op::set, "k", "w").options(kIfPresent),
      Ask(Op::set_many).words({"other", "1", "k", "2"}),
      Ask(Op::append, "k", "x").number(1000),
      Ask(Op::add_integer, "k").number(1),
      Ask(Op::add_float, "k", "1"),
      Ask(Op::set_range, "k", "x").cas(1000),
      Ask(Op::set_bit, "k").number2(1).cas(1000),
      Ask(Op::remove).words({"other", "k"}),
      Ask(Op::get, "k").options(kDeleteAfter),
      Ask(Op::get, "k").options(kTouch).expiry(INT64_MAX),
      Ask(Op::expire, "k").expiry(INT64_MAX),
      Ask(Op::expire, "k").expiry(kPast),
      Ask(Op::rename, "k", "other"),
      Ask(Op::rename, "other", "k"),
      Ask(Op::copy, "other", "k").options(kReplace),
      Ask(Op::move, "k").db2(1),
      Ask(Op::flush),
      Ask(Op::flush).options(kAllDatabases).db(1),
      Ask(Op::swap).number(0).number2(1),
      Ask(Op::swap).number(1).number2(0),
  };
  for (const Ask& write : writes) {
    open({});
    set("k", "1");
    set("other", "2");
    watch({"k"});
    Ask w = write;
    Answer a = ask(w);
    EXPECT_EQ(a.status, Status::ok) << row(w.request().op).name;
    EXPECT_FALSE(exec()) << row(w.request().op).name;
    EXPECT_FALSE(get("ran")) << row(w.request().op).name;
  }
}

TEST_F(WatchTest, WhatChangesNothingIsNoChange) {
  const Ask others[] = {
      Ask(Op::get, "k"),
      Ask(Op::get, "k").options(kPersist),  // it has no expiry
      Ask(Op::get_many).words({"k"}),
      Ask(Op::exists).words({"k"}).options(kTouch),
      Ask(Op::length, "k"),
      Ask(Op::set, "k", "2").options(kIfAbsent),
      Ask(Op::set, "absent", "2").options(kIfPresent),
      Ask(Op::set_many).words({"new", "1", "k", "2"}).options(kIfAbsent),
      Ask(Op::add_integer, "text").number(1),
      Ask(Op::set_range, "k", "").cas(1000),
      Ask(Op::append, "k", "too long").number(3),
      Ask(Op::set_bit, "k").number(0).number2(0).cas(1000),  // the bit it has
      Ask(Op::expire, "k").options(kPersist | kIfTtl),
      Ask(Op::expire, "k").expiry(INT64_MAX).options(kIfTtl),
      Ask(Op::remove).words({"other"}),
      Ask(Op::set, "other", "3"),
      Ask(Op::set, "k", "3").db(1),
      Ask(Op::flush).db(1),
      Ask(Op::swap).number(1).number2(2),
      Ask(Op::copy, "k", "other").options(kReplace),
      Ask(Op::rename, "other", "k").options(kIfAbsent),
      Ask(Op::keys).value("*"),
      Ask(Op::clear).value("other"),
      Ask(Op::flush_expired),
      Ask(Op::inspect, "k"),
      Ask(Op::common, "k", "other"),
  };
  for (const Ask& other : others) {
    open({});
    set("k", "1");
    set("other", "2");
    set("text", "abc");
    watch({"k"});
    Ask o = other;
    ask(o);
    EXPECT_TRUE(exec()) << row(o.request().op).name << " with options " << o.request().options;
  }
}

TEST_F(WatchTest, SwappingADatabaseWithItselfIsNoChange) {
  set("k", "1");
  watch({"k"});
  ask(Ask(Op::swap).number(0).number2(0));
  EXPECT_TRUE(exec());
}

TEST_F(WatchTest, AKeyThatAppearsIsAChange) {
  watch({"k"});
  EXPECT_TRUE(exec());
  watch({"k"});
  set("k", "1");
  EXPECT_FALSE(exec());
}

TEST_F(WatchTest, FlushAndSwapOfAnAbsentKeyAreNoChange) {
  set("other", "1");
  watch({"k"});
  ask(Ask(Op::flush));
  EXPECT_TRUE(exec());
  watch({"k"});
  ask(Ask(Op::swap).number(0).number2(1));
  EXPECT_TRUE(exec());
  // One that comes in by the exchange is.
  ask(Ask(Op::set, "k", "1").db(3));
  watch({"k"});
  ask(Ask(Op::swap).number(0).number2(3));
  EXPECT_FALSE(exec());
}

TEST_F(WatchTest, ExpiryIsAChangeUnlessItWasBefore) {
  set("k", "1", 100);
  watch({"k"});
  host_.pass(101);
  EXPECT_FALSE(exec());
  set("k", "1", 100);
  host_.pass(101);
  watch({"k"});
  EXPECT_TRUE(exec());
  set("k", "1", 100);
  watch({"k"});
  host_.pass(100);
  EXPECT_TRUE(exec()) << "its last millisecond";
}

TEST_F(WatchTest, DatabasesAreApart) {
  ask(Ask(Op::set, "k", "1").db(1));
  watch({"k"}, 1);
  set("k", "2");
  EXPECT_TRUE(exec());
  watch({"k"}, 1);
  ask(Ask(Op::set, "k", "2").db(1));
  EXPECT_FALSE(exec());
}

TEST_F(WatchTest, ManyKeysAndManyWatchers) {
  Watch second;
  watch({"a", "b", "a"});
  watch({"b", "c"});
  EXPECT_EQ(watch_.keys.size(), 3u);
  ask(Ask(Op::watch).words({"c"}).watch(second));
  set("c", "1");
  EXPECT_TRUE(second.dirty);
  EXPECT_FALSE(exec());
  backend_->unwatch(second);
  second.dirty = false;
  set("c", "2");
  EXPECT_FALSE(second.dirty);
  for (unsigned i = 0; i < kShards; ++i) EXPECT_TRUE(store_->shard(i).watched.empty());
}

TEST_F(WatchTest, UnwatchForgets) {
  watch({"k"});
  backend_->unwatch(watch_);
  EXPECT_TRUE(watch_.keys.empty());
  set("k", "1");
  EXPECT_FALSE(watch_.dirty);
  backend_->unwatch(watch_);  // again: nothing
}

TEST_F(WatchTest, TheGroupsOwnWritesDoNotAbortIt) {
  set("ran", "no");
  watch({"ran"});
  EXPECT_TRUE(exec());
  EXPECT_EQ(get("ran"), "yes");
}

TEST_F(WatchTest, EvictionIsAChange) {
  open_bounded(16 << 20);
  set("k", "1");
  watch({"k"});
  for (int i = 0; host_.evictions < 30'000; ++i) set("filler:" + std::to_string(i), std::string(1000, 'x'));
  ASSERT_FALSE(get("k"));
  EXPECT_FALSE(exec());
}

}  // namespace
}  // namespace cachetted::memory
