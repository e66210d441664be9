// A request of several steps, each of which asks servers something and waits for all the answers: reading a value,
// changing it, storing it if nobody else has. Its steps stand in one coroutine, from the first to the last. On its
// loop's thread; many times cheaper than the round trips that it waits for, and never on the way of a plain get or set.
#pragma once
#include <coroutine>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "core/request.h"
#include "protocol/memcache/frame.h"

namespace cachetted::memcached {

// What a server answered to one command of a step.
struct Got {
  memcache::Code code = memcache::Code::other;
  std::string value;
  uint32_t flags = 0, size = 0;
  uint64_t cas = 0;
  int64_t ttl = -1;  // seconds, -1 never

  bool found() const { return code == memcache::Code::value || code == memcache::Code::done; }
  bool done() const { return code == memcache::Code::done; }
};

// The body of a Work; owned by it.
struct Job {
  struct promise_type {
    Job get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> body;
};

// `co_await work` waits for the answers to all that was asked since the last one. When one of them will not come, or is
// a refusal that the step does not take, the body ends there.
struct Work {
  explicit Work(Request& request) : r(request) {}
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  ~Work() {
    if (body) body.destroy();
  }

  Request& r;
  std::coroutine_handle<> body;
  uint64_t deadline = 0;  // steady ns; no round begins behind it
  std::vector<Got> got;   // of this step, in the order in which it asked
  size_t asked = 0;       // of this step
  size_t due = 0;         // answers
  int64_t instant = 0;    // of the last write that keeps a long time to live: what it sent, seconds since 1970
  int64_t kept = -1;      // and what was left before, seconds; -1: it keeps none
  bool refusals = false;  // this step looks at refusals itself
  bool running = false;   // the body is
  // Of stale items that were read, and by what line each server gives its token to the next reader. Sent in the end:
  // it changes the item's cas, and does nothing where the item was written meanwhile.
  std::vector<std::pair<unsigned, std::string>> tokens;
  Status failed = Status::pending;
  std::string why;

  void fail(Status s, std::string text) {
    if (failed != Status::pending) return;
    failed = s;
    why = std::move(text);
  }
  bool await_ready() const { return due == 0 && failed == Status::pending; }
  void await_suspend(std::coroutine_handle<>) const {}
  void await_resume() { asked = 0; }
};

}  // namespace cachetted::memcached
