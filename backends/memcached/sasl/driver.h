// Runs requests against memcacheds behind SASL, in the binary protocol: what a worker does. reads.cc looks keys up, all
// of a batch at once; writes.cc stores; counters.cc has sums and what changes a value.
//
// No TTL can be read there. A value is therefore changed only by what keeps its TTL in the server itself (append,
// prepend, incr), or where the request names the new one; the rest is refused (docs/decisions/, "No TTL is lost behind
// SASL").
#pragma once
#include <absl/container/flat_hash_map.h>

#include <memory>
#include <string>
#include <vector>

#include "backends/memcached/item.h"
#include "backends/memcached/ring.h"
#include "backends/memcached/sasl/link.h"
#include "backends/memcached/sasl/servers.h"
#include "backends/workers/pool.h"
#include "core/backend.h"
#include "protocol/memcache/frame.h"

namespace cachetted::memcached::sasl {

Caps native_caps();
// Why it lacks an operation: goes on behind "is not supported by the 'memcached' backend".
std::string_view why_not(Op op);

class Driver final : public workers::Driver {
 public:
  explicit Driver(Servers& servers);
  ~Driver() override;
  void run(std::span<workers::Job* const> jobs, Arena& arena) override;

 private:
  // What a look found under a key.
  struct Found {
    enum class State : uint8_t { absent, found, failed };
    State state = State::absent;
    uint32_t flags = 0;
    uint64_t cas = 0;
    unsigned server = 0;  // where it is
    BlobRef bytes;
    std::string_view view() const { return bytes ? bytes->view() : std::string_view{}; }
    explicit operator bool() const { return state == State::found; }
  };
  using Findings = absl::flat_hash_map<std::string_view, Found>;
  static constexpr int kTries = 200;  // of what others may get ahead of

  // driver.cc
  void run_one(Request& r);
  void run_group(Request& r);
  unsigned server_of(std::string_view key);
  static time_t time_of(int64_t expiry);
  bool usable(std::string_view key) const { return !key.empty() && key.size() <= memcache::kMaxKey; }
  bool check_key(Request& r, std::string_view key);
  void fail(Request& r, unsigned server, std::string_view reason);
  void fail_down(Request& r, unsigned server);
  void refuse(Request& r, std::string_view why);
  void finish(Request& r, Status s) { r.reply.status = s; }
  bool store_failed(Request& r, memcached_return_t returned);
  bool open(Request& r, unsigned server);
  // One exchange about a key: call(memcached_st*). False: r is answered, with why there is no answer to it.
  template <class Call>
  bool ask(Request& r, std::string_view key, memcached_return_t& returned, Call call) {
    unsigned server = server_of(key);
    if (!open(r, server)) return false;
    Link& link = *links_[server];
    returned = call(link.get());
    if (link.settle(returned) == Outcome::answered) [[likely]]
      return true;
    fail(r, server, link.reason());
    return false;
  }
  bool expiry_is_known(Request& r);
  void fail_busy(Request& r);
  void flush_all(Request& r);
  void count(Request& r);

  // reads.cc
  static bool is_look(const Request& r);
  static void gather(const Request& r, std::vector<std::string_view>& keys);
  Findings look(const std::vector<std::string_view>& keys);
  void look_at(std::span<const std::vector<std::string_view>> by_server, size_t first, Findings& found);
  Outcome send(unsigned server, std::span<const std::string_view> keys);
  Outcome fetch(unsigned server, Findings& found);
  bool find(Request& r, std::string_view key, Found& found);
  void answer_look(Request& r, Findings& found);
  bool answer_failed(Request& r, const Findings& found);
  void answer_many(Request& r, std::span<const Found* const> found);
  void answer_part(Request& r, const Found& f);
  static void put(Value& v, const Found& f);
  void get(Request& r);
  void get_many(Request& r);
  bool touch(Request& r, std::string_view key, int64_t expiry, bool& there);
  bool take(Request& r, std::string_view key, Found& taken);

  // writes.cc
  bool fits(Request& r, std::string_view key, size_t value);
  bool store(Request& r, std::string_view key, std::string_view value, uint32_t flags, int64_t expiry,
             uint32_t condition, uint64_t cas, memcached_return_t& returned);
  bool drop(Request& r, std::string_view key, bool& there);
  void set(Request& r);
  void set_and_tell(Request& r);
  void set_many(Request& r);
  void set_many_if_absent(Request& r);
  void take_back(Request& r, std::string_view key, std::string_view value);
  void remove(Request& r);
  void invalidate(Request& r);
  void expire(Request& r);
  void tell_cas(Request& r, std::string_view value);

  // counters.cc
  void append(Request& r);
  bool append_if_unchanged(Request& r);
  bool append_once(Request& r, memcached_return_t& returned);
  void tell_length(Request& r, const Found* before);
  void add_integer(Request& r);
  bool add_natively(Request& r, bool& again);
  void add_unsigned(Request& r);
  void add_and_touch(Request& r);

  Servers& servers_;
  Ring ring_;
  std::unique_ptr<Ring> part_;  // memcached.auto_eject: of the servers that are up
  std::vector<bool> use_;       // which these are
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::string> lost_;  // by server: why the look under way failed there
  Arena* arena_ = nullptr;         // of the run under way
};

}  // namespace cachetted::memcached::sasl
