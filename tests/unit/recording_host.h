// A Host for what is tested without a loop: counts what it is told. Its wall clock stands still unless moved, and its
// arena keeps everything until end_tick(). Belongs to one thread; used by unit and contract tests.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "config/config.h"
#include "core/backend.h"
#include "metrics/metrics.h"

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
  void note_input() override {}
  void post(std::function<void()> task) override {
    std::lock_guard lock(posted_lock_);
    posted_.push_back(std::move(task));
  }
  uv_loop_s* event_loop() override { return event_loop_; }
  const config::Config& config() const override { return config_; }
  metrics::Cells& cells() override { return cells_; }
  void report(bool trouble, std::string_view text, unsigned server) override { reported = text; }
  void count_evictions(uint64_t n) override { evictions += n; }
  void count_expiries(uint64_t n) override { expiries += n; }

  int64_t now() const { return clock_.now_ms; }
  void pass(int64_t ms) {
    clock_.now_ms += ms;
    clock_.steady = steady_ns();
  }
  void end_tick() {
    arena_.reset();
    clock_.steady = steady_ns();
  }

  // For a backend with sockets: its loop, and what turns it once.
  void use_loop(uv_loop_s* loop, std::function<void()> turn) {
    event_loop_ = loop;
    turn_ = std::move(turn);
  }
  void turn() {
    std::vector<std::function<void()>> tasks;
    {
      std::lock_guard lock(posted_lock_);
      tasks.swap(posted_);
    }
    for (auto& task : tasks) task();
    if (!turn_) return;
    turn_();
    clock_.refresh();
  }
  config::Config& options() { return config_; }

  std::string reported;  // the last line for the operator
  uint64_t completed = 0, evictions = 0, expiries = 0;

 private:
  Arena arena_;
  Clock clock_;
  uv_loop_s* event_loop_ = nullptr;
  std::function<void()> turn_;
  std::mutex posted_lock_;
  std::vector<std::function<void()>> posted_;
  config::Config config_;
  metrics::Cells cells_{0};
};

}  // namespace cachetted
