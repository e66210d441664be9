// Implements store.h.
#include "backends/memcached/sasl/store.h"

#include "config/config.h"
#include "core/clock.h"
#include "metrics/metrics.h"

namespace cachetted::memcached::sasl {
namespace {

constexpr uint64_t kBeatNs = 50'000'000;

}  // namespace

SaslStore::SaslStore(const config::Config& c)
    : servers_(c), pool_(c.workers, [this] { return std::make_unique<Driver>(servers_); }) {}

Backend* SaslStore::open(Host& host, unsigned loop, unsigned) { return new SaslBackend(*this, host, loop); }

SaslBackend::SaslBackend(SaslStore& store, Host& host, unsigned loop)
    : store_(store),
      host_(host),
      first_(loop == 0),
      lane_(store.pool(), host, "memcached"),
      told_(store.servers().size(), "not yet") {}

size_t SaslBackend::submit(Batch batch) { return lane_.submit(batch, native_caps()); }

bool SaslBackend::advance() {
  uint64_t now = steady_ns();
  if (now < beat_at_) return false;
  beat_at_ = now + kBeatNs;
  lane_.beat(now);
  Servers& servers = store_.servers();
  host_.cells().set(metrics::metric::upstream_down(), servers.count_down());
  if (!first_) return false;
  host_.cells().set(metrics::metric::upstream_open(), servers.open_links());
  const config::Config& c = host_.config();
  servers.request_ms.store(c.timeouts.request_ms);
  servers.connect_ms.store(c.timeouts.connect_ms);
  servers.partial_errors.store(c.memcached.partial == config::Partial::error);
  tell_changes();
  return false;
}

void SaslBackend::tell_changes() {
  Servers& servers = store_.servers();
  auto since = [](uint64_t now, uint64_t& counted) { return now - std::exchange(counted, now); };
  metrics::Cells& cells = host_.cells();
  using metrics::ConnectResult;
  cells.add(metrics::metric::upstream_connects(ConnectResult::made), since(servers.connects(), connects_));
  cells.add(metrics::metric::upstream_connects(ConnectResult::lost), since(servers.losses(), losses_));
  cells.add(metrics::metric::upstream_retries(), since(servers.retries(), retries_));
  for (unsigned i = 0; i < servers.size(); ++i) {
    std::string why = servers.reason(i);
    if (why.ends_with(": connecting") || why == told_[i]) continue;
    told_[i] = why;
    if (why.empty()) {
      host_.report(false, "backend 'memcached' is connected: " + servers.name(i));
    } else {
      host_.report(
          true,
          "backend 'memcached': a server is unavailable, requests for its keys fail until it is back; see that it "
          "runs and lets cachetted in: " +
              why);
    }
  }
}

}  // namespace cachetted::memcached::sasl
