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
  std::string_view backend;  // in backends/registry.cc
  // Null: needs no server. Else starts one; null with `why` where that is impossible here.
  std::unique_ptr<Server> (*start)(config::Config& c, std::string& why);
  // In this process: expiry goes by Host::clock(), which tests move (else they wait), and what was not done tells
  // whether the key was there.
  bool local;
  int64_t tick = 100;  // ms: how exactly a time to live can be told
  // What its server's protocol cannot:
  bool lags = false;        // its count tells of items a while after they are gone
  bool no_rewrite = false;  // a value is not changed where only storing it anew, without its TTL, would do
};

// servers.cc
std::unique_ptr<Server> start_pickle(config::Config& c, std::string& why);         // a folder
std::unique_ptr<Server> start_pickle_always(config::Config& c, std::string& why);  // writes wait for the disk
std::unique_ptr<Server> start_redis(config::Config& c, std::string& why);
std::unique_ptr<Server> start_valkey(config::Config& c, std::string& why);
std::unique_ptr<Server> start_memcached(config::Config& c, std::string& why);
std::unique_ptr<Server> start_ring(config::Config& c, std::string& why);  // three of them
std::unique_ptr<Server> start_memcached_sasl(config::Config& c, std::string& why);
std::unique_ptr<Server> start_mongo_java(config::Config& c, std::string& why);
std::unique_ptr<Server> start_ferretdb(config::Config& c, std::string& why);
std::unique_ptr<Server> start_dynamodb(config::Config& c, std::string& why);

inline std::ostream& operator<<(std::ostream& out, const Contender& c) { return out << c.name; }

inline const std::vector<Contender>& contenders() {
  static const std::vector<Contender> all = {
      {"inmemory", "inmemory", nullptr, true},
      {"pickle", "pickle", start_pickle, true},
      {"pickle_always", "pickle", start_pickle_always, true},
      {"redis", "redis", start_redis, false},
      {"valkey", "valkey", start_valkey, false},
      {"memcached", "memcached", start_memcached, false, 1000},
      {"ring", "memcached", start_ring, false, 1000},
      {.name = "memcached_sasl",
       .backend = "memcached",
       .start = start_memcached_sasl,
       .local = false,
       .tick = 1000,
       .lags = true,
       .no_rewrite = true},
      {"mongodb", "mongodb", start_mongo_java, false},
      {"ferretdb", "mongodb", start_ferretdb, false},
      {"dynamodb", "dynamodb", start_dynamodb, false},
  };
  return all;
}

}  // namespace cachetted::contract
