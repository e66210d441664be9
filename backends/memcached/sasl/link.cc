// Implements link.h.
#include "backends/memcached/sasl/link.h"

#include <uv.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "backends/memcached/sasl/servers.h"
#include "core/clock.h"
#include "core/number.h"

namespace cachetted::memcached::sasl {
namespace {

constexpr uint64_t kIdleNs = 1'000'000'000;  // then the connection is asked whether it still is one

bool is_answer(memcached_return_t returned) {
  constexpr memcached_return_t all[] = {MEMCACHED_SUCCESS,
                                        MEMCACHED_STORED,
                                        MEMCACHED_DELETED,
                                        MEMCACHED_END,
                                        MEMCACHED_NOTFOUND,
                                        MEMCACHED_NOTSTORED,
                                        MEMCACHED_DATA_EXISTS,
                                        MEMCACHED_E2BIG,
                                        MEMCACHED_MEMORY_ALLOCATION_FAILURE,
                                        MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE};
  return std::find(std::begin(all), std::end(all), returned) != std::end(all);
}

// The second is how libmemcached goes on behind the first.
bool is_silence(memcached_return_t returned) {
  return returned == MEMCACHED_TIMEOUT || returned == MEMCACHED_SERVER_TEMPORARILY_DISABLED;
}

memcached_return_t note_item_size(const memcached_instance_st*, const char* key, size_t key_length, const char* value,
                                  size_t value_length, void* to) {
  if (std::string_view(key, key_length) == "item_size_max")
    if (auto n = parse_unsigned({value, value_length})) *static_cast<uint64_t*>(to) = *n;
  return MEMCACHED_SUCCESS;
}

}  // namespace

void Link::make() {
  const config::StoreUrl& url = servers_.list().servers[server_].url;
  const config::Memcached& options = servers_.options();
  memcached_.reset(memcached_create(nullptr));
  memcached_st* m = memcached_.get();
  memcached_behavior_set(m, MEMCACHED_BEHAVIOR_BINARY_PROTOCOL, 1);
  memcached_behavior_set(m, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
  memcached_behavior_set(m, MEMCACHED_BEHAVIOR_TCP_KEEPALIVE, 1);
  memcached_behavior_set(m, MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, static_cast<uint64_t>(servers_.connect_ms.load()));
  memcached_behavior_set(m, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, static_cast<uint64_t>(servers_.request_ms.load()));
  memcached_set_sasl_auth_data(m, options.user.c_str(), options.password.c_str());
  memcached_server_add(m, url.host.c_str(), url.port);
}

// The first exchange of a connection: it shows the password, and asks for the largest item.
bool Link::learn() {
  uint64_t item_size = 0;
  char settings[] = "settings";
  memcached_return_t returned = memcached_stat_execute(memcached_.get(), settings, note_item_size, &item_size);
  if (returned == MEMCACHED_SUCCESS && item_size != 0) {
    used_ = steady_ns();
    servers_.note_up(server_, item_size);
    if (!std::exchange(counted_, true)) servers_.add_open(1);
    return true;
  }
  reason_ = returned == MEMCACHED_SUCCESS ? "it does not tell its item_size_max"
            : is_silence(returned)        ? "no connection within timeouts.connect, or no reply within timeouts.request"
                                          : describe(returned);
  silent_ = is_silence(returned);
  drop();
  return false;
}

bool Link::open() {
  bool alive = memcached_ != nullptr;
  if (alive && (steady_ns() - used_ < kIdleNs || learn())) return true;
  if (!alive || !silent_) {
    make();
    if (learn()) return true;
  }
  servers_.note_down(server_, reason_);
  return false;
}

Outcome Link::settle(memcached_return_t returned) {
  if (is_answer(returned)) [[likely]] {
    used_ = steady_ns();
    return Outcome::answered;
  }
  reason_ = describe(returned);
  drop();
  if (!is_silence(returned)) return Outcome::lost;
  servers_.note_down(server_, reason_);
  return Outcome::silent;
}

// A fault is in its last error alone: what the fetch returns may call it a miss.
Outcome Link::settle_fetch() { return settle(memcached_last_error(memcached_.get())); }

// It would wait for a server that is silent, to say good-bye.
void Link::drop() {
  if (memcached_ == nullptr) return;
  memcached_behavior_set(memcached_.get(), MEMCACHED_BEHAVIOR_POLL_TIMEOUT, 1);
  memcached_.reset();
  if (std::exchange(counted_, false)) servers_.add_open(-1);
}

std::string Link::describe(memcached_return_t returned) const {
  const memcached_st* m = memcached_.get();
  int error = memcached_last_error_errno(m);
  if (returned == MEMCACHED_AUTH_PROBLEM || returned == MEMCACHED_AUTH_FAILURE)
    return "it refuses user '" + servers_.options().user +
           "': see memcached.user and memcached.password, and the server's SASL database";
  if (is_silence(returned)) return "no reply within timeouts.request";
  if (returned == MEMCACHED_HOST_LOOKUP_FAILURE) return "its name has no address";
  if (returned == MEMCACHED_CONNECTION_FAILURE && error == 0) return "the server closed the connection";
  return error != 0 ? uv_strerror(-error) : memcached_strerror(nullptr, returned);
}

}  // namespace cachetted::memcached::sasl
