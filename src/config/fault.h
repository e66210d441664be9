// What is wrong with a configuration, where it stands, and how it is said to the operator.
// Values on one thread; used by every file of this folder, and printed by main and a reload.
// No text made here holds a password: shown() escapes, masked_url() hides.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cachetted::config {

struct Fault {
  std::string where;  // "conf/a.yaml:3:7", "environment CACHETTED_X", "--set a.b"
  std::string text;   // "limits.max_key: out of range (value '2MiB', allowed 1 to 1048575)"

  std::string line() const { return where + ": " + text; }
};

// A place in a text, both from 1; line 0: none.
struct Place {
  int line = 0;
  int column = 0;
};

// Where an option's value came from.
struct Origin {
  enum class Source { builtin, file, environment, command_line, request };

  Source source = Source::builtin;
  std::string name;     // file name, variable, or path given to --set
  Place at;             // files only
  bool faulty = false;  // its text was refused, so the option holds an older value

  std::string text() const;
};

// By option path; also "routes[0]" and "routes[0].ttl". An absent path has its default.
using Origins = std::map<std::string, Origin, std::less<>>;

// Collects the faults of one source. `root` is the path that an environment variable or --set names,
// which its faults need not repeat; empty for a file.
class Reporter {
 public:
  Reporter(Origin source, std::string root, std::vector<Fault>& faults, Origins& origins)
      : source_(std::move(source)), root_(std::move(root)), faults_(faults), origins_(origins) {}

  void fault(Place at, std::string_view path, std::string_view problem);
  void record(Place at, const std::string& path, bool faulty);
  void forget(std::string_view prefix);  // origins whose path begins so
  size_t count() const { return faults_.size(); }

 private:
  Origin source_;
  std::string root_;
  std::vector<Fault>& faults_;
  Origins& origins_;
};

// A fault of `path` at the place of `origin`.
Fault fault_at(const Origin& origin, std::string_view path, std::string_view problem);

// Printable and short: control characters and bytes that are not UTF-8 as \xNN, at most 80 characters.
std::string shown(std::string_view text);

// Without user, password and secret query values, also where the URL is malformed.
std::string masked_url(std::string_view url);

// "a, b, c"
std::string comma_list(std::span<const std::string> names);

// The candidate that was probably meant, or "". Ignores case, '_' and '-'.
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

}  // namespace cachetted::config
