// Implements servers.h.
#include "backends/memcached/sasl/servers.h"

#include <sasl/sasl.h>

#include <chrono>
#include <stdexcept>

#include "backends/memcached/sasl/link.h"

namespace cachetted::memcached::sasl {
namespace {

constexpr std::chrono::milliseconds kProbe{200};  // between two attempts to reach a server

// libsasl2 locks what its connections share only where it is told how to.
void make_sasl_threadsafe() {
  static const bool once = [] {
    sasl_set_mutex([]() -> void* { return new std::mutex; },
                   [](void* m) {
                     static_cast<std::mutex*>(m)->lock();
                     return SASL_OK;
                   },
                   [](void* m) {
                     static_cast<std::mutex*>(m)->unlock();
                     return SASL_OK;
                   },
                   [](void* m) { delete static_cast<std::mutex*>(m); });
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace

Servers::Servers(const config::Config& c)
    : request_ms(c.timeouts.request_ms),
      connect_ms(c.timeouts.connect_ms),
      partial_errors(c.memcached.partial == config::Partial::error),
      list_(c),
      options_(c.memcached),
      known_(list_.servers.size()) {
  for (const ServerList::Server& s : list_.servers)
    if (!s.url.unix_path.empty())
      throw std::runtime_error("memcached_host: libmemcached shows no password over a socket (" + s.url.text() +
                               "): with memcached.auth: sasl name it as host:port");
  make_sasl_threadsafe();
  prober_ = std::thread([this] { probe(); });
}

Servers::~Servers() {
  {
    std::lock_guard lock(lock_);
    stop_ = true;
  }
  change_.notify_all();
  prober_.join();
}

std::string Servers::reason(unsigned server) const {
  std::lock_guard lock(lock_);
  const Known& k = known_[server];
  if (!k.tried.load(std::memory_order_relaxed)) return name(server) + ": connecting";
  return k.down.load(std::memory_order_relaxed) ? name(server) + ": " + k.reason : "";
}

std::string Servers::trouble() const {
  std::vector<std::string> reasons;
  for (unsigned i = 0; i < size(); ++i) reasons.push_back(reason(i));
  return trouble_of(reasons);
}

size_t Servers::count_down() const {
  size_t n = 0;
  for (unsigned i = 0; i < size(); ++i) n += down(i);
  return n;
}

void Servers::note_up(unsigned server, uint64_t item_size) {
  Known& k = known_[server];
  connects_.fetch_add(1, std::memory_order_relaxed);
  k.item_size.store(item_size, std::memory_order_relaxed);
  std::lock_guard lock(lock_);
  k.tried.store(true, std::memory_order_relaxed);
  k.down.store(false, std::memory_order_release);
}

void Servers::note_down(unsigned server, const std::string& reason) {
  Known& k = known_[server];
  losses_.fetch_add(1, std::memory_order_relaxed);
  std::lock_guard lock(lock_);
  k.reason = reason;
  k.tried.store(true, std::memory_order_relaxed);
  k.down.store(true, std::memory_order_release);
  change_.notify_all();
}

void Servers::probe() {
  for (;;) {
    for (unsigned i = 0; i < size(); ++i) {
      if (!down(i) && known_[i].tried.load(std::memory_order_relaxed)) continue;
      Link link(*this, i);
      link.open();  // which notes what it finds
      std::lock_guard lock(lock_);
      if (stop_) return;
    }
    std::unique_lock lock(lock_);
    auto any_down = [&] {
      for (const Known& k : known_)
        if (k.down.load(std::memory_order_relaxed)) return true;
      return false;
    };
    if (any_down()) change_.wait_for(lock, kProbe, [&] { return stop_; });
    change_.wait(lock, [&] { return stop_ || any_down(); });
    if (stop_) return;
  }
}

}  // namespace cachetted::memcached::sasl
