// Makes a Config from its sources: defaults, then the file, the environment, and the command line.
// Called by main at start and on SIGHUP (a reload is a second load, compared by changes()).
// Reads one file; keeps nothing. Every fault is collected, none stops the load.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/fault.h"
#include "config/options.h"
#include "config/validate.h"

namespace cachetted::config {

struct Sources {
  std::optional<std::string> file;                               // --config
  std::vector<std::pair<std::string, std::string>> environment;  // CACHETTED_* only are looked at
  std::vector<std::string> sets;                                 // "path=value", later ones win
};

struct Loaded {
  Config config;
  std::vector<Fault> faults;  // not empty: config must not be used
  Origins origins;            // which source each option's value is from; absent: the default
};

Loaded load(const Sources& sources, const Available& available = {});

// The same from a text alone; `name` stands for the file's in faults.
Loaded load_text(std::string_view yaml, const std::string& name, const Available& available = {});

// `environ` as Sources has it.
std::vector<std::pair<std::string, std::string>> environment_of(const char* const* environ);

// Puts `text` into the option or section `path`; no cross-checks. The part of load() that set_option shares.
void apply_text(Config& config, const Origin& source, const std::string& path, std::string_view text,
                std::vector<Fault>& faults, Origins& origins);

}  // namespace cachetted::config
