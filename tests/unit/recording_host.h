// A Host for what is tested without a loop: counts what it is told. Its wall clock stands still unless moved, and its
// arena keeps everything until end_tick(). Belongs to one thread; used by unit and contract tests.
#pragma once
#include <gtest/gtest.h>

#include "core/backend.h"

namespace cachetted {

class RecordingHost final : public Host {
 public:
  void complete(Request& r) override {
    EXPECT_FALSE(r.done) << row(r.op).name << " was completed twice";
    EXPECT_NE(r.reply.status, Status::pending) << row(r.op).name << " was completed without an answer";
    r.done = true;
    ++completed;
  }
  Arena& arena() override { return arena_; }
  const Clock& clock() const override { return clock_; }
  void post(std::function<void()> task) override { task(); }
  void count_evictions(uint64_t n) override { evictions += n; }
  void count_expiries(uint64_t n) override { expiries += n; }

  int64_t now() const { return clock_.now_ms; }
  void pass(int64_t ms) { clock_.now_ms += ms; }
  void end_tick() {
    arena_.reset();
    clock_.steady = steady_ns();
  }

  uint64_t completed = 0, evictions = 0, expiries = 0;

 private:
  Arena arena_;
  Clock clock_;
};

}  // namespace cachetted
