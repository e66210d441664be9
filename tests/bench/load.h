// One load run: the closed loop, the open loop and the preload share this object. One thread, one epoll.
// loadgen.cc makes one, runs it once and prints its figures.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/connection.h"
#include "tests/bench/histogram.h"
#include "tests/bench/keys.h"
#include "tests/bench/options.h"
#include "tests/bench/wire.h"

namespace cachetted::bench {

class Load {
 public:
  explicit Load(const Options& options);
  ~Load();

  // Sends and receives until every reply is there. Throws std::runtime_error when the run means nothing.
  void run();

  // One line of JSON. Latency counts from when a request was sent, in the open loop from when it was due.
  std::string json() const;

  uint64_t errors() const { return errors_; }
  const std::string& first_error() const { return first_error_; }

 private:
  void open_all();
  void run_closed();
  void run_open();
  bool more_to_send(uint64_t now) const;
  void append_next(Connection& connection, uint64_t sent_ns);
  void fill(Connection& connection, uint64_t now);
  void flush(Connection& connection);
  void poll(int64_t timeout_ns);
  void take(Connection& connection);
  void count(const Expected& expected, const Outcome& outcome, uint64_t now);

  const Options& options_;
  KeySpace keys_;
  Wire wire_;
  Chooser chooser_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<uint64_t> flush_turn_;  // open loop: the turn in which a connection was last marked for flushing

  uint64_t limit_ = 0;        // requests to send at most
  uint64_t deadline_ns_ = 0;  // no request is sent later
  uint64_t issued_ = 0;
  uint64_t answered_ = 0;
  uint64_t next_key_ = 0;  // preload

  Histogram latency_;
  Histogram lag_;  // open loop: how late requests were sent
  uint64_t started_ns_ = 0;
  uint64_t ended_ns_ = 0;
  uint64_t cpu_ns_ = 0;
  uint64_t values_ = 0;  // values asked for or written
  uint64_t writes_ = 0;
  uint64_t hits_ = 0;
  uint64_t misses_ = 0;
  uint64_t errors_ = 0;
  std::string first_error_;
};

}  // namespace cachetted::bench
