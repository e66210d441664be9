// Requests of several steps: what memcached has no command for. A value is read, changed and stored only if nobody
// else has stored one since (its cas), else all is done again.
#include <algorithm>
#include <charconv>

#include "backends/memcached/memcached.h"
#include "config/config.h"
#include "core/common.h"
#include "core/edit.h"

namespace cachetted::memcached {
namespace {

constexpr int kMostRefused = 3;  // appends to a value that is there

}  // namespace

using memcache::Code;
using memcache::MetaReply;
using memcache::MetaWriter;

// --- the life of a Work ---

Work* MemcachedBackend::work_of(const Request& r) {
  if (works_.empty()) [[likely]]
    return nullptr;
  auto at = works_.find(&r);
  return at == works_.end() ? nullptr : at->second.get();
}

void MemcachedBackend::start(Request& r) {
  auto owned = std::make_unique<Work>(r);
  Work& w = *owned;
  works_.emplace(&r, std::move(owned));
  w.deadline = deadline();
  w.body = job_for(w).body;
  go_on(w);
}

// May be called from within the body: by what fails at once.
void MemcachedBackend::go_on(Work& w) {
  if (w.running) return;
  w.running = true;
  while (w.due == 0 && w.failed == Status::pending && !w.body.done()) w.body.resume();
  w.running = false;
  if (w.due == 0) end(w);
}

void MemcachedBackend::end(Work& w) {
  Request& r = w.r;
  if (w.failed != Status::pending) {
    r.reply.status = w.failed;
    r.reply.text = host_.arena().copy(w.why);
  }
  for (const auto& [server, line] : w.tokens)
    if (unusable(*links_[server]).empty()) send_line(*links_[server], nullptr, 0, line);
  auto owned = works_.extract(&r);
  if (owned.empty()) return;
  owned = {};
  finish(r);
}

void MemcachedBackend::on_answer(Link& l, Work& w, uint32_t part, const MetaReply& m) {
  --w.due;
  if (m.code == Code::refused && !w.refusals) {
    auto [status, text] = refusal(l, m.text);
    w.fail(status, std::move(text));
  } else if ((part & kCounted) != 0) {
    w.r.reply.number += m.code == Code::done;
  } else {
    Got& g = w.got[part & kIndex];
    g = {m.code, std::string(m.code == Code::stats ? whole_ : m.value), m.flags, m.size, m.cas, m.ttl};
  }
  go_on(w);
}

// A body that begins another round asks: whether the client still waits.
bool MemcachedBackend::in_time(Work& w) {
  if (host_.clock().steady < w.deadline) return true;
  w.fail(Status::unavailable,
         std::string(kUnavailable) + "the key was changed by others again and again within timeouts.request");
  return false;
}

// --- what a body asks ---

// The next answer of this step.
uint32_t MemcachedBackend::next_of(Work& w) {
  if (w.asked == w.got.size()) w.got.emplace_back();
  ++w.due;
  return static_cast<uint32_t>(w.asked++) | kOfWork;
}

template <class Flags>
void MemcachedBackend::ask(Work& w, std::string_view command, std::string_view key, Flags&& flags) {
  Link* l = place(w.r, key);
  if (l == nullptr) return w.fail(w.r.reply.status, std::string(w.r.reply.text));
  send(*l, w.r, next_of(w), command, key, flags);
}

void MemcachedBackend::ask_line(Work& w, Link& l, std::string_view line) {
  if (std::string why = unusable(l); !why.empty()) return w.fail(Status::unavailable, std::string(kUnavailable) + why);
  send_line(l, &w.r, next_of(w), line);
}

void MemcachedBackend::look(Work& w, std::string_view key, std::string_view flags) {
  ask(w, "mg", key, [&](MetaWriter& m) { m.flag(flags); });
}

void MemcachedBackend::remove(Work& w, std::string_view key, uint64_t cas) {
  ask(w, "md", key, [&](MetaWriter& m) { m.flag('C', cas); });
}

template <class Flags>
void MemcachedBackend::write_block(Work& w, std::string_view key, std::string_view value, Flags&& flags) {
  Link* l = place(w.r, key);
  if (l == nullptr || !fits(w.r, *l, key, value.size())) return w.fail(w.r.reply.status, std::string(w.r.reply.text));
  send_block(*l, w.r, next_of(w), key, value, flags);
}

void MemcachedBackend::write(Work& w, std::string_view key, std::string_view value, int64_t expiry, uint32_t flags,
                             If condition, uint64_t cas, const Got* old) {
  w.kept = old != nullptr && old->ttl > kMonth && expiry == expiry_of(*old) ? old->ttl : -1;
  if (w.kept >= 0) w.instant = seconds(expiry);
  write_block(w, key, value, [&](MetaWriter& m) {
    if (flags != 0) m.flag('F', uint64_t{flags});
    if (expiry != kNever) m.flag('T', seconds(expiry));
    if (condition == If::unchanged) m.flag('C', cas);
    if (condition == If::absent) m.flag("ME");
    m.flag("c");
  });
  if (w.kept >= 0) look(w, key, "t u");
}

// An instant means another second to the server, whose clock is its own: what is left would change with each rewrite.
// To be called where the write before has stored; to be awaited.
void MemcachedBackend::correct_expiry(Work& w, std::string_view key) {
  if (w.kept < 0 || w.got[1].ttl < 0 || w.got[1].ttl == w.kept) return;
  const int64_t right = w.instant + w.kept - w.got[1].ttl;
  ask(w, "mg", key, [&](MetaWriter& m) {
    m.flag('T', right);
    m.flag("u");
  });
}

// Stores what is made of a value, unless somebody was faster.
void MemcachedBackend::rewrite(Work& w, const Got& old, std::string_view value, int64_t expiry, uint32_t flags) {
  write(w, w.r.key, value, expiry, flags, old.found() ? If::unchanged : If::absent, old.cas, &old);
}

// A value that was read goes out.
void MemcachedBackend::give(Value& v, const Got& g) {
  MetaReply m;
  m.value = g.value;
  m.flags = g.flags;
  m.cas = g.cas;
  put_value(v, m, true);
}

int64_t MemcachedBackend::expiry_of(const Got& old) const {
  return old.ttl < 0 ? kNever : host_.clock().now_ms + std::max<int64_t>(1, old.ttl) * 1000;
}

// --- the bodies ---

Job MemcachedBackend::job_for(Work& w) {
  switch (w.r.op) {
    case Op::get: return get_and_delete(w);
    case Op::set: return set_by_steps(w);
    case Op::set_many: return set_if_none(w);
    case Op::append: return append(w);
    case Op::common: return common(w);
    case Op::invalidate: return clear_value(w);
    case Op::expire: return expire_if(w);
    case Op::rename: return rename(w);
    case Op::copy: return copy(w);
    case Op::keys: return keys(w);
    case Op::scan: return scan(w);
    case Op::count: return count(w);
    case Op::random_key: return random_key(w);
    case Op::clear: return clear(w);
    case Op::group: return group(w);
    case Op::add_integer:
    case Op::add_float:
    case Op::set_range:
    case Op::set_bit: return edit_value(w);
    case Op::get_many:
    case Op::add_unsigned:
    case Op::length:
    case Op::get_range:
    case Op::get_bit:
    case Op::count_bits:
    case Op::find_bit:
    case Op::remove:
    case Op::exists:
    case Op::type:
    case Op::expiry:
    case Op::move:
    case Op::flush:
    case Op::swap:
    case Op::inspect:
    case Op::flush_expired:
    case Op::watch:
    case Op::raw:
    case Op::local: break;  // is_plain()
  }
  return edit_value(w);
}

Job MemcachedBackend::get_and_delete(Work& w) {
  Request& r = w.r;
  while (in_time(w)) {
    read(w, r.key);
    co_await w;
    const Got old = w.got[0];
    r.reply.status = Status::miss;
    if (!old.found()) co_return;
    remove(w, r.key, old.cas);
    co_await w;
    if (!w.got[0].done()) continue;
    r.reply.status = Status::ok;
    give(r.reply.value, old);
    r.reply.expiry = expiry_of(old);
    co_return;
  }
}

// SET with GET or KEEPTTL.
Job MemcachedBackend::set_by_steps(Work& w) {
  Request& r = w.r;
  while (in_time(w)) {
    read(w, r.key);
    co_await w;
    const Got old = w.got[0];
    r.reply.status = Status::not_stored;
    if (r.has(old.found() ? kIfAbsent : kIfPresent)) {
      if (r.has(kReturnOld) && old.found()) give(r.reply.value, old);
      co_return;
    }
    r.reply.status = old.found() ? Status::changed : Status::miss;
    if (r.has(kIfUnchanged) && old.cas != r.cas) co_return;  // 0: there is none
    rewrite(w, old, r.value, r.has(kKeepTtl) && old.found() ? expiry_of(old) : r.expiry, r.flags);
    co_await w;
    if (!w.got[0].done()) continue;
    const uint64_t cas = w.got[0].cas;
    correct_expiry(w, r.key);
    co_await w;
    r.reply.status = Status::ok;
    if (r.has(kReturnOld)) {
      if (old.found()) give(r.reply.value, old);
    } else {
      r.reply.value.cas = cas;
      r.reply.value.size = static_cast<uint32_t>(r.value.size());
    }
    co_return;
  }
}

// MSETNX: nothing where one is there. What somebody else makes meanwhile undoes what was stored.
Job MemcachedBackend::set_if_none(Work& w) {
  Request& r = w.r;
  absl::flat_hash_map<std::string_view, size_t> last;  // of a key named twice the last value counts
  for (size_t i = 0; i < r.args.size(); i += 2) last[r.args[i]] = i;
  for (const auto& [key, i] : last) look(w, key, "c u");
  co_await w;
  r.reply.status = Status::not_stored;
  auto found = [](const Got& g) { return g.found(); };
  if (std::any_of(w.got.begin(), w.got.begin() + static_cast<ptrdiff_t>(last.size()), found)) co_return;
  for (const auto& [key, i] : last)
    write(w, key, r.args[i + 1], r.expiries != nullptr ? r.expiries[i / 2] : r.expiry, 0, If::absent, 0);
  co_await w;
  const std::vector<Got> made = w.got;
  r.reply.status = Status::ok;
  const auto done = [](const Got& g) { return g.done(); };
  if (std::all_of(made.begin(), made.begin() + static_cast<ptrdiff_t>(last.size()), done)) co_return;
  r.reply.status = Status::not_stored;
  size_t n = 0;
  for (const auto& [key, i] : last)
    if (const Got& g = made[n++]; g.done()) remove(w, key, g.cas);
  co_await w;
}

// Natively, so that the value is not moved to and fro; a key that is not there is made.
Job MemcachedBackend::append(Work& w) {
  Request& r = w.r;
  int refused = 0;
  while (in_time(w)) {
    if (may_grow_over(r)) {
      look(w, r.key, "s c u");
      co_await w;
      r.reply.status = Status::too_large;
      if (w.got[0].found() && w.got[0].size + r.value.size() > static_cast<uint64_t>(r.number)) co_return;
    }
    write_block(w, r.key, r.value, [&](MetaWriter& m) {
      if (r.has(kIfUnchanged)) m.flag('C', r.cas);
      m.flag("c");
      m.flag(r.has(kPrepend) ? "MP" : "MA");
    });
    look(w, r.key, "s c u");
    co_await w;
    const Got done = w.got[0], now = w.got[1];
    r.reply.status = done.code == Code::exists ? Status::changed : done.code == Code::miss ? Status::miss : Status::ok;
    r.reply.value.cas = done.cas;
    r.reply.number = now.size;
    if (done.code != Code::not_stored) break;
    r.reply.status = r.has(kIfPresent) ? Status::not_stored : Status::miss;
    if (r.has(kIfPresent) || r.has(kIfUnchanged)) break;
    if (now.found()) {  // there is no room for both together, or it has just come
      Link* l = place(r, r.key);
      if (l == nullptr || !fits(r, *l, r.key, now.size + r.value.size())) co_return;
      if (++refused < kMostRefused) continue;
      r.reply.status = Status::out_of_memory;
      co_return;
    }
    write(w, r.key, r.value, r.expiry, r.flags, If::absent, 0);
    co_await w;
    if (!w.got[0].done()) continue;
    r.reply.status = Status::ok;
    r.reply.value.cas = w.got[0].cas;
    r.reply.number = static_cast<int64_t>(r.value.size());
    break;
  }
  r.reply.value.size = static_cast<uint32_t>(r.reply.number);
}

// Counters with a sign, floats, ranges, bits.
Job MemcachedBackend::edit_value(Work& w) {
  Request& r = w.r;
  if (r.op == Op::add_integer && r.number > 0) {  // the server can, unless the value has a sign
    w.refusals = true;
    ask(w, "ma", r.key, [&](MetaWriter& m) {
      m.flag("v");
      m.flag('D', r.number);
      m.flag('N', seconds(r.expiry));
      m.flag('J', r.number);
    });
    co_await w;
    w.refusals = false;
    uint64_t sum = 0;
    const std::string& digits = w.got[0].value;
    std::from_chars(digits.data(), digits.data() + digits.size(), sum);
    const auto by = static_cast<uint64_t>(r.number);
    r.reply.number = static_cast<int64_t>(sum);
    r.reply.status = Status::ok;
    if (w.got[0].code == Code::value) {
      if (sum >= by && sum <= INT64_MAX) co_return;
      // Beyond what a signed number holds: taken back, round 2^64. Not by ma: it pads with blanks, and 1.6.18 refuses
      // such a number where a minus lies behind it in memory.
      while (in_time(w)) {
        read(w, r.key);
        co_await w;
        const Got old = w.got[0];
        const char* end = old.value.data() + old.value.size();
        if (!old.found() || std::from_chars(old.value.data(), end, sum).ec != std::errc()) break;
        rewrite(w, old, std::to_string(sum - by), expiry_of(old), old.flags);
        co_await w;
        if (!w.got[0].done()) continue;
        correct_expiry(w, r.key);
        co_await w;
        break;
      }
      r.reply.status = sum - by > INT64_MAX ? Status::not_integer : Status::overflow;
      co_return;
    }
  }
  std::string made;
  while (in_time(w)) {
    read(w, r.key);
    co_await w;
    const Got old = w.got[0];
    if (!edit(r, old.found(), old.value, made)) co_return;
    rewrite(w, old, made, old.found() ? expiry_of(old) : r.expiry, old.found() ? old.flags : r.flags);
    co_await w;
    if (!w.got[0].done()) continue;
    correct_expiry(w, r.key);
    co_await w;
    if (r.op == Op::add_float) r.reply.text = host_.arena().copy(made);
    co_return;
  }
}

Job MemcachedBackend::common(Work& w) {
  Request& r = w.r;
  read(w, r.key);
  read(w, r.value);
  co_await w;
  answer_common(r, host_.arena(), w.got[0].value, w.got[1].value);
}

// Keeps the item without its value.
Job MemcachedBackend::clear_value(Work& w) {
  Request& r = w.r;
  while (in_time(w)) {
    read(w, r.key);
    co_await w;
    const Got old = w.got[0];
    r.reply.status = Status::miss;
    if (!old.found()) co_return;
    r.reply.status = Status::changed;
    if (r.has(kIfUnchanged) && old.cas != r.cas) co_return;
    rewrite(w, old, "", r.expiry, r.flags);
    co_await w;
    if (!w.got[0].done()) continue;
    if (r.has(kMarkStale)) {
      ask(w, "md", r.key, [](MetaWriter& m) { m.flag("I"); });
      co_await w;
    }
    r.reply.status = Status::ok;
    r.reply.number = 1;
    co_return;
  }
}

// On a condition, which is looked at just before: memcached changes an expiry without one.
Job MemcachedBackend::expire_if(Work& w) {
  Request& r = w.r;
  look(w, r.key, "t c u");
  co_await w;
  const Got old = w.got[0];
  r.reply.status = old.found() ? Status::not_stored : Status::miss;
  if (!old.found()) co_return;
  const int64_t left = r.expiry - host_.clock().now_ms, now = old.ttl, wanted = left <= 0 ? 0 : seconds_up(left);
  if (r.has(kIfNoTtl) && now >= 0) co_return;
  if (r.has(kIfTtl) && now < 0) co_return;
  if (r.has(kIfLater) && (now < 0 || wanted <= now)) co_return;
  if (r.has(kIfSooner) && now >= 0 && wanted >= now) co_return;
  if (!r.has(kPersist) && left <= 0) {
    ask(w, "md", r.key, [](MetaWriter&) {});
  } else {
    ask(w, "mg", r.key, [&](MetaWriter& m) { m.flag('T', r.has(kPersist) ? int64_t{0} : seconds(r.expiry)); });
  }
  co_await w;
  r.reply.status = w.got[0].found() ? Status::ok : Status::miss;
}

// The new name is written before the old one goes; what is written to the old one meanwhile is moved too.
Job MemcachedBackend::rename(Work& w) {
  Request& r = w.r;
  bool moved = false;
  while (in_time(w)) {
    read(w, r.key);
    co_await w;
    const Got from = w.got[0];
    r.reply.status = moved ? Status::ok : Status::no_such_key;
    if (!from.found()) co_return;
    r.reply.status = r.has(kIfAbsent) ? Status::not_stored : Status::ok;
    if (r.key == r.value) co_return;
    write(w, r.value, from.value, at_most(expiry_of(from), r.expiry), from.flags,
          r.has(kIfAbsent) && !moved ? If::absent : If::any, 0, &from);
    co_await w;
    if (!w.got[0].done()) co_return;
    correct_expiry(w, r.value);
    co_await w;
    moved = true;
    remove(w, r.key, from.cas);
    co_await w;
    r.reply.status = Status::ok;
    if (w.got[0].code != Code::exists) co_return;
  }
}

Job MemcachedBackend::copy(Work& w) {
  Request& r = w.r;
  read(w, r.key);
  co_await w;
  const Got from = w.got[0];
  r.reply.status = Status::miss;
  if (!from.found()) co_return;
  write(w, r.value, from.value, at_most(expiry_of(from), r.expiry), from.flags, r.has(kReplace) ? If::any : If::absent,
        0, &from);
  co_await w;
  r.reply.status = w.got[0].done() ? Status::ok : Status::not_stored;
  if (w.got[0].done()) correct_expiry(w, r.value);
  co_await w;
}

// MULTI: one after the other, each server's in order; what takes several steps waits for those before it, and those
// behind wait for it.
Job MemcachedBackend::group(Work& w) {
  for (Request* c = w.r.children; c != nullptr; c = c->next) {
    if (c->op == Op::local || c->reply.status != Status::pending) continue;
    const bool plain = is_plain(*c);
    if (!plain) co_await w;
    parents_.emplace(c, &w);
    ++w.due;
    run(*c);
    if (!plain) co_await w;
  }
  co_await w;
  w.r.reply.status = Status::ok;
}

}  // namespace cachetted::memcached
