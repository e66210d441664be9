// Implements store.h.
#include "backends/mongodb/store.h"

#include "core/clock.h"
#include "metrics/metrics.h"

namespace cachetted::mongodb {
namespace {

constexpr uint64_t kBeatNs = 50'000'000;

}  // namespace

MongoStore::MongoStore(const config::Config& c)
    : server_(c), pool_(c.workers, [this] { return std::make_unique<Driver>(server_); }) {}

Backend* MongoStore::open(Host& host, unsigned loop, unsigned) { return new MongoBackend(*this, host, loop); }

std::string MongoStore::trouble() const {
  const std::string why = server_.reason();
  return why.empty() ? why : std::string(kUnavailable) + why;
}

MongoBackend::MongoBackend(MongoStore& store, Host& host, unsigned loop)
    : store_(store), host_(host), first_(loop == 0), lane_(store.pool(), host, "mongodb") {}

bool MongoBackend::advance() {
  const uint64_t now = steady_ns();
  if (now < beat_at_) return false;
  beat_at_ = now + kBeatNs;
  lane_.beat(now);
  host_.cells().set(metrics::metric::upstream_down(), store_.server().down());
  if (!first_) return false;
  store_.server().sweep_every_ms.store(host_.config().mongodb.sweep_ms);
  tell_changes();
  return false;
}

void MongoBackend::tell_changes() {
  Server& server = store_.server();
  metrics::Cells& cells = host_.cells();
  using metrics::ConnectResult;
  auto since = [](uint64_t now, uint64_t& counted) { return now - std::exchange(counted, now); };
  cells.add(metrics::metric::upstream_connects(ConnectResult::made), since(server.connects(), connects_));
  cells.add(metrics::metric::upstream_connects(ConnectResult::lost), since(server.losses(), losses_));
  cells.add(metrics::metric::upstream_retries(), since(server.retries(), retries_));
  cells.set(metrics::metric::upstream_open(), server.reason().empty() ? store_.pool().size() : 0);
  cells.add(metrics::metric::store_sweeps(), since(server.sweeps(), sweeps_));
  if (const uint64_t n = since(server.swept(), swept_); n != 0) host_.count_expiries(n);
  const std::string why = server.reason();
  if (why != "connecting" && why != told_) {
    told_ = why;
    if (why.empty()) {
      host_.report(false, "backend 'mongodb' is connected");
    } else {
      host_.report(true,
                   "backend 'mongodb' is unavailable, requests fail until it is back; see that it runs and lets "
                   "cachetted in: " +
                       why);
    }
  }
  std::string sweep = server.sweep_trouble();
  if (why.empty() && sweep != told_of_sweep_) {
    told_of_sweep_ = sweep;
    if (!sweep.empty())
      host_.report(true,
                   "backend 'mongodb': a sweep failed, and what has expired stays in the collection, unseen; where it "
                   "took longer than timeouts.request, make an index on expires: " +
                       sweep,
                   2);
  }
  std::string index = server.index_trouble();
  cells.set(metrics::metric::store_index_missing(), why.empty() && !index.empty());
  if (!why.empty() || index == "it could not be made yet") index = told_of_index_;
  if (index == told_of_index_) return;
  told_of_index_ = index;
  if (index.empty()) {
    host_.report(false, "backend 'mongodb': the unique index on key is there");
  } else {
    host_.report(true,
                 "backend 'mongodb': the unique index on key cannot be made, and all that depends on the old value "
                 "is refused (SET NX, INCR, APPEND, ...); make it, or let the user of mongodb_url make it: " +
                     index,
                 1);
  }
}

}  // namespace cachetted::mongodb
