// The in-memory backend: one per loop over the shared MemoryStore. submit() answers inline; what takes many turns
// (KEYS, CLEAR, FLUSHEXPIRED, sweeping expired keys, freeing a flushed table) goes on in advance(), in slices of half a
// millisecond.
#pragma once
#include <deque>
#include <memory>

#include "backends/memory/store.h"

namespace cachetted::memory {

inline constexpr size_t kHeavy = 64 << 10;  // bytes from which on a request is worth a look at the clock

// A request that walks a whole database, slice by slice; made in jobs.cc.
struct Walk {
  explicit Walk(Request& r) : request(&r), db(r.db), pattern(r.value), found(std::make_unique<Listing>()) {}
  Request* request;
  uint16_t db;
  std::string pattern;  // KEYS: a glob; CLEAR: a prefix; a copy, since it outlives the tick
  unsigned shard = 0;
  uint64_t cursor = 0;
  Table* table = nullptr;  // the shard's, held against shrinking while it is walked
  std::unique_ptr<Listing> found;
  int64_t removed = 0;
  uint64_t spent_ns = 0;
};

class MemoryBackend final : public Backend {
 public:
  MemoryBackend(MemoryStore& store, Host& host, unsigned loop, unsigned loops, Keeper* keeper = nullptr);
  ~MemoryBackend() override;

  Caps caps() const override;
  size_t submit(Batch batch) override;
  bool advance() override;
  void unwatch(Watch& w) override { store_.unwatch(w); }

 private:
  // A key with its hash and entry; the entry is good until the next write in its shard.
  struct Key {
    uint16_t db;
    std::string_view name;
    uint64_t hash;
    Found found;
    Entry* entry() const { return found.entry; }
    std::string_view value() const { return found ? found.entry->value() : std::string_view(); }
    explicit operator bool() const { return found.entry != nullptr; }
  };

  void warm(Batch batch);
  void run(Request& r);
  bool answer(Request& r);
  ShardSet shards_of(const Request& r) const;

  void get(Request& r);
  void get_many(Request& r);
  void set(Request& r);
  void set_many(Request& r);
  void append(Request& r);
  void add_integer(Request& r);
  void add_unsigned(Request& r);
  void add_float(Request& r);
  void read_part(Request& r);
  void set_range(Request& r);
  void set_bit(Request& r);
  void common(Request& r);
  void remove(Request& r);
  void invalidate(Request& r);
  void exists(Request& r);
  void expire(Request& r);
  void rename(Request& r);
  void copy(Request& r);
  void move(Request& r);
  void random_key(Request& r);
  void scan(Request& r);
  void inspect(Request& r);
  void watch(Request& r);
  void group(Request& r);

  Key look_up(uint16_t db, std::string_view key);
  Key primary(const Request& r);
  void reply_value(Value& v, Entry* e);
  void used(Entry* e);
  bool room(Key& k, size_t need, Request& r);
  bool make_room(uint64_t hash, size_t need, Request& r);
  char* grow_value(Key& k, Request& r, size_t size);
  bool replace(Key& k, Request& r, std::string_view value, Form form);
  // held: where the value may stand already (Request::held)
  Entry* write(Key& k, std::string_view value, int64_t expiry, uint32_t flags, Form form, Blob* held = nullptr);
  void written(Request& r, Entry* e);
  void edited(Key& k);
  bool unchanged(Request& r, const Key& k);
  void lease(Request& r, Entry* e, int64_t expiry);
  void vivify(Request& r, Key& k);
  void give_expiry(Key& k, int64_t expiry);
  void duplicate(Key& from, Key& to, int64_t latest);

  // jobs.cc
  void start_walk(Request& r);
  bool visit_some(Walk& w);
  void finish(Walk& w);
  void collect(Walk& w);
  bool sweep();
  size_t sweep_some();
  void remove_all(uint16_t db, std::vector<std::string>& keys, bool only_expired, int64_t& removed);

  MemoryStore& store_;
  Host& host_;
  const unsigned loop_, loops_;
  Keeper* const keeper_;
  ShardSet held_ = 0;     // locked for the request being run
  bool heavy_ = false;    // the request being run moved very many bytes
  uint64_t expired_ = 0;  // since the last report to the host
  Evictions evicted_;
  std::deque<std::unique_ptr<Walk>> walks_;
  unsigned sweep_shard_;  // from loop_ on, every loops_-th
  uint16_t sweep_db_ = 0;
  uint64_t sweep_bucket_ = 0;
  uint64_t swept_at_ = 0, budgeted_at_ = 0;  // steady ns
  bool sweep_eager_ = false;
  unsigned debt_shard_ = 0;  // next to evict from
  uint64_t seed_;
};

}  // namespace cachetted::memory
