// Implements load.h: each source becomes a tree of nodes, which apply() walks along the option table.
// Reading a value is option_value.cc's, the checks between options validate.cc's.
#include "config/load.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "config/option_value.h"
#include "config/units.h"
#include "config/yaml_tree.h"

namespace cachetted::config {

namespace {

constexpr std::string_view kPrefix = "CACHETTED_";

// Kubernetes gives every pod CACHETTED_PORT and CACHETTED_SERVICE_HOST where a Service is named cachetted.
bool service_link(std::string_view name) {
  return name.starts_with("CACHETTED_PORT") || name.starts_with("CACHETTED_SERVICE_");
}

std::vector<std::string> names_of(std::string_view section) {
  std::vector<std::string> out;
  const std::string prefix = std::string(section) + ".";
  for (const Option& option : options())
    if (std::string_view(option.path).starts_with(prefix)) out.push_back(option.path + prefix.size());
  return out;
}

// What an unknown path may have meant: every option and every section.
std::vector<std::string> all_names() {
  std::vector<std::string> out = option_paths();
  for (const Section& section : sections()) out.emplace_back(section.name);
  return out;
}

std::string unknown_path_text(const std::string& path) {
  const std::string near = nearest_name(path, all_names());
  if (!near.empty()) return fmt::format("unknown option, did you mean '{}'?", near);
  const std::string section = path.substr(0, path.find('.'));
  if (is_section(section)) return fmt::format("unknown option (allowed {})", comma_list(names_of(section)));
  return "unknown option; --describe-config lists them";
}

void apply(const std::string& path, const Node& node, Place at, Config& config, Reporter& reporter);

void apply_section(const std::string& section, const Node& node, Place at, Config& config, Reporter& reporter) {
  if (node.kind == Node::Kind::null) return;  // all its lines are comments
  if (node.kind == Node::Kind::scalar && section == "ttl") {
    reporter.record(node.at, "ttl.default", !read_short_ttl(node, section, config.ttl.default_ms, reporter));
    return;
  }
  if (node.kind != Node::Kind::map) {
    reporter.fault(node.at.line > 0 ? node.at : at, section,
                   fmt::format("must be a map (allowed {})", comma_list(names_of(section))));
    return;
  }
  each_entry(node, section, true, reporter, [&](const std::string& key, const Node::Entry& entry) {
    apply(key_path(section, key), *entry.value, entry.at, config, reporter);
  });
}

void apply(const std::string& path, const Node& node, Place at, Config& config, Reporter& reporter) {
  if (const Option* option = find_option(path)) {
    const bool good = read_value(*option, node, at, option->path, config, reporter);
    reporter.record(node.at.line > 0 && node.kind != Node::Kind::null ? node.at : at, option->path, !good);
  } else if (is_section(path)) {
    apply_section(path, node, at, config, reporter);
  } else {
    reporter.fault(at, path, unknown_path_text(path));
  }
}

// The file's text, or the reason why there is none. Never waits for a FIFO's writer to come.
std::string read_text(const std::string& name, std::string& reason) {
  const int fd = open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    reason = std::generic_category().message(errno);
    return "";
  }
  struct stat status {};
  if (fstat(fd, &status) == 0 && !S_ISREG(status.st_mode)) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  std::string out;
  char chunk[16'384];
  while (out.size() <= kMaxFileSize) {
    const ssize_t got = read(fd, chunk, sizeof chunk);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      reason = std::generic_category().message(errno);
      break;
    }
    out.append(chunk, static_cast<size_t>(got));
  }
  close(fd);
  return out;
}

// False: the text is no YAML, and nothing of it was applied.
bool apply_file(std::string_view text, const std::string& name, Loaded& out) {
  Reporter reporter({Origin::Source::file, name, {}, false}, "", out.faults, out.origins);
  if (text.size() > kMaxFileSize) {
    reporter.fault({}, "", fmt::format("too large (allowed {})", size_text(kMaxFileSize)));
    return false;
  }
  const Tree tree = parse_tree(text);
  for (const TreeFault& fault : tree.faults) reporter.fault(fault.at, "", fault.problem);
  if (!tree.root) return false;
  if (tree.root->kind == Node::Kind::null) return true;
  if (tree.root->kind != Node::Kind::map) {
    reporter.fault(tree.root->at, "", "must be a map of options");
    return false;
  }
  each_entry(*tree.root, "", true, reporter, [&](const std::string& key, const Node::Entry& entry) {
    apply(key_path("", key), *entry.value, entry.at, out.config, reporter);
  });
  return true;
}

void apply_environment(const Sources& sources, Loaded& out) {
  std::vector<std::pair<std::string, std::string>> known;  // variable, path
  for (const std::string& path : all_names()) known.emplace_back(environment_name(path), path);
  for (const auto& variable : sources.environment) {
    const std::string& name = variable.first;
    if (!name.starts_with(kPrefix) || service_link(name)) continue;
    const Origin source{Origin::Source::environment, name, {}, false};
    const auto found = std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.first == name; });
    if (found != known.end()) {
      apply_text(out.config, source, found->second, variable.second, out.faults, out.origins);
      continue;
    }
    std::vector<std::string> names;  // compared without the prefix, which makes all of them alike
    for (const auto& pair : known) names.push_back(pair.first.substr(kPrefix.size()));
    const std::string near = nearest_name(std::string_view(name).substr(kPrefix.size()), names);
    out.faults.push_back(fault_at(source, "",
                                  near.empty() ? "unknown option; --describe-config lists them"
                                               : fmt::format("unknown option, did you mean '{}{}'?", kPrefix, near)));
  }
}

void apply_sets(const Sources& sources, Loaded& out) {
  for (const std::string& set : sources.sets) {
    const size_t equals = set.find('=');
    const std::string path = lower_case(trimmed(std::string_view(set).substr(0, equals)));
    const std::string shown_path = shown(masked_url(path));
    if (equals == std::string::npos || path.empty()) {
      out.faults.push_back({"--set " + shown_path, "must be path=value, as in --set threads=2"});
      continue;
    }
    apply_text(out.config, {Origin::Source::command_line, shown_path, {}, false}, path,
               std::string_view(set).substr(equals + 1), out.faults, out.origins);
  }
}

void finish(Loaded& out, const Available& available) {
  resolve_routes(out.config);
  std::vector<Fault> more = validate(out.config, available, out.origins);
  out.faults.insert(out.faults.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

void apply_text(Config& config, const Origin& source, const std::string& path, std::string_view text,
                std::vector<Fault>& faults, Origins& origins) {
  Reporter reporter(source, path, faults, origins);
  const Option* option = find_option(path);
  if (option == nullptr && !is_section(path)) {
    reporter.fault({}, path, unknown_path_text(path));
    return;
  }
  const NodePtr node = node_from_text(option, path, text, reporter);
  if (node)
    apply(path, *node, {}, config, reporter);
  else if (option != nullptr)
    reporter.record({}, option->path, true);
}

Loaded load(const Sources& sources, const Available& available) {
  Loaded out;
  bool readable = true;
  if (sources.file) {
    std::string reason;
    const std::string text = read_text(*sources.file, reason);
    if (!reason.empty()) out.faults.push_back({*sources.file, "cannot be read: " + reason});
    readable = reason.empty() && apply_file(text, *sources.file, out);
  }
  apply_environment(sources, out);
  apply_sets(sources, out);
  if (readable) finish(out, available);  // else it would miss what the file may well say
  return out;
}

Loaded load_text(std::string_view yaml, const std::string& name, const Available& available) {
  Loaded out;
  if (apply_file(yaml, name, out)) finish(out, available);
  return out;
}

std::vector<std::pair<std::string, std::string>> environment_of(const char* const* environ) {
  std::vector<std::pair<std::string, std::string>> out;
  for (; environ != nullptr && *environ != nullptr; ++environ) {
    const std::string_view entry = *environ;
    const size_t equals = entry.find('=');
    if (equals != std::string_view::npos && entry.starts_with(kPrefix))
      out.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return out;
}

}  // namespace cachetted::config
