// Reads values into options: one function per type of the table. Printing is in option_text.cc.
// A fault reads "problem (value 'x', allowed y)"; the value is left out where it could be a password.
#include "config/option_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "config/address.h"
#include "config/units.h"

namespace cachetted::config {

namespace {

constexpr const char* kTypeNames[] = {
    "true or false", "a number", "a size",     "a duration", "a percentage", "one word",         "text",
    "text",          "a URL",    "an address", "addresses",  "names",        "a list of routes", "a map of users"};

constexpr const char* kLibraryTtlError = "The \"ttl\" value must between 1 or 3600 seconds.";

// All that the readers below need of the value at hand.
struct Reading {
  const Option& option;
  const Node& node;
  Place at;
  const std::string& path;
  Config& config;
  Reporter& reporter;
  std::string allowed = allowed_text(option);

  bool refuse(std::string_view problem, std::string_view value) const {
    const std::string safe = option.type == Type::url      ? masked_url(value)
                             : option.type == Type::secret ? "(hidden)"
                                                           : std::string(value);
    reporter.fault(node.at.line > 0 ? node.at : at, path,
                   fmt::format("{} (value '{}', allowed {})", problem, shown(safe), allowed));
    return false;
  }
  bool refuse_kind(std::string_view must_be) const {
    if (node.kind == Node::Kind::null) {
      reporter.fault(at, path, fmt::format("no value given (allowed {})", allowed));
    } else {
      const char* is = node.kind == Node::Kind::map ? "a map" : node.kind == Node::Kind::sequence ? "a list" : "text";
      reporter.fault(node.at, path, fmt::format("must be {}, not {} (allowed {})", must_be, is, allowed));
    }
    return false;
  }
  template <typename T>
  T& field() const {
    return std::get<FieldOf<T>>(option.field)(config);
  }
};

bool in_range(const Option& option, uint64_t value) {
  return (value >= option.min && value <= option.max) || (value == 0 && option.zero != nullptr);
}

bool read_number(const Reading& r) {
  const bool size = r.option.type == Type::size;
  const std::optional<uint64_t> value = size ? parse_size(r.node.text) : parse_count(r.node.text);
  if (!value) return r.refuse(size ? "not a size" : "not a whole number", r.node.text);
  if (!in_range(r.option, *value)) return r.refuse("out of range", r.node.text);
  if (const auto* narrow = std::get_if<FieldOf<uint32_t>>(&r.option.field))
    (*narrow)(r.config) = static_cast<uint32_t>(*value);
  else
    r.field<uint64_t>() = *value;
  return true;
}

bool read_duration(const Reading& r) {
  if (r.option.off != nullptr && (lower_case(r.node.text) == "off" || r.node.text == "-1")) {
    r.field<int64_t>() = -1;
    return true;
  }
  const std::optional<int64_t> us = parse_duration_us(r.node.text);
  if (!us) return r.refuse("not a duration", r.node.text);
  if (!in_range(r.option, static_cast<uint64_t>(*us))) return r.refuse("out of range", r.node.text);
  if (*us % r.option.unit_us != 0) return r.refuse("not a whole number of milliseconds", r.node.text);
  r.field<int64_t>() = *us / r.option.unit_us;
  return true;
}

bool read_percent(const Reading& r) {
  const std::optional<double> value = parse_percent(r.node.text);
  if (!value) return r.refuse("not a percentage", r.node.text);
  if (*value < static_cast<double>(r.option.min) || *value > static_cast<double>(r.option.max))
    return r.refuse("out of range", r.node.text);
  r.field<double>() = *value;
  return true;
}

bool read_boolean(const Reading& r) {
  const std::optional<bool> value = parse_boolean(r.node.text);
  if (!value) return r.refuse("neither true nor false", r.node.text);
  r.field<bool>() = *value;
  return true;
}

bool read_choice(const Reading& r) {
  const std::string word = lower_case(r.node.text);
  const auto& choices = r.option.choices;
  const auto found = std::find(choices.begin(), choices.end(), word);
  if (found == choices.end()) {
    const std::vector<std::string> names(choices.begin(), choices.end());
    const std::string near = nearest_name(word, names);
    return r.refuse(near.empty() ? "unknown" : fmt::format("unknown, did you mean '{}'?", near), r.node.text);
  }
  std::visit(
      [&](auto accessor) {
        using T = std::remove_reference_t<decltype(accessor(r.config))>;
        if constexpr (std::is_enum_v<T>) accessor(r.config) = static_cast<T>(found - choices.begin());
      },
      r.option.field);
  return true;
}

bool read_text(const Reading& r) {
  std::string why;
  const Accepted accepted = r.option.accept(r.node.text, why);
  if (!accepted) return r.refuse(why, r.node.text);
  r.field<std::string>() = *accepted;
  return true;
}

// A list, or one text with commas; none (and reported) where it is neither.
std::optional<std::vector<NodePtr>> list_items(const Reading& r, std::string_view must_be) {
  std::vector<NodePtr> items = r.node.items;
  if (r.node.kind == Node::Kind::scalar) {
    std::string_view rest = r.node.text;
    while (!trimmed(rest).empty()) {
      const size_t comma = rest.find(',');
      auto item = std::make_shared<Node>(*scalar_node(trimmed(rest.substr(0, comma)), false));
      item->at = r.node.at;
      items.push_back(std::move(item));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  } else if (r.node.kind != Node::Kind::sequence) {
    r.refuse_kind(must_be);
    return std::nullopt;
  }
  return items;
}

bool read_names(const Reading& r) {
  const auto items = list_items(r, "a list of names");
  if (!items) return false;
  std::vector<std::string> out;
  bool good = true;
  for (const NodePtr& item : *items) {
    const Reading one{r.option, *item, r.at, r.path, r.config, r.reporter, "letters, digits, '.', '_' and '-'"};
    const std::string name = lower_case(item->text);
    std::string why;
    if (item->kind != Node::Kind::scalar)
      good = one.refuse_kind("a name");
    else if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") != std::string::npos)
      good = one.refuse("not a name", item->text);
    else if (r.option.accept != nullptr && !r.option.accept(name, why))
      good = Reading{r.option, *item, r.at, r.path, r.config, r.reporter}.refuse(why, item->text);
    else if (std::find(out.begin(), out.end(), name) == out.end())
      out.push_back(name);
  }
  if (good) r.field<std::vector<std::string>>() = std::move(out);
  return good;
}

bool read_addresses(const Reading& r) {
  const auto found = list_items(r, "a list of addresses");
  if (!found) return false;
  const std::vector<NodePtr>& items = *found;
  std::vector<Address> out;
  bool good = true;
  r.reporter.forget(r.path + "[");
  for (size_t i = 0; i < items.size(); ++i) {
    const Reading one{r.option, *items[i], r.at, r.path, r.config, r.reporter, kAddressForm};
    std::string why;
    if (items[i]->kind != Node::Kind::scalar) {
      good = one.refuse_kind("an address");
    } else if (const std::optional<Address> address = parse_address(items[i]->text, why)) {
      out.push_back(*address);
      r.reporter.record(items[i]->at, fmt::format("{}[{}]", r.path, out.size() - 1), false);
    } else {
      good = one.refuse(why, items[i]->text);
    }
  }
  r.field<std::vector<Address>>() = std::move(out);  // the good ones, so that validate finds more faults
  return good;
}

bool read_address(const Reading& r) {
  auto& field = r.field<std::optional<Address>>();
  if (r.node.kind == Node::Kind::sequence && r.node.items.size() <= 1) {  // the form of its sisters
    if (r.node.items.empty()) field.reset();
    return r.node.items.empty() || read_value(r.option, *r.node.items[0], r.at, r.path, r.config, r.reporter);
  }
  if (r.node.kind != Node::Kind::scalar) return r.refuse_kind("one address");
  if (r.node.text.empty()) {
    field.reset();
    return true;
  }
  std::string why;
  const std::optional<Address> address = parse_address(r.node.text, why);
  if (!address) return r.refuse(why, r.node.text);
  field = address;
  return true;
}

// An option as a route may have it; `scratch` is the configuration that the table's rows write into.
struct RouteReading {
  const std::string& path;
  Route& route;
  Config& scratch;
  Reporter& reporter;

  void option(const char* name, const Node::Entry& entry, const std::string& at) {
    if (read_value(*find_option(name), *entry.value, entry.at, at, scratch, reporter))
      route.own.paths.emplace_back(name);
  }

  // ttl or compression.
  void section(const std::string& name, const Node::Entry& entry) {
    const std::string at = path + "." + name;
    reporter.record(entry.at, at, false);
    const Node& node = *entry.value;
    if (node.kind == Node::Kind::scalar && name == "ttl") {
      if (read_short_ttl(node, at, scratch.ttl.default_ms, reporter)) route.own.paths.emplace_back("ttl.default");
      return;
    }
    std::vector<std::string> names;
    for (const Option& o : options())
      if (std::string_view(o.path).starts_with(name + ".")) names.emplace_back(o.path + name.size() + 1);
    if (node.kind != Node::Kind::map) {
      reporter.fault(entry.at, at, "must be a map of " + comma_list(names) + (name == "ttl" ? ", or seconds" : ""));
      return;
    }
    each_entry(node, at, true, reporter, [&](const std::string& key, const Node::Entry& inner) {
      const Option* known = find_option(name + "." + key);
      if (known == nullptr) {
        reporter.fault(inner.at, key_path(at, key), unknown_text(key, names));
      } else {
        option(known->path, inner, key_path(at, key));
      }
    });
  }
};

// What a route may say, beside ttl and compression.
constexpr const char* kOfRoutes[] = {"codec",           "client_codec",      "client_types",
                                     "on_decode_error", "table_compression", "client_integers"};

// One element of `routes`.
bool read_route(const Node& node, const std::string& path, Route& route, Reporter& reporter) {
  if (node.kind != Node::Kind::map) {
    reporter.fault(node.at, path, "must be a map of prefix and options");
    return false;
  }
  const size_t before = reporter.count();
  bool has_prefix = false;
  Config scratch;
  RouteReading reading{path, route, scratch, reporter};
  each_entry(node, path, true, reporter, [&](const std::string& key, const Node::Entry& entry) {
    if (key == "prefix") {
      has_prefix = true;
      route.prefix = entry.value->text;
      if (entry.value->kind != Node::Kind::scalar || route.prefix.empty())
        reporter.fault(entry.at, path + ".prefix", "must be text, not empty");
    } else if (key == "ttl" || key == "compression") {
      reading.section(key, entry);
    } else if (std::find(std::begin(kOfRoutes), std::end(kOfRoutes), key) != std::end(kOfRoutes)) {
      reading.option(find_option(key)->path, entry, path + "." + key);
    } else {
      std::vector<std::string> names = {"prefix", "ttl", "compression"};
      names.insert(names.end(), std::begin(kOfRoutes), std::end(kOfRoutes));
      reporter.fault(entry.at, key_path(path, key), unknown_text(key, names));
    }
  });
  route.ttl = scratch.ttl;
  route.values = scratch.values;
  std::sort(route.own.paths.begin(), route.own.paths.end());
  if (!has_prefix) reporter.fault(node.at, path, "prefix is missing");
  if (has_prefix && node.entries.size() == 1)
    reporter.fault(node.at, path, "says nothing beside its prefix (allowed ttl, codec, compression ...)");
  return reporter.count() == before;
}

bool read_routes(const Reading& r) {
  if (r.node.kind == Node::Kind::null) {
    r.field<std::vector<Route>>().clear();
    return true;
  }
  if (r.node.kind != Node::Kind::sequence) return r.refuse_kind("a list");
  r.reporter.forget(r.path + "[");
  std::vector<Route> routes;
  std::unordered_set<std::string> prefixes;
  bool good = true;
  for (size_t i = 0; i < r.node.items.size(); ++i) {
    const std::string path = fmt::format("{}[{}]", r.path, i);
    const Node& item = *r.node.items[i];
    r.reporter.record(item.at, path, false);
    Route route;
    if (!read_route(item, path, route, r.reporter)) {
      r.reporter.record(item.at, path + ".ttl", true);
      good = false;
    } else if (!prefixes.insert(route.prefix).second) {
      r.reporter.fault(item.at, path + ".prefix", fmt::format("given twice (value '{}')", shown(route.prefix)));
      good = false;
    }
    routes.push_back(std::move(route));
  }
  r.field<std::vector<Route>>() = std::move(routes);  // faulty ones too: validate passes over them
  return good;
}

void read_user_key(const std::string& key, const Node::Entry& entry, const std::string& path, User& user,
                   Reporter& reporter) {
  if (key == "password") {
    reporter.fault(entry.at, key_path(path, key),
                   "a password in clear is not accepted; give password_sha256, made by: "
                   "printf %s 'the password' | sha256sum");
  } else if (key != "password_sha256") {
    const std::string names[] = {"password_sha256"};
    reporter.fault(entry.at, key_path(path, key), unknown_text(key, names));
  } else {
    const std::string hash = lower_case(entry.value->text);
    const bool good = entry.value->kind == Node::Kind::scalar && hash.size() == 64 &&
                      hash.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!good) {
      reporter.fault(entry.value->at.line > 0 ? entry.value->at : entry.at, key_path(path, key),
                     "not a SHA-256 (value hidden, allowed 64 hexadecimal digits); "
                     "made by: printf %s 'the password' | sha256sum");
    }
    user.password_sha256 = hash;
  }
}

bool read_users(const Reading& r) {
  if (r.node.kind == Node::Kind::null) {
    r.field<std::vector<User>>().clear();
    return true;
  }
  if (r.node.kind != Node::Kind::map) return r.refuse_kind("a map");
  const size_t before = r.reporter.count();
  std::vector<User> users;
  each_entry(r.node, r.path, false, r.reporter, [&](const std::string& name, const Node::Entry& entry) {
    const std::string path = key_path(r.path, name);
    std::string why;
    if (!accept_name(name, why)) r.reporter.fault(entry.at, path, "the user's name " + why);
    if (entry.value->kind != Node::Kind::map) {
      r.reporter.fault(entry.at, path, "must be a map with password_sha256 (value hidden)");
      return;
    }
    User user{name, ""};
    bool has_password = false;
    each_entry(*entry.value, path, true, r.reporter, [&](const std::string& key, const Node::Entry& inner) {
      has_password |= key == "password_sha256" || key == "password";
      read_user_key(key, inner, path, user, r.reporter);
    });
    if (!has_password) r.reporter.fault(entry.at, path, "password_sha256 is missing");
    users.push_back(std::move(user));
  });
  if (r.reporter.count() != before) return false;
  r.field<std::vector<User>>() = std::move(users);
  return true;
}

bool null_word(std::string_view text) { return text == "~" || lower_case(text) == "null"; }

}  // namespace

bool read_value(const Option& option, const Node& node, Place at, const std::string& path, Config& config,
                Reporter& reporter) {
  const Reading r{option, node, at, path, config, reporter};
  switch (option.type) {
    case Type::addresses: return read_addresses(r);
    case Type::names: return read_names(r);
    case Type::address: return read_address(r);
    case Type::routes: return read_routes(r);
    case Type::users: return read_users(r);
    case Type::text:
    case Type::secret:
    case Type::url:  // null is the library's way to say "not given", and its text is ""
      return node.kind <= Node::Kind::scalar ? read_text(r) : r.refuse_kind(kTypeNames[size_t(option.type)]);
    case Type::boolean:
    case Type::count:
    case Type::size:
    case Type::duration:
    case Type::percent:
    case Type::choice: break;
  }
  if (node.kind != Node::Kind::scalar || node.text.empty()) {
    const Node none;
    const bool blank = node.kind == Node::Kind::scalar;
    return Reading{option, blank ? none : node, blank && node.at.line > 0 ? node.at : at, path, config, reporter}
        .refuse_kind(kTypeNames[size_t(option.type)]);
  }
  if (option.type == Type::boolean) return read_boolean(r);
  if (option.type == Type::duration) return read_duration(r);
  if (option.type == Type::percent) return read_percent(r);
  if (option.type == Type::choice) return read_choice(r);
  return read_number(r);
}

bool read_short_ttl(const Node& node, const std::string& path, int64_t& default_ms, Reporter& reporter) {
  constexpr int64_t kLeast = 1'000'000, kMost = 3600 * kLeast;  // microseconds
  const std::optional<int64_t> us = parse_duration_us(node.text);
  const std::string value = fmt::format("(value '{}', allowed 1 to 3600)", shown(node.text));
  if (!us && !(node.text.starts_with('-') && parse_count(node.text.substr(1)))) {
    reporter.fault(node.at, path, "not a number of seconds, nor a map " + value);
    return false;
  }
  if (!us || *us < kLeast || *us > kMost || *us % 1000 != 0) {
    reporter.fault(node.at, path, std::string(kLibraryTtlError) + " " + value);
    return false;
  }
  default_ms = *us / 1000;
  return true;
}

NodePtr node_from_text(const Option* option, std::string_view path, std::string_view text, Reporter& reporter) {
  text = trimmed(text);
  const bool list = text.starts_with('[') && text.ends_with(']');  // and not "[::1]:7379,..."
  const bool structured = option == nullptr || option->type == Type::routes || option->type == Type::users;
  const bool listed = option != nullptr &&
                      (option->type == Type::addresses || option->type == Type::address || option->type == Type::names);
  const bool quoted = text.starts_with('"') || text.starts_with('\'');
  if (!structured && !quoted && !(listed && list)) return null_word(text) ? null_node() : scalar_node(text, false);
  const Tree tree = parse_tree(text);
  for (const TreeFault& fault : tree.faults)
    reporter.fault({}, path,
                   fault.at.line > 0 ? fmt::format("{} (line {}, column {} of the value)", fault.problem, fault.at.line,
                                                   fault.at.column)
                                     : fault.problem);
  return tree.faults.empty() ? tree.root : nullptr;
}

void each_entry(const Node& map, const std::string& path, bool fold_case, Reporter& reporter,
                const std::function<void(const std::string& key, const Node::Entry& entry)>& each) {
  std::unordered_map<std::string, int> lines;
  for (const Node::Entry& entry : map.entries) {
    const std::string key = fold_case ? lower_case(entry.key) : entry.key;
    const auto [first, added] = lines.emplace(key, entry.at.line);
    if (added)
      each(key, entry);
    else
      reporter.fault(entry.at, key_path(path, key), fmt::format("given twice (first on line {})", first->second));
  }
}

std::string unknown_text(std::string_view name, std::span<const std::string> candidates) {
  const std::string near = nearest_name(name, candidates);
  if (!near.empty()) return fmt::format("unknown option, did you mean '{}'?", near);
  return fmt::format("unknown option (allowed {})", comma_list(candidates));
}

std::string key_path(std::string_view path, std::string_view key) {
  const bool url = key.find('@') != std::string_view::npos || key.find("://") != std::string_view::npos;
  const std::string safe = shown(url ? masked_url(key) : std::string(key));
  return path.empty() ? safe : fmt::format("{}.{}", path, safe);
}

}  // namespace cachetted::config
