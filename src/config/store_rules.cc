// Implements store_rules.h. Sources: the cachette library's README, redis-py's from_url, MongoDB's
// "Naming Restrictions", DynamoDB's "Naming rules", the AWS general reference for regions.
#include "config/store_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/address.h"
#include "config/fault.h"
#include "config/units.h"

namespace cachetted::config {

namespace {

const std::array<std::string, 7> kBackends = {"inmemory",  "pickle",  "redis",   "valkey",
                                              "memcached", "mongodb", "dynamodb"};
const std::array<std::string, 9> kCodecs = {"none",   "vanilla", "json",    "orjson", "msgpack",
                                            "pickle", "csv",     "feather", "parquet"};
const std::array<std::string, 4> kDistributions = {"modula", "consistent", "ketama", "ketama_weighted"};
const std::array<std::string, 11> kHashes = {"default",  "md5",   "crc",    "fnv1_64", "fnv1a_64", "fnv1_32",
                                             "fnv1a_32", "hsieh", "murmur", "jenkins", "murmur3"};

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool percent_encoding_ok(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '%' && (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))) return false;
  return true;
}

// host, host:port, [v6] or [v6]:port. False: `why` says which part is wrong.
bool check_host_port(std::string_view text, std::string& why) {
  std::string_view host = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos || !valid_ipv6(text.substr(1, end - 1))) {
      why = "the host is not an IPv6 address in brackets";
      return false;
    }
    rest = text.substr(end + 1);
  } else {
    host = text.substr(0, text.find(':'));
    rest = text.substr(host.size());
    if (!valid_host(host)) {
      why = host.empty() ? "the host is missing" : "the host is not a name or an IP address";
      return false;
    }
  }
  if (rest.empty()) return true;
  const uint16_t port = rest[0] == ':' ? parse_port(rest.substr(1)).value_or(0) : uint16_t{0};
  if (port == 0) why = "the port is not a number from 1 to 65535";
  return port != 0;
}

bool check_query(std::string_view query, std::string& why) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::string_view name = pair.substr(0, pair.find('='));
    const std::string_view value = pair.substr(std::min(pair.size(), name.size() + 1));
    if (name != "db" && name != "username" && name != "password") {
      why = "the query may have db, username and password only";
      return false;
    }
    if (name == "db" && !parse_count(value)) {
      why = "the database is not a number";
      return false;
    }
  }
  return true;
}

// [user:password@]host[:port][/db][?query], or for unix://: [user:password@]/path[?query]
Accepted accept_redis_form(std::string_view text, std::array<std::string_view, 3> schemes, std::string& why) {
  if (text.empty()) return "";
  const auto scheme = std::find_if(schemes.begin(), schemes.end(), [&](std::string_view s) {
    return text.size() >= s.size() && lower_case(text.substr(0, s.size())) == s;
  });
  if (scheme == schemes.end()) {
    why = fmt::format("does not begin with {}, {} or {}", schemes[0], schemes[1], schemes[2]);
    return std::nullopt;
  }
  std::string_view rest = text.substr(scheme->size());
  const size_t mark = rest.find('?');
  const std::string_view query = mark == std::string_view::npos ? std::string_view{} : rest.substr(mark + 1);
  rest = rest.substr(0, mark);
  const size_t at = rest.rfind('@');
  const std::string_view user = at == std::string_view::npos ? std::string_view{} : rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? 0 : at + 1);
  if (has_control(text) || text.find(' ') != std::string_view::npos)
    why = "has blanks or control characters";
  else if (!percent_encoding_ok(user) || user.find_first_of("@/") != std::string_view::npos)
    why = "in user and password write %, @ and / as %25, %40 and %2F";
  if (!why.empty() || !check_query(query, why)) return std::nullopt;
  if (*scheme == "unix://") {
    if (rest.size() < 2 || rest[0] != '/') {
      why = "the path of the socket must begin with '/', as in unix:///run/redis.sock";
      return std::nullopt;
    }
    if (rest.size() > kMaxSocketPath) {
      why = fmt::format("the path of the socket is too long ({} bytes, allowed {})", rest.size(), kMaxSocketPath);
      return std::nullopt;
    }
    return std::string(text);
  }
  const size_t slash = rest.find('/');
  if (!check_host_port(rest.substr(0, slash), why)) return std::nullopt;
  std::string_view database = rest.substr(std::min(slash, rest.size()));
  if (!database.empty()) database.remove_prefix(1);
  if (database.ends_with('/')) database.remove_suffix(1);  // redis-py takes no notice of it
  if (!database.empty() && !parse_count(database)) {
    why = "the database after the '/' is not a number";
    return std::nullopt;
  }
  return std::string(text);
}

Accepted accept_prefixed(std::string_view text, std::array<std::string_view, 2> schemes, std::string& why) {
  if (text.empty()) return "";
  for (const std::string_view scheme : schemes) {
    if (text.size() < scheme.size() || lower_case(text.substr(0, scheme.size())) != scheme) continue;
    const std::string_view rest = text.substr(scheme.size());
    if (rest.empty() || rest[0] == '/') why = "the host is missing";
    if (has_control(text) || text.find(' ') != std::string_view::npos) why = "has blanks or control characters";
    return why.empty() ? Accepted(std::string(text)) : std::nullopt;
  }
  why = fmt::format("does not begin with {} or {}", schemes[0], schemes[1]);
  return std::nullopt;
}

Accepted accept_listed(std::string_view text, std::span<const std::string> names, std::string_view noun,
                       std::string& why) {
  const std::string name = lower_case(text);
  if (std::find(names.begin(), names.end(), name) != names.end()) return name;
  why = fmt::format("unknown {}", noun);
  if (const std::string near = nearest_name(name, names); !near.empty())
    why += fmt::format(", did you mean '{}'?", near);
  return std::nullopt;
}

// host[:port], and a weight behind a colon or a blank; or /path of a socket, then with `:0:weight`.
bool check_memcached_server(std::string_view text, std::string& why) {
  std::string_view place = text, weight;
  size_t blank = text.find(' ');
  const size_t colons = text.starts_with('[') ? text.find("]:") : text.find(':');
  if (blank == text.npos && colons != text.npos) blank = text.find(':', text.find(':', colons) + 1);
  if (blank != text.npos) {
    place = text.substr(0, blank);
    weight = trimmed(text.substr(blank + 1));
    if (!parse_count(weight) || weight.size() > 9 || weight == "0") {
      why = "the weight is not a number from 1 on";
      return false;
    }
  }
  if (!text.starts_with('/')) return check_host_port(place, why);
  place = place.substr(0, place.find(':'));
  if (place.size() <= kMaxSocketPath) return true;
  why = fmt::format("the path of the socket is too long ({} bytes, allowed {})", place.size(), kMaxSocketPath);
  return false;
}

}  // namespace

std::span<const std::string> backend_names() { return kBackends; }
std::span<const std::string> codec_names() { return kCodecs; }
bool keeps_tables(std::string_view codec) { return codec == "csv" || codec == "feather" || codec == "parquet"; }

Accepted accept_backend(std::string_view text, std::string& why) {
  if (lower_case(text) == "memory") return "inmemory";
  return accept_listed(text, kBackends, "backend", why);
}

Accepted accept_codec(std::string_view text, std::string& why) {
  if (text.empty()) return "";
  Accepted name = accept_listed(text, kCodecs, "codec", why);
  if (name && (*name == "none" || *name == "vanilla")) return "";
  return name;
}

Accepted accept_redis_url(std::string_view text, std::string& why) {
  return accept_redis_form(text, {"redis://", "rediss://", "unix://"}, why);
}

Accepted accept_valkey_url(std::string_view text, std::string& why) {
  return accept_redis_form(text, {"valkey://", "valkeys://", "unix://"}, why);
}

Accepted accept_memcached_host(std::string_view text, std::string& why) {
  if (text.empty()) return "";
  if (has_control(text)) {
    why = "has control characters";
    return std::nullopt;
  }
  if (text.starts_with("--")) {  // libmemcached's own language; its parser judges the rest
    const std::string lower = lower_case(text);
    if (lower.find("--server=") != std::string::npos || lower.find("--socket=") != std::string::npos)
      return std::string(text);
    why = "names no server (--SERVER=host:port)";
    return std::nullopt;
  }
  for (std::string_view rest = text;;) {
    const size_t comma = rest.find(',');
    if (!check_memcached_server(trimmed(rest.substr(0, comma)), why)) return std::nullopt;
    if (comma == std::string_view::npos) return std::string(text);
    rest.remove_prefix(comma + 1);
  }
}

Accepted accept_distribution(std::string_view text, std::string& why) {
  if (text.empty()) return "";
  return accept_listed(text, kDistributions, "distribution", why);
}

Accepted accept_hash(std::string_view text, std::string& why) {
  if (text.empty()) return "";
  return accept_listed(text, kHashes, "hash", why);
}

Accepted accept_text(std::string_view text, std::string& why) {
  if (has_control(text)) why = "has control characters";
  return why.empty() ? Accepted(std::string(text)) : std::nullopt;
}

Accepted accept_plain(std::string_view text, std::string& why) {
  if (has_control(text) || text.find(' ') != text.npos) why = "has blanks or control characters";
  return why.empty() ? Accepted(std::string(text)) : std::nullopt;
}

Accepted accept_mongodb_url(std::string_view text, std::string& why) {
  return accept_prefixed(text, {"mongodb://", "mongodb+srv://"}, why);
}

Accepted accept_dynamodb_url(std::string_view text, std::string& why) {
  Accepted url = accept_prefixed(text, {"http://", "https://"}, why);
  if (!url || url->empty()) return url;
  const std::string_view rest = text.substr(text.find("://") + 3);
  if (!check_host_port(rest.substr(0, rest.find_first_of("/?#")), why)) return std::nullopt;
  return url;
}

// Two letters, words, and a number, by hyphens: eu-west-1, us-gov-east-1, eu-isoe-west-1.
Accepted accept_region(std::string_view text, std::string& why) {
  if (text.empty()) return "";
  size_t parts = 0;
  bool good = text.size() <= 64;
  for (std::string_view rest = text; good;) {
    const size_t hyphen = rest.find('-');
    const std::string_view part = rest.substr(0, hyphen);
    const bool last = hyphen == std::string_view::npos;
    const char* allowed = last ? "0123456789" : "abcdefghijklmnopqrstuvwxyz";
    good = !part.empty() && part.find_first_not_of(allowed) == std::string_view::npos;
    if (parts == 0) good = good && part.size() == 2;
    ++parts;
    if (last) break;
    rest.remove_prefix(hyphen + 1);
  }
  if (good && parts >= 3) return std::string(text);
  why = "not a well-formed AWS region, such as eu-west-1";
  return std::nullopt;
}

Accepted accept_name(std::string_view text, std::string& why) {
  if (text.empty()) why = "must not be empty";
  if (has_control(text)) why = "has control characters";
  return why.empty() ? Accepted(std::string(text)) : std::nullopt;
}

Accepted accept_path(std::string_view text, std::string& why) {
  if (has_control(text)) why = "has control characters";
  if (!text.empty() && text.back() == '/') why = "names a folder, not a file";
  return why.empty() ? Accepted(std::string(text)) : std::nullopt;
}

std::string mongodb_database_fault(std::string_view name) {
  constexpr size_t kMost = 63;
  if (name.empty() || name.size() > kMost) return fmt::format("must have 1 to {} bytes", kMost);
  if (name.find_first_of(std::string_view("/\\. \"$*<>:|?\0", 13)) != std::string_view::npos)
    return "a MongoDB database may not have any of /\\. \"$*<>:|?";
  return "";
}

std::string mongodb_collection_fault(std::string_view database, std::string_view name) {
  constexpr size_t kMost = 255;  // bytes of "database.collection"
  if (name.empty()) return "must not be empty";
  if (name.find_first_of(std::string_view("$\0", 2)) != std::string_view::npos)
    return "a MongoDB collection may not have $";
  if (name.starts_with("system.")) return "a MongoDB collection may not begin with system.";
  if (database.size() + 1 + name.size() > kMost)
    return fmt::format("database and collection must have {} bytes together, at most", kMost - 1);
  return "";
}

std::string dynamodb_table_fault(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  if (name.size() < 3 || name.size() > 255) return "a DynamoDB table must have 3 to 255 characters";
  if (name.find_first_not_of(kAllowed) != std::string_view::npos) return "a DynamoDB table may have a-zA-Z0-9_.- only";
  return "";
}

}  // namespace cachetted::config
