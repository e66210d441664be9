// The commands of a request that one round trip answers. A time to live goes out relative, in whole seconds rounded up.
// A key's commands go to its server, each with the token that its reply repeats.
#include <algorithm>

#include "backends/memcached/memcached.h"
#include "config/config.h"
#include "metrics/metrics.h"

namespace cachetted::memcached {

using memcache::MetaWriter;

// Whether an append could make a value of over `number` bytes: not where the servers have no room for one.
bool MemcachedBackend::may_grow_over(const Request& r) const {
  return std::any_of(links_.begin(), links_.end(),
                     [&](const auto& l) { return l->greeting.item_size() > static_cast<uint64_t>(r.number); });
}

// Whether all its commands can go out at once.
bool MemcachedBackend::is_plain(const Request& r) const {
  switch (r.op) {
    case Op::get: return !r.has(kDeleteAfter);
    case Op::set: return !r.has(kReturnOld) && !r.has(kKeepTtl);
    case Op::set_many: return !r.has(kIfAbsent);
    case Op::append: return r.has(kIfPresent) && (r.wants & kWantSize) == 0 && !may_grow_over(r);
    case Op::invalidate: return !r.has(kClear);
    case Op::expire: return (r.options & (kIfNoTtl | kIfTtl | kIfLater | kIfSooner)) == 0;
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
    case Op::inspect:
    case Op::flush:
    case Op::flush_expired:
    case Op::move:
    case Op::swap:
    case Op::watch:
    case Op::raw:
    case Op::local: return true;
    case Op::add_integer:
    case Op::add_float:
    case Op::set_range:
    case Op::set_bit:
    case Op::common:
    case Op::rename:
    case Op::copy:
    case Op::random_key:
    case Op::keys:
    case Op::scan:
    case Op::count:
    case Op::clear:
    case Op::group: return false;
  }
  return true;
}

// An expiry as T and N take it.
int64_t MemcachedBackend::seconds(int64_t expiry) const { return seconds_of(expiry, host_.clock().now_ms); }

// Why nothing can be sent to it now; "": it can.
std::string MemcachedBackend::unusable(const Link& l) {
  Connection& c = *l.connection;  // which is tried again and again by beat(): nobody has to wait for that
  if (!c.accepts()) return c.reason();
  if (!c.crowded()) [[likely]]
    return "";
  host_.cells().add(metrics::metric::upstream_refused());
  return c.url().text() + ": it does not keep up: over four times limits.output_buffer of requests wait for it";
}

// Whether memcached has a place for such a key; if not, the request is refused, and its reply says why.
bool MemcachedBackend::takes(Request& r, std::string_view key) {
  if (memcache::is_plain_key(key) || (!key.empty() && key.size() <= memcache::kMostCodedKey)) [[likely]]
    return true;
  const bool coded = !key.empty() && key.size() <= memcache::kMaxKey;
  r.reply.status = Status::store_error;
  r.reply.text =
      host_.arena().concat({"ERR key of ", std::to_string(key.size()), " bytes: the 'memcached' backend takes 1 to ",
                            std::to_string(coded ? memcache::kMostCodedKey : memcache::kMaxKey),
                            coded ? " where it has blanks or control characters" : ""});
  return false;
}

// The server of a key; null: it is not to be had, and the request's reply says why.
MemcachedBackend::Link* MemcachedBackend::find_server(Request& r, std::string_view key) {
  Link& l = *links_[ring_.server_of(key)];
  std::string why = unusable(l);
  if (why.empty()) [[likely]]
    return &l;
  r.reply.status = Status::unavailable;
  r.reply.text = host_.arena().concat({kUnavailable, why});
  return nullptr;
}

// Both.
MemcachedBackend::Link* MemcachedBackend::place(Request& r, std::string_view key) {
  return takes(r, key) ? find_server(r, key) : nullptr;
}

bool MemcachedBackend::fits(Request& r, const Link& l, std::string_view key, size_t value) {
  const uint64_t most = l.greeting.item_size();
  if (fits_item(key.size(), value, most)) [[likely]]
    return true;
  r.reply.status = Status::too_large;
  r.reply.text = host_.arena().copy(too_large_text(value, most, l.connection->url().text()));
  return false;
}

// A line that is answered without a token.
void MemcachedBackend::send_line(Link& l, Request* r, uint32_t part, std::string_view line) {
  upstream::Stream& out = l.connection->stream();
  char* p = out.reserve(line.size());
  out.commit(std::copy(line.begin(), line.end(), p));
  l.connection->owe(r, part, false);
  if (r != nullptr) ++r->steps;
  list(l);
}

void MemcachedBackend::compose(Request& r) {
  r.steps = 0;
  switch (row(r.op).keys) {
    case Keys::one:
    case Keys::two: {
      Link* l = place(r, r.key);
      if (l == nullptr) break;
      if (r.op == Op::set || r.op == Op::append) {
        if (fits(r, *l, r.key, r.value.size())) compose_set(*l, r);
        break;
      }
      compose_key(*l, r, r.key, 0);
      break;
    }
    case Keys::many:
    case Keys::pairs:
      if (r.op == Op::get_many) {
        compose_get_many(r);
      } else {
        compose_keys(r);
      }
      break;
    case Keys::none:
      if (r.op == Op::flush) {
        compose_everywhere(r, "flush_all\r\n");
      } else if (r.op == Op::flush_expired) {
        r.reply.status = Status::ok;  // the servers do so by themselves
      }
      break;
  }
  if (r.steps == 0) [[unlikely]] {
    if (r.reply.status == Status::pending) {  // not in caps()
      r.reply.status = Status::unsupported;
      r.reply.text = host_.arena().concat({"'", row(r.op).name, "' is not supported by the 'memcached' backend"});
    }
    return finish(r);
  }
  r.late = !r.whole;
  keep_words(r);
}

// Of several keys: nothing is sent where one of them, or its server, is not to be had.
void MemcachedBackend::compose_keys(Request& r) {
  const size_t step = row(r.op).keys == Keys::pairs ? 2 : 1, n = r.args.size() / step;
  Link** at = host_.arena().array<Link*>(n);
  for (size_t i = 0; i < n; ++i) {
    const std::string_view key = r.args[i * step];
    at[i] = place(r, key);
    if (at[i] == nullptr || (step == 2 && !fits(r, *at[i], key, r.args[i * step + 1].size()))) return;
  }
  for (size_t i = 0; i < n; ++i) {
    const auto part = static_cast<uint32_t>(i);
    if (step == 1) {
      compose_key(*at[i], r, r.args[i], part);
      continue;
    }
    const int64_t expiry = r.expiries != nullptr ? r.expiries[i] : r.expiry;
    send_block(*at[i], r, part, r.args[i * 2], r.args[i * 2 + 1], [&](MetaWriter& w) {
      if (expiry != kNever) w.flag('T', seconds(expiry));
    });
  }
  if (n == 0) r.reply.status = Status::ok;
}

// One command a key: a burst to each server. Of those that cannot be asked the rest is answered all the same.
void MemcachedBackend::compose_get_many(Request& r) {
  for (std::string_view key : r.args)
    if (!takes(r, key)) return;
  r.reply.kept = Blob::create(r.args.size() * sizeof(Value) + 8 + kReason);
  r.reply.items = {reinterpret_cast<Value*>(r.reply.kept->data()), r.args.size()};
  for (size_t i = 0; i < r.args.size(); ++i) {
    Value* v = new (&r.reply.items[i]) Value;
    Link& l = *links_[ring_.server_of(r.args[i])];
    if (std::string why = unusable(l); !why.empty()) {
      fail_item(r, *v, std::string(kUnavailable) + why);
      continue;
    }
    v->flags = l.server;  // until it is answered
    v->marks = kUnanswered;
    compose_key(l, r, r.args[i], static_cast<uint32_t>(i));
  }
  if (r.steps == 0) settle_get_many(r);
}

void MemcachedBackend::compose_everywhere(Request& r, std::string_view line) {
  for (auto& l : links_) {
    std::string why = unusable(*l);
    if (why.empty()) continue;
    r.reply.status = Status::unavailable;
    r.reply.text = host_.arena().concat({kUnavailable, why});
    return;
  }
  for (auto& l : links_) send_line(*l, &r, l->server, line);
}

void MemcachedBackend::compose_set(Link& l, Request& r) {
  send_block(l, r, 0, r.key, r.value, [&](MetaWriter& w) {
    if (r.flags != 0) w.flag('F', uint64_t{r.flags});
    if (r.has(kIfUnchanged)) w.flag('C', r.cas);
    if (r.has(kGiveCas)) w.flag('E', r.new_cas);
    if ((r.wants & kWantCas) != 0) w.flag("c");
    if (r.op == Op::append) return w.flag(r.has(kPrepend) ? "MP" : "MA");
    if (r.expiry != kNever) w.flag('T', seconds(r.expiry));
    if (r.has(kOrStale)) w.flag("I");
    if (r.has(kIfAbsent)) w.flag("ME");
    if (r.has(kIfPresent)) w.flag("MR");
  });
}

// The command about one key; its server is to be had.
void MemcachedBackend::compose_key(Link& l, Request& r, std::string_view key, uint32_t part) {
  if (r.op == Op::get && r.options == 0 && r.wants == 0) [[likely]]
    return send(l, r, part, "mg", key, [](MetaWriter& w) { w.flag("f v"); });
  auto cas_flags = [&](MetaWriter& w) {
    if (r.has(kIfUnchanged)) w.flag('C', r.cas);
    if (r.has(kGiveCas)) w.flag('E', r.new_cas);
  };
  const bool past = r.expiry != kNever && r.expiry <= host_.clock().now_ms;
  switch (r.op) {
    case Op::get:
      return send(l, r, part, "mg", key, [&](MetaWriter& w) {
        w.flag((r.wants & kWantNoValue) != 0 ? "f s" : "f v");
        if ((r.wants & kWantCas) != 0) w.flag("c");
        if ((r.wants & kWantUse) != 0) w.flag("h l");
        if (r.unnoticed) w.flag("u");
        if (r.has(kGiveCas)) w.flag('E', r.new_cas);
        if ((r.wants & kWantExpiry) != 0 || r.has(kVivify)) w.flag("t");  // as it was before T and N
        const bool recache = r.has(kLease) && r.number > 0;
        if (recache && r.number2 != 0) w.flag('R', r.number / 1000 + 1);
        if (r.has(kPersist) || r.has(kTouch)) w.flag('T', r.has(kPersist) ? int64_t{0} : seconds(r.expiry));
        if (recache && r.number2 == 0) w.flag('R', r.number / 1000 + 1);
        if (r.has(kVivify)) w.flag('N', seconds(r.expiry2));  // behind T, which an item that is there gets
      });
    case Op::get_many:
      return send(l, r, part, "mg", key, [&](MetaWriter& w) {
        w.flag((r.wants & kWantCas) != 0 ? "f v c" : "f v");
        if (r.has(kTouch)) w.flag('T', seconds(r.expiries != nullptr ? r.expiries[part] : r.expiry));
      });
    case Op::add_unsigned:
      return send(l, r, part, "ma", key, [&](MetaWriter& w) {
        w.flag("v");
        w.flag('D', static_cast<uint64_t>(r.number));
        if (r.has(kSubtract)) w.flag("MD");
        const bool told = (r.wants & kWantExpiry) != 0;
        const bool told_first = told && ((r.wants & kWantNewExpiry) == 0 || r.has(kTouch));
        if (told_first) w.flag("t");
        if (r.has(kTouch)) w.flag('T', seconds(r.expiry2));
        if (r.has(kVivify)) w.flag('N', seconds(r.expiry));
        if (r.has(kVivify)) w.flag('J', static_cast<uint64_t>(r.number2));
        cas_flags(w);
        if ((r.wants & kWantCas) != 0) w.flag("c");
        if (told && !told_first) w.flag("t");
      });
    case Op::length: return send(l, r, part, "mg", key, [](MetaWriter& w) { w.flag("s"); });
    case Op::get_range:
    case Op::get_bit:
    case Op::count_bits:
    case Op::find_bit: return send(l, r, part, "mg", key, [](MetaWriter& w) { w.flag("v"); });
    case Op::remove: return send(l, r, part, "md", key, [](MetaWriter&) {});
    case Op::invalidate:
      return send(l, r, part, "md", key, [&](MetaWriter& w) {
        cas_flags(w);
        if (r.has(kMarkStale)) w.flag("I");
        if (r.has(kTouch)) w.flag('T', seconds(r.expiry));
      });
    case Op::exists:
      return send(l, r, part, "mg", key, [&](MetaWriter& w) {
        if (!r.has(kTouch)) w.flag("u");
      });
    case Op::type: return send(l, r, part, "mg", key, [](MetaWriter& w) { w.flag("u"); });
    case Op::expire:
      if (past && !r.has(kPersist)) return send(l, r, part, "md", key, [](MetaWriter&) {});
      return send(l, r, part, "mg", key,
                  [&](MetaWriter& w) { w.flag('T', r.has(kPersist) ? int64_t{0} : seconds(r.expiry)); });
    case Op::expiry: return send(l, r, part, "mg", key, [](MetaWriter& w) { w.flag("t u"); });
    case Op::inspect: {
      constexpr std::string_view kFlags = "f v t u s l h c";
      if (key.find('\n') != key.npos)  // me would show it as it is
        return send(l, r, 1, "mg", key, [&](MetaWriter& m) { m.flag(kFlags); });
      MetaWriter w(l.connection->stream().reserve(memcache::kCommandRoom), "me", key,
                   r.coded || !memcache::is_plain_key(key));
      w.end_line();
      l.connection->stream().commit(w.end());
      l.connection->owe(&r, 0, true);
      ++r.steps;
      return send(l, r, 1, "mg", key, [&](MetaWriter& m) { m.flag(kFlags); });
    }
    case Op::set:
    case Op::set_many:
    case Op::append:
    case Op::add_integer:
    case Op::add_float:
    case Op::set_range:
    case Op::set_bit:
    case Op::common:
    case Op::rename:
    case Op::copy:
    case Op::move:
    case Op::random_key:
    case Op::keys:
    case Op::scan:
    case Op::count:
    case Op::flush:
    case Op::swap:
    case Op::flush_expired:
    case Op::clear:
    case Op::watch:
    case Op::raw:
    case Op::group:
    case Op::local: return;  // have no one command about a key
  }
}

}  // namespace cachetted::memcached
