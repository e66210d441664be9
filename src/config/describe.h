// Texts made from the option table: the annotated sample file, the reference page, and what is in force.
// Called by main (--describe-config, --print-config) and by the test that finds a stale copy; pure, any thread.
#pragma once

#include <string>

#include "config/load.h"

namespace cachetted::config {

std::string sample_yaml();         // conf/cachetted.yaml
std::string reference_markdown();  // docs/reference/config.md

// The effective configuration as YAML, passwords masked, each value with its source in a comment.
std::string effective_yaml(const Loaded& loaded);

}  // namespace cachetted::config
