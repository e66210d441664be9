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
  std::string_view name;  // in backends/registry.cc
  // Null: needs no server. Else starts one; null with `why` where that is impossible here.
  std::unique_ptr<Server> (*start)(config::Config& c, std::string& why);
  // In this process: expiry goes by Host::clock(), which tests move (else they wait), and what was not done tells
  // whether the key was there.
  bool local;
};

// servers.cc
std::unique_ptr<Server> start_redis(config::Config& c, std::string& why);
std::unique_ptr<Server> start_valkey(config::Config& c, std::string& why);

inline std::ostream& operator<<(std::ostream& out, const Contender& c) { return out << c.name; }

inline const std::vector<Contender>& contenders() {
  static const std::vector<Contender> all = {
      {"inmemory", nullptr, true},
      {"redis", start_redis, false},
      {"valkey", start_valkey, false},
  };
  return all;
}

}  // namespace cachetted::contract
