// What changes a value that is there: only as the server itself can do it, keeping the TTL, or with a new one.
#include "backends/memcached/sasl/driver.h"
#include "core/clock.h"
#include "core/edit.h"
#include "core/number.h"

namespace cachetted::memcached::sasl {
namespace {

constexpr std::string_view kWouldLoseTtl =
    " with SASL for this value: its binary protocol cannot store the new one and keep the TTL";

}  // namespace

// --- append ---

// Native. Its length, or its cas, is known only where the value is read too.
void Driver::append(Request& r) {
  if (!check_key(r, r.key)) return;
  if (r.has(kIfUnchanged) && !append_if_unchanged(r)) return;
  Found before;
  bool look_before =
      (r.wants & kWantCas) != 0 || static_cast<uint64_t>(r.number) < servers_.item_size(server_of(r.key));
  bool absent = false;
  for (int i = 0; i < kTries; ++i) {
    if (look_before || absent) {
      if (!find(r, r.key, before)) return;
      if (before && before.view().size() + r.value.size() > static_cast<uint64_t>(r.number))
        return finish(r, Status::too_large);
      // Else a server that is full answers as one that has no such key.
      if (before && !fits(r, r.key, before.view().size() + r.value.size())) return;
      if (before && absent && i > 1) return finish(r, Status::out_of_memory);
    }
    memcached_return_t returned;
    if (!append_once(r, returned)) return;
    if (returned == MEMCACHED_SUCCESS) {
      finish(r, Status::ok);
      return tell_length(r, look_before && before ? &before : nullptr);
    }
    absent = true;
    if (r.has(kIfPresent)) {
      if (!find(r, r.key, before)) return;
      if (!before) return finish(r, Status::not_stored);
      continue;
    }
    if (!store(r, r.key, r.value, r.flags, r.expiry, kIfAbsent, 0, returned)) return;
    if (returned != MEMCACHED_SUCCESS) continue;
    finish(r, Status::ok);
    r.reply.number = static_cast<int64_t>(r.value.size());
    return tell_cas(r, r.value);
  }
  fail_busy(r);
}

bool Driver::append_once(Request& r, memcached_return_t& returned) {
  auto call = r.has(kPrepend) ? memcached_prepend : memcached_append;
  return ask(r, r.key, returned,
             [&](memcached_st* m) {
               return call(m, r.key.data(), r.key.size(), r.value.data(), r.value.size(), 0, 0);
             }) &&
         !store_failed(r, returned);
}

// libmemcached has no append by cas.
bool Driver::append_if_unchanged(Request& r) {
  Found f;
  if (!find(r, r.key, f)) return false;
  if (!f) {
    finish(r, r.has(kIfPresent) ? Status::not_stored : Status::miss);
  } else if (f.cas != r.cas) {
    finish(r, Status::changed);
  } else {
    refuse(r, " with SASL on condition of a cas: its library cannot");
  }
  return false;
}

void Driver::tell_length(Request& r, const Found* before) {
  bool told = r.has(kIfPresent) && (r.wants & (kWantCas | kWantSize)) == 0;  // memcached's own append
  if (told) return;
  Request look;  // a fault now does not undo the append
  Found f;
  bool there = find(look, r.key, f) && f;
  if (before == nullptr) {
    r.reply.number = static_cast<int64_t>(there ? f.view().size() : r.value.size());
    return;
  }
  std::string made(r.has(kPrepend) ? r.value : before->view());
  made += r.has(kPrepend) ? before->view() : r.value;
  bool ours = there && f.view() == made;
  r.reply.number = static_cast<int64_t>(there && !ours ? f.view().size() : made.size());
  if ((r.wants & kWantCas) != 0) r.reply.value.cas = ours ? f.cas : UINT64_MAX;
}

// --- signed integers ---

// By memcached's incr, which adds round 2^64: what is taken away is added as its complement, so that nothing stops at 0
// and no sum is lost. It writes no sign, so a sum below 0 can only be the first.
void Driver::add_integer(Request& r) {
  if (!check_key(r, r.key)) return;
  for (int i = 0; i < kTries; ++i) {
    Found f;
    if (!find(r, r.key, f)) return;
    std::string made;
    if (!edit(r, static_cast<bool>(f), f.view(), made)) return;
    memcached_return_t returned;
    if (!f) {
      if (!store(r, r.key, made, r.flags, r.expiry, kIfAbsent, 0, returned)) return;
      if (returned == MEMCACHED_SUCCESS) return tell_cas(r, made);
      continue;
    }
    if (r.number == 0) return;
    if (r.reply.number < 0 || f.view().starts_with('-')) return refuse(r, kWouldLoseTtl);
    bool again = false;
    if (!add_natively(r, again) || !again) return;
  }
  fail_busy(r);
}

bool Driver::add_natively(Request& r, bool& again) {
  auto add = [&](uint64_t by, uint64_t& sum, memcached_return_t& returned) {
    return ask(r, r.key, returned, [&](memcached_st* m) {
      return memcached_increment_by_key(m, r.key.data(), r.key.size(), r.key.data(), r.key.size(), by, &sum);
    });
  };
  uint64_t sum = 0, undone = 0;
  memcached_return_t returned;
  auto by = static_cast<uint64_t>(r.number);
  if (!add(by, sum, returned)) return false;
  again = returned != MEMCACHED_SUCCESS;  // gone meanwhile
  if (again) return !store_failed(r, returned);
  if (sum > INT64_MAX) {  // others changed it since it was read: back, round 2^64 too
    if (!add(0 - by, undone, returned)) return false;
    r.number < 0 ? refuse(r, kWouldLoseTtl) : finish(r, Status::overflow);
    return false;
  }
  finish(r, Status::ok);
  r.reply.number = static_cast<int64_t>(sum);
  return true;
}

// --- memcached's own counters ---

void Driver::add_unsigned(Request& r) {
  if (!check_key(r, r.key)) return;
  if (r.has(kTouch) || r.has(kIfUnchanged)) return add_and_touch(r);
  uint64_t sum = 0;
  auto call = r.has(kSubtract) ? memcached_decrement_by_key : memcached_increment_by_key;
  auto call_or_make = r.has(kSubtract) ? memcached_decrement_with_initial : memcached_increment_with_initial;
  memcached_return_t returned = MEMCACHED_SUCCESS;
  bool answered = ask(r, r.key, returned, [&](memcached_st* m) {
    auto by = static_cast<uint64_t>(r.number), first = static_cast<uint64_t>(r.number2);
    const char* key = r.key.data();
    size_t size = r.key.size();
    if (!r.has(kVivify)) return call(m, key, size, key, size, by, &sum);
    return call_or_make(m, key, size, by, first, time_of(r.expiry), &sum);
  });
  if (!answered) {
    // libmemcached does not know the status "not a number", and takes it for a fault.
    if (returned != MEMCACHED_UNKNOWN_READ_FAILURE) return;
    Request look;
    Found f;
    uint64_t unused;
    if (find(look, r.key, f) && f && !cachetted::add_unsigned(r, f.view(), unused)) finish(r, Status::not_integer);
    return;
  }
  if (store_failed(r, returned)) return;
  finish(r, returned == MEMCACHED_SUCCESS ? Status::ok : Status::miss);
  r.reply.number = static_cast<int64_t>(sum);
  if (r.reply.status != Status::ok || (r.wants & kWantCas) == 0) return;
  Request look;
  Found f;
  bool ours = find(look, r.key, f) && f && parse_counter(f.view()) == sum;
  r.reply.value.cas = ours ? f.cas : UINT64_MAX;
}

// A new TTL is named, so that the value may be stored anew.
void Driver::add_and_touch(Request& r) {
  for (int i = 0; i < kTries; ++i) {
    Found f;
    if (!find(r, r.key, f)) return;
    if (f && r.has(kIfUnchanged) && f.cas != r.cas) return finish(r, Status::changed);
    std::string made;
    if (!edit(r, static_cast<bool>(f), f.view(), made)) return;
    if (f && !r.has(kTouch)) return refuse(r, " with SASL on condition of a cas: its library cannot");
    memcached_return_t returned;
    int64_t expiry = f ? r.expiry2 : r.expiry;
    if (!store(r, r.key, made, f ? f.flags : r.flags, expiry, f ? kIfUnchanged : kIfAbsent, f.cas, returned)) return;
    if (returned == MEMCACHED_SUCCESS) {
      if (!f) r.reply.expiry = r.expiry;
      return tell_cas(r, made);
    }
  }
  fail_busy(r);
}

}  // namespace cachetted::memcached::sasl
