// The replies that a server owes, in their order: a ring that grows. One per connection, touched by its loop alone.
#pragma once
#include <cstdint>
#include <vector>

#include "core/request.h"

namespace cachetted::upstream {

// One reply that is due.
struct Due {
  Request* request = nullptr;  // null: nobody waits for it any more, it is swallowed
  uint64_t deadline = 0;       // steady ns
  uint64_t end = 0;            // of its command in the Stream; it begins where the one before ends
  uint64_t sent_at = 0;        // steady ns
  uint32_t part = 0;           // the owner's own: which of the request's replies it is
  bool reads = false;          // may be sent once more after a close
  bool again = false;          // was
  uint16_t token = 0;          // the owner's own: what its reply repeats
};

class Queue {
 public:
  bool empty() const { return head_ == tail_; }
  size_t size() const { return tail_ - head_; }
  Due& front() { return ring_[head_ & mask()]; }
  const Due& front() const { return ring_[head_ & mask()]; }
  Due& at(size_t i) { return ring_[(head_ + i) & mask()]; }
  void pop() { ++head_; }
  void push(const Due& d) {
    if (size() == ring_.size()) [[unlikely]]
      grow();
    ring_[tail_++ & mask()] = d;
  }
  // Those that are due, in order; the queue is then empty.
  std::vector<Due> take() {
    std::vector<Due> all;
    for (; !empty(); pop()) all.push_back(front());
    return all;
  }

 private:
  size_t mask() const { return ring_.size() - 1; }
  void grow() {
    std::vector<Due> bigger(ring_.empty() ? 64 : ring_.size() * 2);
    size_t n = size();
    for (size_t i = 0; i < n; ++i) bigger[i] = at(i);
    ring_.swap(bigger);
    head_ = 0;
    tail_ = n;
  }
  std::vector<Due> ring_;  // its size is a power of two
  size_t head_ = 0, tail_ = 0;
};

}  // namespace cachetted::upstream
