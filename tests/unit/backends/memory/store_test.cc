// Accounting: what the figures say is what is there, through every kind of write, and nothing when all is gone.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/backends/memory/memory_fixture.h"

namespace cachetted::memory {
namespace {

class StoreTest : public MemoryFixture {
 protected:
  std::string key() { return "key:" + std::to_string(random_() % 300); }
  std::string value() {
    size_t n = random_() % 20 == 0 ? random_() % 30'000 : random_() % 200;
    return std::string(n, static_cast<char>('a' + random_() % 26));
  }
  int64_t when() {
    switch (random_() % 4) {
      case 0: return kNever;
      case 1: return host_.now() + static_cast<int64_t>(random_() % 1000);
      case 2: return host_.now() + 86'400'000;
      default: return (int64_t{1} << 50) + static_cast<int64_t>(random_() % 1000);  // stored with 64 bits
    }
  }
  // One operation of any kind that changes something.
  Ask anything() {
    uint16_t db = static_cast<uint16_t>(random_() % 2);
    switch (random_() % 20) {
      case 0:
      case 1:
      case 2: return Ask(Op::set, key(), value()).expiry(when()).flags(static_cast<uint32_t>(random_() % 2)).db(db);
      case 3: return Ask(Op::set, key(), value()).options(kKeepTtl).db(db);
      case 4: return Ask(Op::set, key(), value()).options(kIfAbsent | kReturnOld).expiry(when()).db(db);
      case 5: return Ask(Op::set_many).words({key(), value(), key(), value()}).expiries({when(), when()}).db(db);
      case 6: return Ask(Op::append, key(), value()).number(1 << 20).expiry(when()).db(db);
      case 7: return Ask(Op::append, key(), value()).options(kPrepend).number(1 << 20).db(db);
      case 8:
        return Ask(Op::set_range, key(), value()).number(static_cast<int64_t>(random_() % 20'000)).cas(1 << 20).db(db);
      case 9:
        return Ask(Op::set_bit, key()).number(static_cast<int64_t>(random_() % 50'000)).number2(1).cas(1 << 20).db(db);
      case 10: return Ask(Op::add_integer, key()).number(7).expiry(when()).db(db);
      case 11: return Ask(Op::add_float, key(), "0.5").db(db);
      case 12: return Ask(Op::remove).words({key(), key()}).db(db);
      case 13: return Ask(Op::expire, key()).expiry(when() == kNever ? kPast : when()).db(db);
      case 14: return Ask(Op::expire, key()).options(kPersist | kIfTtl).db(db);
      case 15: return Ask(Op::get, key()).options(random_() % 2 == 0 ? kTouch : kDeleteAfter).expiry(when()).db(db);
      case 16: return Ask(Op::rename, key(), key()).db(db);
      case 17: return Ask(Op::copy, key(), key()).options(kReplace).db(db).db2(1 - db);
      case 18: return Ask(Op::move, key()).db(db).db2(1 - db);
      default: return Ask(Op::get, key()).db(db);
    }
  }
  // What the figures should say of a database, by looking at each key.
  void expect_figures(uint16_t db) {
    uint64_t keys = 0, expiring = 0;
    for (unsigned i = 0; i < kShards; ++i) {
      Table& t = store_->shard(i).table(db);
      for (uint64_t b = 0; b < t.buckets(); ++b) {
        t.visit(b, [&](Slot& s) {
          ++keys;
          expiring += Table::entry(s)->expiry() != kNever;
        });
      }
    }
    ASSERT_EQ(store_->figures(db).keys, keys);
    ASSERT_EQ(store_->figures(db).keys_expiring, expiring);
  }
  uint64_t footprints() {
    uint64_t bytes = 0;
    for (uint16_t db = 0; db < 2; ++db) {
      for (unsigned i = 0; i < kShards; ++i) {
        Table& t = store_->shard(i).table(db);
        for (uint64_t b = 0; b < t.buckets(); ++b) t.visit(b, [&](Slot& s) { bytes += Table::entry(s)->footprint(); });
      }
    }
    return bytes;
  }
  void write_at_random(int operations) {
    for (int i = 0; i < operations; ++i) {
      ask(anything());
      if (i % 100 == 0) host_.pass(50);
      if (i % 5000 == 0) {
        expect_figures(0);
        expect_figures(1);
        ASSERT_EQ(figures().bytes, footprints());
      }
    }
    ASSERT_EQ(figures().bytes, footprints());
  }

  std::mt19937_64 random_{43};
};

TEST_F(StoreTest, BytesReturnToZeroWhenEverythingIsDeleted) {
  write_at_random(40'000);
  EXPECT_GT(figures().bytes, 0u);
  for (uint16_t db = 0; db < 2; ++db)
    for (int i = 0; i < 300; ++i) ask(Ask(Op::remove).words({"key:" + std::to_string(i)}).db(db));
  EXPECT_EQ(figures().bytes, 0u);
  EXPECT_EQ(figures().keys, 0u);
  EXPECT_EQ(figures().keys_expiring, 0u);
  for (unsigned i = 0; i < kShards; ++i) EXPECT_EQ(store_->shard(i).entries, 0u);
}

TEST_F(StoreTest, BytesReturnToZeroAfterAFlush) {
  write_at_random(5000);
  ask(Ask(Op::flush).options(kAllDatabases));
  EXPECT_EQ(figures().keys, 0u);
  EXPECT_EQ(figures().keys_expiring, 0u);
  while (backend_->advance()) {
  }
  EXPECT_EQ(figures().bytes, 0u);
}

TEST_F(StoreTest, BytesReturnToZeroWhenEverythingExpires) {
  for (int i = 0; i < 2000; ++i) set("key:" + std::to_string(i), value(), 100);
  EXPECT_EQ(figures().keys_expiring, 2000u);
  host_.pass(101);
  for (int i = 0; i < 2000; ++i) EXPECT_FALSE(get("key:" + std::to_string(i)));
  EXPECT_EQ(figures().bytes, 0u);
  EXPECT_EQ(host_.expiries, 2000u);
}

TEST_F(StoreTest, TheBoundIsAccountedTheSame) {
  open_bounded(64 << 20);
  write_at_random(10'000);
  EXPECT_GT(figures().limit, 0u);
}

TEST_F(StoreTest, AReplyOutlivesItsEntry) {
  const std::string large(100'000, 'x');
  set("k", large);
  Ask a(Op::get, "k");
  Request& r = a.request();
  Request* one[] = {&r};
  backend_->submit(one);
  ASSERT_TRUE(r.done);
  remove("k");
  EXPECT_EQ(figures().bytes, 0u);
  EXPECT_EQ(r.reply.value.view(), large);
  EXPECT_TRUE(r.reply.value.blob->sole());
  answer_of(r);
}

TEST_F(StoreTest, ABatchEndsBehindWhatTakesLong) {
  std::string text(5'007, 'x');
  for (size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i * i % 7);
  set("a", text.substr(0, 5'000));
  set("b", text.substr(7));
  std::deque<Ask> asks;
  for (int i = 0; i < 3; ++i) {
    asks.push_back(Ask(Op::common, "a", "b").options(kLcsLength));
    asks.push_back(Ask(Op::get, "a"));
  }
  std::vector<Request*> batch;
  for (Ask& a : asks) batch.push_back(&a.request());
  EXPECT_EQ(backend_->submit(batch), 1u);
  EXPECT_EQ(backend_->submit(Batch(batch).subspan(1)), 2u);
  EXPECT_FALSE(batch[3]->done);
  EXPECT_EQ(backend_->submit(Batch(batch).subspan(3)), 2u);
  EXPECT_EQ(backend_->submit(Batch(batch).subspan(5)), 1u);
  for (Request* r : batch) EXPECT_TRUE(answer_of(*r));
}

TEST_F(StoreTest, AValueUnderWayIsNotEditedInPlace) {
  const std::string large(100'000, 'x');
  const Ask edits[] = {
      Ask(Op::set_range, "k", "YYY").number(5).cas(1 << 20), Ask(Op::set_bit, "k").number(0).number2(1).cas(1 << 20),
      Ask(Op::append, "k", "ZZZ").number(1 << 20), Ask(Op::append, "k", "ZZZ").options(kPrepend).number(1 << 20)};
  for (const Ask& edit : edits) {
    set("k", large);
    Ask a(Op::get, "k");
    Request& r = a.request();
    Request* one[] = {&r};
    backend_->submit(one);
    EXPECT_TRUE(ask(edit));
    EXPECT_EQ(r.reply.value.view(), large);
    EXPECT_NE(get("k"), large);
    answer_of(r);
  }
}

TEST_F(StoreTest, CopiesShareALargeValueUntilOneChanges) {
  set("a", std::string(50'000, 'x'));
  ask(Ask(Op::copy, "a", "b"));
  ask(Ask(Op::append, "b", "y").number(1 << 20));
  ask(Ask(Op::set_range, "a", "z").number(0).cas(1 << 20));
  EXPECT_EQ(get("a"), std::string("z").append(49'999, 'x'));
  EXPECT_EQ(get("b"), std::string(50'000, 'x').append("y"));
  remove("a");
  remove("b");
  EXPECT_EQ(figures().bytes, 0u);
}

}  // namespace
}  // namespace cachetted::memory
