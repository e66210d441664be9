// Linear hashing over mapped memory.
#include "backends/memory/table.h"

#include <sys/mman.h>

#include <absl/hash/hash.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace cachetted::memory {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool kKnowsRemap = false;
#else
constexpr bool kKnowsRemap = true;
#endif

// Entries a bucket on average before one is split, and before one is merged.
constexpr size_t kFull = 6;
constexpr size_t kSparse = 1;

void* map(size_t bytes) {
  return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

// Gives mapped memory another size, wherever that fits; MAP_FAILED where nothing does.
void* remap(void* old, size_t from, size_t to) {
  if (kKnowsRemap) return mremap(old, from, to, MREMAP_MAYMOVE);
  // ThreadSanitizer follows mmap and munmap only: memory moved to where another thread had some looks like a race.
  void* moved = map(to);
  if (moved == MAP_FAILED) return moved;
  std::memcpy(moved, old, std::min(from, to));
  munmap(old, from);
  return moved;
}

}  // namespace

uint64_t hash_key(std::string_view key) { return absl::Hash<std::string_view>{}(key); }

uint64_t Table::reverse(uint64_t v) {
  v = (v >> 1 & 0x5555555555555555u) | (v & 0x5555555555555555u) << 1;
  v = (v >> 2 & 0x3333333333333333u) | (v & 0x3333333333333333u) << 2;
  v = (v >> 4 & 0x0F0F0F0F0F0F0F0Fu) | (v & 0x0F0F0F0F0F0F0F0Fu) << 4;
  return __builtin_bswap64(v);
}

Table::~Table() {
  for (Bucket* chunk : chunks_) std::free(chunk);
  if (buckets_ != nullptr) munmap(buckets_, capacity_ * sizeof(Bucket));
}

// An empty one. They are made by the page: singly, the allocator would double their size.
Table::Bucket* Table::take_overflow() {
  if (free_ == nullptr) {
    auto* chunk = static_cast<Bucket*>(std::aligned_alloc(alignof(Bucket), kPage));
    if (chunk == nullptr) throw std::bad_alloc();
    chunks_.push_back(chunk);
    for (size_t i = 0; i < kPage / sizeof(Bucket); ++i) {
      chunk[i].overflow = free_;
      free_ = &chunk[i];
    }
  }
  Bucket* b = free_;
  free_ = b->overflow;
  *b = Bucket{};
  ++overflows_;
  return b;
}

// Mapped memory keeps buckets on cache lines, is zero when new, moves without a copy and counts only once touched.
void Table::reserve(size_t buckets) {
  size_t target = capacity_ == 0 ? kPage / sizeof(Bucket) : capacity_;
  while (target < buckets) target *= 2;
  if (target == capacity_) return;
  void* p = capacity_ == 0 ? map(target * sizeof(Bucket))
                           : remap(buckets_, capacity_ * sizeof(Bucket), target * sizeof(Bucket));
  if (p == MAP_FAILED) throw std::bad_alloc();
  buckets_ = static_cast<Bucket*>(p);
  capacity_ = target;
}

Slot* Table::find_hash(uint64_t hash48) {
  constexpr uint64_t kKnown = kAddress;  // 48 bits; of the tag that is the low 6
  if (count_ == 0) return nullptr;
  for (Bucket* b = &buckets_[index(hash48)]; b != nullptr; b = b->overflow) {
    for (Slot& s : b->slots) {
      if (s != 0 && (s >> 48 & 63) == hash48 >> 42 && (hash_key(entry(s)->key()) & kKnown) == hash48) return &s;
    }
  }
  return nullptr;
}

Slot* Table::free_slot(Bucket& head) {
  for (Bucket* b = &head;; b = b->overflow) {
    for (Slot& s : b->slots)
      if (s == 0) return &s;
    if (b->overflow == nullptr) b->overflow = take_overflow();
  }
}

void Table::insert(Entry* e, uint64_t hash) {
  if (used_ == 0) {
    reserve(1);
    used_ = 1;
  } else if (count_ >= used_ * kFull) {
    grow();
  }
  *free_slot(buckets_[index(hash)]) = tag_of(hash) | reinterpret_cast<Slot>(e);
  ++count_;
}

void Table::erase(Slot* s, uint64_t hash) {
  *s = 0;
  --count_;
  Bucket& head = buckets_[index(hash)];
  // Only the last overflow bucket goes, once it is empty: order within a bucket means nothing.
  if (head.overflow != nullptr) {
    Bucket** link = &head.overflow;
    while ((*link)->overflow != nullptr) link = &(*link)->overflow;
    bool empty = true;
    for (Slot left : (*link)->slots) empty &= left == 0;
    if (empty) give_back(std::exchange(*link, nullptr));
  }
  if (holds_ == 0 && used_ > 1 && count_ < used_ * kSparse) shrink();
}

// Splits bucket split_ into itself and a new last one.
void Table::grow() {
  reserve(used_ + 1);
  uint64_t low = split_, high = split_ + mask_ + 1;
  Bucket chain = buckets_[low];
  buckets_[low] = Bucket{};
  buckets_[high] = Bucket{};
  ++split_;
  ++used_;
  for (Bucket* b = &chain; b != nullptr;) {
    for (Slot s : b->slots) {
      if (s == 0) continue;
      uint64_t hash = hash_key(entry(s)->key());
      *free_slot(buckets_[(hash & (mask_ + 1)) != 0 ? high : low]) = s;
    }
    Bucket* next = b->overflow;
    if (b != &chain) give_back(b);
    b = next;
  }
  if (split_ > mask_) {
    mask_ = mask_ * 2 + 1;
    split_ = 0;
  }
  for (Slot s : buckets_[split_].slots)
    if (s != 0) __builtin_prefetch(entry(s));  // the next split hashes these keys
}

// The reverse: merges the last bucket into the one it was split from.
void Table::shrink() {
  if (split_ == 0) {
    mask_ = mask_ / 2;
    split_ = mask_ + 1;
  }
  --split_;
  --used_;
  Bucket chain = buckets_[used_];
  buckets_[used_] = Bucket{};
  for (Bucket* b = &chain; b != nullptr;) {
    for (Slot s : b->slots)
      if (s != 0) *free_slot(buckets_[split_]) = s;
    Bucket* next = b->overflow;
    if (b != &chain) give_back(b);
    b = next;
  }
  size_t keep = capacity_ / 4;
  if (used_ < keep / 2 && keep * sizeof(Bucket) >= kPage) {
    void* p = remap(buckets_, capacity_ * sizeof(Bucket), keep * sizeof(Bucket));
    if (p != MAP_FAILED) {
      buckets_ = static_cast<Bucket*>(p);
      capacity_ = keep;
    }
  }
}

}  // namespace cachetted::memory
