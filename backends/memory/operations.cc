// What each operation does to the memory table. The reader's way in: submit() warms the cache for a few requests at a
// time and runs them; run() locks the shards of a request and answers it.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "backends/memory/memory.h"
#include "core/bytes.h"
#include "core/number.h"

namespace cachetted::memory {
namespace {

constexpr size_t kOverhead = 96;  // room asked for beside the bytes of key and value: header, slot, allocator

// What can take long enough for the slow log to be worth two looks at the clock.
bool is_heavy(const Request& r) {
  return r.op == Op::common || r.op == Op::group || r.op == Op::flush || r.op == Op::random_key || r.op == Op::scan ||
         r.args.size() > 64 || r.value.size() > (64 << 10);
}

std::string_view form_name(const Entry& e) {
  if (e.form() != Form::edited) {
    if (e.form() == Form::plain && e.value().size() <= 20 && parse_integer(e.value()) && e.value().back() != ' ')
      return "int";
    if (e.value().size() <= 44) return "embstr";
  }
  return "raw";
}

}  // namespace

Caps native_caps() {
  Caps c;
  c.isolated_groups = true;
  c.databases = true;
  for (int i = 0; i < kOpCount; ++i) c.ops |= uint64_t{1} << i;
  c.ops &= ~(uint64_t{1} << static_cast<int>(Op::local));
  return c;
}

struct MemoryBackend::Key {
  uint16_t db;
  std::string_view name;
  uint64_t hash;
  Found found;
  Entry* entry() const { return found.entry; }
  explicit operator bool() const { return found.entry != nullptr; }
};

MemoryBackend::MemoryBackend(MemoryStore& store, Host& host, unsigned loop, unsigned loops)
    : store_(store), host_(host), loop_(loop), loops_(loops), sweep_shard_(loop), seed_(steady_ns() | 1) {}

Caps MemoryBackend::caps() const { return native_caps(); }

void MemoryBackend::submit(Batch batch) {
  constexpr size_t kWarm = 16;
  for (size_t i = 0; i < batch.size(); i += kWarm) {
    Batch part = batch.subspan(i, std::min(kWarm, batch.size() - i));
    warm(part);
    for (Request* r : part) answer(*r);
  }
  if (expired_ != 0) host_.count_expiries(std::exchange(expired_, 0));
  if (evicted_.done != 0) host_.count_evictions(std::exchange(evicted_.done, 0));
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
    for (Request* c = r.children; c != nullptr; c = c->next)
      if (c->op != Op::local) set |= shards_of(*c);
    if (r.watch != nullptr)
      for (const Watch::Key& k : r.watch->keys) set |= shard_bit(hash_key(k.key));
    return set;
  }
  if (keys == Keys::none) return kAllShards;
  for (size_t i = 0; i < r.args.size(); i += keys == Keys::pairs ? 2 : 1) set |= shard_bit(hash_key(r.args[i]));
  return set;
}

void MemoryBackend::answer(Request& r) {
  if (r.op == Op::keys || r.op == Op::clear || r.op == Op::flush_expired) return start_walk(r);  // locks shard by shard
  bool timed = is_heavy(r);
  uint64_t began = timed ? steady_ns() : 0;
  if (store_.shared()) {
    held_ = shards_of(r);
    Locks locks(store_, held_);
    run(r);
  } else {
    run(r);
  }
  if (timed) r.reply.spent_us = static_cast<uint32_t>((steady_ns() - began) / 1000);
  host_.complete(r);
}

void MemoryBackend::run(Request& r) {
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

Entry* MemoryBackend::write(Key& k, std::string_view value, int64_t expiry, uint32_t flags, Form form) {
  return store_.put(k.db, k.hash, k.found, {k.name, value, expiry, flags}, host_.clock().now_ms, form);
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
  if (!r.unnoticed) e->set_fetched();
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
    used(e);
    if (!e->fetched()) e->set_fetched();
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
  if (!r.unnoticed) {
    used(e);
    if (!e->fetched()) e->set_fetched();
  }
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
      if (!f.entry->fetched()) f.entry->set_fetched();
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
  if (!room(k, r.key.size() + r.value.size(), r)) return;
  Entry* e = write(k, r.value, expiry, r.flags, Form::plain);
  if (stale) e->set_stale();
  e->set_leased(leased);
  e->set_coded(r.coded);
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

// Makes the value at least `size` bytes long, what is new being zero, and returns it for writing; changed() is the
// caller's. Room was made.
char* MemoryBackend::grow_value(Key& k, Request& r, size_t size) {
  Entry* e = k.entry();
  if (e != nullptr) {
    size_t old = e->value().size();
    if (size <= old && !(e->has_blob() && !e->blob()->sole())) return e->mutable_value();
    size_t fixed = Entry::size_for({k.name, {}, e->expiry(), e->flags()});
    if (!e->has_blob() && size <= kInlineValue && fixed + size <= e->room()) {
      std::memset(e->mutable_value() + old, 0, size - old);
      e->resize_inline(size);
      return e->mutable_value();
    }
    if (e->has_blob() && e->blob()->sole() && size <= e->blob()->capacity) {
      std::memset(e->blob()->data() + old, 0, size - old);
      e->blob()->size = static_cast<uint32_t>(size);
      return e->mutable_value();
    }
  }
  // Anew, with a quarter more when it grows again and again.
  std::string_view old = e != nullptr ? e->value() : std::string_view{};
  size = std::max(size, old.size());
  Entry::Made made{k.name, {}, e != nullptr ? e->expiry() : r.expiry, e != nullptr ? e->flags() : r.flags};
  std::string text;
  if (size > kInlineValue) {
    made.blob = Blob::create(size + (e != nullptr && size > old.size() ? size / 4 : 0));
    made.blob->size = static_cast<uint32_t>(size);
    old.copy(made.blob->data(), old.size());
    std::memset(made.blob->data() + old.size(), 0, size - old.size());
    made.value = made.blob->view();
  } else {
    text.assign(size, '\0');
    old.copy(text.data(), old.size());
    made.value = text;
  }
  store_.put(k.db, k.hash, k.found, made, host_.clock().now_ms, Form::edited);
  k = look_up(k.db, k.name);
  return k ? k.entry()->mutable_value() : nullptr;
}

void MemoryBackend::append(Request& r) {
  Key k = primary(r);
  if (r.has(kIfPresent) && !k) {
    r.reply.status = Status::not_stored;
    return;
  }
  if (!unchanged(r, k)) return;
  size_t old = k ? k.entry()->value().size() : 0;
  if (k && old + r.value.size() > static_cast<uint64_t>(r.number)) {
    r.reply.status = Status::too_large;
    return;
  }
  if (!room(k, r.key.size() + (old + r.value.size()) * 5 / 4, r)) return;  // grow_value takes a quarter more
  old = k ? k.entry()->value().size() : 0;
  if (!k) {
    written(r, write(k, r.value, r.expiry, r.flags, Form::plain));
  } else {
    char* p = grow_value(k, r, old + r.value.size());
    if (r.has(kPrepend)) {
      std::memmove(p + r.value.size(), p, old);
      p -= old;
    }
    if (!r.value.empty()) std::memcpy(p + old, r.value.data(), r.value.size());
    edited(k);
    written(r, k.entry());
  }
  r.reply.number = static_cast<int64_t>(old + r.value.size());
}

// To be called after the value was changed in place.
void MemoryBackend::edited(Key& k) {
  k.entry()->set_form(Form::edited);
  k.entry()->renew();
  store_.changed(k.db, k.found, k.hash, host_.clock().now_ms);
}

void MemoryBackend::add_unsigned(Request& r) {
  Key k = primary(r);
  if (!k && !r.has(kVivify)) {
    r.reply.status = Status::miss;
    return;
  }
  if (k && !unchanged(r, k)) return;
  auto sum = static_cast<uint64_t>(r.number2);
  if (k) {
    auto old = parse_counter(k.entry()->value());
    if (!old) {
      r.reply.status = Status::not_integer;
      return;
    }
    auto by = static_cast<uint64_t>(r.number);
    sum = r.has(kSubtract) ? (*old > by ? *old - by : 0) : *old + by;
  }
  char text[24];
  auto size = static_cast<size_t>(std::to_chars(text, text + sizeof text, sum).ptr - text);
  if (!room(k, r.key.size() + size, r)) return;
  Entry* e = k.entry();
  if (e != nullptr && size <= e->value().size() && !e->has_blob()) {
    std::memcpy(e->mutable_value(), text, size);
    std::memset(e->mutable_value() + size, ' ', e->value().size() - size);
    e->set_form(Form::plain);
    store_.changed(k.db, k.found, k.hash, host_.clock().now_ms);
  } else {
    std::string padded(text, size);
    if (e != nullptr && e->value().size() > size) padded.resize(e->value().size(), ' ');
    bool in_place = e != nullptr && e->value().size() == padded.size();  // as far as anyone can tell
    uint8_t marks = in_place ? e->marks() : uint8_t{0};
    e = write(k, padded, e != nullptr ? e->expiry() : r.expiry, e != nullptr ? e->flags() : r.flags, Form::plain);
    e->set_marks(marks);
  }
  written(r, e);
  r.reply.number = static_cast<int64_t>(sum);
  if (!k) r.reply.value.marks = kMade;
  if (!k || !r.has(kTouch)) return;
  k.found = look_up(k.db, k.name).found;  // the write may have moved it
  if (k) give_expiry(k, r.expiry2);
}

void MemoryBackend::add_integer(Request& r) {
  Key k = primary(r);
  int64_t n = 0;
  if (k) {
    auto old = parse_integer(k.entry()->value());
    if (!old) {
      r.reply.status = Status::not_integer;
      return;
    }
    n = *old;
  }
  if (__builtin_add_overflow(n, r.number, &n)) {
    r.reply.status = Status::overflow;
    return;
  }
  char text[24];
  auto size = static_cast<size_t>(std::to_chars(text, text + sizeof text, n).ptr - text);
  if (!room(k, r.key.size() + size, r)) return;
  int64_t expiry = k ? k.entry()->expiry() : r.expiry;
  uint32_t flags = k ? k.entry()->flags() : r.flags;
  write(k, {text, size}, expiry, flags, Form::plain);
  r.reply.number = n;
  r.reply.status = Status::ok;
}

void MemoryBackend::add_float(Request& r) {
  Key k = primary(r);
  auto old = k ? parse_float(k.entry()->value()) : std::optional<long double>(0);
  auto add = parse_float(r.value);
  if (!old || !add) {
    r.reply.status = Status::not_float;
    return;
  }
  long double sum = *old + *add;
  if (std::isnan(sum) || std::isinf(sum)) {
    r.reply.status = Status::not_finite;
    return;
  }
  char text[kFloatText];
  size_t size = format_float(sum, text);
  if (!room(k, r.key.size() + size, r)) return;
  int64_t expiry = k ? k.entry()->expiry() : r.expiry;
  uint32_t flags = k ? k.entry()->flags() : r.flags;
  write(k, {text, size}, expiry, flags, Form::text);
  r.reply.text = host_.arena().copy({text, size});
  r.reply.status = Status::ok;
}

// The operations that look at one value and change nothing.
void MemoryBackend::read_part(Request& r) {
  Key k = primary(r);
  r.reply.status = k ? Status::ok : Status::miss;
  if (!k) return;
  Entry* e = k.entry();
  std::string_view v = e->value();
  BitSpan span{r.number, r.number2, r.has(kBitUnits), r.has(kEndGiven)};
  if (r.op == Op::length) {
    r.reply.number = static_cast<int64_t>(v.size());
  } else if (r.op == Op::get_range) {
    std::string_view part = byte_range(v, r.number, r.number2);
    reply_value(r.reply.value, e);
    r.reply.value.data += part.empty() ? 0 : part.data() - v.data();
    r.reply.value.size = static_cast<uint32_t>(part.size());
  } else if (r.op == Op::get_bit) {
    auto byte = static_cast<size_t>(r.number >> 3);
    r.reply.number = byte < v.size() ? static_cast<unsigned char>(v[byte]) >> (7 - (r.number & 7)) & 1 : 0;
  } else if (r.op == Op::count_bits) {
    r.reply.number = count_bits(v, span);
  } else if (r.op == Op::find_bit) {
    r.reply.number = find_bit(v, r.cas != 0, span);
  } else if (r.op == Op::expiry) {
    r.reply.expiry = e->expiry();
    r.reply.number = remaining_ms(e->expiry(), host_.clock().now_ms);
    return;
  } else {
    return;  // type: does not count as use
  }
  used(e);
}

void MemoryBackend::set_range(Request& r) {
  Key k = primary(r);
  size_t old = k ? k.entry()->value().size() : 0;
  r.reply.status = Status::ok;
  r.reply.number = static_cast<int64_t>(old);
  if (r.value.empty()) return;
  auto offset = static_cast<uint64_t>(r.number);
  if (offset > r.cas || r.value.size() > r.cas - offset) {  // cas: limits.max_value
    r.reply.status = Status::too_large;
    return;
  }
  size_t size = std::max<size_t>(old, offset + r.value.size());
  if (!room(k, r.key.size() + size, r)) return;
  if (!k) size = offset + r.value.size();
  char* p = grow_value(k, r, size);
  std::memcpy(p + offset, r.value.data(), r.value.size());
  edited(k);
  r.reply.number = static_cast<int64_t>(k.entry()->value().size());
}

void MemoryBackend::set_bit(Request& r) {
  Key k = primary(r);
  size_t old = k ? k.entry()->value().size() : 0;
  size_t byte = static_cast<size_t>(r.number >> 3);
  if (byte >= r.cas) {
    r.reply.status = Status::too_large;
    return;
  }
  size_t size = std::max(old, byte + 1);
  if (!room(k, r.key.size() + size, r)) return;
  if (!k) size = byte + 1;
  char* p = grow_value(k, r, size) + byte;
  int shift = 7 - static_cast<int>(r.number & 7);
  r.reply.number = static_cast<unsigned char>(*p) >> shift & 1;
  r.reply.status = Status::ok;
  k.entry()->set_form(Form::edited);
  if (size == old && r.reply.number == r.number2) return;  // no change that a WATCH would see
  *p = static_cast<char>((*p & ~(1 << shift)) | static_cast<int>(r.number2) << shift);
  edited(k);
}

void MemoryBackend::common(Request& r) {
  Key a = primary(r), b = look_up(r.db, r.value);
  a = primary(r);  // the second look may have removed an expired entry beside it
  std::string_view left = a ? a.entry()->value() : std::string_view{},
                   right = b ? b.entry()->value() : std::string_view{};
  auto lcs = longest_common(left, right, !r.has(kLcsLength) && !r.has(kLcsIndexes), r.has(kLcsIndexes), r.number);
  if (!lcs) {
    r.reply.status = Status::invalid;
    r.reply.text = "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
    return;
  }
  r.reply.status = Status::ok;
  r.reply.number = lcs->length;
  r.reply.text = host_.arena().copy(lcs->text);
  size_t bytes = lcs->matches.size() * sizeof(LcsMatch);
  char* matches = host_.arena().allocate(bytes);
  if (bytes != 0) std::memcpy(matches, lcs->matches.data(), bytes);
  r.reply.value.data = matches;
  r.reply.value.size = static_cast<uint32_t>(lcs->matches.size());
}

void MemoryBackend::remove(Request& r) {
  for (std::string_view key : r.args) {
    Key k = look_up(r.db, key);
    if (!k) continue;
    store_.erase(k.db, k.hash, k.found);
    ++r.reply.number;
  }
  r.reply.status = Status::ok;
}

void MemoryBackend::invalidate(Request& r) {
  Key k = primary(r);
  r.reply.status = Status::miss;
  if (!k || !unchanged(r, k)) return;
  r.reply.status = Status::ok;
  if (!r.has(kMarkStale) && !r.has(kClear)) return store_.erase(k.db, k.hash, k.found);
  Entry* e = k.entry();
  if (r.has(kClear)) {
    uint64_t cas = e->cas();
    e = write(k, {}, r.expiry, r.flags, Form::plain);
    if (!r.has(kMarkStale)) e->set_cas(cas);
  } else {
    store_.changed(k.db, k.found, k.hash, host_.clock().now_ms);
  }
  if (r.has(kMarkStale)) {
    e->set_stale();
    e->set_leased(false);
  }
  written(r, e);
  if (r.has(kTouch) && !r.has(kClear)) give_expiry(k, r.expiry);
}

void MemoryBackend::exists(Request& r) {
  for (std::string_view key : r.args) {
    Key k = look_up(r.db, key);
    if (!k) continue;
    if (r.has(kTouch)) used(k.entry());
    ++r.reply.number;
  }
  r.reply.status = Status::ok;
}

void MemoryBackend::expire(Request& r) {
  Key k = primary(r);
  r.reply.status = k ? Status::not_stored : Status::miss;
  if (!k) return;
  int64_t old = k.entry()->expiry();
  if (r.has(kIfNoTtl) && old != kNever) return;
  if (r.has(kIfTtl) && old == kNever) return;
  if (r.has(kIfLater) && (old == kNever || r.expiry <= old)) return;
  if (r.has(kIfSooner) && old != kNever && r.expiry >= old) return;
  r.reply.status = Status::ok;
  k.entry()->set_fetched();
  if (r.has(kPersist)) return store_.set_expiry(k.db, k.hash, k.found, kNever);
  if (r.expiry <= host_.clock().now_ms) return store_.erase(k.db, k.hash, k.found);
  store_.set_expiry(k.db, k.hash, k.found, r.expiry);
}

// Writes the entry of `from` under the name of `to`; a large value is shared. It expires at `latest` (kNever: no
// bound).
void MemoryBackend::duplicate(Key& from, Key& to, int64_t latest) {
  Entry* e = from.entry();
  int64_t expiry = e->expiry();
  if (latest != kNever && (expiry == kNever || expiry > latest)) expiry = latest;
  Entry::Made made{to.name, e->value(), expiry, e->flags()};
  if (e->has_blob()) {
    made.blob = e->blob();
    made.blob->retain();
  }
  store_.put(to.db, to.hash, to.found, made, host_.clock().now_ms, e->form());
}

void MemoryBackend::rename(Request& r) {
  Key to = look_up(r.db, r.value), from = primary(r);
  to = look_up(r.db, r.value);
  if (!from) {
    r.reply.status = Status::no_such_key;
    return;
  }
  r.reply.status = Status::ok;
  if (r.key == r.value) {
    if (r.has(kIfAbsent)) r.reply.status = Status::not_stored;
    return;
  }
  if (to && r.has(kIfAbsent)) {
    r.reply.status = Status::not_stored;
    return;
  }
  duplicate(from, to, r.expiry);
  from = primary(r);  // the write may have moved its slot
  store_.erase(from.db, from.hash, from.found);
}

void MemoryBackend::copy(Request& r) {
  Key to = look_up(r.db2, r.value), from = primary(r);
  if (!from) {
    r.reply.status = Status::miss;
    return;
  }
  to = look_up(r.db2, r.value);
  if (to && !r.has(kReplace)) {
    r.reply.status = Status::not_stored;
    return;
  }
  if (!room(from, r.value.size() + from.entry()->value().size(), r)) return;
  from = primary(r);
  to = look_up(r.db2, r.value);
  r.reply.status = from ? Status::ok : Status::miss;
  if (from) duplicate(from, to, r.expiry);
}

void MemoryBackend::move(Request& r) {
  Key to = look_up(r.db2, r.key), from = primary(r);
  r.reply.status = from && !to ? Status::ok : Status::not_stored;
  if (r.reply.status != Status::ok) return;
  duplicate(from, to, r.expiry);
  from = primary(r);
  store_.erase(from.db, from.hash, from.found);
}

void MemoryBackend::random_key(Request& r) {
  auto next = [this] {  // xorshift64
    seed_ ^= seed_ << 13;
    seed_ ^= seed_ >> 7;
    return seed_ ^= seed_ << 17;
  };
  r.reply.status = Status::miss;
  int64_t now = host_.clock().now_ms;
  std::string_view best;
  for (unsigned first = static_cast<unsigned>(next() % kShards), i = 0; i < kShards && best.data() == nullptr; ++i) {
    Table& t = store_.shard((first + i) % kShards).table(r.db);
    uint64_t n = t.buckets(), at = n != 0 ? next() % n : 0, seen = 0;
    for (uint64_t b = 0; b < n && best.data() == nullptr; ++b) {
      t.visit((at + b) % n, [&](Slot& s) {  // one of the bucket's entries, each as likely
        Entry* e = Table::entry(s);
        if (!is_expired(e->expiry(), now) && next() % ++seen == 0) best = e->key();
      });
    }
  }
  if (best.data() == nullptr) return;
  std::string_view copy = host_.arena().copy(best);
  r.reply.value.data = copy.data();
  r.reply.value.size = static_cast<uint32_t>(copy.size());
  r.reply.value.found = true;
  r.reply.status = Status::ok;
}

// The cursor: the shard in the low 6 bits, the table's own cursor above; 0 begins and ends.
void MemoryBackend::scan(Request& r) {
  auto shard = static_cast<unsigned>(static_cast<uint64_t>(r.number2) % kShards);
  uint64_t cursor = static_cast<uint64_t>(r.number2) / kShards;
  int64_t now = host_.clock().now_ms;
  // COUNT is a hint: no call looks at more than a slice of the table.
  int64_t want = std::min<int64_t>(r.number, 4096), seen = 0, buckets = want * 10;
  auto names = std::make_unique<Listing>();
  for (;;) {
    Table& t = store_.shard(shard).table(r.db);
    cursor = t.size() == 0 ? 0 : t.scan(cursor, [&](Slot& s) {
      Entry* e = Table::entry(s);
      ++seen;
      if (!r.has(kNothing) && !is_expired(e->expiry(), now) && glob_match(r.value, e->key())) names->add(e->key());
    });
    if (cursor == 0 && ++shard == kShards) break;
    if (seen >= want || --buckets <= 0) break;
  }
  r.reply.cursor = shard == kShards ? 0 : static_cast<int64_t>(cursor * kShards + shard);
  r.reply.listing = names.release();
  r.reply.status = Status::ok;
}

void MemoryBackend::inspect(Request& r) {
  Key k = primary(r);
  r.reply.status = k ? Status::ok : Status::miss;
  if (!k) return;
  Entry* e = k.entry();
  int64_t now = host_.clock().now_ms;
  r.reply.text = form_name(*e);
  r.reply.value.size = static_cast<uint32_t>(e->footprint());
  r.reply.value.flags = e->flags();
  r.reply.value.cas = e->cas();
  r.reply.value.marks = e->marks();
  r.reply.expiry = e->expiry();
  r.reply.cursor = remaining_ms(e->expiry(), now);
  uint32_t seconds = store_.seconds(now);
  r.reply.number = seconds > e->access() ? seconds - e->access() : 0;
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
