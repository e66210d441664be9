// Which entry of a shard goes when memory is short: S3-FIFO (Yang et al., "FIFO queues are all you need for cache
// eviction", SOSP 2023, https://s3fifo.com). New keys enter a small queue; what is used again before it reaches the end
// moves to the main one; a key that comes back soon after it was evicted enters the main one at once. The queues hold
// hashes, not entries: what was deleted meanwhile is found missing when its turn comes. Guarded by the shard's lock.
#pragma once
#include <cstdint>
#include <vector>

namespace cachetted::memory {

// What a queue knows of an entry: the low 48 bits of its key's hash, its table (below 8,192), and a generation of three
// bits that the entry has too: of a key deleted and set again, seven in eight of the old tickets are known for what
// they are.
struct Ticket {
  uint64_t packed;
  Ticket() = default;
  Ticket(uint64_t hash, uint16_t table, unsigned generation = 0) : packed(hash << 16 | generation << 13 | table) {}
  uint64_t hash48() const { return packed >> 16; }
  uint16_t table() const { return static_cast<uint16_t>(packed & 0x1FFF); }
  unsigned generation() const { return static_cast<unsigned>(packed >> 13 & 7); }
};

// A ring that grows by doubling.
class TicketRing {
 public:
  void push(Ticket t) {
    if (size_ == ring_.size()) grow();
    ring_[(head_ + size_++) & (ring_.size() - 1)] = t;
  }
  Ticket pop() {
    Ticket t = ring_[head_];
    head_ = (head_ + 1) & (ring_.size() - 1);
    --size_;
    return t;
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  size_t bytes() const { return ring_.size() * sizeof(Ticket); }

 private:
  void grow() {
    std::vector<Ticket> larger(ring_.empty() ? 16 : ring_.size() * 2);
    for (size_t i = 0; i < size_; ++i) larger[i] = ring_[(head_ + i) & (ring_.size() - 1)];
    ring_.swap(larger);
    head_ = 0;
  }
  std::vector<Ticket> ring_;
  size_t head_ = 0, size_ = 0;
};

// The hashes of what was evicted from the small queue of late; about one in 2^16 strangers is taken for one.
class Ghosts {
 public:
  void add(uint64_t hash48, size_t live) {
    if (marks_.size() < live) {  // as many as there are entries; forgets all when it grows
      size_t n = 1024;
      while (n < live) n *= 2;
      marks_.assign(n, 0);
    }
    marks_[hash48 & (marks_.size() - 1)] = mark(hash48);
  }
  bool take(uint64_t hash48) {
    if (marks_.empty()) return false;
    uint16_t& m = marks_[hash48 & (marks_.size() - 1)];
    if (m != mark(hash48)) return false;
    m = 0;
    return true;
  }
  size_t bytes() const { return marks_.size() * sizeof(uint16_t); }

 private:
  static uint16_t mark(uint64_t hash48) { return static_cast<uint16_t>(hash48 >> 32) | 1; }
  std::vector<uint16_t> marks_;
};

struct S3Fifo {
  TicketRing small, main;
  Ghosts ghosts;
  size_t bytes() const { return small.bytes() + main.bytes() + ghosts.bytes(); }
};

}  // namespace cachetted::memory
