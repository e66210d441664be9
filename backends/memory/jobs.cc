// What takes many turns of the loop: KEYS, CACHETTE CLEAR and FLUSHEXPIRED, the sweep for expired keys, and freeing
// what was flushed. Each slice looks at the clock and stops after half a millisecond; shards are locked one at a time,
// briefly.
#include <algorithm>

#include "backends/memory/memory.h"
#include "core/bytes.h"

namespace cachetted::memory {
namespace {

constexpr uint64_t kSliceNs = 500'000;
constexpr uint64_t kRoundNs = 10'000'000'000;  // the sweep comes by every key in about this time
constexpr uint64_t kTurnNs = 100'000'000;
constexpr unsigned kSpareEvictions = 512;  // a turn, by the writes themselves
constexpr size_t kBucketsAtOnce = 32;      // under one lock

}  // namespace

MemoryBackend::~MemoryBackend() {
  for (auto& w : walks_)
    if (w->table != nullptr) w->table->unhold();
}

void MemoryBackend::start_walk(Request& r) { walks_.push_back(std::make_unique<Walk>(r)); }

// Visits some buckets of the walk's shard, which is locked; true when the shard is done.
bool MemoryBackend::visit_some(Walk& w) {
  if (w.table == nullptr) {
    w.table = &store_.shard(w.shard).table(w.db);
    w.table->hold();
  }
  Table& t = *w.table;
  bool swapped = &store_.shard(w.shard).table(w.db) != w.table;  // SWAPDB: what is here now belongs to another database
  int64_t now = host_.clock().now_ms;
  Op op = w.request->op;
  std::vector<std::string> doomed;
  for (size_t i = 0; i < kBucketsAtOnce && t.size() != 0 && !swapped; ++i) {
    w.cursor = t.scan(w.cursor, [&](Slot& s) {
      Entry* e = Table::entry(s);
      bool expired = is_expired(e->expiry(), now);
      std::string_view key = e->key();
      if (op == Op::keys) {
        if (!expired && glob_match(w.pattern, key)) w.found->add(key);
      } else if (op == Op::flush_expired) {
        if (expired) doomed.emplace_back(key);
      } else if (!expired && key.size() > w.pattern.size() && key[w.pattern.size()] == ':' &&
                 key.starts_with(w.pattern)) {
        doomed.emplace_back(key);
      }
    });
    if (w.cursor == 0) break;
  }
  remove_all(w.db, doomed, op == Op::flush_expired, w.removed);
  if (t.size() == 0 || swapped) w.cursor = 0;
  if (w.cursor != 0) return false;
  t.unhold();
  w.table = nullptr;
  return true;
}

void MemoryBackend::remove_all(uint16_t db, std::vector<std::string>& keys, bool only_expired, int64_t& removed) {
  for (const std::string& key : keys) {
    uint64_t hash = hash_key(key), expired = 0;
    Found f = store_.find(db, key, hash, host_.clock().now_ms, expired);
    expired_ += expired;
    if (f && !only_expired) store_.erase(db, hash, f);
    if (f || only_expired) ++removed;
  }
}

// The whole walk at once, for a group: every shard is locked already.
void MemoryBackend::collect(Walk& w) {
  for (; w.shard < kShards; ++w.shard) {
    while (!visit_some(w)) {
    }
  }
  finish(w);
}

void MemoryBackend::finish(Walk& w) {
  w.request->reply.listing = w.found.release();
  w.request->reply.number = w.removed;
  w.request->reply.status = Status::ok;
}

bool MemoryBackend::advance() {
  evicted_.spare = kSpareEvictions;
  settle_allocator();
  uint64_t started = host_.clock().steady;
  bool due = started - swept_at_ >= kTurnNs;
  if (!due && !sweep_eager_ && walks_.empty() && !store_.has_graves() && store_.debt(0) <= 0) [[likely]]
    return false;
  started = steady_ns();
  auto in_time = [started] { return steady_ns() - started < kSliceNs; };
  if (loop_ == 0 && started - budgeted_at_ > kTurnNs) {
    store_.adjust_budget();
    budgeted_at_ = started;
  }
  while (!walks_.empty() && in_time()) {
    Walk& w = *walks_.front();
    uint64_t began = steady_ns();
    bool done;
    {
      Locks lock(store_, ShardSet{1} << w.shard, keeper_);
      done = visit_some(w) && ++w.shard == kShards;
      if (!done && w.request->owner->gone) {  // for nobody no further
        if (w.table != nullptr) w.table->unhold();
        w.table = nullptr;
        done = true;
      }
    }
    w.spent_ns += steady_ns() - began;
    if (done) {
      finish(w);
      w.request->reply.spent_us = static_cast<uint32_t>(w.spent_ns / 1000);
      host_.complete(*w.request);
    } else {
      walks_.push_back(std::move(walks_.front()));  // in turn, so that a short one need not wait for a long one
    }
    walks_.pop_front();
  }
  bool graves = false;
  while ((graves = store_.sweep_graves(512)) && in_time()) {
  }
  bool debt = false;
  while ((debt = store_.pay_debt(debt_shard_++ % kShards, 16, evicted_)) && in_time()) {
  }
  bool more = (due || sweep_eager_) && sweep();
  if (evicted_.done != 0) host_.count_evictions(std::exchange(evicted_.done, 0));
  if (expired_ != 0) host_.count_expiries(std::exchange(expired_, 0));
  return more || graves || debt || !walks_.empty();
}

// Looks for expired keys in this loop's shards, a little each turn, so that all of a database were seen within about
// ten seconds; goes on at once while it finds more than one in four buckets.
bool MemoryBackend::sweep() {
  uint64_t started = steady_ns(), before = expired_;
  swept_at_ = started;
  size_t buckets = 0, seen = 0;
  for (unsigned i = loop_; i < kShards; i += loops_) buckets += store_.shard(i).table(sweep_db_).buckets();
  size_t quota = buckets * kTurnNs / kRoundNs + kBucketsAtOnce;
  do {
    seen += sweep_some();
    sweep_eager_ = expired_ - before > seen / 4;
  } while ((seen < quota || sweep_eager_) && steady_ns() - started < kSliceNs);
  return sweep_eager_;
}

// Some buckets of the sweep's table, or a step to the next table. Returns how many buckets it looked at, at least 1.
size_t MemoryBackend::sweep_some() {
  if (sweep_shard_ >= kShards) {
    sweep_shard_ = loop_;
    sweep_db_ = static_cast<uint16_t>((sweep_db_ + 1) % store_.options().databases);
  }
  Locks lock(store_, ShardSet{1} << sweep_shard_, keeper_);
  Table& t = store_.shard(sweep_shard_).table(sweep_db_);
  if (t.expiring == 0 || sweep_bucket_ >= t.buckets()) {
    sweep_bucket_ = 0;
    sweep_shard_ += loops_;
    return 1;
  }
  int64_t now = host_.clock().now_ms;
  std::vector<std::string> doomed;
  uint64_t first = sweep_bucket_, end = std::min<uint64_t>(first + kBucketsAtOnce, t.buckets());
  for (; sweep_bucket_ < end; ++sweep_bucket_) {
    t.visit(sweep_bucket_, [&](Slot& s) {
      if (is_expired(Table::entry(s)->expiry(), now)) doomed.emplace_back(Table::entry(s)->key());
    });
  }
  int64_t removed = 0;
  remove_all(sweep_db_, doomed, true, removed);
  return end - first;
}

}  // namespace cachetted::memory
