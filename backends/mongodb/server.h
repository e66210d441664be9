// The MongoDB that all workers share: the pool of its driver's clients, whether it can be reached, whether the
// collection has its unique index. A thread of its own, the keeper, probes a server that cannot be reached, makes the
// index, and sweeps what has expired: no worker waits for these, but a moment for the index at the start.
// Any thread.
#pragma once
#include <mongoc/mongoc.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "backends/cursors.h"
#include "config/config.h"
#include "core/status.h"

namespace cachetted::mongodb {

inline constexpr std::string_view kUnavailable = "backend 'mongodb' is unavailable: ";

// Why a command failed, in words for the client.
struct Failure {
  Status status = Status::unavailable;
  std::string text;
  uint32_t code = 0;  // the server's
};

inline constexpr uint32_t kDuplicateKey = 11000;
inline constexpr uint32_t kIndexNotUnique = UINT32_MAX;  // our own

class Collection;

class Server {
 public:
  // Throws std::runtime_error with a text for the operator.
  explicit Server(const config::Config& c);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& database() const { return database_; }
  const std::string& collection() const { return collection_; }
  mongoc_client_t* borrow() { return mongoc_client_pool_pop(pool_); }
  void give_back(mongoc_client_t* c) { mongoc_client_pool_push(pool_, c); }

  // Requests fail at once, with reason().
  bool down() const { return down_.load(std::memory_order_acquire); }
  // The daemon ends: a sweep goes no further.
  bool closing() const { return closing_.load(std::memory_order_relaxed); }
  // Empty: it is up. "connecting" before the first attempt has ended.
  std::string reason() const;
  // What the driver told of a command that failed, noted and put into words.
  // `primary`: it was asked; else others may be out of reach while it is not.
  Failure failure_of(const bson_error_t& e, bool primary = true);
  void note_up();

  // Why nothing that depends on what is there can be done: the unique index is missing. Empty: it is there. Waits a
  // moment for the keeper, which makes it once the server is reached.
  std::string index_fault();

  // Counts what becomes known of the servers: one that comes or goes, another primary.
  uint64_t changes() const { return changes_.load(std::memory_order_relaxed); }
  // Whether the URL lets reads go to other members than the primary.
  bool reads_elsewhere() const { return reads_elsewhere_; }
  // Whether another member may take over where one fails.
  bool several() const { return several_; }
  // Whether the index is there. What writes one document only is sent again by libmongoc when a primary goes.
  bool one_a_key() const { return indexed_.load(std::memory_order_acquire); }

  // For the operator and the metrics.
  uint64_t losses() const { return losses_.load(std::memory_order_relaxed); }
  uint64_t connects() const { return connects_.load(std::memory_order_relaxed); }
  uint64_t retries() const { return retries_.load(std::memory_order_relaxed); }
  uint64_t sweeps() const { return sweeps_.load(std::memory_order_relaxed); }
  uint64_t swept() const { return swept_.load(std::memory_order_relaxed); }
  void note_retry() { retries_.fetch_add(1, std::memory_order_relaxed); }
  std::string index_trouble() const;
  std::string sweep_trouble() const;  // why the last sweep failed; empty: it did not

  Cursors cursors;                      // of SCAN
  std::atomic<int64_t> sweep_every_ms;  // 0: never; a loop renews it after a reload

 private:
  void note_down(std::string reason);
  void see_to_index(Collection& c);
  void make_index(Collection& c);
  void settle_index(bool there, std::string fault);
  void keep();
  void sweep(Collection& c);

  const std::string database_, collection_;
  std::string names_;  // the URL's hosts
  bool several_ = false, reads_elsewhere_ = false;
  std::atomic<uint64_t> changes_{0};
  mongoc_uri_t* uri_ = nullptr;
  mongoc_client_pool_t* pool_ = nullptr;

  std::atomic<bool> down_{false}, tried_{false};
  std::atomic<uint64_t> losses_{0}, connects_{0}, retries_{0}, sweeps_{0}, swept_{0};
  mutable std::mutex lock_;
  std::condition_variable change_;
  std::string reason_;  // guarded by lock_
  bool stop_ = false;   // guarded by lock_
  std::atomic<bool> closing_{false};
  bool doubt_ = false;  // guarded by lock_: a command failed on its way: the keeper looks

  std::atomic<bool> indexed_{false};
  bool index_tried_ = false;   // guarded by lock_, since the server was reached
  bool index_waited_ = false;  // guarded by lock_, since then: nobody does so again
  uint64_t index_due_ = 0;     // steady ns: the keeper's
  std::string index_fault_;    // guarded by lock_
  std::string sweep_fault_;    // guarded by lock_

  std::thread keeper_;
};

// Why the driver does not take this URL; empty: it does. Connects to nothing.
std::string url_fault(const config::Config& c);

}  // namespace cachetted::mongodb
