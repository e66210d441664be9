// Prints options (see options.h): as CONFIG GET shows them, as YAML, and what differs between two configurations.
// A user's password hash and the secret parts of a URL never leave this file.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "config/load.h"
#include "config/option_value.h"
#include "config/units.h"
#include "config/validate.h"

namespace cachetted::config {

namespace {

constexpr const char* kHidden = "********";

template <typename T>
const T& field(const Option& option, const Config& config) {
  // The accessors of the table serve reading and writing; this one only reads.
  return std::get<FieldOf<T>>(option.field)(const_cast<Config&>(config));
}

uint64_t number(const Option& option, const Config& config) {
  if (std::holds_alternative<FieldOf<uint32_t>>(option.field)) return field<uint32_t>(option, config);
  return field<uint64_t>(option, config);
}

size_t choice(const Option& option, const Config& config) {
  return std::visit(
      [&](auto accessor) -> size_t {
        using T = std::remove_reference_t<decltype(accessor(const_cast<Config&>(config)))>;
        if constexpr (std::is_enum_v<T>) return static_cast<size_t>(accessor(const_cast<Config&>(config)));
        return 0;
      },
      option.field);
}

std::string duration(int64_t value, int64_t unit_us) { return value < 0 ? "off" : duration_text_us(value * unit_us); }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      out.append(1, '\\').append(1, c);
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + '"';
}

std::string text_yaml(std::string_view text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  const std::string lower = lower_case(text);
  const bool plain = !text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos && text[0] != '-' &&
                     text[0] != '.' && lower != "null";
  return plain ? std::string(text) : quoted(text);
}

// What it wrote itself, in the order of the table.
std::string route_yaml(const Route& route) {
  Config shown_config;
  shown_config.ttl = route.ttl;
  shown_config.values = route.values;
  std::string out = "prefix: " + quoted(route.prefix), section, inner;
  const auto close = [&] {
    if (!section.empty()) out += fmt::format(", {}: {{{}}}", section, inner);
    section.clear();
    inner.clear();
  };
  for (const Option& option : options()) {
    const std::string_view path = option.path;
    if (!route.own.has(path)) continue;
    const size_t dot = path.find('.');
    const std::string value = option_yaml(shown_config, option);
    if (dot == path.npos || path.substr(0, dot) != section) close();
    if (dot == path.npos) {
      out += fmt::format(", {}: {}", path, value);
    } else {
      section = path.substr(0, dot);
      inner += fmt::format("{}{}: {}", inner.empty() ? "" : ", ", path.substr(dot + 1), value);
    }
  }
  close();
  return "{" + out + "}";
}

template <typename List, typename Print>
std::string joined(const List& list, std::string_view between, Print print) {
  std::string out;
  for (const auto& item : list) {
    if (!out.empty()) out += between;
    out += print(item);
  }
  return out;
}

std::string routes_yaml(const std::vector<Route>& routes) {
  return fmt::format("[{}]", joined(routes, ", ", route_yaml));
}

std::string users_yaml(const std::vector<User>& users) {
  const auto one = [](const User& user) {
    return fmt::format("{}: {{password_sha256: \"{}\"}}", text_yaml(user.name), kHidden);
  };
  return fmt::format("{{{}}}", joined(users, ", ", one));
}

// What both forms share; the text and list types differ by their quotes.
std::string option_text(const Option& option, const Config& config) {
  switch (option.type) {
    case Type::boolean: return field<bool>(option, config) ? "true" : "false";
    case Type::count: return std::to_string(number(option, config));
    case Type::size: return size_text(number(option, config));
    case Type::duration: return duration(field<int64_t>(option, config), option.unit_us);
    case Type::percent: return percent_text(field<double>(option, config));
    case Type::choice: return option.choices[choice(option, config)];
    case Type::text: {
      const std::string& text = field<std::string>(option, config);
      return text.empty() ? option.blank : text;
    }
    case Type::url: return masked_url(field<std::string>(option, config));
    case Type::secret: return field<std::string>(option, config).empty() ? "" : kHidden;
    case Type::address: {
      const auto& address = field<std::optional<Address>>(option, config);
      return address ? address->text() : "";
    }
    case Type::addresses:
      return joined(field<std::vector<Address>>(option, config), ",", [](const Address& a) { return a.text(); });
    case Type::names: return joined(field<std::vector<std::string>>(option, config), ",", std::identity());
    case Type::routes: return routes_yaml(field<std::vector<Route>>(option, config));
    case Type::users: return users_yaml(field<std::vector<User>>(option, config));
  }
  return "";
}

bool same(const Option& option, const Config& a, const Config& b) {
  return std::visit([&](auto accessor) { return accessor(const_cast<Config&>(a)) == accessor(const_cast<Config&>(b)); },
                    option.field);
}

std::string range_text(const Option& option) {
  const auto bound = [&](uint64_t value) -> std::string {
    if (option.type == Type::size) return size_text(value);
    if (option.type == Type::duration) return duration_text_us(static_cast<int64_t>(value));
    return std::to_string(value);
  };
  std::string out = bound(option.min) + " to " + bound(option.max);
  if (option.zero != nullptr) out += fmt::format(", or 0 ({})", option.zero);
  if (option.off != nullptr) out += fmt::format(", or off ({})", option.off);
  return out;
}

}  // namespace

std::string allowed_text(const Option& option) {
  if (option.allowed != nullptr) return option.allowed;
  switch (option.type) {
    case Type::boolean: return "true or false";
    case Type::choice: {
      std::string out;
      for (size_t i = 0; i < option.choices.size(); ++i)
        out += (i == 0 ? "" : i + 1 == option.choices.size() ? " or " : ", ") + std::string(option.choices[i]);
      return out;
    }
    case Type::count:
    case Type::size:
    case Type::duration:
    case Type::percent: return range_text(option);
    case Type::text:
    case Type::secret:
    case Type::url:
    case Type::address:
    case Type::addresses:
    case Type::names:
    case Type::routes:
    case Type::users: break;
  }
  return "text";
}

std::string get_option_text(const Config& config, std::string_view path) {
  const Option* option = find_option(path);
  return option == nullptr ? "" : option_text(*option, config);
}

std::string option_yaml(const Config& config, const Option& option) {
  switch (option.type) {
    case Type::text:
    case Type::secret:
    case Type::url: return text_yaml(option_text(option, config));
    case Type::address: return quoted(option_text(option, config));
    case Type::addresses:
      return fmt::format("[{}]", joined(field<std::vector<Address>>(option, config), ", ",
                                        [](const Address& a) { return quoted(a.text()); }));
    case Type::names:
      return fmt::format("[{}]", joined(field<std::vector<std::string>>(option, config), ", ", std::identity()));
    case Type::boolean:
    case Type::count:
    case Type::size:
    case Type::duration:
    case Type::percent:
    case Type::choice:
    case Type::routes:
    case Type::users: break;
  }
  return option_text(option, config);
}

std::optional<Fault> set_option(Config& config, std::string_view path, std::string_view text) {
  const std::pair<std::string, std::string> value{path, text};
  return set_options(config, {&value, 1}, Available::everything());
}

std::optional<Fault> set_options(Config& config, std::span<const std::pair<std::string, std::string>> values,
                                 const Available& available) {
  Config next = config;
  std::vector<Fault> faults;
  Origins origins;
  for (const auto& [path, text] : values) {
    const std::string name = lower_case(path);
    apply_text(next, {Origin::Source::request, key_path("", name), {}, false}, name, text, faults, origins);
    if (!faults.empty()) return faults.front();
  }
  resolve_routes(next);
  faults = validate(next, available, origins);
  if (!faults.empty()) return faults.front();
  config = std::move(next);
  return std::nullopt;
}

std::vector<Change> changes(const Config& before, const Config& after) {
  std::vector<Change> out;
  for (const Option& option : options()) {
    if (same(option, before, after)) continue;
    Change change{option.path, option_text(option, before), option_text(option, after), option.reloadable};
    if (option.type == Type::users || change.before == change.after) change.before = change.after = "(changed)";
    out.push_back(std::move(change));
  }
  return out;
}

Config with_reloadable(const Config& before, const Config& after) {
  Config out = before;
  for (const Option& option : options()) {
    if (!option.reloadable) continue;
    std::visit([&](auto accessor) { accessor(out) = accessor(const_cast<Config&>(after)); }, option.field);
  }
  resolve_routes(out);
  return out;
}

}  // namespace cachetted::config
