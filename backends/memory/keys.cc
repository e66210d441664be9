// Operations on keys, whatever their values: deleting, expiry, names, listing, what is known of them.
#include <algorithm>

#include "backends/memory/memory.h"
#include "core/bytes.h"
#include "core/edit.h"

namespace cachetted::memory {
namespace {

std::string_view form_name(const Entry& e) {
  if (e.form() == Form::edited) return "raw";
  std::string_view name = encoding_name(e.value());
  return e.form() == Form::text && name == "int" ? "embstr" : name;
}

}  // namespace

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

}  // namespace cachetted::memory
