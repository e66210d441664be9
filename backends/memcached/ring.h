// Which of several memcacheds has a key: as libmemcached decides it, so that its clients, and pylibmc's and
// php-memcached's, look for it at the same one. One per loop or worker; not shared between threads.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/store_url.h"

struct memcached_st;

namespace cachetted::memcached {

struct FreeMemcached {
  void operator()(memcached_st* m) const;
};
using Memcached = std::unique_ptr<memcached_st, FreeMemcached>;

// What `memcached_host` names: the servers in its order, and beside them words of libmemcached's configuration.
struct ServerList {
  struct Server {
    std::string text;      // as it was written: "host:port:weight", "--SERVER=host:port"
    config::StoreUrl url;  // where it is
  };
  std::vector<Server> servers;
  std::string options;  // "--DISTRIBUTION=consistent": empty in a comma list
  std::string distribution, hash;

  // Throws std::runtime_error with a text for the operator: what does not parse, and why.
  explicit ServerList(const config::Config& c);
};

// A memcached_st of those servers of the list for which `use` is true (empty: of all), with distribution and hash;
// throws std::runtime_error.
Memcached make_memcached(const ServerList& list, const std::vector<bool>& use = {});

class Ring {
 public:
  // Of those for which `use` is true, at least one.
  explicit Ring(const ServerList& list, const std::vector<bool>& use = {});
  // An index of ServerList::servers.
  unsigned server_of(std::string_view key) const { return index_.size() == 1 ? index_[0] : index_[position_of(key)]; }

 private:
  uint32_t position_of(std::string_view key) const;

  Memcached memcached_;
  std::vector<unsigned> index_;  // by libmemcached's position
};

}  // namespace cachetted::memcached
