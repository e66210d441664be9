// What takes many turns: KEYS, CLEAR and FLUSHEXPIRED between writes, the sweep, freeing what was flushed.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <thread>

#include "tests/unit/backends/memory/memory_fixture.h"

namespace cachetted::memory {
namespace {

constexpr int kMillion = kSanitized ? 200'000 : 1'000'000;  // instrumented programs are slow enough for slices

class JobsTest : public MemoryFixture {
 protected:
  static std::string key(int i) { return "key:" + std::to_string(i); }
  void fill(int n, int64_t ttl = 0) {
    for (int i = 0; i < n; ++i) set(key(i), "v", ttl);
  }
  // The last of as many loops as there are shards sweeps one shard only; none of these keys are in it.
  void open_with_sweep_of_the_last_shard() {
    backend_.reset();
    store_ = std::make_unique<MemoryStore>(Options{}, false);
    backend_.reset(store_->open(host_, kShards - 1, kShards));
  }
  static std::string unswept_key(int i) {
    std::string k = key(i);
    while (shard_of(hash_key(k)) == kShards - 1) k += "'";
    return k;
  }
  // Submits without waiting.
  Request& begin(Ask& a) {
    Request& r = a.request();
    Request* one[] = {&r};
    backend_->submit(one);
    return r;
  }
  size_t all_buckets() {
    size_t n = 0;
    for (unsigned i = 0; i < kShards; ++i) n += store_->shard(i).table(0).buckets();
    return n;
  }
  // Until the backend says that nothing is left at once; how many turns that took.
  int advance_to_the_end() {
    int turns = 1;
    while (backend_->advance()) {
      host_.end_tick();
      ++turns;
    }
    return turns;
  }
};

TEST_F(JobsTest, KeysListsEachKeyOnceWhileOthersComeAndGo) {
  fill(200'000);
  for (int round = 0; round < 3; ++round) {
    Ask a = Ask(Op::keys).value("key:*");
    Request& r = begin(a);
    ASSERT_FALSE(r.done) << "it takes turns";
    int turns = 0;
    while (!r.done) {
      backend_->advance();
      if (r.done) break;
      for (int i = 0; i < 50; ++i) {
        set("other:" + std::to_string(turns * 50 + i), "v");
        set("key:new:" + std::to_string(turns * 50 + i), "v");
        remove("other:" + std::to_string(turns * 50 + i - 500));
        remove("key:new:" + std::to_string(turns * 50 + i - 400));
      }
      ++turns;
    }
    EXPECT_GT(turns, 2);
    Answer answer = answer_of(r);
    EXPECT_EQ(answer.status, Status::ok);
    std::set<std::string> names(answer.names.begin(), answer.names.end());
    EXPECT_EQ(names.size(), answer.names.size()) << "twice";
    for (int i = 0; i < 200'000; ++i) ASSERT_TRUE(names.contains(key(i))) << key(i);
    for (const std::string& n : names) ASSERT_TRUE(n.starts_with("key:"));
  }
}

TEST_F(JobsTest, KeysKnowsItsPatternAndLeavesOutWhatHasExpired) {
  fill(100);
  set("other", "v");
  set("key:gone", "v", 10);
  host_.pass(11);
  std::string pattern = "key:?";
  Ask a = Ask(Op::keys).value(pattern);
  Request& r = begin(a);
  a.value("*");  // the bytes of a pattern are the client's buffer: gone after the tick
  host_.end_tick();
  finish(*backend_, host_, r);
  EXPECT_EQ(answer_of(r).names.size(), 10u);
  EXPECT_EQ(ask(Ask(Op::keys).value("*")).names.size(), 101u);
  EXPECT_EQ(ask(Ask(Op::keys).value("*").db(1)).names.size(), 0u);
}

TEST_F(JobsTest, SeveralWalksAreAnsweredInTheirOrder) {
  fill(20'000);
  Ask asks[] = {Ask(Op::keys).value("*"), Ask(Op::clear).value("key"), Ask(Op::keys).value("*")};
  for (Ask& a : asks) begin(a);
  while (!asks[2].request().done) {
    backend_->advance();
    EXPECT_GE(asks[0].request().done, asks[1].request().done);
    EXPECT_GE(asks[1].request().done, asks[2].request().done);
  }
  EXPECT_EQ(answer_of(asks[0].request()).names.size(), 20'000u);
  EXPECT_EQ(answer_of(asks[1].request()).number, 20'000);
  EXPECT_EQ(answer_of(asks[2].request()).names.size(), 0u);
}

TEST_F(JobsTest, ClearDeletesTheNamespaceAndNothingElse) {
  fill(20'000);
  for (std::string k : {"key", "keys:1", "ke:1", "other:key:1", "KEY:1"}) set(k, "v");
  set("key:", "v");
  EXPECT_EQ(ask(Ask(Op::clear).value("key")).number, 20'001);
  EXPECT_EQ(count(), 5);
  EXPECT_EQ(ask(Ask(Op::clear).value("key")).number, 0);
}

TEST_F(JobsTest, ClearWhileOthersWrite) {
  fill(30'000);
  Ask a = Ask(Op::clear).value("key");
  Request& r = begin(a);
  for (int i = 0; !r.done; ++i) {
    backend_->advance();
    set("other:" + std::to_string(i), "v");
    set(key(i), "w");
  }
  int written = 0;
  for (int i = 0; i < 30'000; ++i) {
    auto v = get(key(i));
    if (!v) continue;
    EXPECT_EQ(v, "w") << "what was there from the beginning is gone";
    ++written;
  }
  EXPECT_GE(answer_of(r).number, 30'000 - written);
}

TEST_F(JobsTest, FlushExpiredRemovesAndCountsThem) {
  open_with_sweep_of_the_last_shard();
  for (int i = 0; i < 10'000; ++i) set(unswept_key(i), "v", 100);
  for (int i = 0; i < 5000; ++i) set("stay:" + std::to_string(i), "v", i % 2 == 0 ? 0 : 10'000);
  host_.pass(101);
  EXPECT_EQ(ask(Ask(Op::flush_expired)).number, 10'000);
  EXPECT_EQ(count(), 5000);
  EXPECT_EQ(ask(Ask(Op::flush_expired)).number, 0);
  EXPECT_EQ(host_.expiries, 10'000u);
}

TEST_F(JobsTest, FlushExpiredCountsOnlyWhatItRemoved) {
  open_with_sweep_of_the_last_shard();
  for (int i = 0; i < 50'000; ++i) set(unswept_key(i), "v", 100);
  for (int i = 0; i < 50'000; ++i) ask(Ask(Op::set, unswept_key(i), "v").db(1));
  host_.pass(101);
  Ask a = Ask(Op::flush_expired);
  Request& r = begin(a);
  while (!r.done) {
    backend_->advance();
    ask(Ask(Op::swap).number(0).number2(1));
  }
  EXPECT_EQ(answer_of(r).number, static_cast<int64_t>(host_.expiries));
  EXPECT_EQ(count(0) + count(1), 100'000 - static_cast<int64_t>(host_.expiries));
}

TEST_F(JobsTest, WalksInAGroupRunAtOnce) {
  fill(3000);
  set("gone", "v", 1);
  host_.pass(2);
  std::deque<Ask> children;
  children.push_back(Ask(Op::keys).value("key:*"));
  children.push_back(Ask(Op::flush_expired));
  children.push_back(Ask(Op::clear).value("key"));
  children.push_back(Ask(Op::count));
  Ask group = Ask(Op::group).children(children);
  Request& r = begin(group);
  EXPECT_TRUE(r.done);
  EXPECT_EQ(answer_of(children[0].request()).names.size(), 3000u);
  EXPECT_EQ(answer_of(children[1].request()).number, 1);
  EXPECT_EQ(answer_of(children[2].request()).number, 3000);
  EXPECT_EQ(answer_of(children[3].request()).number, 0);
}

TEST_F(JobsTest, WalksSurviveFlushAndSwap) {
  for (Op op : {Op::keys, Op::clear, Op::flush_expired}) {
    open({});
    fill(20'000, 10'000);
    Ask a = Ask(op).value(op == Op::keys ? "*" : "key");
    Request& r = begin(a);
    for (int i = 0; !r.done && i < 10'000; ++i) {
      backend_->advance();
      if (i % 3 == 1) ask(Ask(Op::flush).db(static_cast<uint16_t>(i % 2)));
      if (i % 3 == 2) ask(Ask(Op::swap).number(0).number2(1));
      for (int j = 0; j < 100; ++j) set(key(i * 100 + j), "v", 10'000);
    }
    EXPECT_TRUE(r.done) << row(op).name;
    Answer answer = answer_of(r);
    EXPECT_EQ(answer.status, Status::ok);
    ask(Ask(Op::flush).options(kAllDatabases));
    advance_to_the_end();
    EXPECT_EQ(figures().bytes, 0u) << row(op).name;
  }
}

TEST_F(JobsTest, AWalkForNobodyEndsAndLetsGoOfItsTable) {
  fill(100'000);
  Owner session;
  Ask a = Ask(Op::keys).value("*").owner(session);
  Request& r = begin(a);
  backend_->advance();
  ASSERT_FALSE(r.done);
  session.gone = true;
  backend_->advance();
  EXPECT_TRUE(r.done);
  release_all(r);
  for (int i = 0; i < 100'000; ++i) remove(key(i));
  EXPECT_LT(all_buckets(), 200u) << "no table is held any more";
}

TEST_F(JobsTest, AWalkUnderWayIsDroppedWithItsBackend) {
  fill(100'000);
  Ask a = Ask(Op::keys).value("*");
  Request& r = begin(a);
  backend_->advance();
  ASSERT_FALSE(r.done);
  backend_.reset();
  backend_.reset(store_->open(host_, 0, 1));
  for (int i = 0; i < 100'000; ++i) remove(key(i));
  EXPECT_LT(all_buckets(), 200u) << "no table is held any more";
}

TEST_F(JobsTest, TheSweepRemovesWhatNobodyAsksFor) {
  open({.databases = 3});
  fill(20'000, 50);
  for (int i = 0; i < 100; ++i) set("stay:" + std::to_string(i), "v");
  for (int i = 0; i < 100; ++i) ask(Ask(Op::set, key(i), "v").db(2).expiry(host_.now() + 50));
  host_.pass(51);
  // It turns ten times a second, and at once while it finds many.
  for (int i = 0; i < 300 && figures().keys > 100; ++i) {
    host_.end_tick();
    if (!backend_->advance()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(figures().keys, 100u);
  EXPECT_EQ(figures().keys_expiring, 0u);
  EXPECT_EQ(host_.expiries, 20'100u);
}

TEST_F(JobsTest, AMillionKeysAreListedAndFreedInSlices) {
  fill(kMillion);
  Ask a = Ask(Op::keys).value("*");
  Request& r = begin(a);
  int turns = 0;
  for (; !r.done; ++turns) {
    backend_->advance();
    ASSERT_TRUE(r.done || get("key:1")) << "others are served meanwhile";
  }
  EXPECT_GT(turns, 10);
  EXPECT_EQ(r.reply.listing->size(), size_t{kMillion});
  release_all(r);

  uint64_t before = figures().bytes;
  EXPECT_TRUE(ask(Ask(Op::flush)));
  EXPECT_EQ(count(), 0);
  EXPECT_EQ(figures().bytes, before) << "nothing was freed yet";
  EXPECT_TRUE(set("new", "v"));
  EXPECT_GT(advance_to_the_end(), 10);
  EXPECT_LT(figures().bytes, 1000u);
  EXPECT_EQ(get("new"), "v");
}

TEST_F(JobsTest, ScanFindsWhatIsThereThroughoutOverAllShards) {
  std::mt19937_64 random(67);
  fill(2000);
  for (int round = 0; round < 10; ++round) {
    std::set<std::string> seen;
    int64_t cursor = 0;
    int calls = 0;
    do {
      Answer a = ask(Ask(Op::scan).number(static_cast<int64_t>(random() % 50 + 1)).number2(cursor).value("*"));
      ASSERT_EQ(a.status, Status::ok);
      cursor = a.cursor;
      seen.insert(a.names.begin(), a.names.end());
      for (int i = 0; i < 100; ++i) {
        std::string other = "other:" + std::to_string(random() % 20'000);
        round % 2 == 0 ? static_cast<void>(set(other, "v")) : static_cast<void>(remove(other));
      }
      ASSERT_LT(++calls, 100'000);
    } while (cursor != 0);
    for (int i = 0; i < 2000; ++i) ASSERT_TRUE(seen.contains(key(i))) << key(i) << " in round " << round;
  }
}

}  // namespace
}  // namespace cachetted::memory
