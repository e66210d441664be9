// The backends that this build has, a row each.
#include "backends/registry.h"

#include <stdexcept>

#include "backends/dynamodb/dynamodb.h"
#include "backends/memcached/memcached.h"
#include "backends/memcached/sasl/store.h"
#include "backends/memory/store.h"
#include "backends/mongodb/store.h"
#include "backends/pickle/store.h"
#include "backends/redis/redis.h"
#include "codecs/codec.h"

namespace cachetted {
namespace {

std::unique_ptr<Store> make_memory(const config::Config& c, unsigned loops) {
  memory::Options o;
  o.databases = static_cast<uint16_t>(c.limits.databases);
  o.max_memory = c.limits.max_memory;
  o.evict = c.eviction == config::Eviction::s3fifo;
  return std::make_unique<memory::MemoryStore>(o, loops > 1);
}

std::unique_ptr<Store> make_pickle(const config::Config& c, unsigned loops) {
  return std::make_unique<pickle::PickleStore>(c, loops > 1);
}

// `where` it is to be bounded.
void refuse_max_memory(const config::Config& c, const std::string& where) {
  if (c.limits.max_memory != 0)
    throw std::runtime_error("limits.max_memory bounds what the in-memory backend holds: with '" + c.backend +
                             "' set " + where);
}

std::unique_ptr<Store> make_redis(const config::Config& c, unsigned) {
  refuse_max_memory(c, "maxmemory on the server");
  return std::make_unique<redis::RedisStore>("redis", c.store.redis_url, c);
}

std::unique_ptr<Store> make_valkey(const config::Config& c, unsigned) {
  refuse_max_memory(c, "maxmemory on the server");
  return std::make_unique<redis::RedisStore>("valkey", c.store.valkey_url, c);
}

std::unique_ptr<Store> make_memcached(const config::Config& c, unsigned) {
  refuse_max_memory(c, "-m on the servers");
  if (c.memcached.auth == config::MemcachedAuth::sasl) return std::make_unique<memcached::sasl::SaslStore>(c);
  return std::make_unique<memcached::MemcachedStore>(c);
}

std::unique_ptr<Store> make_mongodb(const config::Config& c, unsigned) {
  refuse_max_memory(c, "a bound there");
  return std::make_unique<mongodb::MongoStore>(c);
}

std::unique_ptr<Store> make_dynamodb(const config::Config& c, unsigned) {
  refuse_max_memory(c, "none, as a table has no bound");
  return std::make_unique<dynamodb::DynamoStore>(c);
}

// What the store's library has against the place that is named. Without connecting to anything.
std::string store_fault(const config::Config& c) {
  if (c.backend == "mongodb") return mongodb::url_fault(c);
  try {
    memcached::ServerList list(c);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

constexpr BackendRow kBackends[] = {
    {"inmemory", "a hash table in the daemon's own memory, shared by its loops; gone when it stops",
     memory::native_caps, make_memory},
    {"pickle",
     "the table of inmemory, kept in the pickle file of the cachette library, with a journal that a crash loses "
     "nothing of",
     pickle::native_caps, make_pickle},
    {"redis", "a Redis server, over one pipelined connection a loop; what is not a string is passed on to it",
     redis::native_caps, make_redis},
    {"valkey", "a Valkey server, in the same way", redis::native_caps, make_valkey},
    {"memcached", "one memcached or several, over one pipelined connection a loop and server", memcached::native_caps,
     make_memcached},
    {"mongodb",
     "a MongoDB collection, in the documents of the cachette library, by threads that each send what waits "
     "for them together",
     mongodb::native_caps, make_mongodb},
    {"dynamodb",
     "a DynamoDB table, in the items of the cachette library, by calls that take what comes together in batches",
     dynamodb::native_caps, make_dynamodb},
};

}  // namespace

std::span<const BackendRow> backends() { return kBackends; }

config::Available available() {
  config::Available a;
  a.backends.clear();
  for (const BackendRow& b : kBackends) a.backends.emplace_back(b.name);
  for (const codecs::Codec& c : codecs::codecs()) a.codecs.emplace_back(c.name);
  a.store_fault = store_fault;
  a.tables_fault = [] {
    std::string why;
    tables::module(why);
    return why;
  };
  return a;
}

const BackendRow* find_backend(std::string_view name) {
  for (const BackendRow& b : kBackends)
    if (b.name == name) return &b;
  return nullptr;
}

}  // namespace cachetted
