// Requests for tests that own their words, and replies as plain values:
//   Answer a = ask(backend, host, Ask(Op::set, "key", "value").options(kIfAbsent));
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <initializer_list>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/backend.h"
#include "core/clock.h"
#include "core/watch.h"
#include "tests/unit/recording_host.h"

namespace cachetted {

inline std::ostream& operator<<(std::ostream& out, Status s) {
  constexpr const char* names[] = {
      "pending",      "ok",           "miss",        "not_stored",  "changed",       "aborted",     "not_integer",
      "not_float",    "overflow",     "not_finite",  "too_large",   "out_of_memory", "no_such_key", "same_key",
      "out_of_range", "ttl_rejected", "unencodable", "undecodable", "unsupported", "unavailable", "store_error",   "invalid"};
  return out << names[static_cast<int>(s)];
}

class Ask {
 public:
  static constexpr uint8_t kAll = kWantCas | kWantExpiry | kWantFlags | kWantUse;
  static inline uint8_t default_wants = kAll;

  explicit Ask(Op op) { begin(op); }
  Ask(Op op, std::string key) : key_(std::move(key)) { begin(op); }
  Ask(Op op, std::string key, std::string value) : key_(std::move(key)), value_(std::move(value)) { begin(op); }

  Ask& words(std::vector<std::string> w) { return words_ = std::move(w), *this; }
  Ask& value(std::string v) { return value_ = std::move(v), *this; }
  Ask& options(uint32_t o) { return r_.options |= o, *this; }
  Ask& expiry(int64_t at) { return r_.expiry = at, *this; }
  Ask& number(int64_t n) { return r_.number = n, *this; }
  Ask& number2(int64_t n) { return r_.number2 = n, *this; }
  Ask& cas(uint64_t c) { return r_.cas = c, *this; }
  Ask& new_cas(uint64_t c) { return r_.new_cas = c, *this; }
  Ask& expiry2(int64_t at) { return r_.expiry2 = at, *this; }
  Ask& wants(uint8_t w) { return r_.wants = w, *this; }
  Ask& flags(uint32_t f) { return r_.flags = f, *this; }
  Ask& db(uint16_t d) { return r_.db = d, *this; }
  Ask& db2(uint16_t d) { return r_.db2 = d, *this; }
  Ask& owner(Owner& session) { return r_.owner = &session, *this; }
  Ask& watch(Watch& w) { return r_.watch = &w, *this; }
  Ask& expiries(std::vector<int64_t> each) { return expiries_ = std::move(each), *this; }
  // Of a group, in order; they must outlive it.
  Ask& children(std::deque<Ask>& all) {
    Request** link = &r_.children;
    for (Ask& a : all) {
      *link = &a.request();
      link = &(*link)->next;
    }
    r_.number = static_cast<int64_t>(all.size());
    return *this;
  }

  // Valid as long as this is and does not move.
  Request& request() {
    if (key_) r_.key = *key_;
    if (value_) r_.value = *value_;
    views_.assign(words_.begin(), words_.end());
    r_.args = views_;
    if (!expiries_.empty()) r_.expiries = expiries_.data();
    return r_;
  }

 private:
  void begin(Op op) {
    static thread_local Owner session;  // one for all: it never goes away, and nobody looks at its queue
    r_.op = op;
    r_.wants = default_wants;
    r_.owner = &session;
  }

  Request r_;
  std::optional<std::string> key_, value_;
  std::vector<std::string> words_;
  std::vector<std::string_view> views_;
  std::vector<int64_t> expiries_;
};

// A reply with nothing borrowed.
struct Answer {
  Status status = Status::pending;
  std::string value, text;
  bool found = false;
  uint32_t flags = 0, size = 0;
  uint8_t marks = 0;
  uint64_t cas = 0;
  int64_t number = 0, cursor = 0, expiry = kNever;
  std::vector<std::optional<std::string>> items;
  std::vector<std::string> names;

  explicit operator bool() const { return status == Status::ok; }
  std::optional<std::string> get() const { return found ? std::optional(value) : std::nullopt; }
};

// Takes the reply out of a request; what it owned is given back.
inline Answer answer_of(Request& r) {
  Answer a;
  Reply& reply = r.reply;
  a.status = reply.status;
  a.text = reply.text;
  a.found = reply.value.found;
  if (reply.value.found) a.value = reply.value.view();
  a.flags = reply.value.flags;
  a.size = reply.value.size;
  a.cas = reply.value.cas;
  a.marks = reply.value.marks;
  a.number = reply.number;
  a.cursor = reply.cursor;
  a.expiry = reply.expiry;
  for (const Value& v : reply.items) a.items.push_back(v.found ? std::optional(std::string(v.view())) : std::nullopt);
  std::string_view name;
  while (reply.listing != nullptr && reply.listing->next(name)) a.names.emplace_back(name);
  release_all(r);
  return a;
}

// Lets the backend work until the request is done; a store elsewhere gets the processor meanwhile.
inline void finish(Backend& backend, RecordingHost& host, Request& r) {
  constexpr uint64_t kLongest = 60'000'000'000;  // ns: over any timeouts.request
  for (const uint64_t until = steady_ns() + kLongest; !r.done && steady_ns() < until;) {
    host.turn();
    backend.advance();
    if (!r.done) std::this_thread::yield();
  }
  EXPECT_TRUE(r.done) << row(r.op).name << " was never completed";
}

// As a loop does, over as many turns as it takes.
inline void submit(Backend& backend, Batch batch) {
  while (!batch.empty()) batch = batch.subspan(backend.submit(batch));
}

inline Answer ask(Backend& backend, RecordingHost& host, Ask& a) {
  Request& r = a.request();
  r.done = false;
  Request* one[] = {&r};
  backend.submit(one);
  finish(backend, host, r);
  Answer answer = answer_of(r);
  host.end_tick();
  return answer;
}
inline Answer ask(Backend& backend, RecordingHost& host, Ask&& a) { return ask(backend, host, a); }

}  // namespace cachetted
