// What happens to every request between its protocol and its store, and on the way back: the two functions to read
// first. A stage is one file and one line in each; their order is their meaning. One Pipeline per loop, on its thread.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "core/backend.h"
#include "metrics/metrics.h"
#include "pipeline/conversion.h"

namespace cachetted {

// What conversions need of the loop beyond what backends do.
class Feed {
 public:
  virtual ~Feed() = default;
  // A request of the pipeline's own among those of asked's session; its reply comes back by stepped().
  virtual Request* borrow_step(Request& asked) = 0;
  virtual void submit_step(Request& step) = 0;
  virtual void return_step(Request& step) = 0;
  // Its value outlives the tick where it stands, if that costs no copy: r.held then. Within forward().
  virtual void hold_value(Request& r) = 0;
  // forward() said `later`: it goes to the store now, or is answered.
  virtual void resume(Request& r) = 0;
  // backward() said that the reply was to come: it is there.
  virtual void finish(Request& r) = 0;
};

// What holds for a key: of the longest prefix that it begins with, or of all others.
struct Rule {
  std::string_view prefix;
  const config::Ttl* ttl;
  Transform transform;
};

// Of one configuration; kept until what it began is answered.
struct Rules {
  std::shared_ptr<const config::Config> config;
  std::vector<Rule> routes;  // longest prefix first
  Rule others;
  Transform bare;        // of a value whose envelope came as a surprise: what that says, and no codec
  bool convert = false;  // any of them does
  uint32_t users = 0;    // conversions under way
};

class Pipeline {
 public:
  Pipeline(std::shared_ptr<const config::Config> config, metrics::Cells& cells, Host& host, Feed& feed);
  ~Pipeline();

  // submit: the backend may have it. answered: its reply is filled in, and nobody completed it. later: its session
  // waits until resume().
  enum class Forward : uint8_t { submit, answered, later };
  Forward forward(Request& r);
  // Looks at a reply on its way to the client; false: finish() follows.
  bool backward(Request& r);
  // A step's reply.
  void stepped(Request& step);
  // To be called when a request is given back.
  void drop(Request& r);
  // Conversions that other threads have just now; each ends by resume() or finish() in a turn of the loop.
  unsigned away() const { return away_; }

  // What the loop's backend does; the rest is refused here. Before the first request.
  void serve(const Caps& caps) { caps_ = caps; }
  const Caps& caps() const { return caps_; }

  // A reload, between ticks.
  void reconfigure(std::shared_ptr<const config::Config> config);

 private:
  enum class Plan : uint8_t { none, encode, steps, refused };
  struct Away;

  // route.cc
  const Rule& rule(std::string_view key) const;
  const config::Ttl& policy(std::string_view key) const { return *rule(key).ttl; }

  // ttl.cc
  bool apply_ttl(Request& r);
  bool bound_expiry(Request& r, const config::Ttl& ttl, int64_t& expiry);
  int64_t default_expiry(const config::Ttl& ttl);
  bool default_each(Request& r);
  void default_made(Request& r);
  bool bound_or_default(Request& r, const config::Ttl& ttl, int64_t& expiry);
  bool touch_each(Request& r);

  // convert.cc: to the store's form and back.
  Conversion& begin(Request& r, const Transform& by);
  Plan plan(Request& r, bool grouped);
  Plan plan_many(Request& r, size_t stride, bool writes);
  Plan plan_part(Request& r);
  Plan refuse_table(Request& r, const Transform& t);
  Plan plan_copy(Request& r, std::string_view to);
  Plan plan_edit(Request& r, bool grouped);
  Forward convert(Request& r, Plan plan);
  Forward forward_group(Request& r);
  bool decode_later(Request& r);
  void send_away(Request& r, void (*work)(Request&), void (Pipeline::*after)(Request&));
  void encoded(Request& r);
  void decoded(Request& r);
  void ready(Request& r);
  void count(Request& r);

  // rmw.cc
  Forward begin_steps(Request& r);
  void read_step(Request& r);
  void write_step(Request& r);
  void computed(Request& r);
  void written(Request& r, Request& step);
  void answer(Request& r);
  void give_turn(const Request& r);

  bool refuse(Request& r);
  void observe(Request& r);

  std::unique_ptr<Rules> rules_;
  std::vector<std::unique_ptr<Rules>> retired_;
  std::vector<std::unique_ptr<Conversion>> conversions_;
  Conversion* free_ = nullptr;
  absl::flat_hash_map<std::string, Request*> edited_;  // by database and key: the last of those that change it, in turn
  unsigned away_ = 0;
  Caps caps_{.ops = ~uint64_t{0}};
  metrics::Cells& cells_;
  Host& host_;
  Feed& feed_;
  uint64_t random_;
};

// A neutral request's protocol, for labels.
inline metrics::Protocol protocol_of(const Request& r) {
  return (r.wire & ~1u) == 2 ? metrics::Protocol::resp : metrics::Protocol::memcache;  // RESP is 2 or 3
}

// "plain SET: 60 s; bounds: none" for start-up lines, the admin page and CACHETTE STATUS.
std::string describe_policy(const config::Ttl& ttl);
// "codec pickle, shown as json (tagged); zstd from 1024 bytes on", likewise.
std::string describe_values(const config::Values& values);

}  // namespace cachetted
