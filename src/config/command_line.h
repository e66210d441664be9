// The daemon's arguments, and the ones that only print something about the configuration.
// Called by main before anything else, on its thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/load.h"

namespace cachetted::config {

enum class ConfigForm { none, yaml, markdown };

struct Arguments {
  std::optional<std::string> config;  // FILE; none: no file is read
  std::vector<std::string> sets;      // path=value
  bool check = false;
  bool print_config = false;
  ConfigForm describe_config = ConfigForm::none;
  std::string describe;  // --write-docs: what main writes with it; not in --help
};

// What main does next: go on with the arguments, or print and leave.
struct Parsed {
  Arguments arguments;
  std::optional<int> exit_status;  // set: write `out` and `err`, and exit with it
  std::string out;
  std::string err;
};

// --help and --version are answered here. A fault of the arguments is exit status 2.
Parsed parse_command_line(int argc, const char* const* argv);

Sources sources_of(const Arguments& arguments, const char* const* environ);

// Answers --describe-config, --check and --print-config; exit_status is none when the daemon is to start,
// and 1 (with every fault in `out` for --check, else in `err`) when `loaded` has faults.
Parsed answer(const Arguments& arguments, const Loaded& loaded);

// Each fault on its line.
std::string fault_lines(const std::vector<Fault>& faults);

}  // namespace cachetted::config
