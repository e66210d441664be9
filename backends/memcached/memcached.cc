// The store, its servers, and the way of a request: at once where one round trip does, else as a Work, and behind a
// Work of its own session later.
#include "backends/memcached/memcached.h"

#include <algorithm>

#include "config/config.h"
#include "core/clock.h"
#include "metrics/metrics.h"

namespace cachetted::memcached {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kBeatNs = 50 * kMs;
constexpr uint64_t kIdleNs = 1000 * kMs;  // then a connection is asked whether it still is one

// Of a request within a group: its bytes are in this tick's arena. Its session may have kept what there was of the
// reply before it was whole. The items of a get_many are in memory of their own already.
void keep_finished(Request& r) {
  if (r.op == Op::get_many && r.reply.kept != nullptr) return;
  Blob* before = std::exchange(r.reply.kept, nullptr);
  keep_reply(r);
  if (before != nullptr) before->release();
}

}  // namespace

Caps native_caps() {
  Caps c;
  c.marks = true;
  for (int i = 0; i < kOpCount; ++i) c.ops |= uint64_t{1} << i;
  for (Op op : {Op::local, Op::move, Op::swap, Op::watch, Op::raw}) c.ops &= ~(uint64_t{1} << static_cast<int>(op));
  return c;
}

// --- the store ---

MemcachedStore::MemcachedStore(const config::Config& c) : list_(c) {}

Backend* MemcachedStore::open(Host& host, unsigned loop, unsigned loops) {
  reasons_.resize(loops);
  for (const ServerList::Server& s : list_.servers) reasons_[loop].push_back("connecting to " + s.url.text());
  return new MemcachedBackend(*this, host, loop);
}

void MemcachedStore::note(unsigned loop, unsigned server, std::string reason) {
  std::lock_guard lock(lock_);
  reasons_[loop][server] = std::move(reason);
}

// Only where no server can be reached: what others have is served.
std::string MemcachedStore::trouble() const {
  std::lock_guard lock(lock_);
  for (const auto& loop : reasons_)
    if (std::string all = trouble_of(loop); !all.empty()) return all;
  return "";
}

// --- one loop's part ---

MemcachedBackend::MemcachedBackend(MemcachedStore& store, Host& host, unsigned loop)
    : store_(store), host_(host), loop_(loop), ring_(store.list()), crawler_(store.list(), host) {
  for (const ServerList::Server& server : store.list().servers) {
    auto l = std::make_unique<Link>();
    l->server = static_cast<unsigned>(links_.size());
    l->connection =
        std::make_unique<Connection>(*this, host, server.url, nullptr, std::make_unique<memcache::Framer>());
    links_.push_back(std::move(l));
  }
  for (auto& l : links_) l->connection->open();
}

MemcachedBackend::~MemcachedBackend() {
  scanners_.clear();  // nobody is woken any more
}

MemcachedBackend::Link& MemcachedBackend::link_of(const Connection& c) {
  for (auto& l : links_)
    if (l->connection.get() == &c) return *l;
  return *links_.front();
}

// To be flushed before the tick is over.
void MemcachedBackend::list(Link& l) {
  if (l.listed) return;
  l.listed = true;
  unflushed_.push_back(&l);
}

void MemcachedBackend::flush() {
  for (Link* l : unflushed_) {
    l->listed = false;
    l->connection->flush();
  }
  unflushed_.clear();
}

size_t MemcachedBackend::submit(Batch batch) {
  for (Request* r : batch) {
    if (!lanes_.empty()) [[unlikely]] {
      if (auto lane = lanes_.find(r->owner); lane != lanes_.end()) {
        keep_asked(*r);
        lane->second.waiting.push_back({r, deadline()});
        continue;
      }
    }
    run(*r);
  }
  flush();
  return batch.size();
}

void MemcachedBackend::run(Request& r) {
  if (is_plain(r)) [[likely]]
    return compose(r);
  keep_asked(r);
  r.late = false;
  if (!parents_.contains(&r)) lanes_[r.owner].running = &r;
  start(r);
}

// The request is answered: its reply slot is filled.
void MemcachedBackend::finish(Request& r) {
  if (!parents_.empty()) [[unlikely]] {
    if (auto parent = parents_.find(&r); parent != parents_.end()) {
      Work& w = *parent->second;
      parents_.erase(parent);
      keep_finished(r);
      --w.due;
      return go_on(w);
    }
  }
  host_.complete(r);
  if (!lanes_.empty()) [[unlikely]]
    go_on_behind(r);
}

// What its session asked behind it, up to the next request of several steps.
void MemcachedBackend::go_on_behind(Request& r) {
  auto lane = lanes_.find(r.owner);
  if (lane == lanes_.end() || lane->second.running != &r) return;
  std::deque<Lane::Waiting> waiting;
  waiting.swap(lane->second.waiting);
  lanes_.erase(lane);
  while (!waiting.empty()) {
    auto [next, until] = waiting.front();
    waiting.pop_front();
    if (host_.clock().steady >= until) {
      fail(*next, "no reply within timeouts.request: what its client asked before took so long");
      continue;
    }
    run(*next);
    if (auto its = lanes_.find(next->owner); its != lanes_.end()) {
      its->second.waiting.insert(its->second.waiting.end(), waiting.begin(), waiting.end());
      return;
    }
  }
}

// Of what begins now; steady ns.
uint64_t MemcachedBackend::deadline() const {
  return host_.clock().steady + static_cast<uint64_t>(host_.config().timeouts.request_ms) * kMs;
}

void MemcachedBackend::fail(Request& r, std::string_view reason) {
  r.reply.status = Status::unavailable;
  r.reply.text = host_.arena().concat({kUnavailable, reason});
  finish(r);
}

bool MemcachedBackend::advance() {
  flush();
  uint64_t now = steady_ns();
  if (now < beat_at_) return false;
  beat_at_ = now + kBeatNs;
  uint64_t in_flight = 0, unsent = 0, open = 0, down = 0;
  for (auto& l : links_) {
    Connection& c = *l->connection;
    c.beat(now, true);
    if (c.idle_since(now) >= kIdleNs) send_line(*l, nullptr, 0, "mn\r\n");
    in_flight += c.in_flight();
    unsent += c.stream().unsent();
    open += c.is_open();
    down += !c.accepts();
  }
  crawler_.beat(now);
  host_.cells().set(metrics::metric::upstream_in_flight(), in_flight);
  host_.cells().set(metrics::metric::upstream_unsent(), unsent);
  host_.cells().set(metrics::metric::upstream_open(), open);
  host_.cells().set(metrics::metric::upstream_down(), down);
  flush();
  return false;
}

std::string MemcachedBackend::greeting(Connection& c, size_t& replies) {
  return link_of(c).greeting.begin(host_.config().memcached, replies);
}

std::string MemcachedBackend::on_greeting(Connection& c, size_t index, std::string_view reply) {
  return link_of(c).greeting.on_reply(index, reply);
}

void MemcachedBackend::on_change(Connection& c) {
  Link& l = link_of(c);
  bool up = c.is_open();
  host_.cells().add(up ? metrics::metric::upstream_connects(metrics::ConnectResult::made)
                       : metrics::metric::upstream_connects(metrics::ConnectResult::lost));
  if (!up && c.accepts())
    return host_.report(false, "backend 'memcached' lost a connection, which is made again at once: " + c.reason(),
                        l.server);
  store_.note(loop_, l.server, up ? "" : c.reason());
  if (host_.config().memcached.auto_eject) rebuild_ring();
  if (std::exchange(l.told, c.reason()) == c.reason()) return;  // of all attempts, what is new
  if (up)
    return host_.report(
        false, "backend 'memcached' is connected: " + c.url().text() + ", version " + l.greeting.version(), l.server);
  const std::string_view what = host_.config().memcached.auto_eject
                                    ? "its keys go to the others until it is back"
                                    : "requests for its keys fail until it is back, since memcached.auto_eject is off";
  host_.report(true,
               "backend 'memcached' has lost a server, " + std::string(what) +
                   "; see that it runs and lets cachetted in: " + c.reason(),
               l.server);
}

// With auto_eject keys are on the servers that can be reached; where none can, on all.
void MemcachedBackend::rebuild_ring() {
  std::vector<bool> use;
  for (auto& l : links_) use.push_back(l->connection->accepts());
  if (std::find(use.begin(), use.end(), true) == use.end()) use.clear();
  ring_ = Ring(store_.list(), use);
}

}  // namespace cachetted::memcached
