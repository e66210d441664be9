// One client's conversation in one protocol: bytes to requests, and what the connection itself remembers. A session
// owns one and feeds it. To add a protocol: derive from Dialogue, make a listener for it in daemon.cc. The loop's
// thread only.
#pragma once
#include <cstddef>
#include <string_view>

#include "core/output.h"
#include "core/request.h"
#include "metrics/metrics.h"

namespace cachetted::server {

class Dialogue {
 public:
  virtual ~Dialogue() = default;
  virtual metrics::Protocol protocol() const = 0;
  // Parses as many commands as the session allows and hands each to it; returns the bytes used up. What is left is
  // offered again, with more behind it; wanted() is the size it will have at the least for the next command to be
  // whole.
  virtual size_t consume(std::string_view in) = 0;
  virtual size_t wanted() const = 0;
  // Composes a finished request, or its next piece; false when more is to come.
  virtual bool compose(Request& r, Output& out) = 0;
  // The reply of r was composed and r goes back to the pool.
  virtual void finished(Request& r) { (void)r; }
  // The connection ends: lets go of what the store holds for it.
  virtual void end() {}
};

}  // namespace cachetted::server
