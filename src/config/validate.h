// Checks that need more than one option: TTL bounds, duplicate addresses, what a backend requires, and
// whether this version has it. Called at the end of a load and by set_option; pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/fault.h"

namespace cachetted::config {

// What this build has; main fills it from the registries. Vanilla needs no codec.
struct Available {
  std::vector<std::string> backends = {"inmemory"};
  std::vector<std::string> codecs;
  // What the library of a store says of its option's text: "memcached_host: why"; empty: nothing, or none is asked.
  std::string (*store_fault)(const Config& config) = nullptr;
  // Why the codecs of tables cannot be used; empty: they can, or none is asked.
  std::string (*tables_fault)() = nullptr;

  static Available everything();  // for checks that are not about the build
};

// All faults of `config`. `origins` gives them their places; an option whose own text was refused is not
// checked against others, since its value is not the one that was meant.
std::vector<Fault> validate(const Config& config, const Available& available, const Origins& origins = {});

}  // namespace cachetted::config
