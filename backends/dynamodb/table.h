// The table as all loops know it, and who sees to it. The keeper, on the first loop, finds credentials and renews them
// before they end, makes the table where there is none, and looks again when a loop has doubts; requests of all loops
// go out while it is ready, wait while it is starting, and fail at once while it is down.
#pragma once
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "backends/cursors.h"
#include "backends/dynamodb/credentials.h"
#include "backends/dynamodb/http.h"
#include "backends/dynamodb/task.h"
#include "backends/dynamodb/wire.h"
#include "core/backend.h"

namespace cachetted::dynamodb {

// Any thread.
class Table {
 public:
  enum class State : uint8_t { starting, ready, down };

  explicit Table(const config::Config& c) : endpoint(c), name(c.store.table_name) {}

  const Endpoint endpoint;
  const std::string name;
  Cursors cursors;  // of SCAN

  State state() const { return state_.load(std::memory_order_acquire); }
  // Why it is not ready; empty where it is.
  std::string reason() const {
    std::lock_guard lock(lock_);
    return reason_;
  }
  void set(State s, std::string reason) {
    std::lock_guard lock(lock_);
    reason_ = std::move(reason);
    state_.store(s, std::memory_order_release);
  }
  // null: none were found yet.
  std::shared_ptr<const Credentials> credentials() const {
    std::lock_guard lock(lock_);
    return credentials_;
  }
  void set(std::shared_ptr<const Credentials> c) {
    std::lock_guard lock(lock_);
    credentials_ = std::move(c);
  }
  void note_answer() { answered_.store(true, std::memory_order_relaxed); }
  // Whether it has answered anybody since the last call.
  bool take_answered() { return answered_.exchange(false, std::memory_order_relaxed); }
  // Something went wrong that the keeper is to look at: with the table or the way to it; with these credentials.
  void doubt() { doubted_.store(true, std::memory_order_relaxed); }
  void doubt(const std::shared_ptr<const Credentials>& stale) {
    std::lock_guard lock(lock_);
    if (stale == credentials_) stale_.store(true, std::memory_order_relaxed);
  }
  // Walks of all loops together use so many capacity units a second: what one has used is charged, and until that is
  // paid nobody uses more. In steady ns.
  void charge(uint64_t units, uint64_t rate, uint64_t now) {
    constexpr uint64_t kNs = 1'000'000'000;
    std::lock_guard lock(lock_);
    if (rate != 0) paid_at_ = std::max(paid_at_, now) + units * kNs / rate;
  }
  uint64_t paid_at() const {
    std::lock_guard lock(lock_);
    return paid_at_;
  }
  bool take_doubt() { return doubted_.exchange(false, std::memory_order_relaxed); }
  bool take_stale() { return stale_.exchange(false, std::memory_order_relaxed); }
  bool doubted() const { return doubted_.load(std::memory_order_relaxed) || stale_.load(std::memory_order_relaxed); }

 private:
  std::atomic<State> state_{State::starting};
  std::atomic<bool> doubted_{false}, stale_{false}, answered_{false};
  mutable std::mutex lock_;
  std::string reason_ = "connecting";               // guarded by lock_
  std::shared_ptr<const Credentials> credentials_;  // guarded by lock_
  uint64_t paid_at_ = 0;                            // guarded by lock_
};

// One, on the first loop's thread.
class Keeper {
 public:
  Keeper(Table& table, Host& host, Http& http, const config::Config& c);
  void beat(uint64_t now);  // steady ns

 private:
  Task<> keep();
  Task<bool> renew();
  Task<bool> look();
  Task<bool> make();
  Task<> see_to_ttl(bool ours);
  Task<Answered> ask(Operation op, std::string body);
  bool suits(Json description);
  bool must_renew() const;
  void rest(uint64_t ms);
  void tell(Table::State s, const std::string& why);

  Table& table_;
  Host& host_;
  Http& http_;
  CredentialSource source_;
  simdjson::dom::parser parser_;
  Json answer_;             // of the last call, where it is JSON
  std::string why_;         // it was no success
  std::string told_ = "-";  // to the operator
  bool made_ = false;       // the table is ours
  bool coming_ = false;     // it is being made
  bool same_keys_ = false;  // the last renewal found those that there were
  bool asked_of_ttl_ = false;
  bool told_of_rights_ = false;
  int64_t renew_at_ = kPast;  // ms since 1970; kNever: never; kPast: when the keeper wakes
  uint64_t wake_at_ = 0;      // steady ns
  uint64_t backoff_ms_ = 0;
  Signal rested_;
  Task<> work_;
};

}  // namespace cachetted::dynamodb
