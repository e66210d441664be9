// One key with its value: one allocation, header first, then what few entries have, the key, and the value or, where
// that is large, a pointer to its blob. Guarded by its shard's lock.
//
//   | expiry 48, coded, access 15 | cas 48, access 16 | sizes, marks | [expiry 64] | [flags 32] | key | value or Blob*
//   |
//   |<-------------------------- 24 bytes -------------------------->|
#pragma once
#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "core/blob.h"
#include "core/expiry.h"
#include "core/request.h"

namespace cachetted::memory {

inline constexpr size_t kInlineValue = 4096;  // bytes; longer values live in a Blob
inline constexpr uint64_t kMaxKeySize = (1 << 20) - 1;
inline constexpr uint64_t kMaxValueSize = size_t{512} << 20;

// How redis-server would hold the value; OBJECT ENCODING tells it. `foreign` no request sets: the value is one that a
// Python program left in the pickle file (backends/pickle/objects.h).
enum class Form : uint8_t { plain, text, edited, foreign };

class Entry {
 public:
  static constexpr size_t kHeader = 24;

  struct Made {
    std::string_view key;
    std::string_view value;
    int64_t expiry;
    uint32_t flags;
    Blob* blob = nullptr;  // holds `value` already; the entry takes over the reference
  };
  // Bytes to allocate for an entry, its blob not included.
  static size_t size_for(const Made& m) {
    return kHeader + (is_far(m.expiry) ? 8 : 0) + (m.flags != 0 ? 4 : 0) + m.key.size() +
           (in_blob(m) ? sizeof(Blob*) : m.value.size());
  }
  // A new entry with a copy of key and value; throws std::bad_alloc.
  static Entry* create(const Made& m) {
    size_t size = size_for(m);
    void* p = std::malloc(size);
    if (p == nullptr) throw std::bad_alloc();
    Entry* e = static_cast<Entry*>(p);
    std::memset(p, 0, kHeader);
    e->fill(m);
    return e;
  }
  // Writes anew into the same allocation; the caller checked that it is large enough. Not for entries with a blob.
  void refill(const Made& m) {
    Entry place = *this;
    std::memset(static_cast<void*>(this), 0, kHeader);
    fill(m);
    take_place_of(place);
  }
  static void destroy(Entry* e) {
    if (e->has_blob_) e->blob()->release();
    std::free(e);
  }

  std::string_view key() const { return {bytes() + key_at(), key_size_}; }
  std::string_view value() const {
    return has_blob_ ? blob()->view() : std::string_view{bytes() + key_at() + key_size_, value_size_};
  }
  Blob* blob() const {
    Blob* b;
    std::memcpy(&b, bytes() + key_at() + key_size_, sizeof b);
    return b;
  }
  bool has_blob() const { return has_blob_; }
  // The value's bytes, to change them in place: an inline value, or a blob nobody else reads.
  char* mutable_value() { return has_blob_ ? blob()->data() : reinterpret_cast<char*>(this) + key_at() + key_size_; }
  void resize_inline(size_t n) { value_size_ = n; }

  int64_t expiry() const {
    if (!far_expiry_) return static_cast<int64_t>(expiry_);
    int64_t e;
    std::memcpy(&e, bytes() + kHeader, sizeof e);
    return e;
  }
  // Where the new expiry needs no other room than the old one; else false and nothing is done.
  bool set_expiry(int64_t e) {
    if (is_far(e) != (far_expiry_ != 0)) return false;
    if (far_expiry_) {
      std::memcpy(reinterpret_cast<char*>(this) + kHeader, &e, sizeof e);
    } else {
      expiry_ = static_cast<uint64_t>(e);
    }
    return true;
  }
  uint32_t flags() const {
    if (!has_flags_) return 0;
    uint32_t f;
    std::memcpy(&f, bytes() + kHeader + (far_expiry_ ? 8 : 0), sizeof f);
    return f;
  }
  uint64_t cas() const { return cas_; }
  void set_cas(uint64_t c) { cas_ = c; }
  // Seconds on the store's own clock, below 2^31.
  uint32_t access() const { return static_cast<uint32_t>(access_high_ << 16 | access_low_); }
  void set_access(uint32_t s) {
    access_high_ = s >> 16 & 0x7FFF;
    access_low_ = s & 0xFFFF;
  }
  Form form() const { return static_cast<Form>(form_); }
  void set_form(Form f) { form_ = static_cast<uint64_t>(f); }
  // Read since it was written: memcached's h flag.
  bool fetched() const { return fetched_; }
  void set_fetched() { fetched_ = 1; }
  // Invalidated, and kept until a new value comes; who is to bring one was told.
  void set_stale() { stale_ = 1; }
  void set_leased(bool l) { leased_ = l; }
  bool leased() const { return leased_; }
  uint8_t marks() const {
    return static_cast<uint8_t>((fetched_ ? kWasRead : 0) | (stale_ ? kStale : 0) | (leased_ ? kLeased : 0) |
                                (coded_ ? kCoded : 0));
  }
  void set_marks(uint8_t m) {
    fetched_ = (m & kWasRead) != 0;
    stale_ = (m & kStale) != 0;
    leased_ = (m & kLeased) != 0;
    coded_ = (m & kCoded) != 0;
  }
  // The value is a new one: nobody has read it.
  void renew() { fetched_ = stale_ = leased_ = coded_ = 0; }
  void set_coded(bool c) { coded_ = c; }
  unsigned uses() const { return static_cast<unsigned>(uses_); }
  void set_uses(unsigned n) { uses_ = n; }
  // Which of a key's tickets in the eviction queues is its own.
  unsigned generation() const { return static_cast<unsigned>(generation_); }
  void set_generation(unsigned g) { generation_ = g; }
  // As the same key's entry before it: its place in the eviction queues.
  void take_place_of(const Entry& e) {
    uses_ = e.uses_;
    in_main_ = e.in_main_;
    generation_ = e.generation_;
  }
  bool in_main() const { return in_main_; }
  void set_in_main(bool m) { in_main_ = m; }

  // Bytes it takes from the allocator, its blob included.
  size_t footprint() const {
    return malloc_usable_size(const_cast<Entry*>(this)) + sizeof(size_t) +
           (has_blob_ ? malloc_usable_size(blob()) + sizeof(size_t) : 0);
  }
  size_t room() const { return malloc_usable_size(const_cast<Entry*>(this)); }

 private:
  static bool in_blob(const Made& m) { return m.blob != nullptr || m.value.size() > kInlineValue; }
  static bool is_far(int64_t e) { return (static_cast<uint64_t>(e) >> 48) != 0; }
  const char* bytes() const { return reinterpret_cast<const char*>(this); }
  size_t key_at() const { return kHeader + (far_expiry_ ? 8 : 0) + (has_flags_ ? 4 : 0); }

  void fill(const Made& m) {
    far_expiry_ = is_far(m.expiry);
    has_flags_ = m.flags != 0;
    key_size_ = m.key.size();
    value_size_ = m.value.size();
    has_blob_ = in_blob(m);
    char* p = reinterpret_cast<char*>(this) + kHeader;
    if (far_expiry_) {
      std::memcpy(p, &m.expiry, 8);
      p += 8;
    } else {
      expiry_ = static_cast<uint64_t>(m.expiry);
    }
    if (has_flags_) {
      std::memcpy(p, &m.flags, 4);
      p += 4;
    }
    std::memcpy(p, m.key.data(), m.key.size());
    p += m.key.size();
    if (has_blob_) {
      Blob* b = m.blob != nullptr ? m.blob : Blob::copy_of(m.value);
      std::memcpy(p, &b, sizeof b);
    } else if (!m.value.empty()) {
      std::memcpy(p, m.value.data(), m.value.size());
    }
  }

  uint64_t expiry_ : 48, access_high_ : 15, coded_ : 1;
  uint64_t cas_ : 48, access_low_ : 16;
  uint64_t value_size_ : 30, key_size_ : 20, far_expiry_ : 1, has_flags_ : 1, has_blob_ : 1, in_main_ : 1, uses_ : 2,
      form_ : 2, fetched_ : 1, stale_ : 1, leased_ : 1, generation_ : 3;
};
static_assert(sizeof(Entry) == Entry::kHeader);

}  // namespace cachetted::memory
