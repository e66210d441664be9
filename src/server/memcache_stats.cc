// memcached's `stats`: what happened, as its tools name it, from the metrics' cells.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "core/clock.h"
#include "server/baseline.h"
#include "server/daemon.h"
#include "server/memcache_dialogue.h"

namespace cachetted::server {
namespace {

using metrics::Outcome;
using metrics::metric::memcache_outcomes;

// What `stats` counts, as it names it: first what follows from other counters, then each Outcome.
constexpr std::string_view kDerived[] = {"cmd_get",  "cmd_set",  "cmd_flush", "cmd_touch",
                                         "cmd_meta", "get_hits", "get_misses"};
enum Derived : uint8_t { kGet, kSet, kFlush, kTouched, kMeta, kHits, kMisses, kFirstOutcome };
static_assert(std::size(kDerived) == kFirstOutcome);
constexpr Outcome kFirstUntold = Outcome::sets_refused;  // and what follows: memcached has no name for it

Derived group_of(std::string_view command) {
  if (command == "set" || command == "add" || command == "replace" || command == "append" || command == "prepend" ||
      command == "cas")
    return kSet;
  if (command == "flush_all") return kFlush;
  return command == "me" ? kMeta : kFirstOutcome;  // memcached counts no other
}

Totals count(const metrics::CellSet& cells) {
  Totals t(kFirstOutcome + metrics::value_count<Outcome>());
  for (size_t c = 0; c < cells.commands().size(); ++c) {
    const metrics::CommandLabel& label = cells.commands()[c];
    if (label.protocol != metrics::Protocol::memcache) continue;
    uint64_t n = cells.requests(static_cast<uint16_t>(c));
    if (Derived group = group_of(label.name); group != kFirstOutcome) t[group] += n;
    if (label.name == "ms") t[kSet] += n;  // memcached counts it as both
  }
  for (size_t i = kFirstOutcome; i < t.size(); ++i)
    t[i] = cells.total(memcache_outcomes(static_cast<Outcome>(i - kFirstOutcome)));
  auto outcome = [&t](Outcome o) { return t[kFirstOutcome + static_cast<size_t>(o)]; };
  t[kSet] -= std::min(t[kSet], outcome(Outcome::sets_refused));
  // A get that touches counts as a touch alone.
  uint64_t hits = cells.total(metrics::metric::hits(metrics::Protocol::memcache));
  uint64_t misses = cells.total(metrics::metric::misses(metrics::Protocol::memcache));
  t[kHits] = hits - std::min(hits, outcome(Outcome::gat_hits));
  t[kMisses] = misses - std::min(misses, outcome(Outcome::gat_misses));
  t[kGet] = t[kHits] + t[kMisses];
  t[kTouched] = outcome(Outcome::touch_hits) + outcome(Outcome::touch_misses);
  return t;
}

class Table {
 public:
  void add(std::string_view name, std::string_view value) {
    text_ += "STAT ";
    text_ += name;
    text_ += ' ';
    text_ += value;
    text_ += "\r\n";
  }
  void add(std::string_view name, uint64_t n) { add(name, std::to_string(n)); }
  std::string end() { return text_ + "END\r\n"; }

 private:
  std::string text_;
};

std::string seconds(const timeval& t) {
  char text[32];
  std::snprintf(text, sizeof text, "%ld.%06ld", static_cast<long>(t.tv_sec), static_cast<long>(t.tv_usec));
  return text;
}

void count(metrics::Cells& cells, bool hit, Outcome hits, Outcome misses) {
  cells.add(memcache_outcomes(hit ? hits : misses));
}

// A key that was looked up, and touched where it is there: by a meta command a miss is one of the get.
void count_touched(metrics::Cells& cells, bool hit, bool made, bool meta) {
  if (!hit && meta) return;
  count(cells, hit, Outcome::touch_hits, Outcome::touch_misses);
  count(cells, hit && !made, Outcome::gat_hits, Outcome::gat_misses);
}

// Of a storing command, that it was refused, or stored nothing.
void count_unstored(metrics::Cells& cells, const Request& r) {
  if (r.reply.status == Status::too_large && r.op == Op::local) cells.add(memcache_outcomes(Outcome::store_too_large));
  if (static_cast<const memcache::Command&>(*r.row).block == memcache::Block::none) return;
  bool refused = r.op == Op::local && r.reply.text != memcache::kBadBlock;
  cells.add(memcache_outcomes(refused ? Outcome::sets_refused : Outcome::not_stored));
}

}  // namespace

void count_memcache(metrics::Cells& cells, const Request& r) {
  Status s = r.reply.status;
  if (s == Status::pending) return;  // its client is gone
  bool hit = s == Status::ok;
  bool made = (r.reply.value.marks & kMade) != 0;
  if (r.op == Op::get || r.op == Op::get_many) {  // hits and misses are counted for all protocols
    if (!r.has(kTouch) || is_error(s)) [[likely]]
      return;
    if (r.op == Op::get) count_touched(cells, hit, made, r.has(kLease));
    for (const Value& v : r.reply.items) count_touched(cells, v.found, false, false);
  } else if (r.op == Op::set || r.op == Op::append) {
    if (!hit) count_unstored(cells, r);
    if (!r.has(kIfUnchanged) || is_error(s)) return;
    count(cells, hit, Outcome::cas_hits, s == Status::changed ? Outcome::cas_badval : Outcome::cas_misses);
  } else if (r.op == Op::local) {  // a storing one that is answered here was refused, or authenticates
    count_unstored(cells, r);
  } else if (is_error(s)) {
    return;
  } else if (r.op == Op::add_unsigned) {
    if (made || s == Status::changed) return;
    if (r.has(kSubtract)) {
      count(cells, hit, Outcome::decr_hits, Outcome::decr_misses);
    } else {
      count(cells, hit, Outcome::incr_hits, Outcome::incr_misses);
    }
  } else if (r.op == Op::expire) {
    count(cells, hit, Outcome::touch_hits, Outcome::touch_misses);
  } else if (r.op == Op::remove) {
    count(cells, r.reply.number > 0, Outcome::delete_hits, Outcome::delete_misses);
  } else if (r.op == Op::invalidate) {
    if (hit && (r.has(kMarkStale) || r.has(kClear))) return;  // it stays
    count(cells, hit, Outcome::delete_hits, Outcome::delete_misses);
  }
}

std::string MemcacheDialogue::stats() {
  std::string_view what = parser_.words().size() > 1 ? parser_.words()[1] : std::string_view{};
  if (what.empty()) return general_stats();
  if (what == "settings") return settings();
  if (what == "reset") {
    Baseline<count>::renew(loop_.daemon().cells());
    return "RESET\r\n";
  }
  Table t;
  Store::Figures f = loop_.daemon().store().figures(0);
  if (what == "items") {
    if (f.keys != 0) {
      t.add("items:1:number", f.keys);
      t.add("items:1:evicted", loop_.daemon().cells().total(metrics::metric::evictions()));
    }
    return t.end();
  }
  if (what == "slabs") {
    if (f.keys != 0) {
      t.add("1:used_chunks", f.keys);
      t.add("1:mem_requested", f.bytes);
    }
    t.add("active_slabs", f.keys != 0 ? 1 : 0);
    t.add("total_malloced", f.bytes);
    return t.end();
  }
  if (what == "sizes") {
    t.add("sizes_status", "disabled");
    return t.end();
  }
  if (what == "detail") return "CLIENT_ERROR usage: stats detail on|off|dump\r\n";
  return "ERROR\r\n";
}

std::string MemcacheDialogue::general_stats() const {
  Daemon& d = loop_.daemon();
  const metrics::CellSet& cells = d.cells();
  Totals totals = Baseline<count>::totals(cells);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto protocol = metrics::Protocol::memcache;
  Store::Figures all = d.store().figures();
  Table t;
  t.add("pid", static_cast<uint64_t>(getpid()));
  t.add("uptime", static_cast<uint64_t>((loop_.clock().now_ms - d.started_ms()) / 1000));
  t.add("time", static_cast<uint64_t>(loop_.clock().now_ms / 1000));
  t.add("version", kMemcachedVersion);
  t.add("cachetted_version", CACHETTED_VERSION);
  t.add("libevent", "libuv");
  t.add("pointer_size", 8 * sizeof(void*));
  t.add("rusage_user", seconds(usage.ru_utime));
  t.add("rusage_system", seconds(usage.ru_stime));
  t.add("max_connections", loop_.config().limits.max_connections);
  t.add("curr_connections", d.connections());
  t.add("total_connections", cells.total(metrics::metric::connections_opened(protocol)));
  t.add("rejected_connections", cells.total(metrics::metric::connections_rejected(protocol)));
  t.add("connection_structures", d.connections());
  for (size_t i = 0; i < totals.size(); ++i) {
    auto outcome = static_cast<Outcome>(i - kFirstOutcome);
    if (i >= kFirstOutcome && outcome >= kFirstUntold) break;
    t.add(i < kFirstOutcome ? kDerived[i] : metrics::value_text(outcome), totals[i]);
  }
  t.add("bytes_read", cells.total(metrics::metric::read_bytes(protocol)));
  t.add("bytes_written", cells.total(metrics::metric::written_bytes(protocol)));
  t.add("limit_maxbytes", all.limit);
  t.add("accepting_conns", 1);
  t.add("threads", d.loops());
  t.add("bytes", all.bytes);
  t.add("curr_items", d.store().figures(0).keys);
  uint64_t not_stored = totals[kFirstOutcome + static_cast<size_t>(Outcome::not_stored)];
  t.add("total_items", totals[kSet] - std::min(totals[kSet], not_stored));
  t.add("evictions", cells.total(metrics::metric::evictions()));
  t.add("expired_unfetched", 0);
  t.add("evicted_unfetched", 0);
  t.add("reclaimed", cells.total(metrics::metric::expiries()));
  return t.end();
}

std::string MemcacheDialogue::settings() const {
  const config::Config& c = loop_.config();
  auto yes = [](bool b) { return b ? "yes" : "no"; };
  Table t;
  t.add("maxbytes", c.limits.max_memory);
  t.add("maxconns", c.limits.max_connections);
  const config::Address* tcp = nullptr;
  for (const config::Address& a : c.listen.memcache)
    if (tcp == nullptr && a.kind == config::Address::Kind::tcp) tcp = &a;
  t.add("tcpport", tcp != nullptr ? tcp->port : 0);
  t.add("udpport", 0);
  t.add("inter", tcp != nullptr ? tcp->host : "NULL");
  t.add("verbosity", 0);
  t.add("evictions", c.eviction == config::Eviction::s3fifo ? "on" : "off");
  t.add("num_threads", loop_.daemon().loops());
  t.add("cas_enabled", "yes");
  t.add("auth_enabled_sasl", "no");
  t.add("auth_enabled_ascii", yes(c.auth.required));
  t.add("item_size_max", c.limits.max_value);
  t.add("maxconns_fast", "yes");
  t.add("flush_enabled", "yes");
  t.add("dump_enabled", "no");
  t.add("binding_protocol", "ascii");
  return t.end();
}

}  // namespace cachetted::server
