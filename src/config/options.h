// To add an option: a field in config.h and a row in options.cc. Everything else is made from the row:
// the YAML key, CACHETTED_* variable, --set path, CONFIG GET/SET name, checks, sample file and docs.
// The table is constant; functions taking a Config& change only that. Any thread with its own Config.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/config.h"
#include "config/fault.h"
#include "config/store_rules.h"

namespace cachetted::config {

struct Available;  // validate.h

enum class Type : uint8_t {
  boolean,
  count,
  size,  // bytes
  duration,
  percent,
  choice,
  text,
  secret,   // text that is never shown
  url,      // text whose user, password and secret query values are never shown
  address,  // one or none
  addresses,
  names,  // words, kept in lower case
  routes,
  users,  // never shown
};

template <typename T>
using FieldOf = T& (*)(Config&);

using Field = std::variant<FieldOf<bool>, FieldOf<uint32_t>, FieldOf<uint64_t>, FieldOf<int64_t>, FieldOf<double>,
                           FieldOf<std::string>, FieldOf<Ttl::OnViolation>, FieldOf<Eviction>, FieldOf<Log::Level>,
                           FieldOf<Log::Format>, FieldOf<PassthroughTtl>, FieldOf<ClientCodec>, FieldOf<ClientTypes>,
                           FieldOf<TableCompression>, FieldOf<ClientIntegers>, FieldOf<OnDecodeError>,
                           FieldOf<Compression::Algorithm>, FieldOf<MemcachedAuth>, FieldOf<Partial>, FieldOf<Fsync>,
                           FieldOf<OnCorrupt>, FieldOf<std::optional<Address>>, FieldOf<std::vector<Address>>,
                           FieldOf<std::vector<std::string>>, FieldOf<std::vector<Route>>, FieldOf<std::vector<User>>>;

struct Option {
  const char* path;
  Type type;
  Field field;
  bool reloadable = false;
  uint64_t min = 0;  // count; size: bytes; duration: microseconds; percent
  uint64_t max = 0;
  const char* zero = nullptr;                 // what 0 means, where it is allowed besides min..max
  const char* off = nullptr;                  // duration: what `off` (stored as -1) means, where it is allowed
  int64_t unit_us = 1000;                     // duration: microseconds of one unit of the field
  std::span<const char* const> choices = {};  // choice: in the order of the enum
  Accepted (*accept)(std::string_view, std::string&) = nullptr;  // text, url; names: of each
  const char* allowed = nullptr;  // what may stand here, where the members above do not say it
  const char* blank = "";         // text: how an empty one is shown
  const char* example = nullptr;  // YAML for the sample file, where the default is empty
  const char* doc = "";
};

struct Section {
  const char* name;
  const char* doc;
};

std::span<const Option> options();  // in the order of the sample file; a section's rows are adjacent
std::span<const Section> sections();
const Option* find_option(std::string_view path);  // case is ignored
bool is_section(std::string_view path);

std::string allowed_text(const Option& option);       // "1 to 1MiB", "s3fifo or none"
std::string environment_name(std::string_view path);  // limits.max_key: CACHETTED_LIMITS_MAX_KEY
std::vector<std::string> option_paths();

// One line, parses back (passwords excepted): "64MiB", "127.0.0.1:7379,unix:/run/a.sock". "" for an unknown path.
std::string get_option_text(const Config& config, std::string_view path);
// The same as a YAML value, quoted where needed; passwords masked.
std::string option_yaml(const Config& config, const Option& option);

// Gives `path` the value that `text` says, as --set does; cross-checks included. On a fault, which is
// the first of those found, `config` is as it was. Whether the option is reloadable is the caller's to ask.
std::optional<Fault> set_option(Config& config, std::string_view path, std::string_view text);
// All of them or none, as CONFIG SET with several pairs; cross-checks come after the last.
std::optional<Fault> set_options(Config& config, std::span<const std::pair<std::string, std::string>> values,
                                 const Available& available);

struct Change {
  std::string path;
  std::string before;  // "(changed)" in both where it would show a password
  std::string after;
  bool reloadable = false;
};

std::vector<Change> changes(const Config& before, const Config& after);

// `before` with every reloadable option of `after`: what a reload puts in force.
Config with_reloadable(const Config& before, const Config& after);

// Gives each route the global options where the route has none of its own.
void resolve_routes(Config& config);

}  // namespace cachetted::config
