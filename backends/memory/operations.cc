// The memory backend's way in: submit() warms the cache for a few requests at a time and runs them, run() locks the
// shards of a request and answers it. Here are reading and writing whole values; edits.cc and keys.cc have the other
// operations.
#include <algorithm>
#include <cstring>

#include "backends/memory/memory.h"

namespace cachetted::memory {
namespace {

constexpr size_t kOverhead = 96;  // room asked for beside the bytes of key and value: header, slot, allocator
constexpr uint64_t kSubmitNs = 2'000'000;

// What can take long enough for the slow log to be worth two looks at the clock.
bool is_heavy(const Request& r) {
  return r.op == Op::common || r.op == Op::group || r.op == Op::flush || r.op == Op::random_key || r.op == Op::scan ||
         r.op == Op::count_bits || r.op == Op::find_bit || r.args.size() > 64 || r.value.size() > kHeavy;
}

}  // namespace

Caps native_caps() {
  Caps c;
  c.isolated_groups = true;
  c.databases = true;
  c.marks = true;
  for (int i = 0; i < kOpCount; ++i) c.ops |= uint64_t{1} << i;
  for (Op op : {Op::local, Op::raw}) c.ops &= ~(uint64_t{1} << static_cast<int>(op));
  return c;
}

MemoryBackend::MemoryBackend(MemoryStore& store, Host& host, unsigned loop, unsigned loops, Keeper* keeper)
    : store_(store),
      host_(host),
      loop_(loop),
      loops_(loops),
      keeper_(keeper),
      sweep_shard_(loop),
      seed_(steady_ns() | 1) {
  evicted_.keeper = keeper;
}

Caps MemoryBackend::caps() const { return native_caps(); }

// The clock is looked at behind every sixteenth request, and behind each that may have taken long by itself.
size_t MemoryBackend::submit(Batch batch) {
  constexpr size_t kWarm = 16;
  uint64_t until = steady_ns() + kSubmitNs;
  size_t taken = 0;
  bool in_time = true;
  while (in_time && taken < batch.size()) {
    Batch part = batch.subspan(taken, std::min(kWarm, batch.size() - taken));
    warm(part);
    bool heavy = false;
    for (size_t i = 0; in_time && i < part.size(); ++i, ++taken) {
      heavy = answer(*part[i]);
      if (heavy) in_time = steady_ns() < until;
    }
    if (!heavy && taken < batch.size()) in_time = steady_ns() < until;
  }
  if (expired_ != 0) host_.count_expiries(std::exchange(expired_, 0));
  if (evicted_.done != 0) host_.count_evictions(std::exchange(evicted_.done, 0));
  return taken;
}

// Brings the buckets, then the entries, of several requests into the cache at once: cold memory is waited for together.
void MemoryBackend::warm(Batch batch) {
  for (Request* r : batch) {
    if (r->key.data() == nullptr) continue;
    r->hash = hash_key(r->key);
    store_.shard_for(r->hash).table(r->db).prefetch(r->hash);
  }
  for (Request* r : batch) {
    if (r->key.data() == nullptr) continue;
    Shard& s = store_.shard_for(r->hash);
    // Another loop may be moving the buckets: they are read under the lock, or, where that is taken, later.
    if (store_.shared() && !s.lock.try_lock()) continue;
    s.table(r->db).prefetch_entry(r->hash);
    if (store_.shared()) s.lock.unlock();
  }
}

ShardSet MemoryBackend::shards_of(const Request& r) const {
  Keys keys = row(r.op).keys;
  if (keys == Keys::one) return shard_bit(r.hash != 0 ? r.hash : hash_key(r.key));
  if (keys == Keys::two) return shard_bit(hash_key(r.key)) | shard_bit(hash_key(r.value));
  ShardSet set = 0;
  if (r.op == Op::group) {
    for (Request* c = r.children; c != nullptr; c = c->next)  // one that is answered has no words any more
      if (c->op != Op::local && c->reply.status == Status::pending) set |= shards_of(*c);
    if (r.watch != nullptr)
      for (const Watch::Key& k : r.watch->keys) set |= shard_bit(hash_key(k.key));
    return set;
  }
  if (keys == Keys::none) return kAllShards;
  for (size_t i = 0; i < r.args.size(); i += keys == Keys::pairs ? 2 : 1) set |= shard_bit(hash_key(r.args[i]));
  return set;
}

// Whether it may have taken long.
bool MemoryBackend::answer(Request& r) {
  if (r.op == Op::keys || r.op == Op::clear || r.op == Op::flush_expired) {  // locks shard by shard
    start_walk(r);
    return false;
  }
  bool timed = is_heavy(r);
  uint64_t began = timed ? steady_ns() : 0;
  if (store_.shared() || keeper_ != nullptr) {
    held_ = shards_of(r);
    Locks locks(store_, held_, keeper_);
    run(r);
  } else {
    run(r);
  }
  if (timed) r.reply.spent_us = static_cast<uint32_t>((steady_ns() - began) / 1000);
  host_.complete(r);
  return std::exchange(heavy_, false) || timed;
}

void MemoryBackend::run(Request& r) {
  if (keeper_ != nullptr && keeper_->answers(r)) [[unlikely]]
    return;
  switch (r.op) {
    case Op::get: return get(r);
    case Op::get_many: return get_many(r);
    case Op::set: return set(r);
    case Op::set_many: return set_many(r);
    case Op::append: return append(r);
    case Op::add_integer: return add_integer(r);
    case Op::add_unsigned: return add_unsigned(r);
    case Op::add_float: return add_float(r);
    case Op::length:
    case Op::get_range:
    case Op::get_bit:
    case Op::count_bits:
    case Op::find_bit:
    case Op::type:
    case Op::expiry: return read_part(r);
    case Op::set_range: return set_range(r);
    case Op::set_bit: return set_bit(r);
    case Op::common: return common(r);
    case Op::remove: return remove(r);
    case Op::invalidate: return invalidate(r);
    case Op::exists: return exists(r);
    case Op::expire: return expire(r);
    case Op::rename: return rename(r);
    case Op::copy: return copy(r);
    case Op::move: return move(r);
    case Op::random_key: return random_key(r);
    case Op::scan: return scan(r);
    case Op::inspect: return inspect(r);
    case Op::watch: return watch(r);
    case Op::group: return group(r);
    case Op::keys:
    case Op::clear:
    case Op::flush_expired: {  // inside a group: all at once
      Walk w(r);
      collect(w);
      return;
    }
    case Op::count:
      for (unsigned i = 0; i < kShards; ++i) r.reply.number += static_cast<int64_t>(store_.shard(i).table(r.db).size());
      break;
    case Op::flush:
      for (uint16_t db = 0; db < store_.options().databases; ++db)
        if (r.has(kAllDatabases) || db == r.db) store_.drop(db);
      break;
    case Op::swap: store_.swap_databases(static_cast<uint16_t>(r.number), static_cast<uint16_t>(r.number2)); break;
    case Op::raw:  // not in caps()
      r.reply.status = Status::unsupported;
      r.reply.text = "the 'inmemory' backend runs no commands of another server";
      return;
    case Op::local: break;
  }
  r.reply.status = Status::ok;
}

MemoryBackend::Key MemoryBackend::look_up(uint16_t db, std::string_view key) {
  Key k{db, key, hash_key(key), {}};
  k.found = store_.find(db, key, k.hash, host_.clock().now_ms, expired_);
  return k;
}

// The entry of the request's own key, whose hash may be known.
MemoryBackend::Key MemoryBackend::primary(const Request& r) {
  Key k{r.db, r.key, r.hash != 0 ? r.hash : hash_key(r.key), {}};
  k.found = store_.find(k.db, k.name, k.hash, host_.clock().now_ms, expired_);
  return k;
}

// Small values are copied for the reply, since the entry may be gone before it is composed; large ones are shared.
void MemoryBackend::reply_value(Value& v, Entry* e) {
  std::string_view bytes = e->value();
  v.size = static_cast<uint32_t>(bytes.size());
  v.flags = e->flags();
  v.cas = e->cas();
  v.found = true;
  if (e->has_blob()) {
    v.blob = e->blob();
    v.blob->retain();
    v.data = bytes.data();
  } else {
    v.data = host_.arena().copy(bytes).data();
  }
}

// Writes only what changes: a key that every loop reads then stays in every core's cache.
void MemoryBackend::used(Entry* e) {
  if (e->uses() < 3) e->set_uses(e->uses() + 1);
  if (!e->fetched()) e->set_fetched();
  uint32_t now = store_.seconds(host_.clock().now_ms);
  if (e->access() != now) e->set_access(now);
}

bool MemoryBackend::room(Key& k, size_t need, Request& r) {
  if (store_.options().max_memory == 0) [[likely]]
    return true;
  uint64_t before = evicted_.done;
  if (!make_room(k.hash, need + kOverhead, r)) return false;
  if (evicted_.done != before) k = look_up(k.db, k.name);  // it may have been the one to go
  return true;
}

bool MemoryBackend::make_room(uint64_t hash, size_t need, Request& r) {
  if (store_.make_room(shard_of(hash), need, held_, evicted_)) return true;
  r.reply.status = Status::out_of_memory;
  return false;
}

Entry* MemoryBackend::write(Key& k, std::string_view value, int64_t expiry, uint32_t flags, Form form, Blob* held) {
  Entry::Made made{k.name, value, expiry, flags};
  if (held != nullptr && held->data() == value.data() && held->size == value.size()) {  // a value of its own: no copy
    held->retain();
    made.blob = held;
  }
  return store_.put(k.db, k.hash, k.found, made, host_.clock().now_ms, form);
}

// The reply to a write: what the item is now.
void MemoryBackend::written(Request& r, Entry* e) {
  if (r.has(kGiveCas)) e->set_cas(r.new_cas);
  r.reply.status = Status::ok;
  r.reply.expiry = e->expiry();
  if (r.has(kReturnOld)) return;
  r.reply.value.cas = e->cas();
  r.reply.value.size = static_cast<uint32_t>(e->value().size());
}

// Whether the item is the one that kIfUnchanged asks for; else the request is answered.
bool MemoryBackend::unchanged(Request& r, const Key& k) {
  if (!r.has(kIfUnchanged) || (k && k.entry()->cas() == r.cas)) return true;
  r.reply.status = k ? Status::changed : Status::miss;
  return false;
}

// An expiry that a client named, kNever included; one that has passed removes the item.
void MemoryBackend::give_expiry(Key& k, int64_t expiry) {
  if (expiry != kNever && expiry <= host_.clock().now_ms) return store_.erase(k.db, k.hash, k.found);
  store_.set_expiry(k.db, k.hash, k.found, expiry);
}

// Who finds a stale item, or one with little time left, and is the first, is asked to bring a new value.
void MemoryBackend::lease(Request& r, Entry* e, int64_t expiry) {
  uint8_t& marks = r.reply.value.marks;
  bool ageing = r.number > 0 && expiry != kNever && remaining_ms(expiry, host_.clock().now_ms) <= r.number;
  if ((marks & kLeased) != 0 || !((marks & kStale) != 0 || ageing)) return;
  marks |= kWon;
  e->set_leased(true);
}

void MemoryBackend::vivify(Request& r, Key& k) {
  if (!room(k, r.key.size(), r)) return;
  Entry* e = write(k, {}, r.expiry2, 0, Form::plain);
  e->set_leased(true);
  if (!r.unnoticed) used(e);
  written(r, e);
  reply_value(r.reply.value, e);
  r.reply.value.marks = kWon | kMade;
}

void MemoryBackend::get(Request& r) {
  Key k = primary(r);
  if (!k) {
    r.reply.status = Status::miss;
    if (r.has(kVivify)) vivify(r, k);
    return;
  }
  r.reply.status = Status::ok;
  Entry* e = k.entry();
  reply_value(r.reply.value, e);
  r.reply.expiry = e->expiry();
  if (r.options == 0) [[likely]] {
    if (!r.unnoticed) used(e);
    return;
  }
  if (r.has(kErrorIfFound)) return;
  if (r.has(kDeleteAfter)) return store_.erase(k.db, k.hash, k.found);
  if (r.has(kLease)) {
    uint32_t now = store_.seconds(host_.clock().now_ms);
    r.reply.value.marks = e->marks();
    r.reply.number = now > e->access() ? now - e->access() : 0;
    bool touched_first = r.has(kTouch) && r.number2 == 0;
    lease(r, e, touched_first ? r.expiry : r.reply.expiry);
  }
  if (!r.unnoticed) used(e);
  if (r.has(kPersist)) {
    if (e->expiry() != kNever) store_.set_expiry(k.db, k.hash, k.found, kNever);
  } else if (r.has(kTouch)) {
    give_expiry(k, r.expiry);
  }
}

void MemoryBackend::get_many(Request& r) {
  size_t n = r.args.size();
  auto* items = host_.arena().array<Value>(n);
  constexpr size_t kWarm = 16;
  for (size_t first = 0; first < n; first += kWarm) {
    size_t last = std::min(n, first + kWarm);
    uint64_t hashes[kWarm];
    for (size_t i = first; i < last; ++i) {
      hashes[i - first] = hash_key(r.args[i]);
      store_.shard_for(hashes[i - first]).table(r.db).prefetch(hashes[i - first]);
    }
    for (size_t i = first; i < last; ++i)
      store_.shard_for(hashes[i - first]).table(r.db).prefetch_entry(hashes[i - first]);
    for (size_t i = first; i < last; ++i) {
      Value* v = new (&items[i]) Value;
      Found f = store_.find(r.db, r.args[i], hashes[i - first], host_.clock().now_ms, expired_);
      if (!f) continue;
      reply_value(*v, f.entry);
      used(f.entry);
      if (!r.has(kTouch)) continue;
      Key k{r.db, r.args[i], hashes[i - first], f};
      give_expiry(k, r.expiries != nullptr ? r.expiries[i] : r.expiry);
    }
  }
  r.reply.items = {items, n};
  r.reply.status = Status::ok;
}

void MemoryBackend::set(Request& r) {
  Key k = primary(r);
  if (r.has(kReturnOld) && k) reply_value(r.reply.value, k.entry());
  bool stale = r.has(kOrStale) && k && r.cas < k.entry()->cas();
  if (!stale && !unchanged(r, k)) return;
  if ((r.has(kIfAbsent) && k) || (r.has(kIfPresent) && !k)) {
    r.reply.status = Status::not_stored;
    return;
  }
  // A stale value lives as long as the one that it replaces, and who was asked for a new one still is.
  int64_t expiry = k && (r.has(kKeepTtl) || stale) ? k.entry()->expiry() : r.expiry;
  bool leased = stale && k.entry()->leased();
  const uint8_t marks = k ? k.entry()->marks() : uint8_t{0};
  if (!room(k, r.key.size() + r.value.size(), r)) return;
  Entry* e = write(k, r.value, expiry, r.flags, Form::plain, r.held);
  if (stale) e->set_stale();
  e->set_leased(leased);
  e->set_coded(r.coded);
  if (r.same_item) [[unlikely]]
    e->set_marks(marks);
  written(r, e);
}

void MemoryBackend::set_many(Request& r) {
  if (r.has(kIfAbsent)) {
    for (size_t i = 0; i < r.args.size(); i += 2) {
      if (look_up(r.db, r.args[i])) {
        r.reply.status = Status::not_stored;
        return;
      }
    }
  }
  if (store_.options().max_memory != 0) {  // for all before the first: all or nothing
    size_t need = 0;
    for (std::string_view word : r.args) need += word.size() + kOverhead / 2;
    if (!make_room(hash_key(r.args[0]), need, r)) return;
  }
  for (size_t i = 0; i < r.args.size(); i += 2) {
    Key k = look_up(r.db, r.args[i]);
    write(k, r.args[i + 1], r.expiries != nullptr ? r.expiries[i / 2] : r.expiry, 0, Form::plain);
  }
  r.reply.status = Status::ok;
}

void MemoryBackend::watch(Request& r) {
  for (std::string_view key : r.args) {
    look_up(r.db, key);  // what has expired goes now: its removal later would be no change
    store_.watch(*r.watch, r.db, key);
  }
  r.reply.status = Status::ok;
}

void MemoryBackend::group(Request& r) {
  r.reply.status = Status::ok;
  if (r.watch != nullptr) {
    for (const Watch::Key& k : r.watch->keys) look_up(k.db, k.key);  // expired since: a change
    if (r.watch->dirty.load(std::memory_order_relaxed)) {
      r.reply.status = Status::aborted;
      return;
    }
  }
  for (Request* c = r.children; c != nullptr; c = c->next) {
    if (c->op != Op::local && c->reply.status == Status::pending) run(*c);
  }
}

}  // namespace cachetted::memory
