// One thread's connection to one memcached: libmemcached's, with its faults made good. A reply that did not come in
// time would be read as the next one's, a fault in a multi-get is told as a miss, and a server that failed is left
// alone for seconds: here any doubt about an answer closes the connection, and the next use makes a new one.
#pragma once
#include <libmemcached/memcached.h>

#include <cstdint>
#include <memory>
#include <string>

#include "backends/memcached/ring.h"

namespace cachetted::memcached::sasl {

class Servers;

// What became of one exchange.
enum class Outcome : uint8_t {
  answered,  // the server answered, by the return code
  lost,      // the connection broke: whether the server did what it was asked is not known
  silent,    // no answer in time: the same, and another attempt would take as long
};

class Link {
 public:
  Link(Servers& servers, unsigned server) : servers_(servers), server_(server) {}
  ~Link() { drop(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Connects unless that is done, and after a pause sees whether the connection is still one. False: the server is
  // down.
  bool open();
  memcached_st* get() const { return memcached_.get(); }
  // To be called with what libmemcached returned; other than `answered`, the connection is closed, and reason() says
  // why. A server that is silent is noted to be down.
  Outcome settle(memcached_return_t returned);
  // The same behind the last result of a multi-get.
  Outcome settle_fetch();
  void drop();
  const std::string& reason() const { return reason_; }

 private:
  bool learn();
  void make();
  std::string describe(memcached_return_t returned) const;

  Servers& servers_;
  const unsigned server_;
  Memcached memcached_;
  uint64_t used_ = 0;     // steady ns
  bool counted_ = false;  // as open
  bool silent_ = false;   // why it was closed
  std::string reason_;
};

}  // namespace cachetted::memcached::sasl
