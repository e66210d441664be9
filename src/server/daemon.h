// The whole process: what all loops share, the listeners, reload and shutdown. Made by main; its public functions are
// thread-safe unless said.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/load.h"
#include "core/backend.h"
#include "metrics/exporter.h"
#include "metrics/metrics.h"
#include "server/admin.h"
#include "server/dialogue.h"
#include "server/listener.h"
#include "server/notify.h"
#include "server/slowlog.h"

namespace cachetted::server {

class Loop;
class Session;

class Daemon {
 public:
  Daemon(config::Loaded loaded, config::Sources sources);
  ~Daemon();

  // --- main's thread only ---
  // Binds, starts the loops, and listens; empty, or why not.
  std::string start();
  // Waits for signals and obeys them: SIGHUP reloads, SIGTERM and SIGINT drain. Returns when every loop has ended.
  void wait();

  // --- any thread ---
  std::shared_ptr<const config::Config> config() const;
  // CONFIG SET: puts reloadable options in force on every loop; a fault's text, or empty.
  std::string change_options(const std::vector<std::pair<std::string, std::string>>& values);
  std::string reload();  // as SIGHUP: a fault's text, or empty

  Store& store() { return *store_; }
  metrics::CellSet& cells() { return *cells_; }
  unsigned loops() const { return static_cast<unsigned>(loops_.size()); }
  Loop& loop(unsigned i) { return *loops_[i]; }
  notify::Watchdog& watchdog() { return *watchdog_; }
  Slowlog& slowlog() { return slowlog_; }
  metrics::Exporter& exporter() { return *exporter_; }

  uint64_t next_session_id() { return next_session_id_.fetch_add(1, std::memory_order_relaxed); }
  std::unique_ptr<Dialogue> make_dialogue(Session& s, metrics::Protocol protocol);
  // A connection was accepted: hands it to the loop with the fewest, or turns it away. Loop 0.
  void connected(int fd, const config::Address& at, metrics::Protocol protocol);
  void connection_closed(unsigned loop);
  uint32_t connections() const { return connections_.load(std::memory_order_relaxed); }

  // Empties database 0 at that instant (Unix ms; kNever: calls off what was to come).
  void flush_at(int64_t at) { flush_at_.store(at, std::memory_order_relaxed); }
  bool flush_is_due(int64_t now) {  // once
    int64_t at = flush_at_.load(std::memory_order_relaxed);
    return at != kNever && at <= now && flush_at_.compare_exchange_strong(at, kNever);
  }
  void count_error(metrics::Cells& cells, const Request& r);

  const std::string& run_id() const { return run_id_; }
  int64_t started_ms() const { return started_ms_; }
  std::string listeners_text(metrics::Protocol protocol) const;
  std::string summary() const;  // lines for people
  std::string policy_text() const;
  std::string example() const;  // a command that reaches this daemon
  bool draining() const { return draining_.load(std::memory_order_relaxed); }

 private:
  void make_metrics();
  std::string listen();
  void apply(std::shared_ptr<const config::Config> next);
  void drain();

  mutable std::mutex config_lock_;  // guards config_, and lets one reload run at a time
  std::shared_ptr<const config::Config> config_;
  const config::Sources sources_;
  std::unique_ptr<metrics::CellSet> cells_;
  std::unique_ptr<metrics::Exporter> exporter_;
  std::unique_ptr<notify::Watchdog> watchdog_;
  std::unique_ptr<Store> store_;
  Slowlog slowlog_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unique_ptr<std::atomic<uint32_t>[]> loop_connections_;
  std::unique_ptr<Admin> admin_;
  std::atomic<uint32_t> connections_{0};
  std::atomic<uint64_t> next_session_id_{1};
  std::atomic<int64_t> flush_at_{kNever};
  std::atomic<bool> ready_{false}, draining_{false};
  std::string run_id_;
  const int64_t started_ms_;
  const uint64_t started_ns_;
};

}  // namespace cachetted::server
