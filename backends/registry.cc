// The backends that this build has, a row each.
#include "backends/registry.h"

#include <stdexcept>

#include "backends/memcached/sasl/store.h"
#include "backends/memory/store.h"
#include "backends/redis/redis.h"

namespace cachetted {
namespace {

std::unique_ptr<Store> make_memory(const config::Config& c, unsigned loops) {
  memory::Options o;
  o.databases = static_cast<uint16_t>(c.limits.databases);
  o.max_memory = c.limits.max_memory;
  o.evict = c.eviction == config::Eviction::s3fifo;
  return std::make_unique<memory::MemoryStore>(o, loops > 1);
}

std::unique_ptr<Store> make_redis(const config::Config& c, unsigned) {
  return std::make_unique<redis::RedisStore>("redis", c.store.redis_url, c);
}

std::unique_ptr<Store> make_valkey(const config::Config& c, unsigned) {
  return std::make_unique<redis::RedisStore>("valkey", c.store.valkey_url, c);
}

std::unique_ptr<Store> make_memcached(const config::Config& c, unsigned) {
  if (c.memcached.auth != config::MemcachedAuth::sasl)
    throw std::runtime_error("this build has backend 'memcached' with memcached.auth: sasl alone");
  return std::make_unique<memcached::sasl::SaslStore>(c);
}

constexpr BackendRow kBackends[] = {
    {"inmemory", "a hash table in the daemon's own memory, shared by its loops; gone when it stops",
     memory::native_caps, make_memory},
    {"redis", "a Redis server, over one pipelined connection a loop; what is not a string is passed on to it",
     redis::native_caps, make_redis},
    {"valkey", "a Valkey server, in the same way", redis::native_caps, make_valkey},
    {"memcached", "one memcached or several, behind SASL", memcached::sasl::native_caps, make_memcached},
};

}  // namespace

std::span<const BackendRow> backends() { return kBackends; }

config::Available available() {
  config::Available a;
  a.backends.clear();
  for (const BackendRow& b : kBackends) a.backends.emplace_back(b.name);
  return a;
}

const BackendRow* find_backend(std::string_view name) {
  for (const BackendRow& b : kBackends)
    if (b.name == name) return &b;
  return nullptr;
}

}  // namespace cachetted
