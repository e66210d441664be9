// What is known of each memcached behind SASL: whether it can be reached, and how large its items may be. One that
// cannot is tried again and again by a thread of its own, so that no worker waits for it. Any thread.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "backends/memcached/item.h"
#include "backends/memcached/ring.h"
#include "config/config.h"

namespace cachetted::memcached::sasl {

class Servers {
 public:
  // Throws std::runtime_error with a text for the operator.
  explicit Servers(const config::Config& c);
  ~Servers();
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;

  size_t size() const { return list_.servers.size(); }
  const ServerList& list() const { return list_; }
  const config::Memcached& options() const { return options_; }
  std::string name(unsigned server) const { return list_.servers[server].url.text(); }

  // Its keys fail at once.
  bool down(unsigned server) const { return known_[server].down.load(std::memory_order_acquire); }
  // Why, with its name; empty: it is up.
  std::string reason(unsigned server) const;
  // For /readyz: where none of them can be reached.
  std::string trouble() const;
  // How many are down, and how often one went.
  size_t count_down() const;
  void note_retries(uint64_t n) { retries_.fetch_add(n, std::memory_order_relaxed); }
  // Connections that are open now.
  void add_open(int n) { open_.fetch_add(static_cast<uint64_t>(n), std::memory_order_relaxed); }
  uint64_t open_links() const { return open_.load(std::memory_order_relaxed); }
  uint64_t retries() const { return retries_.load(std::memory_order_relaxed); }
  uint64_t losses() const { return losses_.load(std::memory_order_relaxed); }
  uint64_t connects() const { return connects_.load(std::memory_order_relaxed); }

  // Bytes of an item with its key and header, at most.
  uint64_t item_size(unsigned server) const { return known_[server].item_size.load(std::memory_order_relaxed); }

  // A connection to it was made, and what the server says of its items; or it could not be made, or does not answer.
  void note_up(unsigned server, uint64_t item_size);
  void note_down(unsigned server, const std::string& reason);

  // Milliseconds; a loop renews them after a reload.
  std::atomic<int64_t> request_ms, connect_ms;
  std::atomic<bool> partial_errors;

 private:
  static constexpr uint64_t kItemSize = 1 << 20;  // memcached's own default

  struct Known {
    std::atomic<bool> down{false};
    std::atomic<bool> tried{false};
    std::atomic<uint64_t> item_size{kItemSize};
    std::string reason;  // guarded by lock_
  };

  void probe();

  const ServerList list_;
  const config::Memcached options_;
  std::vector<Known> known_;
  std::atomic<uint64_t> losses_{0}, connects_{0}, retries_{0}, open_{0};
  mutable std::mutex lock_;
  std::condition_variable change_;
  bool stop_ = false;  // guarded by lock_
  std::thread prober_;
};

}  // namespace cachetted::memcached::sasl
