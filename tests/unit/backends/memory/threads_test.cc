// Two loops on one store. What ThreadSanitizer should see: run this program under it.
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <random>
#include <thread>

#include "tests/unit/backends/memory/memory_fixture.h"

namespace cachetted::memory {
namespace {

// A loop: a host and a backend of its own, used by one thread.
struct LoopOfOne {
  LoopOfOne(MemoryStore& store, unsigned index, unsigned loops) : backend(store.open(host, index, loops)) {}
  Answer ask(Ask a) {
    if (++turns % 64 == 0) backend->advance();
    return cachetted::ask(*backend, host, a);
  }
  RecordingHost host;
  std::unique_ptr<Backend> backend;
  uint64_t turns = 0;
};

class ThreadsTest : public testing::Test {
 protected:
  static constexpr unsigned kLoops = 2;

  void open(Options o = {}) { store_ = std::make_unique<MemoryStore>(o, true); }
  void SetUp() override { open(); }
  // Runs body(loop, index) on a thread each, begun together.
  template <class Body>
  void run(Body body) {
    std::barrier start(kLoops);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kLoops; ++i) {
      threads.emplace_back([&, i] {
        LoopOfOne loop(*store_, i, kLoops);
        start.arrive_and_wait();
        body(loop, i);
      });
    }
    for (std::thread& t : threads) t.join();
  }
  Answer ask(Ask a) { return LoopOfOne(*store_, 0, 1).ask(std::move(a)); }

  std::unique_ptr<MemoryStore> store_;
};

TEST_F(ThreadsTest, SumsAreExact) {
  constexpr int kKeys = 40, kRounds = 40'000;
  run([](LoopOfOne& loop, unsigned index) {
    std::mt19937_64 random(index);
    for (int i = 0; i < kRounds; ++i)
      loop.ask(Ask(Op::add_integer, "sum:" + std::to_string(random() % kKeys)).number(1));
  });
  int64_t sum = 0;
  for (int i = 0; i < kKeys; ++i) sum += std::stoll(ask(Ask(Op::get, "sum:" + std::to_string(i))).value);
  EXPECT_EQ(sum, int64_t{kRounds} * kLoops);
}

TEST_F(ThreadsTest, BatchesOfSumsAreExact) {
  run([](LoopOfOne& loop, unsigned) {
    for (int i = 0; i < 500; ++i) {
      std::deque<Ask> asks;
      std::vector<Request*> batch;
      for (int j = 0; j < 50; ++j) asks.push_back(Ask(Op::add_integer, "sum:" + std::to_string(j % 7)).number(1));
      for (Ask& a : asks) batch.push_back(&a.request());
      submit(*loop.backend, batch);
      for (Request* r : batch) ASSERT_TRUE(r->done);
      loop.host.end_tick();
    }
  });
  int64_t sum = 0;
  for (int i = 0; i < 7; ++i) sum += std::stoll(ask(Ask(Op::get, "sum:" + std::to_string(i))).value);
  EXPECT_EQ(sum, 50'000);
}

TEST_F(ThreadsTest, ReadersNeverSeeATornPair) {
  std::vector<std::string> keys;
  for (int i = 0; i < 6; ++i) keys.push_back("pair:" + std::to_string(i));
  auto pairs = [&](const std::string& value) {
    std::vector<std::string> words;
    for (const std::string& k : keys) words.insert(words.end(), {k, value});
    return words;
  };
  ask(Ask(Op::set_many).words(pairs("0")));
  std::atomic<bool> stop{false};
  run([&](LoopOfOne& loop, unsigned index) {
    if (index == 0) {
      for (int i = 0; i < 10'000; ++i) {
        // Some values are large, so that they live in blobs.
        ASSERT_TRUE(loop.ask(
            Ask(Op::set_many).words(pairs(std::string(i % 10 == 0 ? 5000 : 3, static_cast<char>('a' + i % 26))))));
      }
      stop = true;
      return;
    }
    while (!stop) {
      Answer a = loop.ask(Ask(Op::get_many).words(keys));
      for (const auto& item : a.items) ASSERT_EQ(item, a.items[0]);
    }
  });
}

TEST_F(ThreadsTest, GroupsAreIsolated) {
  ask(Ask(Op::set_many).words({"a", "0", "b", "0"}));
  std::atomic<bool> stop{false};
  run([&](LoopOfOne& loop, unsigned index) {
    if (index == 0) {
      for (int i = 0; i < 10'000; ++i) {
        std::deque<Ask> move;
        move.push_back(Ask(Op::add_integer, "a").number(1));
        move.push_back(Ask(Op::add_integer, "b").number(-1));
        ASSERT_TRUE(loop.ask(Ask(Op::group).children(move)));
      }
      stop = true;
      return;
    }
    while (!stop) {
      std::deque<Ask> look;
      look.push_back(Ask(Op::get, "a"));
      look.push_back(Ask(Op::get, "b"));
      ASSERT_TRUE(loop.ask(Ask(Op::group).children(look)));
      // The arena was given back, but nothing else was put there since.
      int64_t a = std::stoll(answer_of(look[0].request()).value), b = std::stoll(answer_of(look[1].request()).value);
      ASSERT_EQ(a + b, 0);
    }
  });
}

TEST_F(ThreadsTest, WatchedTransactionsCountEachSuccess) {
  ask(Ask(Op::set, "sum", "0"));
  std::atomic<int64_t> successes{0};
  run([&](LoopOfOne& loop, unsigned) {
    Watch watch;
    for (int i = 0; i < 5000; ++i) {
      loop.ask(Ask(Op::watch).words({"sum"}).watch(watch));
      int64_t n = std::stoll(loop.ask(Ask(Op::get, "sum")).value);
      std::deque<Ask> children;
      children.push_back(Ask(Op::set, "sum", std::to_string(n + 1)));
      if (loop.ask(Ask(Op::group).children(children).watch(watch))) ++successes;
      loop.backend->unwatch(watch);
      watch.dirty = false;
    }
  });
  EXPECT_EQ(std::stoll(ask(Ask(Op::get, "sum")).value), successes);
  EXPECT_GT(successes, 0);
}

// Values name their key, so that a value under another key is seen.
TEST_F(ThreadsTest, EverythingAtOnceAndNoValueGoesAstray) {
  run([](LoopOfOne& loop, unsigned index) {
    std::mt19937_64 random(71 + index);
    for (int i = 0; i < 30'000; ++i) {
      std::string key = "key:" + std::to_string(random() % 500);
      uint16_t db = static_cast<uint16_t>(random() % 3);
      std::string value = key + "=" + std::string(random() % 10 == 0 ? 6000 : 10, 'x');
      switch (random() % 14) {
        case 0:
        case 1:
        case 2:
          loop.ask(Ask(Op::set, key, value).db(db).expiry(random() % 3 == 0 ? loop.host.now() + 20 : kNever));
          break;
        case 3: loop.ask(Ask(Op::remove).words({key}).db(db)); break;
        case 4: loop.ask(Ask(Op::append, key, key + "=").db(db).number(20'000)); break;
        case 5: loop.ask(Ask(Op::move, key).db(db).db2(static_cast<uint16_t>((db + 1) % 3))); break;
        case 6: loop.ask(Ask(Op::expire, key).db(db).expiry(loop.host.now() + 50)); break;
        case 7:
          if (i % 50 == 0) loop.ask(Ask(Op::flush).db(db).options(random() % 2 == 0 ? kAllDatabases : 0u));
          break;
        case 8: loop.ask(Ask(Op::swap).number(db).number2((db + 1) % 3)); break;
        case 9:
          if (i % 100 == 0) {
            for (const std::string& name : loop.ask(Ask(Op::keys).value("*").db(db)).names)
              ASSERT_TRUE(name.starts_with("key:"));
          }
          break;
        case 10:
          loop.ask(Ask(Op::scan).number(10).number2(static_cast<int64_t>(random() % 1000)).value("*").db(db));
          break;
        case 11: loop.ask(Ask(Op::random_key).db(db)); break;
        default: {
          Answer a = loop.ask(Ask(Op::get, key).db(db));
          ASSERT_TRUE(!a.found || a.value.starts_with(key + "=")) << key << " has " << a.value.substr(0, 30);
        }
      }
      if (i % 100 == 0) loop.host.pass(10);
    }
  });
  for (uint16_t db = 0; db < 3; ++db) {
    ask(Ask(Op::flush).db(db));
  }
  LoopOfOne last(*store_, 0, 1);
  while (last.backend->advance()) {
  }
  EXPECT_EQ(store_->figures().bytes, 0u);
  EXPECT_EQ(store_->figures().keys, 0u);
}

TEST_F(ThreadsTest, TheBoundHoldsOverAllLoops) {
  open(bounded(16 << 20));
  std::atomic<uint64_t> evictions{0};
  run([&](LoopOfOne& loop, unsigned index) {
    std::mt19937_64 random(73 + index);
    for (int i = 0; i < 30'000; ++i) {
      std::string key = "key:" + std::to_string(random() % 40'000);
      if (loop.ask(Ask(Op::get, key)).status == Status::miss)
        loop.ask(Ask(Op::set, key, std::string(random() % 2000, 'v')));
      if (i % 64 == 0) {
        ASSERT_TRUE(within(*store_)) << metrics::resident_bytes() << " of " << store_->figures().limit;
      }
    }
    evictions += loop.host.evictions;
  });
  EXPECT_GT(evictions, 1000u);
}

TEST_F(ThreadsTest, LargeValuesUnderWayAreNotWrittenTo) {
  ask(Ask(Op::set, "k", std::string(50'000, 'a')));
  std::atomic<bool> stop{false};
  run([&](LoopOfOne& loop, unsigned index) {
    if (index == 0) {
      for (int i = 0; i < 3000; ++i) {
        std::string all(50'000, static_cast<char>('a' + i % 26));
        ASSERT_TRUE(loop.ask(Ask(Op::set_range, "k", all).number(0).cas(1 << 20)));
      }
      stop = true;
      return;
    }
    while (!stop) {
      Ask a(Op::get, "k");
      Request& r = a.request();
      Request* one[] = {&r};
      loop.backend->submit(one);
      std::string_view v = r.reply.value.view();
      ASSERT_EQ(v.find_first_not_of(v[0]), v.npos) << "read while it was written";
      answer_of(r);
      loop.host.end_tick();
    }
  });
}

TEST_F(ThreadsTest, FiguresMayBeReadByAnyone) {
  for (bool shared : {true, false}) {
    store_ = std::make_unique<MemoryStore>(Options{}, shared);
    std::atomic<bool> stop{false};
    std::thread reader([&] {
      uint64_t most = 0;
      while (!stop) most = std::max(most, store_->figures().keys + store_->figures(1).keys_expiring);
      EXPECT_LE(most, 100'000u);
    });
    LoopOfOne loop(*store_, 0, 1);
    for (int i = 0; i < 20'000; ++i) {
      loop.ask(
          Ask(Op::set, "key:" + std::to_string(i % 3000), "v").expiry(i % 2 == 0 ? kNever : loop.host.now() + 1000));
      if (i % 1000 == 0) loop.ask(Ask(Op::swap).number(0).number2(1));
      if (i % 5000 == 0) loop.ask(Ask(Op::flush));
    }
    stop = true;
    reader.join();
  }
}

}  // namespace
}  // namespace cachetted::memory
