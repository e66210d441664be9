// The memory table that all loops share: 64 shards by hash, each with its lock, its piece of every database and its
// eviction queues. Also the memory bound. An operation locks the shards of its keys (Locks), in ascending order, and so
// runs alone among them; with a single loop nothing is locked. Everything below Locks is to be called with the key's
// shard locked.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backends/memory/eviction.h"
#include "backends/memory/keeper.h"
#include "backends/memory/table.h"
#include "core/backend.h"
#include "core/watch.h"

namespace cachetted::memory {

struct Options {
  uint16_t databases = 16;
  uint64_t max_memory = 0;  // bytes of the whole process; 0: no bound
  bool evict = true;
  bool kept = false;  // changes are noted for a Keeper, which every backend has
};

inline constexpr unsigned kShards = 64;
inline constexpr ShardSet kAllShards = ~ShardSet{0};
inline unsigned shard_of(uint64_t hash) { return static_cast<unsigned>(hash >> 58); }
inline ShardSet shard_bit(uint64_t hash) { return ShardSet{1} << shard_of(hash); }

void settle_allocator();  // once a turn of each loop: keeps malloc() quick

Caps native_caps();  // what every MemoryBackend does itself

// Held for well under a microsecond: spins, and yields when the holder was preempted.
class SpinLock {
 public:
  void lock() {
    for (unsigned spins = 0; locked_.exchange(true, std::memory_order_acquire); ++spins) pause(spins);
  }
  bool try_lock() { return !locked_.exchange(true, std::memory_order_acquire); }
  void unlock() { locked_.store(false, std::memory_order_release); }

 private:
  void pause(unsigned spins);
  std::atomic<bool> locked_{false};
};

struct alignas(64) Shard {
  SpinLock lock;
  uint64_t last_cas = 0;
  std::unique_ptr<Table[]> tables;                    // by table number
  std::unique_ptr<std::atomic<uint16_t>[]> table_of;  // database to table number: SWAPDB exchanges these
  S3Fifo queues;
  absl::flat_hash_map<std::string, std::vector<Watch*>> watched;  // by database and key; mostly empty
  size_t entries = 0;                                             // in all tables
  unsigned generation = 0;                                        // of the last ticket
  Notes notes;                                                    // empty while it is not locked

  Table& table(uint16_t db) { return tables[table_number(db)]; }
  uint16_t table_number(uint16_t db) const { return table_of[db].load(std::memory_order_relaxed); }
};

// Entries evicted by one loop.
struct Evictions {
  uint64_t done = 0;   // since they were last counted
  unsigned spare = 0;  // more than what is written needs, that this turn has time for
  Keeper* keeper = nullptr;
};

// An entry found, with what is needed to change it.
struct Found {
  Slot* slot = nullptr;
  Entry* entry = nullptr;
  explicit operator bool() const { return entry != nullptr; }
};

class MemoryStore final : public Store {
 public:
  MemoryStore(const Options& options, bool shared);
  ~MemoryStore() override;

  Backend* open(Host& host, unsigned loop, unsigned loops) override;
  Figures figures() const override;
  Figures figures(uint16_t db) const override;
  bool full() const override { return full_.load(std::memory_order_relaxed); }

  const Options& options() const { return options_; }
  bool shared() const { return shared_; }
  Shard& shard(unsigned i) { return shards_[i]; }
  Shard& shard_for(uint64_t hash) { return shards_[shard_of(hash)]; }

  // The live entry of a key, or nothing. One past its deadline is removed and counted in `expired`.
  Found find(uint16_t db, std::string_view key, uint64_t hash, int64_t now, uint64_t& expired);

  // Writes key with value: over `old`, as find() returned it and nothing was written since, or anew. The bytes of
  // `made` must not be those of `old`.
  Entry* put(uint16_t db, uint64_t hash, Found old, const Entry::Made& made, int64_t now, Form form = Form::plain);
  // Gives an entry another expiry, and nothing else; it may move.
  void set_expiry(uint16_t db, uint64_t hash, Found f, int64_t expiry);
  void erase(uint16_t db, uint64_t hash, Found f);
  // To be called after the value of an entry was changed in place.
  void changed(uint16_t db, Found f, uint64_t hash, int64_t now);

  // Makes room for `need` bytes, first in the given shard, then in others; `held` are those that the caller has locked.
  // False when there is none and nothing may go.
  bool make_room(unsigned shard, size_t need, ShardSet held, Evictions& count);
  // Bytes by which the entries are over what they may take, with `need` more; 0 or less: none.
  int64_t debt(size_t need) const {
    if (options_.max_memory == 0) return 0;
    return used_.load(std::memory_order_relaxed) + static_cast<int64_t>(need) - budget_.load(std::memory_order_relaxed);
  }
  // Evicts up to so many entries while there is a debt; true where some is left to pay. With no shard locked.
  bool pay_debt(unsigned shard, unsigned entries, Evictions& count);

  // Empties a database; its entries are freed later, by sweep_graves(). With every shard locked.
  void drop(uint16_t db);
  void swap_databases(uint16_t a, uint16_t b);
  // Frees dropped entries of this shard group for about `budget` entries; true while some are left.
  bool sweep_graves(size_t budget);
  bool has_graves() const { return has_graves_.load(std::memory_order_relaxed); }

  void watch(Watch& w, uint16_t db, std::string_view key);
  void unwatch(Watch& w);
  // Marks who watches a key that has just changed.
  void touch(uint16_t db, std::string_view key, Shard& s) {
    if (!s.watched.empty()) [[unlikely]]
      touch_watched(db, key, s);
  }

  // What is written from now on gets a cas above this one.
  void start_cas(uint64_t base) {
    for (unsigned i = 0; i < kShards; ++i) shards_[i].last_cas = base;
  }

  // Compares the process with its bound: ten times a second by loop 0, and by whoever writes much.
  void adjust_budget();
  uint32_t seconds(int64_t now_ms) const { return static_cast<uint32_t>((now_ms - started_ms_) / 1000); }

 private:
  Figures sum_figures(unsigned first, unsigned last) const;
  uint64_t reserve() const { return options_.max_memory / 16; }  // bytes that are not planned for
  bool evict_from(unsigned shard, ShardSet held, Keeper* keeper);
  bool evict_one(Shard& s);
  bool evict_ticket(Shard& s, Ticket t, bool main, bool force);
  void enqueue(Shard& s, uint64_t hash, uint16_t db, Entry* e);
  void touch_watched(uint16_t db, std::string_view key, Shard& s);
  void touch_databases(uint16_t a, uint16_t b, Shard& s);
  void note(uint64_t hash, std::string_view key, Shard& s) {
    if (options_.kept) [[unlikely]]
      s.notes.add(hash, key);
  }
  void account(int64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }

  const Options options_;
  const bool shared_;
  const int64_t started_ms_;
  std::unique_ptr<Shard[]> shards_;
  std::atomic<int64_t> used_{0};        // footprint of all entries, dropped ones too
  std::atomic<int64_t> budget_{0};      // what used_ may reach
  std::atomic<int64_t> unmeasured_{0};  // bytes asked for since the process was last looked at
  std::atomic<bool> full_{false};       // the last write that needed room was refused
  SpinLock budget_lock_;                // who holds it sets budget_; nobody waits for it
  uint64_t trimmed_at_ = 0;             // steady ns; guarded by budget_lock_
  int64_t peak_ = 0;                    // of used_, as far as it is still resident; guarded by budget_lock_
  std::mutex graves_lock_;
  std::vector<Table> graves_;
  std::atomic<bool> has_graves_{false};
};

// Locks a set of shards for its lifetime, in ascending order. At its end the keeper records what was done to them.
class Locks {
 public:
  Locks(MemoryStore& store, ShardSet set, Keeper* keeper = nullptr)
      : store_(store), set_(store.shared() ? set : 0), keeper_(keeper), kept_(set) {
    for (ShardSet left = set_; left != 0; left &= left - 1)
      store_.shard(static_cast<unsigned>(__builtin_ctzll(left))).lock.lock();
  }
  ~Locks() {
    if (keeper_ != nullptr) [[unlikely]]
      keeper_->record(kept_);
    for (ShardSet left = set_; left != 0; left &= left - 1)
      store_.shard(static_cast<unsigned>(__builtin_ctzll(left))).lock.unlock();
  }
  Locks(const Locks&) = delete;
  Locks& operator=(const Locks&) = delete;

 private:
  MemoryStore& store_;
  ShardSet set_;
  Keeper* keeper_;
  ShardSet kept_;
};

}  // namespace cachetted::memory
