// One memcached or a ring of them behind SASL as the store. libmemcached drives them and blocks, so it runs in workers
// (backends/workers/). servers.h knows which can be reached, link.h is a connection, driver.h runs requests. One
// SaslBackend per loop, on its thread.
#pragma once
#include <string>
#include <vector>

#include "backends/memcached/sasl/driver.h"
#include "backends/memcached/sasl/servers.h"
#include "backends/workers/lane.h"
#include "backends/workers/pool.h"
#include "core/backend.h"

namespace cachetted::memcached::sasl {

class SaslStore final : public Store {
 public:
  // Throws std::runtime_error with a text for the operator.
  explicit SaslStore(const config::Config& c);
  Backend* open(Host& host, unsigned loop, unsigned loops) override;
  std::string trouble() const override { return servers_.trouble(); }

  Servers& servers() { return servers_; }
  workers::Pool& pool() { return pool_; }

 private:
  Servers servers_;
  workers::Pool pool_;  // goes first: its drivers use the servers
};

class SaslBackend final : public Backend {
 public:
  SaslBackend(SaslStore& store, Host& host, unsigned loop);

  Caps caps() const override { return native_caps(); }
  size_t submit(Batch batch) override;
  bool advance() override;

 private:
  void tell_changes();

  SaslStore& store_;
  Host& host_;
  const bool first_;  // of the loops: it speaks for all
  workers::Lane lane_;
  uint64_t beat_at_ = 0;           // steady ns
  std::vector<std::string> told_;  // to the operator, by server: the last reason, empty when it went up
  uint64_t connects_ = 0, losses_ = 0, retries_ = 0;  // counted already
};

}  // namespace cachetted::memcached::sasl
