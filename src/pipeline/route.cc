// Which TTL policy a key has: that of the longest route prefix it begins with, or the global one.
#include <algorithm>

#include "pipeline/pipeline.h"

namespace cachetted {

void Pipeline::reconfigure(std::shared_ptr<const config::Config> config) {
  config_ = std::move(config);
  routes_.clear();
  for (const config::Route& r : config_->routes) routes_.push_back(&r);
  std::sort(routes_.begin(), routes_.end(), [](auto* a, auto* b) { return a->prefix.size() > b->prefix.size(); });
}

const config::Ttl& Pipeline::policy(std::string_view key, std::string_view* prefix) const {
  for (const config::Route* r : routes_) {
    if (!key.starts_with(r->prefix)) continue;
    if (prefix != nullptr) *prefix = r->prefix;
    return r->ttl;
  }
  return config_->ttl;
}

}  // namespace cachetted
