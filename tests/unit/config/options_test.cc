// The option table as a whole, and what is made of single rows: CONFIG GET and SET, changes, reloads.
#include "config/options.h"

#include <gtest/gtest.h>

#include <set>

#include "config/load.h"

namespace cachetted::config {
namespace {

TEST(Options, PathsAndVariablesAreUnique) {
  std::set<std::string> paths;
  std::set<std::string> variables;
  for (const Option& option : options()) {
    EXPECT_TRUE(paths.insert(option.path).second) << option.path;
    EXPECT_TRUE(variables.insert(environment_name(option.path)).second) << option.path;
  }
  for (const Section& section : sections()) {
    EXPECT_TRUE(paths.insert(section.name).second) << section.name;
    EXPECT_TRUE(variables.insert(environment_name(section.name)).second) << section.name;
  }
}

TEST(Options, RowsAreComplete) {
  std::set<std::string> closed;
  std::string current;
  for (const Option& option : options()) {
    const std::string path = option.path;
    EXPECT_NE(std::string(option.doc), "") << path;
    EXPECT_NE(allowed_text(option), "") << path;
    const bool text = option.type == Type::text || option.type == Type::url || option.type == Type::secret;
    if (option.type != Type::names) {
      EXPECT_EQ(option.accept != nullptr, text) << path;
    }
    EXPECT_EQ(option.choices.empty(), option.type != Type::choice) << path;
    const size_t dot = path.find('.');
    const std::string section = dot == std::string::npos ? "" : path.substr(0, dot);
    EXPECT_TRUE(section.empty() || is_section(section)) << path;
    if (section == current) continue;
    EXPECT_TRUE(section.empty() || closed.insert(section).second) << section << " has rows in two places";
    current = section;
  }
}

TEST(Options, ReloadableAreTheAgreedOnes) {
  std::set<std::string> fixed;
  for (const Option& option : options())
    if (!option.reloadable) fixed.insert(option.path);
  const std::set<std::string> expected = {"backend",
                                          "threads",
                                          "eviction",
                                          "listen.resp",
                                          "listen.memcache",
                                          "listen.admin",
                                          "limits.max_memory",
                                          "limits.databases",
                                          "log.format",
                                          "tls.ca",
                                          "tls.cert",
                                          "tls.key",
                                          "redis_url",
                                          "valkey_url",
                                          "memcached_host",
                                          "mongodb_url",
                                          "database_name",
                                          "table_name",
                                          "region",
                                          "dynamodb_url",
                                          "pickle_path",
                                          "pickle.fsync",
                                          "pickle.snapshot_interval",
                                          "pickle.snapshot_size",
                                          "pickle.on_corrupt",
                                          "memcached.user",
                                          "memcached.password",
                                          "memcached.auth",
                                          "memcached.distribution",
                                          "memcached.hash",
                                          "memcached.auto_eject",
                                          "dynamodb.access_key_id",
                                          "dynamodb.secret_access_key",
                                          "dynamodb.session_token",
                                          "dynamodb.profile",
                                          "dynamodb.connections",
                                          "workers.threads",
                                          "workers.max_batch",
                                          "workers.queue"};
  EXPECT_EQ(fixed, expected);
}

TEST(Options, DefaultsAreAcceptedAsTheyArePrinted) {
  for (const Option& option : options()) {
    Config config;
    const std::string text = get_option_text(config, option.path);
    const auto fault = set_option(config, option.path, text);
    EXPECT_FALSE(fault) << option.path << "=" << text << ": " << fault->line();
    EXPECT_EQ(config, Config{}) << option.path;
  }
}

TEST(Options, EnvironmentNames) {
  EXPECT_EQ(environment_name("listen.resp"), "CACHETTED_LISTEN_RESP");
  EXPECT_EQ(environment_name("redis_url"), "CACHETTED_REDIS_URL");
  EXPECT_EQ(environment_name("ttl"), "CACHETTED_TTL");
}

TEST(Options, FindIgnoresCase) {
  ASSERT_NE(find_option("Redis_URL"), nullptr);
  EXPECT_STREQ(find_option("LIMITS.MAX_KEY")->path, "limits.max_key");
  EXPECT_EQ(find_option("limits"), nullptr);
  EXPECT_EQ(find_option(""), nullptr);
}

TEST(Options, AllowedTexts) {
  EXPECT_EQ(allowed_text(*find_option("limits.max_value")), "1 to 512MiB");
  EXPECT_EQ(allowed_text(*find_option("limits.max_key")), "1 to 1048575");
  EXPECT_EQ(allowed_text(*find_option("timeouts.request")), "1ms to 1h");
  EXPECT_EQ(allowed_text(*find_option("timeouts.idle")), "1ms to 365d, or 0 (never)");
  EXPECT_EQ(allowed_text(*find_option("log.level")), "trace, debug, info, warning or error");
  EXPECT_EQ(allowed_text(*find_option("auth.required")), "true or false");
}

TEST(GetOption, Texts) {
  Config config;
  EXPECT_EQ(get_option_text(config, "threads"), "0");
  EXPECT_EQ(get_option_text(config, "TTL.default"), "60s");
  EXPECT_EQ(get_option_text(config, "limits.max_value"), "64MiB");
  EXPECT_EQ(get_option_text(config, "listen.resp"), "127.0.0.1:7379");
  EXPECT_EQ(get_option_text(config, "listen.memcache"), "127.0.0.1:12211");
  EXPECT_EQ(get_option_text(config, "codec"), "vanilla");
  EXPECT_EQ(get_option_text(config, "slowlog.threshold"), "10ms");
  EXPECT_EQ(get_option_text(config, "nothing"), "");
  config.slowlog.threshold_us = -1;
  config.listen.resp.push_back({Address::Kind::unix_socket, "", "/run/a.sock", 0});
  config.listen.admin.reset();
  EXPECT_EQ(get_option_text(config, "slowlog.threshold"), "off");
  EXPECT_EQ(get_option_text(config, "listen.resp"), "127.0.0.1:7379,unix:/run/a.sock");
  EXPECT_EQ(get_option_text(config, "listen.admin"), "");
}

TEST(GetOption, NeverShowsAPassword) {
  Config config;
  config.auth.users = {{"alice", std::string(64, 'a')}};
  config.store.redis_url = "redis://u:hunter2@h";
  config.store.mongodb_url = "mongodb://u:hunter2@h/?authMechanismProperties=hunter2";
  for (const Option& option : options()) {
    for (const std::string& text : {get_option_text(config, option.path), option_yaml(config, option)}) {
      EXPECT_EQ(text.find("hunter2"), std::string::npos) << option.path;
      EXPECT_EQ(text.find("aaaa"), std::string::npos) << option.path;
    }
  }
  EXPECT_NE(get_option_text(config, "auth.users").find("alice"), std::string::npos);
  EXPECT_EQ(get_option_text(config, "redis_url"), "redis://***@h");
}

TEST(SetOption, EveryType) {
  Config config;
  EXPECT_FALSE(set_option(config, "auth.required", "false"));
  EXPECT_FALSE(set_option(config, "Limits.Max_Connections", "5"));
  EXPECT_FALSE(set_option(config, "limits.max_value", "1MiB"));
  EXPECT_FALSE(set_option(config, "timeouts.idle", "5m"));
  EXPECT_FALSE(set_option(config, "slowlog.threshold", "250us"));
  EXPECT_FALSE(set_option(config, "ttl.jitter", "12.5%"));
  EXPECT_FALSE(set_option(config, "ttl.on_violation", "Reject"));
  EXPECT_FALSE(set_option(config, "listen.admin", ""));
  EXPECT_FALSE(set_option(config, "listen.resp", "[::1]:1,unix:/a"));
  EXPECT_FALSE(set_option(config, "routes", "[{prefix: \"s:\", ttl: {max: 2m}}]"));
  EXPECT_FALSE(set_option(config, "auth.users", "{a: {password_sha256: " + std::string(64, 'A') + "}}"));
  EXPECT_EQ(config.limits.max_connections, 5u);
  EXPECT_EQ(config.limits.max_value, 1u << 20);
  EXPECT_EQ(config.timeouts.idle_ms, 300'000);
  EXPECT_EQ(config.slowlog.threshold_us, 250);
  EXPECT_EQ(config.ttl.jitter, 12.5);
  EXPECT_EQ(config.ttl.on_violation, Ttl::OnViolation::reject);
  EXPECT_FALSE(config.listen.admin);
  ASSERT_EQ(config.listen.resp.size(), 2u);
  ASSERT_EQ(config.routes.size(), 1u);
  EXPECT_EQ(config.routes[0].ttl.max_ms, 120'000);
  EXPECT_EQ(config.routes[0].ttl.default_ms, 60'000) << "inherited";
  EXPECT_EQ(config.routes[0].ttl.on_violation, Ttl::OnViolation::reject) << "inherited";
  EXPECT_EQ(config.auth.users[0].password_sha256, std::string(64, 'a'));
  EXPECT_FALSE(set_option(config, "slowlog.threshold", "off"));
  EXPECT_EQ(config.slowlog.threshold_us, -1);
  EXPECT_FALSE(set_option(config, "ttl", "30")) << "the short form";
  EXPECT_EQ(config.ttl.default_ms, 30'000);
  EXPECT_EQ(config.routes[0].ttl.default_ms, 30'000) << "what a route inherits follows";
}

TEST(SetOption, NamesAreWordsInLowerCase) {
  Config config;
  EXPECT_FALSE(set_option(config, "commands.allow", "Script, SWAPDB,script"));
  EXPECT_FALSE(set_option(config, "commands.deny", "[JSON.GET]"));
  EXPECT_EQ(config.commands.allow, (std::vector<std::string>{"script", "swapdb"})) << "each once";
  EXPECT_EQ(config.commands.deny, std::vector<std::string>{"json.get"});
  EXPECT_EQ(get_option_text(config, "commands.allow"), "script,swapdb");
  EXPECT_EQ(option_yaml(config, *find_option("commands.allow")), "[script, swapdb]");
  for (const char* bad : {"script load", "a,,b", "script|load", "[[a]]", "[{a: b}]", "[\"\"]", "{a: b}", "~"})
    EXPECT_TRUE(set_option(config, "commands.allow", bad)) << bad;
  EXPECT_EQ(set_option(config, "commands.deny", "a b")->line(),
            "commands.deny: not a name (value 'a b', allowed letters, digits, '.', '_' and '-')");
  for (const char* always : {"AUTH", "hello", "[get, ping]", "quit", "reset"})
    EXPECT_TRUE(set_option(config, "commands.deny", always)) << always;
  EXPECT_EQ(
      set_option(config, "commands.deny", "get, Ping")->line(),
      "commands.deny: cannot be denied: clients need it (value 'Ping', allowed a list of names, without auth, hello, "
      "ping, quit and reset)");
  EXPECT_FALSE(set_option(config, "commands.allow", "reset"));
  EXPECT_FALSE(set_option(config, "commands.allow", "Script, SWAPDB,script"));
  EXPECT_EQ(config.commands.allow.size(), 2u) << "a fault changes nothing";
  EXPECT_FALSE(set_option(config, "commands.allow", ""));
  EXPECT_TRUE(config.commands.allow.empty());
}

TEST(SetOption, WhatStoresByWireNeed) {
  Config config;
  EXPECT_FALSE(set_option(config, "passthrough_ttl", "Default"));
  EXPECT_EQ(config.passthrough_ttl, PassthroughTtl::by_default);
  EXPECT_EQ(get_option_text(config, "passthrough_ttl"), "default");
  EXPECT_TRUE(set_option(config, "passthrough_ttl", "on"));
  EXPECT_FALSE(set_option(config, "passthrough_ttl", "off"));
  EXPECT_EQ(config.passthrough_ttl, PassthroughTtl::off);
  EXPECT_FALSE(set_option(config, "tls.ca", "/etc/ca.pem"));
  EXPECT_EQ(config.tls.ca, "/etc/ca.pem");
  EXPECT_TRUE(set_option(config, "tls.ca", "/etc/"));
}

TEST(SetOption, AFaultChangesNothing) {
  Config config;
  const auto fault = set_option(config, "limits.max_key", "2MiB");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->line(), "limits.max_key: out of range (value '2MiB', allowed 1 to 1048575)");
  EXPECT_TRUE(set_option(config, "limits.max_kye", "1"));
  EXPECT_TRUE(set_option(config, "ttl.max", "30")) << "less than ttl.default";
  EXPECT_TRUE(set_option(config, "auth.required", "true")) << "no users";
  EXPECT_TRUE(set_option(config, "routes", "[{prefix"));
  EXPECT_TRUE(set_option(config, "routes", "[{prefix: a}]"));
  EXPECT_TRUE(set_option(config, "threads", ""));
  EXPECT_EQ(config, Config{});
}

TEST(SetOptions, AllOrNone) {
  Config config;
  const std::vector<std::pair<std::string, std::string>> good = {{"ttl.max", "30"}, {"ttl.default", "20"}};
  EXPECT_FALSE(set_options(config, good, Available::everything())) << "checked together";
  EXPECT_EQ(config.ttl.max_ms, 30'000);
  const std::vector<std::pair<std::string, std::string>> bad = {{"limits.max_key", "5"}, {"limits.max_value", "x"}};
  EXPECT_TRUE(set_options(config, bad, Available::everything()));
  EXPECT_EQ(config.limits.max_key, 65'536u);
}

TEST(Changes, NameOldAndNew) {
  Config before;
  Config after;
  EXPECT_TRUE(changes(before, after).empty());
  after.ttl.default_ms = 30'000;
  after.threads = 4;
  after.listen.admin.reset();
  after.log.level = Log::Level::debug;
  const auto found = changes(before, after);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].path, "threads");
  EXPECT_EQ(found[0].before, "0");
  EXPECT_EQ(found[0].after, "4");
  EXPECT_FALSE(found[0].reloadable);
  EXPECT_EQ(found[1].path, "ttl.default");
  EXPECT_EQ(found[1].before, "60s");
  EXPECT_EQ(found[1].after, "30s");
  EXPECT_TRUE(found[1].reloadable);
  EXPECT_EQ(found[2].path, "listen.admin");
  EXPECT_EQ(found[3].path, "log.level");
}

TEST(Changes, PasswordsAreNotShown) {
  Config before;
  Config after;
  before.auth.users = {{"a", std::string(64, 'a')}};
  after.auth.users = {{"a", std::string(64, 'b')}};
  before.store.redis_url = "redis://u:hunter2@h";
  after.store.redis_url = "redis://u:hunter3@h";
  const auto found = changes(before, after);
  ASSERT_EQ(found.size(), 2u);
  for (const Change& change : found) {
    EXPECT_EQ(change.before, "(changed)");
    EXPECT_EQ(change.after, "(changed)");
  }
}

TEST(Changes, ReloadTakesTheReloadableOnly) {
  Config before;
  Config after;
  after.threads = 4;
  after.limits.max_connections = 7;
  after.limits.max_memory = 1 << 20;
  after.routes = {{"a", {}, {}}};
  after.ttl.default_ms = 1000;
  const Config now = with_reloadable(before, after);
  EXPECT_EQ(now.threads, 0u);
  EXPECT_EQ(now.limits.max_memory, 0u);
  EXPECT_EQ(now.limits.max_connections, 7u);
  EXPECT_EQ(now.ttl.default_ms, 1000);
  ASSERT_EQ(now.routes.size(), 1u);
  EXPECT_EQ(now.routes[0].ttl.default_ms, 1000);
}

}  // namespace
}  // namespace cachetted::config
