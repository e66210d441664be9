// Between a YAML value and an option's field: reading with every check of the option's row, and printing.
// The form is the same for a file, an environment variable, --set and CONFIG SET.
// Called by load.cc and by the functions of options.h; one thread, its own Config.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "config/options.h"
#include "config/yaml_tree.h"

namespace cachetted::config {

// Puts `node` into the option's field, or reports what is wrong; the field must then not be used. `path` is how
// faults name the value; it is option.path, except inside a route. `at` is the place of its key, for an absent
// value.
bool read_value(const Option& option, const Node& node, Place at, const std::string& path, Config& config,
                Reporter& reporter);

// The library's short form `ttl: 60`.
bool read_short_ttl(const Node& node, const std::string& path, int64_t& default_ms, Reporter& reporter);

// Text of a variable or an argument as the node that read_value takes; null (and reported) if it is no YAML
// where it must be. `option` is null for a section.
NodePtr node_from_text(const Option* option, std::string_view path, std::string_view text, Reporter& reporter);

// Calls `each` for every entry of a map; a key given twice is reported, and its second value skipped.
// fold_case: keys are names, compared and passed on in lower case.
void each_entry(const Node& map, const std::string& path, bool fold_case, Reporter& reporter,
                const std::function<void(const std::string& key, const Node::Entry& entry)>& each);

// "unknown option, did you mean 'limits.max_key'?"
std::string unknown_text(std::string_view name, std::span<const std::string> candidates);

// A key as a fault may show it, at the end of a path.
std::string key_path(std::string_view path, std::string_view key);

}  // namespace cachetted::config
