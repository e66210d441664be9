// The shared memory table: finding, writing, evicting, and the memory bound.
#include "backends/memory/store.h"

#include <malloc.h>
#include <sched.h>

#include <algorithm>
#include <limits>

#include "backends/memory/memory.h"
#include "metrics/process.h"

namespace cachetted::memory {
namespace {

// Whether a ticket of that queue is the entry's own, or one that its key left behind.
bool speaks_for(Ticket t, const Entry& e, bool main) { return e.in_main() == main && e.generation() == t.generation(); }

constexpr uint64_t kTrimNs = 200'000'000;     // between two attempts to give gaps back to the system, where it is over
constexpr uint64_t kTrimSoonNs = 20'000'000;  // the same, where it is over by more than a fiftieth
constexpr uint64_t kHash48 = (uint64_t{1} << 48) - 1;

std::string watch_key(uint16_t db, std::string_view key) {
  std::string k(reinterpret_cast<const char*>(&db), sizeof db);
  k.append(key);
  return k;
}

}  // namespace

void SpinLock::pause(unsigned spins) {
  if (spins < 64) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  } else {
    sched_yield();
  }
}

namespace {

// Values from 128 KiB on are mapped one by one, and go back to the system when they are freed. The heap of the small
// ones is kept for reuse: giving back a flushed gigabyte is one call of tens of milliseconds, made in the middle of
// some free().
void tune_allocator() {
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 1 << 20);
}

}  // namespace

// glibc sorts freed chunks by size only when a malloc() finds none that fits, up to 10,000 in each such call: 0.3 ms,
// for hundreds of calls on end. One request that no bin of exact sizes serves, each turn, sorts what the turn has
// freed.
void settle_allocator() {
  void* p = std::malloc(2000);
  asm volatile("" : : "r"(p) : "memory");  // or the pair is optimized away
  std::free(p);
}

MemoryStore::MemoryStore(const Options& options, bool shared)
    : options_(options), shared_(shared), started_ms_(wall_ms()), shards_(new Shard[kShards]) {
  tune_allocator();
  for (unsigned i = 0; i < kShards; ++i) {
    Shard& s = shards_[i];
    s.tables = std::make_unique<Table[]>(options.databases);
    s.table_of = std::make_unique<std::atomic<uint16_t>[]>(options.databases);
    for (uint16_t db = 0; db < options.databases; ++db) s.table_of[db].store(db);
  }
  adjust_budget();
}

MemoryStore::~MemoryStore() {
  for (uint16_t db = 0; db < options_.databases; ++db) drop(db);
  while (sweep_graves(1 << 20)) {
  }
}

Backend* MemoryStore::open(Host& host, unsigned loop, unsigned loops) {
  return new MemoryBackend(*this, host, loop, loops);
}

Store::Figures MemoryStore::figures() const { return sum_figures(0, options_.databases); }
Store::Figures MemoryStore::figures(uint16_t db) const { return sum_figures(db, db + 1u); }

// Over the databases first to last - 1.
Store::Figures MemoryStore::sum_figures(unsigned first, unsigned last) const {
  Figures f;
  for (unsigned i = 0; i < kShards; ++i) {
    Shard& s = shards_[i];
    if (shared_) s.lock.lock();
    for (unsigned db = first; db < last; ++db) {
      const Table& t = s.table(static_cast<uint16_t>(db));
      f.keys += t.size();
      f.keys_expiring += t.expiring;
    }
    if (shared_) s.lock.unlock();
  }
  f.bytes = static_cast<uint64_t>(std::max<int64_t>(used_.load(std::memory_order_relaxed), 0));
  f.limit = options_.max_memory;
  return f;
}

Found MemoryStore::find(uint16_t db, std::string_view key, uint64_t hash, int64_t now, uint64_t& expired) {
  Table& t = shard_for(hash).table(db);
  Slot* slot = t.find(key, hash);
  if (slot == nullptr) return {};
  Found f{slot, Table::entry(*slot)};
  if (is_expired(f.entry->expiry(), now)) [[unlikely]] {
    erase(db, hash, f);
    ++expired;
    return {};
  }
  return f;
}

Entry* MemoryStore::put(uint16_t db, uint64_t hash, Found old, const Entry::Made& made, int64_t now, Form form) {
  Shard& s = shard_for(hash);
  Table& t = s.table(db);
  Entry* e = old.entry;
  if (e != nullptr) {
    t.expiring += static_cast<size_t>(made.expiry != kNever) - static_cast<size_t>(e->expiry() != kNever);
    size_t size = Entry::size_for(made), room = e->room();
    if (!e->has_blob() && made.blob == nullptr && made.value.size() <= kInlineValue && size <= room &&
        room <= size + size / 4 + 16) {
      e->refill(made);
    } else {
      e = Entry::create(made);
      e->take_place_of(*old.entry);
      account(static_cast<int64_t>(e->footprint()) - static_cast<int64_t>(old.entry->footprint()));
      Table::replace(*old.slot, e);
      Entry::destroy(old.entry);
    }
  } else {
    e = Entry::create(made);
    t.insert(e, hash);
    t.expiring += made.expiry != kNever;
    ++s.entries;
    account(static_cast<int64_t>(e->footprint()));
    if (options_.max_memory != 0 && options_.evict) enqueue(s, hash, db, e);
  }
  e->set_form(form);
  e->set_cas(++s.last_cas);
  e->set_access(seconds(now));
  touch(db, made.key, s);
  note(hash, made.key, s);
  return e;
}

void MemoryStore::set_expiry(uint16_t db, uint64_t hash, Found f, int64_t expiry) {
  Shard& s = shard_for(hash);
  s.table(db).expiring += static_cast<size_t>(expiry != kNever) - static_cast<size_t>(f.entry->expiry() != kNever);
  if (!f.entry->set_expiry(expiry)) {
    Entry* old = f.entry;
    Blob* blob = old->has_blob() ? old->blob() : nullptr;
    if (blob != nullptr) blob->retain();
    Entry* e = Entry::create({old->key(), old->value(), expiry, old->flags(), blob});
    e->take_place_of(*old);
    e->set_form(old->form());
    e->set_cas(old->cas());
    e->set_access(old->access());
    account(static_cast<int64_t>(e->footprint()) - static_cast<int64_t>(old->footprint()));
    Table::replace(*f.slot, e);
    Entry::destroy(old);
    f.entry = e;
  }
  touch(db, f.entry->key(), s);
  note(hash, f.entry->key(), s);
}

void MemoryStore::erase(uint16_t db, uint64_t hash, Found f) {
  Shard& s = shard_for(hash);
  Table& t = s.table(db);
  touch(db, f.entry->key(), s);
  note(hash, f.entry->key(), s);
  t.expiring -= f.entry->expiry() != kNever;
  t.erase(f.slot, hash);
  --s.entries;
  account(-static_cast<int64_t>(f.entry->footprint()));
  Entry::destroy(f.entry);
}

void MemoryStore::changed(uint16_t db, Found f, uint64_t hash, int64_t now) {
  Shard& s = shard_for(hash);
  f.entry->set_cas(++s.last_cas);
  f.entry->set_access(seconds(now));
  touch(db, f.entry->key(), s);
  note(hash, f.entry->key(), s);
}

void MemoryStore::enqueue(Shard& s, uint64_t hash, uint16_t db, Entry* e) {
  unsigned generation = ++s.generation & 7;
  Ticket t(hash & kHash48, s.table_number(db), generation);
  e->set_generation(generation);
  bool main = s.queues.ghosts.take(t.hash48());
  e->set_in_main(main);
  Tickets& queue = main ? s.queues.main : s.queues.small;
  queue.push_back(t);
  // Tickets of deleted entries leave when their turn comes; where nothing is ever evicted, it comes here.
  for (int i = 0; i < 2 && queue.size() > 2 * s.entries + 64; ++i) {
    Ticket front = queue.front();
    queue.pop_front();
    Slot* slot = s.tables[front.table()].find_hash(front.hash48());
    if (slot != nullptr && speaks_for(front, *Table::entry(*slot), main)) queue.push_back(front);
  }
}

// Gives the entry of a ticket its turn; true when it was removed. `force`: whatever its use.
bool MemoryStore::evict_ticket(Shard& s, Ticket t, bool main, bool force) {
  Table& table = s.tables[t.table()];
  Slot* slot = table.find_hash(t.hash48());
  if (slot == nullptr) return false;
  Entry* e = Table::entry(*slot);
  if (!speaks_for(t, *e, main)) return false;
  if (main && e->uses() > 0 && !force) {
    e->set_uses(e->uses() - 1);
    s.queues.main.push_back(t);
    return false;
  }
  if (!main && e->uses() > 1 && !force) {
    e->set_uses(0);
    e->set_in_main(true);
    s.queues.main.push_back(t);
    return false;
  }
  if (!main) s.queues.ghosts.add(t.hash48(), s.entries);
  uint16_t db = 0;
  while (s.table_number(db) != t.table()) ++db;
  erase(db, hash_key(e->key()), {slot, e});
  return true;
}

bool MemoryStore::evict_one(Shard& s) {
  constexpr int kPatience = 64;  // second chances in a row: where everything is hot, anything may go
  for (int turns = 0;; ++turns) {
    S3Fifo& q = s.queues;
    if (q.small.empty() && q.main.empty()) return false;
    bool main = q.small.empty() || (!q.main.empty() && q.small.size() * 10 < s.entries);
    Tickets& queue = main ? q.main : q.small;
    Ticket t = queue.front();
    queue.pop_front();
    if (evict_ticket(s, t, main, turns >= kPatience)) return true;
  }
}

// One entry of some shard, from the given one on; false when there is none that can be had now.
bool MemoryStore::evict_from(unsigned shard, ShardSet held, Keeper* keeper) {
  for (unsigned i = 0; i < kShards; ++i) {
    unsigned at = (shard + i) % kShards;
    Shard& s = shards_[at];
    bool free = (held >> at & 1) == 0, lock = shared_ && free;
    if (lock && !s.lock.try_lock()) continue;
    bool gone = evict_one(s);
    if (free && keeper != nullptr) keeper->record(ShardSet{1} << at);
    if (lock) s.lock.unlock();
    if (gone) return true;
  }
  return false;
}

// A write evicts as much as it adds, and while the turn's spare evictions last a few entries more, so that the table
// shrinks where it is over; the rest of the debt is paid by pay_debt(). Until then it stands in the reserve that
// adjust_budget() keeps: a write that finds the reserve used up evicts twice what it adds, however long that takes.
bool MemoryStore::make_room(unsigned shard, size_t need, ShardSet held, Evictions& count) {
  if (options_.max_memory == 0) [[likely]]
    return true;
  // Where much is written, the process is looked at more often than ten times a second.
  auto step = static_cast<int64_t>(options_.max_memory / 512);
  bool measured = unmeasured_.fetch_add(static_cast<int64_t>(need), std::memory_order_relaxed) > step;
  if (measured) adjust_budget();
  constexpr unsigned kAtOnce = 4096;  // entries: two milliseconds or so
  int64_t before = used_.load(std::memory_order_relaxed);
  for (unsigned n = 0; debt(need) > 0; ++n) {
    bool deep = debt(need) > static_cast<int64_t>(reserve());
    auto share = static_cast<int64_t>(deep ? need * 2 : need);
    bool paid = before - used_.load(std::memory_order_relaxed) >= share && count.spare == 0;
    if (options_.evict && (paid || (!deep && n >= kAtOnce))) break;
    if (has_graves_.load(std::memory_order_relaxed)) {
      sweep_graves(256);
      continue;
    }
    if (!options_.evict) {
      if (!measured) {  // none is refused but by a look at the process
        adjust_budget();
        measured = true;
        continue;
      }
      full_.store(true, std::memory_order_relaxed);
      return false;
    }
    if (!evict_from(shard + n / 8, held,
                    count.keeper)) {  // nothing is left: what went may have made the process smaller
      adjust_budget();
      return debt(need) <= 0;
    }
    ++count.done;
    if (count.spare > 0) --count.spare;
  }
  full_.store(false, std::memory_order_relaxed);
  return true;
}

bool MemoryStore::pay_debt(unsigned shard, unsigned entries, Evictions& count) {
  for (unsigned n = 0; n < entries; ++n) {
    if (debt(0) <= 0 || !options_.evict || !evict_from(shard, 0, count.keeper)) return false;
    ++count.done;
  }
  return true;
}

// What was freed stays resident and is used again, so the process can hold the most it ever held (`peak_`) plus what is
// left to the bound; minus, where it is over. Where large values went back to the system, the peak is no longer there.
// Only half of what is left is given at a time, since table and queues grow beside the entries; what is over is taken
// thrice, since evicting leaves gaps.
void MemoryStore::adjust_budget() {
  if (options_.max_memory == 0 || !budget_lock_.try_lock()) return;
  unmeasured_.store(0, std::memory_order_relaxed);
  auto resident = static_cast<int64_t>(metrics::resident_bytes());
  // Over the bound although entries were evicted: sizes have changed and the old ones left gaps. Rare, and worth the
  // pause.
  uint64_t now = steady_ns();
  const auto most = static_cast<int64_t>(options_.max_memory);
  if (resident > most && now - trimmed_at_ > (resident - most > most / 50 ? kTrimSoonNs : kTrimNs)) {
    malloc_trim(0);
    trimmed_at_ = now;
    resident = static_cast<int64_t>(metrics::resident_bytes());
  }
  peak_ = std::min(std::max(peak_, used_.load(std::memory_order_relaxed)), resident);
  auto target = static_cast<int64_t>(options_.max_memory - reserve());
  int64_t left = target - resident;
  budget_.store(std::max<int64_t>(peak_ + (left > 0 ? left / 2 : left * 3), 0), std::memory_order_relaxed);
  budget_lock_.unlock();
}

void MemoryStore::drop(uint16_t db) {
  for (unsigned i = 0; i < kShards; ++i) {
    Shard& s = shards_[i];
    Table& t = s.table(db);
    if (t.size() == 0) continue;
    if (options_.kept) s.notes.add_emptied();
    if (!s.watched.empty()) touch_databases(db, db, s);
    s.entries -= t.size();
    Table grave;
    grave.swap(t);
    std::lock_guard lock(graves_lock_);
    graves_.push_back(std::move(grave));
    has_graves_.store(true, std::memory_order_relaxed);
  }
}

void MemoryStore::swap_databases(uint16_t a, uint16_t b) {
  for (unsigned i = 0; i < kShards; ++i) {
    Shard& s = shards_[i];
    if (!s.watched.empty() && a != b) touch_databases(a, b, s);
    s.table_of[a].store(s.table_of[b].exchange(s.table_number(a)));
  }
}

bool MemoryStore::sweep_graves(size_t budget) {
  if (!has_graves_.load(std::memory_order_relaxed)) return false;
  Table grave;
  {
    std::lock_guard lock(graves_lock_);
    if (graves_.empty()) return false;
    grave = std::move(graves_.back());
    graves_.pop_back();
  }
  int64_t freed = 0;
  bool more = grave.drain(budget, [&](Entry* e) {
    freed += static_cast<int64_t>(e->footprint());
    Entry::destroy(e);
  });
  account(-freed);
  std::lock_guard lock(graves_lock_);
  if (more) graves_.push_back(std::move(grave));
  has_graves_.store(!graves_.empty(), std::memory_order_relaxed);
  return !graves_.empty();
}

void MemoryStore::watch(Watch& w, uint16_t db, std::string_view key) {
  auto& watchers = shard_for(hash_key(key)).watched[watch_key(db, key)];
  if (std::find(watchers.begin(), watchers.end(), &w) != watchers.end()) return;
  watchers.push_back(&w);
  w.keys.push_back({db, std::string(key)});
}

void MemoryStore::unwatch(Watch& w) {
  for (const Watch::Key& k : w.keys) {
    uint64_t hash = hash_key(k.key);
    Locks lock(*this, shard_bit(hash));
    auto& watched = shard_for(hash).watched;
    auto it = watched.find(watch_key(k.db, k.key));
    if (it == watched.end()) continue;
    std::erase(it->second, &w);
    if (it->second.empty()) watched.erase(it);
  }
  w.keys.clear();
}

void MemoryStore::touch_watched(uint16_t db, std::string_view key, Shard& s) {
  auto it = s.watched.find(watch_key(db, key));
  if (it == s.watched.end()) return;
  for (Watch* w : it->second) w->dirty.store(true, std::memory_order_relaxed);
}

// Marks who watches a key of either database that is in one of them: it goes, or changes places.
void MemoryStore::touch_databases(uint16_t a, uint16_t b, Shard& s) {
  for (auto& [id, watches] : s.watched) {
    uint16_t db = 0;
    id.copy(reinterpret_cast<char*>(&db), sizeof db);
    if (db != a && db != b) continue;
    std::string_view key = std::string_view(id).substr(sizeof db);
    uint64_t hash = hash_key(key);
    if (s.table(a).find(key, hash) == nullptr && s.table(b).find(key, hash) == nullptr) continue;
    for (Watch* w : watches) w->dirty.store(true, std::memory_order_relaxed);
  }
}

}  // namespace cachetted::memory
