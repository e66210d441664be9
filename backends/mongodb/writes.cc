// Stores and deletes.
#include <algorithm>

#include "backends/mongodb/driver.h"
#include "core/clock.h"

namespace cachetted::mongodb {
namespace {

constexpr int kUpsertTries = 10;  // of two that make one key at once the index refuses one, which then updates

}  // namespace

// --- several at once ---

// SETs and DELs of different keys. What a DEL is to tell is looked up before, unless it is alone and there is at most
// one document a key: the server tells how many documents it deleted, not which.
void Driver::write_all(std::vector<Request*>& writes) {
  if (writes.empty()) return;
  if (writes.size() == 1 && writes[0]->op == Op::remove && server_.one_a_key()) {
    remove_one(*writes[0]);
  } else {
    store_all(writes);
  }
  writes.clear();
}

void Driver::store_all(std::span<Request* const> writes) {
  struct Part {
    Request* r;
    std::string_view key, value;
    int64_t expiry;
    uint32_t flags;
  };
  std::vector<Part> parts;
  std::vector<std::string_view> gone;
  std::vector<Request*> removes;
  for (Request* r : writes) {
    finish(*r, Status::ok);
    if (r->op == Op::set) {
      if (check_key(*r, r->key) && check_size(*r, r->key, r->value.size()))
        parts.push_back({r, r->key, r->value, r->expiry, r->flags});
    } else if (r->op == Op::remove) {
      removes.push_back(r);
      gather(*r, gone);
    } else {
      bool fits = true;
      for (size_t i = 0; fits && i < r->args.size(); i += 2)
        fits = check_key(*r, r->args[i]) && check_size(*r, r->args[i], r->args[i + 1].size());
      absl::flat_hash_set<std::string_view> seen;  // of a key named twice the last value counts
      for (size_t i = r->args.size(); fits && i > 0; i -= 2)
        if (seen.insert(r->args[i - 2]).second)
          parts.push_back({r, r->args[i - 2], r->args[i - 1],
                           r->expiries != nullptr ? r->expiries[i / 2 - 1] : r->expiry, r->flags});
    }
  }
  Findings there;
  if (!removes.empty() && !look(gone, false, true, there)) {
    for (Request* r : removes) fail(*r);
    removes.clear();
    there.clear();
  }
  Collection::Bulk stores(collection_), drops(collection_);
  for (const Part& p : parts) stores.upsert(p.key, p.value, p.expiry, p.flags);
  absl::flat_hash_set<std::string_view> once;
  for (Request* r : removes) {
    for (std::string_view key : r->args) {
      if (!there.at(key) || !once.insert(key).second) continue;
      drops.remove(key);
      ++r->reply.number;
    }
  }
  if (!drops.run())
    for (Request* r : removes) fail(*r);
  if (!stores.run()) {
    for (const Part& p : parts) fail(*p.r);
    return;
  }
  for (const Collection::Bulk::Refusal& f : stores.refusals()) {
    const Part& p = parts[f.index];
    if (f.failure.code == kDuplicateKey) {
      upsert(*p.r, p.key, p.value, p.expiry, p.flags);
    } else {
      fail(*p.r, f.failure);
    }
  }
  for (const Part& p : parts)
    if (p.r->op == Op::set && p.r->reply.status == Status::ok) stored(*p.r, p.value, p.expiry, p.flags);
}

// --- one document ---

// Whatever is there. False: r is answered.
bool Driver::upsert(Request& r, std::string_view key, std::string_view value, int64_t expiry, uint32_t flags) {
  Bson filter, update;
  where_key(filter, key);
  set_all(update, value, expiry, flags);
  Collection::Changed changed;
  for (int i = 0; i < kUpsertTries; ++i) {
    if (!collection_.update(filter, update, true, changed)) return fail(r);
    if (!changed.duplicate) return true;
    server_.note_retry();
  }
  fail_busy(r);
  return false;
}

// Where none is there, or one that has expired.
bool Driver::insert(Request& r, std::string_view key, std::string_view value, int64_t expiry, uint32_t flags,
                    bool& stored) {
  Bson filter, update;
  where_key(filter, key);
  where_dead(filter, wall_ms());
  set_all(update, value, expiry, flags);
  Collection::Changed changed;
  if (!collection_.update(filter, update, true, changed)) return fail(r);
  stored = changed.any() && !changed.duplicate;
  return true;
}

// Where it is still as it was found.
bool Driver::replace(Request& r, std::string_view key, const Found& old, const Bson& update, bool& stored) {
  Bson filter;
  where_unchanged(filter, key, old);
  Collection::Changed changed;
  if (!collection_.update(filter, update, false, changed)) return fail(r);
  stored = changed.any();
  if (!stored) server_.note_retry();
  return true;
}

bool Driver::drop(Request& r, std::string_view key, const Found* unchanged, bool& dropped) {
  Bson filter;
  if (unchanged != nullptr) {
    where_unchanged(filter, key, *unchanged);
  } else {
    where_key(filter, key);
    where_live(filter, wall_ms());
  }
  int64_t n = 0;
  if (!collection_.remove(filter, n, true)) return fail(r);
  dropped = n != 0;
  if (!dropped && unchanged != nullptr) server_.note_retry();
  return true;
}

// --- SET ---

void Driver::stored(Request& r, std::string_view value, int64_t expiry, uint32_t flags) {
  finish(r, Status::ok);
  r.reply.expiry = expiry;
  if (r.has(kReturnOld)) return;
  r.reply.value.size = static_cast<uint32_t>(value.size());
  if ((r.wants & kWantCas) != 0) r.reply.value.cas = token_of(value, flags);
}

// On a condition that the server itself can tell; the rest by steps.
void Driver::set(Request& r) {
  const uint32_t conditions = r.options & kWriteConditions;
  if (conditions == 0) {
    Request* one[] = {&r};
    return store_all(one);
  }
  if (!check_key(r, r.key) || !check_size(r, r.key, r.value.size()) || !needs_index(r)) return;
  if (conditions != kIfAbsent && conditions != kIfPresent) return set_by_steps(r);
  bool done = false;
  if (conditions == kIfAbsent) {
    if (!insert(r, r.key, r.value, r.expiry, r.flags, done)) return;
  } else {
    Bson filter, update;
    where_key(filter, r.key);
    where_live(filter, wall_ms());
    set_all(update, r.value, r.expiry, r.flags);
    Collection::Changed changed;
    if (!collection_.update(filter, update, false, changed)) {
      fail(r);
      return;
    }
    done = changed.any();
  }
  if (!done) return finish(r, Status::not_stored);
  stored(r, r.value, r.expiry, r.flags);
}

// The old value that is told is the one that was replaced.
void Driver::set_by_steps(Request& r) {
  for (int i = 0; may_try(i); ++i) {
    Found old;
    if (!find(r, r.key, old)) return;
    if (r.has(kIfUnchanged) && (!old || token_of(old.view(), old.flags) != r.cas))
      return finish(r, old ? Status::changed : Status::miss);
    if (r.has(old ? kIfAbsent : kIfPresent)) {
      finish(r, Status::not_stored);
      if (r.has(kReturnOld)) put_item(r, r.reply.value, old);
      return;
    }
    const bool keep = old && r.has(kKeepTtl);
    const int64_t expiry = keep ? old.expiry : r.expiry;
    if (old && !check_size(r, r.key, r.value.size() + old.view().size())) return;
    bool done = false;
    if (!old) {
      if (!insert(r, r.key, r.value, expiry, r.flags, done)) return;
    } else {
      Bson update;
      set_all(update, r.value, expiry, r.flags);
      if (!replace(r, r.key, old, update, done)) return;
    }
    if (!done) continue;
    stored(r, r.value, expiry, r.flags);
    if (r.has(kReturnOld)) put_item(r, r.reply.value, old);
    return;
  }
  fail_busy(r);
}

// One that is made by somebody else meanwhile takes back the others.
void Driver::set_many_if_absent(Request& r) {
  if (!needs_index(r)) return;
  std::vector<std::string_view> keys;
  for (size_t i = 0; i < r.args.size(); i += 2) {
    if (!check_key(r, r.args[i]) || !check_size(r, r.args[i], r.args[i + 1].size())) return;
    keys.push_back(r.args[i]);
  }
  Findings found;
  if (!look(keys, false, true, found)) {
    fail(r);
    return;
  }
  if (std::any_of(found.begin(), found.end(), [](const auto& f) { return static_cast<bool>(f.second); }))
    return finish(r, Status::not_stored);
  finish(r, Status::ok);
  std::vector<size_t> made;
  absl::flat_hash_set<std::string_view> seen;  // of a key named twice the last value counts
  for (size_t i = r.args.size(); i > 0; i -= 2) {
    if (!seen.insert(r.args[i - 2]).second) continue;
    bool done = false;
    const int64_t expiry = r.expiries != nullptr ? r.expiries[i / 2 - 1] : r.expiry;
    const bool asked = insert(r, r.args[i - 2], r.args[i - 1], expiry, 0, done);
    if (asked && done) {
      made.push_back(i - 2);
      continue;
    }
    if (asked) finish(r, Status::not_stored);
    for (size_t j : made) {
      Request one;  // what goes wrong with it is not told: r is answered already
      Found mine;
      bool dropped = false;
      if (find(one, r.args[j], mine) && mine && mine.view() == r.args[j + 1]) drop(one, r.args[j], &mine, dropped);
    }
    return;
  }
}

// --- DEL and its like ---

void Driver::remove_one(Request& r) {
  finish(r, Status::ok);
  Collection::Bulk bulk(collection_);
  for (std::string_view k : r.args)
    if (k.size() <= kMostKey) bulk.remove(k, true);
  if (bulk.run()) {
    r.reply.number = bulk.removed();
  } else {
    fail(r);
  }
}

void Driver::invalidate(Request& r) {
  if (!check_key(r, r.key)) return;
  if (r.has(kMarkStale)) {
    finish(r, Status::unsupported);
    r.reply.text = "marking an item as stale is not supported by the 'mongodb' backend";
    return;
  }
  if (!r.has(kIfUnchanged) && !r.has(kClear)) {
    bool dropped = false;
    if (drop(r, r.key, nullptr, dropped)) finish(r, dropped ? Status::ok : Status::miss);
    return;
  }
  if (!needs_index(r)) return;
  for (int i = 0; may_try(i); ++i) {
    Found old;
    if (!find(r, r.key, old)) return;
    if (!old) return finish(r, Status::miss);
    if (r.has(kIfUnchanged) && token_of(old.view(), old.flags) != r.cas) return finish(r, Status::changed);
    bool done = false;
    if (r.has(kClear)) {
      Bson update;
      set_all(update, "", r.expiry, r.flags);
      if (!replace(r, r.key, old, update, done)) return;
    } else if (!drop(r, r.key, &old, done)) {
      return;
    }
    if (!done) continue;
    return stored(r, "", r.has(kClear) ? r.expiry : kNever, r.flags);
  }
  fail_busy(r);
}

void Driver::expire(Request& r) {
  if (!check_key(r, r.key)) return;
  const bool conditional = (r.options & (kIfNoTtl | kIfTtl | kIfLater | kIfSooner)) != 0;
  for (int i = 0; may_try(i); ++i) {
    const int64_t now = wall_ms();
    Bson filter, update;
    if (conditional) {
      Findings all;
      if (!look({r.key}, false, true, all)) {
        fail(r);
        return;
      }
      const Found& old = all.begin()->second;
      finish(r, old ? Status::not_stored : Status::miss);
      if (!old || (r.has(kIfNoTtl) && old.expiry != kNever) || (r.has(kIfTtl) && old.expiry == kNever) ||
          (r.has(kIfLater) && (old.expiry == kNever || r.expiry <= old.expiry)) ||
          (r.has(kIfSooner) && old.expiry != kNever && r.expiry >= old.expiry))
        return;
      where_same_expiry(filter, r.key, old);
    } else {
      where_key(filter, r.key);
      where_live(filter, now);
    }
    const bool past = !r.has(kPersist) && r.expiry <= now;
    int64_t n = 0;
    Collection::Changed changed;
    set_expiry(update, r.has(kPersist) ? kNever : r.expiry);
    if (past ? !collection_.remove(filter, n, true) : !collection_.update(filter, update, false, changed)) {
      fail(r);
      return;
    }
    const bool done = n + changed.matched != 0;
    if (!done && conditional) {
      server_.note_retry();
      continue;
    }
    return finish(r, done ? Status::ok : Status::miss);
  }
  fail_busy(r);
}

// --- names ---

// The new name is written before the old one goes; what is written to the old one meanwhile is moved too.
void Driver::rename(Request& r) {
  if (!check_key(r, r.key) || !check_key(r, r.value) || !needs_index(r)) return;
  bool moved = false;
  for (int i = 0; may_try(i); ++i) {
    Found from;
    if (!find(r, r.key, from)) return;
    if (!from) return finish(r, moved ? Status::ok : Status::no_such_key);
    if (r.key == r.value) return finish(r, r.has(kIfAbsent) ? Status::not_stored : Status::ok);
    const int64_t expiry = at_most(from.expiry, r.expiry);
    bool done = true;
    if (r.has(kIfAbsent) && !moved) {
      if (!insert(r, r.value, from.view(), expiry, from.flags, done)) return;
      if (!done) return finish(r, Status::not_stored);
    } else if (!upsert(r, r.value, from.view(), expiry, from.flags)) {
      return;
    }
    moved = true;
    if (!drop(r, r.key, &from, done)) return;
    if (done) return finish(r, Status::ok);
  }
  fail_busy(r);
}

void Driver::copy(Request& r) {
  if (!check_key(r, r.key) || !check_key(r, r.value) || !needs_index(r)) return;
  Found from;
  if (!find(r, r.key, from)) return;
  if (!from) return finish(r, Status::miss);
  const int64_t expiry = at_most(from.expiry, r.expiry);
  bool done = true;
  if (r.has(kReplace)) {
    if (!upsert(r, r.value, from.view(), expiry, from.flags)) return;
  } else if (!insert(r, r.value, from.view(), expiry, from.flags, done)) {
    return;
  }
  finish(r, done ? Status::ok : Status::not_stored);
}

}  // namespace cachetted::mongodb
