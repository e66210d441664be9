// One non-blocking client connection: bytes to send, bytes received and the replies still owed.
// Used by one thread. Every failure is a std::runtime_error: a load generator that lost a connection has no result.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/options.h"
#include "tests/bench/wire.h"

namespace cachetted::bench {

uint64_t now_ns();

// Opens a non-blocking connection to the server of `options`. `source` chooses the loopback address it comes from
// (0: the system does), since one address has only some 28,000 ports.
int open_connection(const Options& options, uint32_t source = 0);

class Connection {
 public:
  explicit Connection(int fd);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }
  uint64_t in_flight() const { return tail_ - head_; }

  // Appends a request; flush() sends it.
  void append(const Wire& wire, const Expected& request);

  // Writes what is unsent. Returns false when the socket took only a part of it.
  bool flush();

  // Reads once; returns false when there was nothing. Bytes are then ready for take_replies().
  bool receive();

  // Calls `reply(expected, outcome)` for each whole reply received.
  template <typename Reply>
  void take_replies(const Wire& wire, Reply&& reply) {
    while (head_ != tail_ && in_begin_ != in_end_) {
      const Expected& expected = owed_[head_ & (owed_.size() - 1)];
      Outcome outcome;
      uint64_t size = wire.parse(&in_[in_begin_], &in_[in_begin_] + (in_end_ - in_begin_), expected, outcome);
      if (size == 0) break;
      reply(expected, outcome);
      in_begin_ += size;
      ++head_;
    }
    keep_rest();
  }

  bool waits_for_room = false;  // the caller polls for writability

 private:
  void keep_rest();
  void grow_owed();

  int fd_;
  std::vector<char> out_;
  uint64_t out_begin_ = 0;
  uint64_t out_end_ = 0;
  std::vector<char> in_;
  uint64_t in_begin_ = 0;
  uint64_t in_end_ = 0;
  std::vector<Expected> owed_;  // a ring, its size a power of two
  uint64_t head_ = 0;
  uint64_t tail_ = 0;
};

}  // namespace cachetted::bench
