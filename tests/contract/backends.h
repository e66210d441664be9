// The backends that the contract is checked against, a row each. To add one: a row here, with a function that starts
// its real server on a free port (none for what lives in the process) and writes the address into the configuration.
#pragma once
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace cachetted::contract {

// A running server; stops with this object.
class Server {
 public:
  virtual ~Server() = default;
};

struct Contender {
  std::string_view name;
  // Null: needs no server. Else starts one; null with `why` where that is impossible here.
  std::unique_ptr<Server> (*start)(config::Config& c, std::string& why);
  // In this process: expiry goes by Host::clock(), which tests move (else they wait), and what was not done tells
  // whether the key was there.
  bool local;
  std::string_view backend = {};  // in backends/registry.cc; empty: `name`
  // What its server's protocol cannot:
  bool whole_seconds = false;  // TTLs are rounded up to seconds
  bool no_empty_key = false;   // a key has at least one byte
  bool lags = false;           // its count tells of items a while after they are gone
  bool no_rewrite = false;     // a value is not changed where only storing it anew, without its TTL, would do
};

// servers.cc
std::unique_ptr<Server> start_redis(config::Config& c, std::string& why);
std::unique_ptr<Server> start_valkey(config::Config& c, std::string& why);
std::unique_ptr<Server> start_memcached_sasl(config::Config& c, std::string& why);

inline std::ostream& operator<<(std::ostream& out, const Contender& c) { return out << c.name; }

inline const std::vector<Contender>& contenders() {
  static const std::vector<Contender> all = {
      {"inmemory", nullptr, true},
      {"redis", start_redis, false},
      {"valkey", start_valkey, false},
      {.name = "memcached_sasl",
       .start = start_memcached_sasl,
       .local = false,
       .backend = "memcached",
       .whole_seconds = true,
       .no_empty_key = true,
       .lags = true,
       .no_rewrite = true},
  };
  return all;
}

}  // namespace cachetted::contract
