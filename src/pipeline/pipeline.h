// What happens to every request between its protocol and its store, and on the way back: the two functions to read
// first. A stage is one file and one line in each; their order is their meaning. One Pipeline per loop, on its thread.
#pragma once
#include <memory>

#include "config/config.h"
#include "core/backend.h"
#include "metrics/metrics.h"

namespace cachetted {

class Pipeline {
 public:
  Pipeline(std::shared_ptr<const config::Config> config, metrics::Cells& cells, Host& host);

  // Readies a request for its backend; false when it was answered on the spot (its reply is filled in, nobody completed
  // it).
  bool forward(Request& r);
  // Looks at a reply on its way to the client.
  void backward(Request& r);

  // What the loop's backend does; the rest is refused here. Before the first request.
  void serve(const Caps& caps) { caps_ = caps; }
  const Caps& caps() const { return caps_; }

  // A reload, between ticks.
  void reconfigure(std::shared_ptr<const config::Config> config);

 private:
  // route.cc: the policy of a key: that of the longest prefix, or the global one.
  const config::Ttl& policy(std::string_view key, std::string_view* prefix = nullptr) const;

  // ttl.cc
  bool apply_ttl(Request& r);
  bool bound_expiry(Request& r, const config::Ttl& ttl, int64_t& expiry);
  int64_t default_expiry(const config::Ttl& ttl);
  bool default_each(Request& r);
  void default_made(Request& r);
  bool bound_or_default(Request& r, const config::Ttl& ttl, int64_t& expiry);
  bool touch_each(Request& r);

  bool refuse(Request& r);
  void observe(Request& r);

  std::shared_ptr<const config::Config> config_;
  std::vector<const config::Route*> routes_;  // longest prefix first
  Caps caps_{.ops = ~uint64_t{0}};
  metrics::Cells& cells_;
  Host& host_;
  uint64_t random_;
};

// A neutral request's protocol, for labels.
inline metrics::Protocol protocol_of(const Request& r) {
  return (r.wire & ~1u) == 2 ? metrics::Protocol::resp : metrics::Protocol::memcache;  // RESP is 2 or 3
}

// "plain SET: 60 s; bounds: none" for start-up lines, the admin page and CACHETTE STATUS.
std::string describe_policy(const config::Ttl& ttl);

}  // namespace cachetted
