// Implements validate.h: one function per rule, called in a fixed order at the end of the file.
// The sentences about missing keys are the Python library's, word for word.
#include "config/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/store_rules.h"
#include "config/units.h"

namespace cachetted::config {

namespace {

class Checks {
 public:
  Checks(const Config& config, const Available& available, const Origins& origins)
      : config_(config), available_(available), origins_(origins) {}

  void check_ttl();
  void check_addresses();
  void check_auth();
  void check_backend();
  void check_codecs();
  std::vector<Fault> take() { return std::move(faults_); }

 private:
  const Origin* origin(const std::string& path) const {
    const auto found = origins_.find(path);
    return found == origins_.end() ? nullptr : &found->second;
  }
  bool faulty(const std::string& path) const {
    const Origin* from = origin(path);
    return from != nullptr && from->faulty;
  }
  // Puts the fault at the first of `places` that some source gave.
  void add(std::initializer_list<std::string> places, std::string_view path, std::string_view problem) {
    for (const std::string& place : places)
      if (const Origin* from = origin(place)) {
        faults_.push_back(fault_at(*from, path, problem));
        return;
      }
    faults_.push_back({"configuration", fmt::format("{}: {}", path, problem)});
  }

  void check_policy(const std::string& path, const Ttl& ttl, const Route::Own& own, const std::string& place);
  void check_values(const Values& values, const std::string& path, const Route::Own* own);
  void check_table(const Values& values, const std::string& path, const Route::Own* own, bool built);
  void require(bool given, const std::string& path, std::string_view sentence) {
    if (!given && !faulty(path)) add({"backend"}, "backend", sentence);
  }

  const Config& config_;
  const Available& available_;
  const Origins& origins_;
  std::vector<Fault> faults_;
  bool told_of_tables_ = false;  // once is enough
};

std::string text_of(int64_t ms) { return duration_text_us(ms * 1000); }

// `own` tells which fields this policy wrote: what it only inherited is the other policy's fault.
void Checks::check_policy(const std::string& path, const Ttl& ttl, const Route::Own& own, const std::string& place) {
  const auto key = [&](const char* name) { return path + "." + name; };
  if (ttl.min_ms > 0 && ttl.max_ms > 0 && ttl.min_ms > ttl.max_ms && (own.has("ttl.min") || own.has("ttl.max"))) {
    add({key("min"), key("max"), place}, key("min"),
        fmt::format("more than {} (value '{}', allowed at most {})", key("max"), text_of(ttl.min_ms),
                    text_of(ttl.max_ms)));
    return;  // no default could please both
  }
  if (ttl.default_ms == 0) return;
  const char* hint = own.has("ttl.default") ? "" : "; write a default too";
  if (ttl.max_ms > 0 && ttl.default_ms > ttl.max_ms && (own.has("ttl.default") || own.has("ttl.max")))
    add({key("default"), key("max"), place}, key("default"),
        fmt::format("more than {} (value '{}', allowed at most {}, or 0){}", key("max"), text_of(ttl.default_ms),
                    text_of(ttl.max_ms), hint));
  if (ttl.min_ms > 0 && ttl.default_ms < ttl.min_ms && (own.has("ttl.default") || own.has("ttl.min")))
    add({key("default"), key("min"), place}, key("default"),
        fmt::format("less than {} (value '{}', allowed at least {}, or 0){}", key("min"), text_of(ttl.default_ms),
                    text_of(ttl.min_ms), hint));
}

// A field whose text was refused counts as "no bound": nothing is compared with it.
void Checks::check_ttl() {
  const auto without_faulty = [&](Ttl ttl, const Route::Own& own) {
    if (!own.has("ttl.default") && faulty("ttl.default")) ttl.default_ms = 0;
    if (!own.has("ttl.min") && faulty("ttl.min")) ttl.min_ms = 0;
    if (!own.has("ttl.max") && faulty("ttl.max")) ttl.max_ms = 0;
    return ttl;
  };
  Route::Own all{{"ttl.min", "ttl.max"}};
  if (origin("ttl.default") != nullptr) all.paths.emplace_back("ttl.default");
  check_policy("ttl", without_faulty(config_.ttl, {}), all, "ttl");
  for (size_t i = 0; i < config_.routes.size(); ++i) {
    const Route& route = config_.routes[i];
    const std::string path = fmt::format("routes[{}].ttl", i);
    if (!faulty(path))
      check_policy(path, without_faulty(route.ttl, route.own), route.own, origin(path) != nullptr ? path : "routes");
  }
}

void Checks::check_addresses() {
  std::map<std::string, std::string> seen;  // text to the path that has it
  const auto check = [&](const Address& address, const std::string& path, const std::string& place) {
    if (address.kind == Address::Kind::tcp && address.port == 0) return;  // each gets a port of its own
    const std::string text = address.kind == Address::Kind::tcp ? lower_case(address.place()) : address.place();
    const auto [first, added] = seen.emplace(text, path);
    if (added) return;
    const std::string problem = first->second == path
                                    ? fmt::format("given twice (value '{}')", shown(text))
                                    : fmt::format("already given in {} (value '{}')", first->second, shown(text));
    add({place, path, first->second}, path, problem);
  };
  const auto check_list = [&](const std::vector<Address>& list, const std::string& path) {
    for (size_t i = 0; i < list.size(); ++i) check(list[i], path, fmt::format("{}[{}]", path, i));
  };
  check_list(config_.listen.resp, "listen.resp");
  check_list(config_.listen.memcache, "listen.memcache");
  const auto& admin = config_.listen.admin;
  if (admin && admin->kind == Address::Kind::unix_socket) {
    add({"listen.admin"}, "listen.admin",
        fmt::format("HTTP is not served on a unix socket (value '{}', allowed host:port or [ipv6]:port)",
                    shown(admin->text())));
  } else if (admin && (admin->client_codec || admin->client_types)) {
    add({"listen.admin"}, "listen.admin", "HTTP has no client_codec or client_types");
  } else if (admin) {
    check(*admin, "listen.admin", "listen.admin");
  }
}

void Checks::check_auth() {
  if (!config_.auth.required || !config_.auth.users.empty() || faulty("auth.users")) return;
  add({"auth.required", "auth.users"}, "auth.required", "true, and auth.users names nobody: no client could connect");
}

void Checks::check_backend() {
  const Store& store = config_.store;
  const std::string& backend = config_.backend;
  if (faulty("backend")) return;
  const auto& known = available_.backends;
  if (std::find(known.begin(), known.end(), backend) == known.end())
    add({"backend"}, "backend",
        fmt::format("backend '{}' is not built into this version; available: {}", shown(backend), comma_list(known)));
  const auto check_place = [&](const std::string& path, const std::string& place) {
    const bool readable = !place.empty() && !faulty(path) && available_.store_fault != nullptr;
    const std::string why = readable ? available_.store_fault(config_) : "";
    if (!why.empty()) add({path}, path, why.substr(why.find(": ") + 2));
  };
  const auto check_name = [&](const std::string& path, const std::string& name, const std::string& problem) {
    if (!problem.empty() && !faulty(path))
      add({path, "backend"}, path, fmt::format("{} (value '{}')", problem, shown(name)));
  };
  if (backend == "redis") {
    require(!store.redis_url.empty(), "redis_url", "The \"redis_url\" cannot be null when using redis as backend.");
  } else if (backend == "valkey") {
    require(!store.valkey_url.empty(), "valkey_url", "The \"valkey_url\" cannot be null when using valkey as backend.");
  } else if (backend == "memcached") {
    require(!store.memcached_host.empty(), "memcached_host",
            "The \"memcached_host\" cannot be null when using memcached as backend.");
    const Memcached& m = config_.memcached;
    if (m.user.empty() && (!m.password.empty() || m.auth == MemcachedAuth::sasl) && !faulty("memcached.user"))
      add({"memcached.password", "memcached.auth"}, "memcached.user",
          "nobody is named, but memcached.password or memcached.auth is given");
    check_place("memcached_host", store.memcached_host);
  } else if (backend == "pickle") {
    require(!store.pickle_path.empty(), "pickle_path",
            "The \"pickle_path\" cannot be null when using pickle as backend.");
  } else if (backend == "mongodb") {
    require(!store.mongodb_url.empty(), "mongodb_url",
            "The \"mongodb_url\" cannot be null when using MongoDB as backend.");
    check_place("mongodb_url", store.mongodb_url);
    check_name("database_name", store.database_name, mongodb_database_fault(store.database_name));
    check_name("table_name", store.table_name, mongodb_collection_fault(store.database_name, store.table_name));
  } else if (backend == "dynamodb") {
    require(!store.dynamodb_url.empty() || !store.region.empty() || faulty("region"), "dynamodb_url",
            "The \"dynamodb_url\" cannot be null when using DynamoDB as backend and no region defined.");
    check_name("table_name", store.table_name, dynamodb_table_fault(store.table_name));
    const Dynamodb& d = config_.dynamodb;
    if (d.access_key_id.empty() != d.secret_access_key.empty() && !faulty("dynamodb.access_key_id"))
      add({"dynamodb.access_key_id", "dynamodb.secret_access_key"}, "dynamodb.secret_access_key",
          "dynamodb.access_key_id and dynamodb.secret_access_key go together, and one of them is missing");
    if (!d.session_token.empty() && d.access_key_id.empty())
      add({"dynamodb.session_token"}, "dynamodb.session_token", "it is of no use without dynamodb.access_key_id");
  }
}

void Checks::check_table(const Values& values, const std::string& path, const Route::Own* own, bool built) {
  const auto wrote = [&](const char* option) { return own == nullptr || own->has(option); };
  const bool tables = keeps_tables(values.codec);
  const bool asked = tables && built && wrote("codec") && !faulty(path + "codec") && !told_of_tables_;
  if (asked && available_.tables_fault != nullptr)
    if (const std::string why = available_.tables_fault(); !why.empty())
      told_of_tables_ = true,
      add({path + "codec", "routes"}, path + "codec", fmt::format("codec '{}': {}", values.codec, why));
  const ClientCodec form = values.client_codec;
  if (values.codec.empty() || !wrote("client_codec") || (tables ? for_tables(form) : for_values(form))) return;
  add({path + "client_codec", "routes"}, path + "client_codec",
      fmt::format("'{}' is {}, and codec '{}' {}", kClientCodecs[static_cast<int>(form)],
                  tables ? "no form of a table" : "a form of tables", values.codec,
                  tables ? "keeps tables" : "keeps none"));
}

void Checks::check_values(const Values& values, const std::string& path, const Route::Own* own) {
  const auto& known = available_.codecs;
  const auto wrote = [&](const char* option) { return own == nullptr || own->has(option); };
  const bool built = values.codec.empty() || std::find(known.begin(), known.end(), values.codec) != known.end();
  if (!built && !faulty(path + "codec") && wrote("codec")) {
    std::vector<std::string> names = {"vanilla"};
    names.insert(names.end(), known.begin(), known.end());
    add({path + "codec", "routes"}, path + "codec",
        fmt::format("codec '{}' is not built into this version; available: {}", shown(values.codec),
                    comma_list(names)));
  }
  check_table(values, path, own, built);
  constexpr uint32_t kMostLz4 = 12;
  const Compression& c = values.compression;
  if (c.algorithm == Compression::Algorithm::lz4 && c.level > kMostLz4 &&
      (wrote("compression.level") || wrote("compression.algorithm")))
    add({path + "compression.level", path + "compression.algorithm", "routes"}, path + "compression.level",
        fmt::format("out of range with lz4 (value '{}', allowed 1 to {}, or 0)", c.level, kMostLz4));
}

void Checks::check_codecs() {
  check_values(config_.values, "", nullptr);
  for (size_t i = 0; i < config_.routes.size(); ++i)
    check_values(config_.routes[i].values, fmt::format("routes[{}].", i), &config_.routes[i].own);
}

}  // namespace

Available Available::everything() {
  Available all;
  all.backends.assign(backend_names().begin(), backend_names().end());
  all.codecs.assign(codec_names().begin(), codec_names().end());
  return all;
}

std::vector<Fault> validate(const Config& config, const Available& available, const Origins& origins) {
  Checks checks(config, available, origins);
  checks.check_ttl();
  checks.check_addresses();
  checks.check_auth();
  checks.check_backend();
  checks.check_codecs();
  return checks.take();
}

}  // namespace cachetted::config
