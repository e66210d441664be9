// Which entry of a shard goes when memory is short: S3-FIFO (Yang et al., "FIFO queues are all you need for cache
// eviction", SOSP 2023, https://s3fifo.com). New keys enter a small queue; what is used again before it reaches the end
// moves to the main one; a key that comes back soon after it was evicted enters the main one at once. The queues hold
// hashes, not entries: what was deleted meanwhile is found missing when its turn comes. Guarded by the shard's lock.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <new>

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

// In small chunks: growing moves nothing, and what is served is given back.
using Tickets = std::deque<Ticket>;

// The hashes of what was evicted from the small queue of late; about one in 2^16 strangers is taken for one.
class Ghosts {
 public:
  void add(uint64_t hash48, size_t live) {
    if (size_ < live) grow(live);
    marks_[hash48 & (size_ - 1)] = mark(hash48);
  }
  bool take(uint64_t hash48) {
    if (size_ == 0) return false;
    uint16_t& m = marks_[hash48 & (size_ - 1)];
    if (m != mark(hash48)) return false;
    m = 0;
    return true;
  }

 private:
  struct Free {
    void operator()(void* p) const { std::free(p); }
  };
  static uint16_t mark(uint64_t hash48) { return static_cast<uint16_t>(hash48 >> 32) | 1; }
  // As many as there are entries; forgets all. Large ones come zeroed from the system, page by page as they are used.
  void grow(size_t live) {
    size_t n = 1024;
    while (n < live) n *= 2;
    marks_.reset(static_cast<uint16_t*>(std::calloc(n, sizeof(uint16_t))));
    if (marks_ == nullptr) throw std::bad_alloc();
    size_ = n;
  }
  std::unique_ptr<uint16_t[], Free> marks_;
  size_t size_ = 0;  // a power of two, or 0
};

struct S3Fifo {
  Tickets small, main;
  Ghosts ghosts;
};

}  // namespace cachetted::memory
