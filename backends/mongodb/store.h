// A MongoDB collection as the store, in the documents of the cachette library (document.h). Its driver blocks, so it
// runs in workers (backends/workers/). server.h knows whether it can be reached and keeps the collection, collection.h
// has the commands, driver.h runs requests. One MongoBackend per loop, on its thread.
#pragma once
#include <string>

#include "backends/mongodb/driver.h"
#include "backends/mongodb/server.h"
#include "backends/workers/lane.h"
#include "backends/workers/pool.h"
#include "core/backend.h"

namespace cachetted::mongodb {

class MongoStore final : public Store {
 public:
  // Throws std::runtime_error with a text for the operator.
  explicit MongoStore(const config::Config& c);
  Backend* open(Host& host, unsigned loop, unsigned loops) override;
  std::string trouble() const override;

  Server& server() { return server_; }
  workers::Pool& pool() { return pool_; }

 private:
  Server server_;
  workers::Pool pool_;  // goes first: its drivers use the server
};

class MongoBackend final : public Backend {
 public:
  MongoBackend(MongoStore& store, Host& host, unsigned loop);

  Caps caps() const override { return native_caps(); }
  size_t submit(Batch batch) override { return lane_.submit(batch, native_caps()); }
  bool advance() override;

 private:
  void tell_changes();

  MongoStore& store_;
  Host& host_;
  const bool first_;  // of the loops: it speaks for all
  workers::Lane lane_;
  uint64_t beat_at_ = 0;          // steady ns
  std::string told_ = "not yet";  // to the operator: the last reason, empty when it went up
  std::string told_of_sweep_;
  std::string told_of_index_;                                                  // the same of the index
  uint64_t connects_ = 0, losses_ = 0, retries_ = 0, sweeps_ = 0, swept_ = 0;  // counted already
};

}  // namespace cachetted::mongodb
