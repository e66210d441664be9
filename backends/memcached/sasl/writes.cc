// Stores, deletes, and gives other expiries.
#include <absl/container/flat_hash_set.h>

#include <algorithm>

#include "backends/memcached/sasl/driver.h"
#include "core/clock.h"

namespace cachetted::memcached::sasl {
namespace {

constexpr uint64_t kNoCas = 0;  // to memcached, in a request: unconditionally

}  // namespace

bool Driver::fits(Request& r, std::string_view key, size_t value) {
  const unsigned server = server_of(key);
  const uint64_t most = servers_.item_size(server);
  if (fits_item(key.size(), value, most)) [[likely]]
    return true;
  finish(r, Status::too_large);
  r.reply.text = arena_->copy(too_large_text(value, most, servers_.name(server)));
  return false;
}

// `condition`: kIfAbsent, kIfPresent, kIfUnchanged or none. False: r is answered; else the server's answer is in
// `returned`: SUCCESS, or DATA_EXISTS or NOTFOUND as the condition did not hold.
bool Driver::store(Request& r, std::string_view key, std::string_view value, uint32_t flags, int64_t expiry,
                   uint32_t condition, uint64_t cas, memcached_return_t& returned) {
  if (!open(r, server_of(key)) || !fits(r, key, value.size())) return false;  // by then its limit is known
  time_t seconds = time_of(expiry);
  auto call = [&](auto how) {
    return [=](memcached_st* m) { return how(m, key.data(), key.size(), value.data(), value.size(), seconds, flags); };
  };
  bool answered;
  if (condition == kIfUnchanged && cas == kNoCas) {  // it would be stored whatever is there
    refuse(r, " with SASL where the server gives no cas (memcached -C)");
    return false;
  }
  if (condition == kIfUnchanged) {
    answered = ask(r, key, returned, [&](memcached_st* m) {
      return memcached_cas(m, key.data(), key.size(), value.data(), value.size(), seconds, flags, cas);
    });
  } else if (condition == kIfAbsent) {
    answered = ask(r, key, returned, call(memcached_add));
  } else if (condition == kIfPresent) {
    answered = ask(r, key, returned, call(memcached_replace));
  } else {
    answered = ask(r, key, returned, call(memcached_set));
  }
  if (returned == MEMCACHED_NOTSTORED) returned = condition == kIfAbsent ? MEMCACHED_DATA_EXISTS : MEMCACHED_NOTFOUND;
  return answered && !store_failed(r, returned);
}

bool Driver::drop(Request& r, std::string_view key, bool& there) {
  memcached_return_t returned;
  if (!ask(r, key, returned, [&](memcached_st* m) { return memcached_delete(m, key.data(), key.size(), 0); }))
    return false;
  there = returned == MEMCACHED_SUCCESS;
  return true;
}

// libmemcached does not tell the cas of a write: it is read. Where another write came between, this one's is over, and
// so is a cas that no item will ever have.
void Driver::tell_cas(Request& r, std::string_view value) {
  if ((r.wants & kWantCas) == 0 || r.reply.status != Status::ok) return;
  Request look;  // a fault now does not undo the write
  Found f;
  r.reply.value.cas = find(look, r.key, f) && f && f.view() == value ? f.cas : UINT64_MAX;
}

void Driver::set(Request& r) {
  if (!check_key(r, r.key)) return;
  if (r.has(kReturnOld)) return set_and_tell(r);
  memcached_return_t returned;
  uint32_t condition = r.has(kIfUnchanged) ? kIfUnchanged : r.options & (kIfAbsent | kIfPresent);
  if (r.has(kKeepTtl) && !r.has(kIfAbsent)) {  // a new key has no TTL that could be lost
    Found f;
    if (!find(r, r.key, f)) return;
    if (!f && r.has(kIfPresent)) return finish(r, Status::not_stored);
    if (f) return refuse(r, " with SASL where it is to keep a TTL, which its binary protocol cannot read");
    condition = kIfAbsent;
  }
  if (condition == kIfUnchanged && (r.cas == kNoCas || r.has(kIfAbsent))) {  // nothing is stored, whatever is there
    Found f;
    if (!find(r, r.key, f)) return;
    return finish(r, !f ? Status::miss : f.cas == r.cas && r.cas != kNoCas ? Status::not_stored : Status::changed);
  }
  if (!store(r, r.key, r.value, r.flags, r.expiry, condition, r.cas, returned)) return;
  if (returned == MEMCACHED_SUCCESS) {
    finish(r, Status::ok);
    return tell_cas(r, r.value);
  }
  if (r.has(kKeepTtl) && !r.has(kIfAbsent)) return fail_busy(r);  // somebody made it meanwhile
  if (condition != kIfUnchanged) return finish(r, Status::not_stored);
  finish(r, returned == MEMCACHED_NOTFOUND ? Status::miss : Status::changed);
}

// The old value that is told is the one that was replaced.
void Driver::set_and_tell(Request& r) {
  for (int i = 0; i < kTries; ++i) {
    Found old;
    if (!find(r, r.key, old)) return;
    bool held = old ? !r.has(kIfAbsent) : !r.has(kIfPresent);
    if (old && held && r.has(kKeepTtl))
      return refuse(r, " with SASL where it is to keep a TTL, which its binary protocol cannot read");
    memcached_return_t returned = MEMCACHED_SUCCESS;
    if (held && !store(r, r.key, r.value, r.flags, r.expiry, old ? kIfUnchanged : kIfAbsent, old.cas, returned)) return;
    if (returned != MEMCACHED_SUCCESS) continue;
    finish(r, held ? Status::ok : Status::not_stored);
    if (held) tell_cas(r, r.value);
    return put(r.reply.value, old);
  }
  fail_busy(r);
}

// Nothing is stored unless all can be; but who reads meanwhile may see some.
void Driver::set_many(Request& r) {
  for (size_t i = 0; i < r.args.size(); i += 2)
    if (!check_key(r, r.args[i]) || !open(r, server_of(r.args[i])) || !fits(r, r.args[i], r.args[i + 1].size())) return;
  if (r.has(kIfAbsent)) return set_many_if_absent(r);
  for (size_t i = 0; i < r.args.size(); i += 2) {
    memcached_return_t returned;
    int64_t expiry = r.expiries != nullptr ? r.expiries[i / 2] : r.expiry;
    if (!store(r, r.args[i], r.args[i + 1], 0, expiry, 0, 0, returned)) return;
  }
  finish(r, Status::ok);
}

// Of a key that is named twice the last value counts. One that is made by somebody else meanwhile takes back the
// others.
void Driver::set_many_if_absent(Request& r) {
  std::vector<std::string_view> keys;
  for (size_t i = 0; i < r.args.size(); i += 2) keys.push_back(r.args[i]);
  Findings found = look(keys);
  bool free =
      std::none_of(keys.begin(), keys.end(), [&](std::string_view k) -> bool { return found.at(k) ? true : false; });
  if (!free) return finish(r, Status::not_stored);
  finish(r, Status::ok);
  std::vector<size_t> made;
  absl::flat_hash_set<std::string_view> seen;
  for (size_t i = r.args.size(); i > 0; i -= 2) {
    std::string_view key = r.args[i - 2], value = r.args[i - 1];
    if (!seen.insert(key).second) continue;
    memcached_return_t returned;
    int64_t expiry = r.expiries != nullptr ? r.expiries[i / 2 - 1] : r.expiry;
    bool stored = store(r, key, value, 0, expiry, kIfAbsent, 0, returned);
    if (stored && returned == MEMCACHED_SUCCESS) {
      made.push_back(i - 2);
      continue;
    }
    if (stored) finish(r, Status::not_stored);
    for (size_t j : made) take_back(r, r.args[j], r.args[j + 1]);
    return;
  }
}

// What this request stored, unless somebody has changed it since.
void Driver::take_back(Request& r, std::string_view key, std::string_view value) {
  Request one;
  Found f;
  memcached_return_t returned;
  if (find(one, key, f) && f && f.view() == value) store(one, key, "", 0, kPast, kIfUnchanged, f.cas, returned);
}

void Driver::remove(Request& r) {
  finish(r, Status::ok);
  for (std::string_view key : r.args) {
    bool there = false;
    if (usable(key) && !drop(r, key, there)) return;
    r.reply.number += there;
  }
}

void Driver::invalidate(Request& r) {
  if (!check_key(r, r.key)) return;
  if (r.has(kMarkStale))
    return refuse(r, " with SASL where it is to mark an item as stale: its binary protocol cannot");
  if (!r.has(kIfUnchanged) && !r.has(kClear)) {
    bool there = false;
    if (drop(r, r.key, there)) finish(r, there ? Status::ok : Status::miss);
    return;
  }
  memcached_return_t returned;
  uint32_t condition = r.has(kIfUnchanged) ? kIfUnchanged : kIfPresent;
  if (condition == kIfUnchanged && r.cas == kNoCas) {
    Found f;
    if (find(r, r.key, f)) finish(r, f ? Status::changed : Status::miss);
    return;
  }
  bool clear = r.has(kClear);
  if (!store(r, r.key, "", clear ? r.flags : 0, clear ? r.expiry : kPast, condition, r.cas, returned)) return;
  finish(r, returned == MEMCACHED_SUCCESS       ? Status::ok
            : returned == MEMCACHED_DATA_EXISTS ? Status::changed
                                                : Status::miss);
  if (clear) tell_cas(r, "");
}

void Driver::expire(Request& r) {
  if (!check_key(r, r.key)) return;
  if ((r.options & (kIfNoTtl | kIfTtl | kIfLater | kIfSooner)) != 0)
    return refuse(r, " with SASL on a condition about the TTL, which its binary protocol cannot read");
  bool there = false, persist = r.has(kPersist);
  if (!persist && r.expiry <= wall_ms()) {
    if (!drop(r, r.key, there)) return;
  } else if (!touch(r, r.key, persist ? kNever : r.expiry, there)) {
    return;
  }
  finish(r, there ? Status::ok : Status::miss);
}

}  // namespace cachetted::memcached::sasl
