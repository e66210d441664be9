// The backends that this build has, a row each.
#include "backends/registry.h"

#include "backends/memory/store.h"

namespace cachetted {
namespace {

std::unique_ptr<Store> make_memory(const config::Config& c, unsigned loops) {
  memory::Options o;
  o.databases = static_cast<uint16_t>(c.limits.databases);
  o.max_memory = c.limits.max_memory;
  o.evict = c.eviction == config::Eviction::s3fifo;
  return std::make_unique<memory::MemoryStore>(o, loops > 1);
}

constexpr BackendRow kBackends[] = {
    {"inmemory", "a hash table in the daemon's own memory, shared by its loops; gone when it stops",
     memory::native_caps, make_memory},
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
