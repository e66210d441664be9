// Order, bounds, deadlines and ends of the worker pool, with drivers that only take notes. Run under ThreadSanitizer
// too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>

#include "backends/workers/lane.h"
#include "tests/unit/ask.h"

namespace cachetted::workers {
namespace {

using std::chrono::milliseconds;

// What the drivers of a pool were given, and a gate that they can be kept before.
struct Notes {
  std::mutex lock;
  std::condition_variable open;
  bool shut = false;
  std::atomic<int> at_gate{0};
  std::vector<std::vector<std::string>> batches;  // by run: the keys
  std::map<uint64_t, std::vector<int64_t>> seen;  // by session, which is in Request::flags: Request::number

  void shut_gate() { set(true); }
  void open_gate() { set(false); }
  void pass() {
    std::unique_lock hold(lock);
    ++at_gate;
    open.wait(hold, [this] { return !shut; });
    --at_gate;
  }
  void wait_at_gate(int n) {
    while (at_gate < n) std::this_thread::sleep_for(milliseconds(1));
  }

 private:
  void set(bool to) {
    std::lock_guard hold(lock);
    shut = to;
    open.notify_all();
  }
};

// Answers a get by its key as value, a get_many by its keys, all else by its number.
class NotingDriver final : public Driver {
 public:
  explicit NotingDriver(Notes& notes) : notes_(notes) {}
  void run(std::span<Job* const> jobs, Arena& arena) override {
    notes_.pass();
    std::vector<std::string> keys;
    for (Job* j : jobs) {
      if (!j->start()) continue;
      Request& r = j->request();
      keys.emplace_back(r.key);
      {
        std::lock_guard hold(notes_.lock);
        notes_.seen[r.flags].push_back(r.number);
      }
      answer(r, arena);
    }
    std::lock_guard hold(notes_.lock);
    notes_.batches.push_back(std::move(keys));
  }

 private:
  static void answer(Request& r, Arena& arena) {
    r.reply.status = Status::ok;
    r.reply.number = r.number;
    if (r.op == Op::get) {
      put(r.reply.value, arena.copy(r.key));
    } else if (r.op == Op::get_many) {
      Value* items = arena.array<Value>(r.args.size());
      for (size_t i = 0; i < r.args.size(); ++i) put(*new (&items[i]) Value, arena.copy(r.args[i]));
      r.reply.items = {items, r.args.size()};
    } else if (r.op == Op::group) {
      for (Request* c = r.children; c != nullptr; c = c->next) answer(*c, arena);
    }
  }
  static void put(Value& v, std::string_view bytes) {
    v.found = true;
    v.data = bytes.data();
    v.size = static_cast<uint32_t>(bytes.size());
  }

  Notes& notes_;
};

class PoolThreads : public testing::Test {
 protected:
  void open(config::Workers size) {
    pool_ = std::make_unique<Pool>(size, [this] { return std::make_unique<NotingDriver>(notes_); });
    lane_ = std::make_unique<Lane>(*pool_, host_, "slow");
  }
  void TearDown() override {
    notes_.open_gate();
    lane_.reset();
    pool_.reset();
  }
  void add(Ask& a, Owner& session) { lane_->add(a.owner(session).flags(static_cast<uint32_t>(session.id)).request()); }
  void finish(Request& r) {
    for (int i = 0; i < 10'000 && !r.done; ++i) {
      host_.turn();
      std::this_thread::sleep_for(milliseconds(r.done ? 0 : 1));
    }
    EXPECT_TRUE(r.done);
  }
  static Owner session(uint64_t id) {
    Owner o;
    o.id = id;
    return o;
  }

  Notes notes_;
  RecordingHost host_;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<Lane> lane_;
};

TEST_F(PoolThreads, EachIsAnsweredOnceAndItsSessionsOrderIsKept) {
  open({.threads = 3, .max_batch = 7, .queue = 100'000});
  constexpr int kSessions = 20, kRequests = 200;
  std::vector<Owner> sessions;
  for (uint64_t i = 0; i < kSessions; ++i) sessions.push_back(session(i + 1));
  std::deque<Ask> asks;
  for (int i = 0; i < kRequests; ++i)
    for (Owner& s : sessions) {
      Op op = i % 3 == 0 ? Op::set : Op::get;
      asks.push_back(Ask(op, "key:" + std::to_string(i % 5) + ":" + std::to_string(s.id), "v").number(i));
      add(asks.back(), s);
    }
  lane_->flush();
  for (Ask& a : asks) finish(a.request());
  EXPECT_EQ(host_.completed, asks.size());
  for (Owner& s : sessions) {
    std::vector<int64_t> expected(kRequests);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(notes_.seen[s.id], expected);
  }
  for (Ask& a : asks) {
    Request& r = a.request();
    Answer answer = answer_of(r);
    if (r.op == Op::get) {
      EXPECT_EQ(answer.value, r.key);
    }
  }
}

TEST_F(PoolThreads, RepliesAreMemoryOfTheirOwn) {
  open({.threads = 1, .max_batch = 10, .queue = 10});
  Owner s = session(1);
  Ask many = Ask(Op::get_many).words({"a", "b", ""});
  add(many, s);
  std::deque<Ask> children;
  children.push_back(Ask(Op::get, "first"));
  children.push_back(Ask(Op::get, "answered"));
  children.push_back(Ask(Op::get, "last"));
  children[1].request().reply.status = Status::miss;
  Ask group = Ask(Op::group).children(children);
  add(group, s);
  lane_->flush();
  finish(group.request());
  host_.end_tick();
  EXPECT_THAT(answer_of(many.request()).items, testing::ElementsAre("a", "b", ""));
  EXPECT_EQ(answer_of(group.request()).status, Status::ok);
  EXPECT_EQ(answer_of(children[0].request()).value, "first");
  EXPECT_EQ(answer_of(children[1].request()).status, Status::miss);
  EXPECT_EQ(answer_of(children[2].request()).value, "last");
}

TEST_F(PoolThreads, AFullQueueRefusesAtOnce) {
  open({.threads = 1, .max_batch = 1, .queue = 3});
  notes_.shut_gate();
  Owner s = session(1);
  std::deque<Ask> asks;
  for (int i = 0; i < 10; ++i) asks.push_back(Ask(Op::get, std::to_string(i)));
  add(asks[0], s);
  lane_->flush();
  notes_.wait_at_gate(1);  // the worker has it: the queue is empty
  for (int i = 1; i < 10; ++i) add(asks[static_cast<size_t>(i)], s);
  lane_->flush();
  EXPECT_EQ(host_.completed, 6u);
  for (size_t i = 4; i < 10; ++i) {
    Answer a = answer_of(asks[i].request());
    EXPECT_EQ(a.status, Status::unavailable);
    EXPECT_THAT(a.text, testing::StartsWith("backend 'slow' is overloaded: workers.queue requests wait"));
  }
  notes_.open_gate();
  for (size_t i = 0; i < 4; ++i) {
    finish(asks[i].request());
    EXPECT_EQ(answer_of(asks[i].request()).value, std::to_string(i));
  }
}

TEST_F(PoolThreads, SoDoTooManyBytes) {
  open({.threads = 1, .max_batch = 1, .queue = 1000});
  host_.options().limits.output_buffer = 1 << 20;
  notes_.shut_gate();
  Owner s = session(1);
  std::deque<Ask> asks;
  for (int i = 0; i < 10; ++i) {
    asks.push_back(Ask(Op::set, std::to_string(i), std::string(1 << 20, 'v')));
    add(asks.back(), s);
  }
  lane_->flush();
  EXPECT_EQ(host_.completed, 6u);
  EXPECT_THAT(answer_of(asks[4].request()).text,
              testing::HasSubstr("is overloaded: over four times limits.output_buffer"));
  for (size_t i = 5; i < 10; ++i) answer_of(asks[i].request());
  notes_.open_gate();
  for (size_t i = 0; i < 4; ++i) {
    finish(asks[i].request());
    EXPECT_EQ(answer_of(asks[i].request()).status, Status::ok);
  }
  Ask again(Op::set, "again", "v");
  add(again, s);
  lane_->flush();
  finish(again.request());
  EXPECT_EQ(answer_of(again.request()).status, Status::ok);
}

TEST_F(PoolThreads, WhatIsPastItsDeadlineIsAnsweredAndNotRun) {
  open({.threads = 1, .max_batch = 1, .queue = 10});
  host_.options().timeouts.request_ms = 30;
  notes_.shut_gate();
  Owner s = session(1);
  Ask late(Op::get, "at the gate"), later(Op::set, "waiting", "v");
  add(late, s);
  add(later, s);
  lane_->flush();
  notes_.wait_at_gate(1);
  EXPECT_EQ(host_.completed, 0u);
  std::this_thread::sleep_for(milliseconds(31));
  lane_->beat(steady_ns());
  EXPECT_EQ(host_.completed, 2u) << "while the worker still has the first";
  EXPECT_EQ(answer_of(later.request()).text, "backend 'slow' is unavailable: no reply within timeouts.request");
  answer_of(late.request());
  host_.options().timeouts.request_ms = 10'000;
  host_.end_tick();
  Ask next(Op::get, "next");
  add(next, s);
  lane_->flush();
  notes_.open_gate();
  finish(next.request());
  EXPECT_EQ(answer_of(next.request()).value, "next");
  EXPECT_EQ(host_.completed, 3u) << "no late reply is told";
  std::lock_guard hold(notes_.lock);
  for (const auto& batch : notes_.batches) EXPECT_THAT(batch, testing::Not(testing::Contains("waiting")));
}

TEST_F(PoolThreads, ALateOneThatTheWorkerFindsFirstIsAnsweredToo) {
  open({.threads = 1, .max_batch = 4, .queue = 10});
  host_.options().timeouts.request_ms = 20;
  notes_.shut_gate();
  Owner s = session(1);
  Ask late(Op::get, "late");
  add(late, s);
  lane_->flush();
  notes_.wait_at_gate(1);
  std::this_thread::sleep_for(milliseconds(21));
  notes_.open_gate();
  finish(late.request());
  EXPECT_EQ(answer_of(late.request()).status, Status::unavailable);
}

// A loop goes away with its sessions: what workers have of it is neither touched nor told.
TEST_F(PoolThreads, ALoopMayEndWhileItsRequestsWaitOrRun) {
  open({.threads = 2, .max_batch = 3, .queue = 1000});
  for (int round = 0; round < 30; ++round) {
    notes_.shut_gate();
    auto host = std::make_unique<RecordingHost>();
    auto lane = std::make_unique<Lane>(*pool_, *host, "slow");
    auto asks = std::make_unique<std::deque<Ask>>();
    auto sessions = std::make_unique<std::vector<Owner>>();
    for (uint64_t i = 0; i < 4; ++i) sessions->push_back(session(i));
    for (int i = 0; i < 40; ++i) {
      asks->push_back(Ask(i % 2 == 0 ? Op::get_many : Op::set, "k", std::string(1000, 'v')).words({"a", "b"}));
      lane->add(asks->back().owner((*sessions)[static_cast<size_t>(i % 4)]).request());
    }
    lane->flush();
    notes_.open_gate();
    if (round % 3 != 0) std::this_thread::sleep_for(std::chrono::microseconds(round * 20));
    if (round % 2 == 0) host->turn();
    for (Ask& a : *asks) release_all(a.request());  // as a session does, first
    asks.reset();
    lane.reset();
    host->turn();
    host.reset();
  }
}

TEST_F(PoolThreads, ThePoolMayEndWithAFullQueue) {
  open({.threads = 2, .max_batch = 2, .queue = 1000});
  notes_.shut_gate();
  Owner a = session(0), b = session(1);
  std::deque<Ask> asks;
  for (int i = 0; i < 100; ++i) {
    asks.push_back(Ask(Op::get, "k"));
    add(asks.back(), i % 2 == 0 ? a : b);
  }
  lane_->flush();
  notes_.wait_at_gate(2);
  lane_.reset();
  notes_.open_gate();
  pool_.reset();
  EXPECT_EQ(host_.completed, 0u);
  for (Ask& ask : asks) release_all(ask.request());
}

TEST_F(PoolThreads, SeveralLoopsShareIt) {
  open({.threads = 2, .max_batch = 16, .queue = 100'000});
  std::vector<std::thread> loops;
  for (uint64_t l = 0; l < 3; ++l) {
    loops.emplace_back([this, l] {
      RecordingHost host;
      Lane lane(*pool_, host, "slow");
      Owner mine = session(l);
      for (int round = 0; round < 50; ++round) {
        std::deque<Ask> asks;
        for (int i = 0; i < 20; ++i) {
          asks.push_back(Ask(Op::get, std::to_string(l) + ":" + std::to_string(i)).number(round * 20 + i));
          lane.add(asks.back().owner(mine).request());
        }
        lane.flush();
        for (Ask& a : asks) {
          while (!a.request().done) host.turn();
          EXPECT_EQ(answer_of(a.request()).value, a.request().key);
        }
        host.end_tick();
      }
      EXPECT_EQ(host.completed, 1000u);
    });
  }
  for (std::thread& t : loops) t.join();
}

// --- what may be run together ---

class Together : public testing::Test {
 protected:
  size_t together(std::initializer_list<Ask*> asks) {
    auto home = std::make_shared<Inbox>();
    std::vector<std::unique_ptr<Job>> jobs;
    std::vector<Job*> all;
    for (Ask* a : asks) {
      jobs.push_back(std::make_unique<Job>(a->request(), home, 0, UINT64_MAX));
      all.push_back(jobs.back().get());
    }
    size_t n = workers::together(all);
    jobs.clear();
    for (Ask* a : asks) {
      a->request().whole = false;
      release_all(a->request());
    }
    return n;
  }
  Owner one_, two_, three_;
};

TEST_F(Together, ReadsAllAtOnce) {
  Ask a(Op::get, "k"), b = Ask(Op::get_many).words({"k", "l"}), c(Op::length, "k");
  EXPECT_EQ(together({&a, &b, &c}), 3u);
}

TEST_F(Together, NothingBehindAWriteOfItsKey) {
  for (Op op : {Op::get, Op::set, Op::append}) {
    Ask write = Ask(Op::set, "k", "v").owner(one_), other = Ask(op, "k", "v").owner(two_);
    EXPECT_EQ(together({&write, &other}), 1u);
    Ask elsewhere = Ask(op, "l", "v").owner(two_);
    EXPECT_EQ(together({&write, &elsewhere}), 2u);
    EXPECT_EQ(together({&other, &write}), op == Op::get ? 2u : 1u) << "a read before a write stays before it";
  }
  Ask touch = Ask(Op::get, "k").options(kTouch).owner(one_), read = Ask(Op::get, "k").owner(two_);
  EXPECT_EQ(together({&touch, &read}), 1u) << "a read that changes the expiry is a write";
  Ask many = Ask(Op::set_many).words({"a", "k", "b", "c"}).owner(one_);
  EXPECT_EQ(together({&many, &read}), 2u) << "of pairs the second is no key";
  Ask two = Ask(Op::common, "x", "b").owner(two_);
  EXPECT_EQ(together({&many, &two}), 1u);
}

TEST_F(Together, NoReadOfASessionBehindItsWrite) {
  Ask write = Ask(Op::set, "k", "v").owner(one_), read = Ask(Op::get, "l").owner(one_);
  EXPECT_EQ(together({&write, &read}), 1u) << "reads may be done first";
  Ask again = Ask(Op::set, "l", "v").owner(one_);
  EXPECT_EQ(together({&write, &again}), 2u);
}

TEST_F(Together, AGroupAndWhatConcernsAllKeysIsAlone) {
  Ask read(Op::get, "k"), flush(Op::flush), group(Op::group);
  EXPECT_EQ(together({&read, &flush, &read}), 1u);
  EXPECT_EQ(together({&flush, &read}), 1u);
  EXPECT_EQ(together({&group, &group}), 1u);
}

}  // namespace
}  // namespace cachetted::workers
