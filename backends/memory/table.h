// A hash table of entries that never stops for a rehash: linear hashing grows and shrinks by one bucket at a time.
// A bucket is one cache line: seven slots and an overflow pointer. A slot holds an entry's address and, in the
// 16 bits that addresses do not use, a piece of its hash, so that a look-up touches one line of the table and one
// entry. Guarded by its shard's lock. https://en.wikipedia.org/wiki/Linear_hashing
#pragma once
#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/memory/entry.h"

namespace cachetted::memory {

// The hash of a key: seeded per process. Top 6 bits choose the shard, the next 16 the tag, the low ones the bucket.
uint64_t hash_key(std::string_view key);

using Slot = uint64_t;  // 0: empty

// Written under the shard's lock, or by the only loop, and read by anyone: never a locked instruction.
template <class T>
class Relaxed {
 public:
  operator T() const { return load(); }
  T load() const { return value_.load(std::memory_order_relaxed); }
  T operator->() const { return load(); }
  Relaxed& operator=(T v) {
    value_.store(v, std::memory_order_relaxed);
    return *this;
  }
  Relaxed& operator+=(T v) { return *this = load() + v; }
  Relaxed& operator-=(T v) { return *this = load() - v; }
  Relaxed& operator++() { return *this = load() + 1; }
  Relaxed& operator--() { return *this = load() - 1; }
  void swap(Relaxed& o) {
    T mine = load();
    *this = o.load();
    o = mine;
  }

 private:
  std::atomic<T> value_{};
};
using Tally = Relaxed<size_t>;

class Table {
 public:
  static constexpr int kSlots = 7;
  struct alignas(64) Bucket {
    Slot slots[kSlots];
    Bucket* overflow;
  };

  Table() = default;
  Table(Table&& o) noexcept { swap(o); }
  Table& operator=(Table&& o) noexcept {
    swap(o);
    return *this;
  }
  ~Table();  // frees the buckets; the entries must be gone

  static Entry* entry(Slot s) { return reinterpret_cast<Entry*>(s & kAddress); }

  // The slot of a key, or null.
  Slot* find(std::string_view key, uint64_t hash) {
    if (count_ == 0) return nullptr;
    Slot tag = tag_of(hash);
    for (Bucket* b = &buckets_[index(hash)]; b != nullptr; b = b->overflow) {
      for (Slot& s : b->slots) {
        if ((s & ~kAddress) == tag && s != 0 && entry(s)->key() == key) return &s;
      }
    }
    return nullptr;
  }
  // The slot of the entry whose key's hash has these low 48 bits, or null.
  Slot* find_hash(uint64_t hash48);
  // Puts in an entry whose key is not there yet.
  void insert(Entry* e, uint64_t hash);
  // Another entry for the same key.
  static void replace(Slot& s, Entry* e) { s = (s & ~kAddress) | reinterpret_cast<Slot>(e); }
  // Takes an entry out; the caller frees it. `hash` is its key's.
  void erase(Slot* s, uint64_t hash);

  // Legal without the lock: asks for an address that may be another loop's past, and reads nothing there.
  void prefetch(uint64_t hash) const {
    if (count_ != 0) __builtin_prefetch(buckets_.load() + index(hash));
  }
  void prefetch_entry(uint64_t hash) const {
    if (count_ == 0) return;
    Slot tag = tag_of(hash);
    for (Slot s : buckets_[index(hash)].slots) {
      if ((s & ~kAddress) == tag && s != 0) __builtin_prefetch(entry(s));
    }
  }

  size_t size() const { return count_; }
  size_t buckets() const { return used_; }
  size_t bytes() const { return (used_ + overflows_) * sizeof(Bucket); }

  // Calls visit(Slot&) for every entry of the cursor's buckets and returns the next cursor, 0 at the end. The
  // cursor counts with its bits reversed, as redis-server's: what is there from first to last call is visited, whatever
  // the table grows or shrinks between; twice only where it shrank.
  template <class Visit>
  uint64_t scan(uint64_t cursor, Visit visit) {
    if (used_ == 0) return 0;
    uint64_t next = after(cursor), i = next & mask_;
    __builtin_prefetch(&buckets_[after(next) & mask_]);
    for (Slot slot : buckets_[i].slots)
      if (slot != 0) __builtin_prefetch(entry(slot));
    if (i < split_)
      for (Slot slot : buckets_[i + mask_ + 1].slots)
        if (slot != 0) __builtin_prefetch(entry(slot));
    i = cursor & mask_;
    visit_bucket(buckets_[i], visit);
    if (i < split_) visit_bucket(buckets_[i + mask_ + 1], visit);
    return next;
  }
  // Every entry of bucket i, for sweeps. May erase the visited slot's entry afterwards, not meanwhile.
  template <class Visit>
  void visit(uint64_t i, Visit visit) {
    visit_bucket(buckets_[i], visit);
  }
  // Empties the last buckets, handing each entry to free(), until about `budget` are done; true while some are left.
  // Only for a table that is looked up no more.
  template <class Free>
  bool drain(size_t& budget, Free free) {
    while (used_ > 0 && budget > 0) {
      Bucket& last = buckets_[size_t{--used_}];
      auto each = [&](Slot& s) {
        free(entry(s));
        if (budget > 0) --budget;
      };
      visit_bucket(last, each);
      while (last.overflow != nullptr) give_back(std::exchange(last.overflow, last.overflow->overflow));
    }
    return used_ > 0;
  }
  void prefetch_bucket(uint64_t i) const {
    if (i < used_) __builtin_prefetch(&buckets_[i]);
  }

  // While held the table does not shrink, so that a scan sees nothing twice.
  void hold() { ++holds_; }
  void unhold() { --holds_; }

  void swap(Table& o) noexcept {
    buckets_.swap(o.buckets_);
    mask_.swap(o.mask_);
    split_.swap(o.split_);
    used_.swap(o.used_);
    std::swap(capacity_, o.capacity_);
    count_.swap(o.count_);
    std::swap(overflows_, o.overflows_);
    std::swap(free_, o.free_);
    chunks_.swap(o.chunks_);
    expiring.swap(o.expiring);
  }

  Tally expiring;  // entries with an expiry; kept by the shard

 private:
  static constexpr uint64_t kAddress = (uint64_t{1} << 48) - 1;
  static constexpr size_t kPage = 4096;

  static Slot tag_of(uint64_t hash) { return (hash >> 42) << 48; }
  uint64_t index(uint64_t hash) const {
    uint64_t i = hash & mask_;
    return i < split_ ? hash & (mask_ * 2 + 1) : i;
  }
  template <class Visit>
  static void visit_bucket(Bucket& bucket, Visit& visit) {
    for (Bucket* b = &bucket; b != nullptr; b = b->overflow)
      for (Slot& s : b->slots)
        if (s != 0) visit(s);
  }
  static uint64_t reverse(uint64_t v);
  uint64_t after(uint64_t cursor) const { return reverse(reverse(cursor | ~mask_) + 1); }
  Slot* free_slot(Bucket& head);
  Bucket* take_overflow();
  void give_back(Bucket* b) {
    b->overflow = free_;
    free_ = b;
    --overflows_;
  }
  void grow();
  void shrink();
  void reserve(size_t buckets);

  Relaxed<Bucket*> buckets_;
  Tally mask_;  // buckets below split_ are addressed by one bit more
  Tally split_;
  Tally used_;           // mask_ + 1 + split_, or 0 when nothing was ever put in
  size_t capacity_ = 0;  // buckets mapped
  Tally count_;
  size_t overflows_ = 0;
  Bucket* free_ = nullptr;  // overflow buckets without use, of chunks_
  std::vector<Bucket*> chunks_;
  int holds_ = 0;  // stays with the place, not with the content
};

}  // namespace cachetted::memory
