// Loading: values from every source, their order, and every fault with its place, none hiding another.
#include "config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "config/yaml_tree.h"

namespace cachetted::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> lines(const Loaded& loaded) {
  std::vector<std::string> out;
  for (const Fault& fault : loaded.faults) out.push_back(fault.line());
  return out;
}

std::vector<std::string> faults_of(std::string_view yaml) { return lines(load_text(yaml, "c.yaml")); }

Config good(std::string_view yaml) {
  const Loaded loaded = load_text(yaml, "c.yaml");
  EXPECT_THAT(lines(loaded), ElementsAre()) << yaml;
  return loaded.config;
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    char name[] = "/tmp/cachetted-config-XXXXXX";
    const int fd = mkstemp(name);
    if (fd >= 0) close(fd);
    name_ = name;
    std::ofstream(name_) << text;
  }
  ~TemporaryFile() { std::remove(name_.c_str()); }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

TEST(Load, NothingIsTheDefaults) {
  const Loaded loaded = load({});
  EXPECT_THAT(lines(loaded), ElementsAre());
  EXPECT_EQ(loaded.config, Config{});
  EXPECT_EQ(good(""), Config{});
  EXPECT_EQ(good("# nothing\n"), Config{});
  EXPECT_EQ(good("{}"), Config{});
}

TEST(Load, TheWholeDocumentedExample) {
  const Config config = good(R"(
listen: {resp: ["127.0.0.1:7379", "unix:/run/cachetted/resp.sock"],
         memcache: ["127.0.0.1:12211"], admin: "127.0.0.1:9379"}
threads: 0
ttl: {default: 60, min: 0, max: 0, jitter: 0, on_violation: clamp}
limits: {max_connections: 10000, max_memory: 0, max_key: 65536, max_value: 64MiB, max_pipeline: 1024,
         output_buffer: 64MiB, databases: 16}
eviction: s3fifo
auth: {users: {default: {password_sha256:
         "f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7"}}, required: false}
timeouts: {idle: 0, request: 1s, connect: 500ms, stall: 5s, drain: 5s}
routes: [{prefix: "session:", ttl: {default: 1800, max: 86400}}]
log: {level: info, format: text}
)");
  ASSERT_EQ(config.listen.resp.size(), 2u);
  EXPECT_EQ(config.listen.resp[1].path, "/run/cachetted/resp.sock");
  ASSERT_EQ(config.listen.memcache.size(), 1u);
  EXPECT_EQ(config.listen.memcache[0].text(), kMemcacheDefault);
  ASSERT_EQ(config.routes.size(), 1u);
  EXPECT_EQ(config.routes[0].prefix, "session:");
  EXPECT_EQ(config.routes[0].ttl.default_ms, 1'800'000);
  EXPECT_EQ(config.routes[0].ttl.max_ms, 86'400'000);
  EXPECT_TRUE(check_password(config.auth, "default", "hunter2"));
  EXPECT_EQ(config.ttl, Ttl{});
  EXPECT_EQ(config.limits, Limits{});
  EXPECT_EQ(config.timeouts, Timeouts{});
}

TEST(Load, TheLibrarysFlatKeys) {
  const Config config = good(
      "Backend: InMemory\nCODEC: Vanilla\nttl: 300\nRedis_Url: redis://h\npickle_path: null\n"
      "valkey_url: ~\nmongodb_url:\nregion: eu-west-1\n");
  EXPECT_EQ(config.backend, "inmemory");
  EXPECT_EQ(config.values.codec, "");
  EXPECT_EQ(config.ttl.default_ms, 300'000);
  EXPECT_EQ(config.store.redis_url, "redis://h");
  EXPECT_EQ(config.store.region, "eu-west-1");
  EXPECT_EQ(config.store.pickle_path, "");
}

TEST(Load, AddressesAreAListOrAText) {
  EXPECT_EQ(good("listen: {resp: \"127.0.0.1:1\"}").listen.resp.size(), 1u);
  EXPECT_EQ(good("listen: {resp: \"127.0.0.1:1, [::1]:2,unix:/a\"}").listen.resp.size(), 3u);
  EXPECT_TRUE(good("listen: {resp: []}").listen.resp.empty());
  EXPECT_TRUE(good("listen: {resp: \"\"}").listen.resp.empty());
  EXPECT_FALSE(good("listen: {admin: \"\"}").listen.admin);
  EXPECT_FALSE(good("listen: {admin: []}").listen.admin);
  EXPECT_EQ(good("listen: {admin: [\"[::1]:9\"]}").listen.admin->text(), "[::1]:9");
  EXPECT_EQ(good("listen: {resp: [\"unix:/a,b\"]}").listen.resp[0].path, "/a,b") << "commas split a text only";
}

TEST(Load, EmptySectionsAreNoFault) { EXPECT_EQ(good("limits:\nttl:\nauth:\n  users:\nroutes:\n"), Config{}); }

TEST(Load, AnchorsWork) {
  const Config config = good(
      "timeouts: {request: &t 2s, connect: *t}\nroutes:\n- {prefix: a, ttl: &p {max: 90}}\n"
      "- {prefix: b, ttl: *p}\n");
  EXPECT_EQ(config.timeouts.connect_ms, 2000);
  EXPECT_EQ(config.routes[1].ttl.max_ms, 90'000);
}

TEST(LoadTtl, ShortFormIsTheLibrarys) {
  EXPECT_EQ(good("ttl: 1").ttl.default_ms, 1000);
  EXPECT_EQ(good("ttl: 3600").ttl.default_ms, 3'600'000);
  EXPECT_EQ(good("ttl: 5m").ttl.default_ms, 300'000);
  for (const char* bad : {"0", "3601", "-1", "2h", "500ms", "1000500us", "99999999999999999999"})
    EXPECT_THAT(faults_of(std::string("ttl: ") + bad),
                ElementsAre(std::string("c.yaml:1:6: ttl: The \"ttl\" value must between 1 or 3600 seconds. (value '") +
                            bad + "', allowed 1 to 3600)"));
  EXPECT_THAT(faults_of("ttl: soon"),
              ElementsAre("c.yaml:1:6: ttl: not a number of seconds, nor a map (value 'soon', allowed 1 to 3600)"));
  EXPECT_THAT(faults_of("ttl: [60]"), ElementsAre(HasSubstr("c.yaml:1:6: ttl: must be a map")));
}

TEST(LoadTtl, MapForm) {
  const Ttl ttl = good("ttl: {default: 1d, min: 1500ms, max: 7d, jitter: 10%, on_violation: reject}").ttl;
  EXPECT_EQ(ttl.default_ms, 86'400'000);
  EXPECT_EQ(ttl.min_ms, 1500);
  EXPECT_EQ(ttl.max_ms, 604'800'000);
  EXPECT_EQ(ttl.jitter, 10);
  EXPECT_EQ(ttl.on_violation, Ttl::OnViolation::reject);
  EXPECT_EQ(good("ttl: {default: 0}").ttl.default_ms, 0);
  EXPECT_EQ(good("ttl: {default: 86400}").ttl.default_ms, 86'400'000) << "not bound by the short form";
  EXPECT_EQ(good("ttl: {default: 0, min: 5, max: 10}").ttl.min_ms, 5000) << "none is in any bounds";
}

TEST(LoadTtl, BoundsMustAgree) {
  EXPECT_THAT(faults_of("ttl:\n  min: 20\n  max: 10\n"),
              ElementsAre("c.yaml:2:8: ttl.min: more than ttl.max (value '20s', allowed at most 10s)"));
  EXPECT_THAT(faults_of("ttl:\n  default: 90\n  max: 30\n"),
              ElementsAre("c.yaml:2:12: ttl.default: more than ttl.max (value '90s', allowed at most 30s, or 0)"));
  EXPECT_THAT(faults_of("ttl: {max: 30}"),
              ElementsAre("c.yaml:1:12: ttl.default: more than ttl.max (value '60s', allowed at most 30s, or 0); "
                          "write a default too"));
  EXPECT_THAT(faults_of("ttl: {min: 2m}"),
              ElementsAre("c.yaml:1:12: ttl.default: less than ttl.min (value '60s', allowed at least 2m, or 0); "
                          "write a default too"));
  EXPECT_THAT(faults_of("ttl: {default: 30x, max: 30}"), ElementsAre(HasSubstr("ttl.default: not a duration")))
      << "nothing is compared with a value that was refused";
  EXPECT_THAT(faults_of("ttl: {jitter: 101}"), ElementsAre(HasSubstr("out of range (value '101', allowed 0 to 100)")));
  EXPECT_THAT(faults_of("ttl: {max: 1us}"), ElementsAre(HasSubstr("out of range")));
  EXPECT_THAT(faults_of("ttl: {max: 60000001us}"), ElementsAre(HasSubstr("not a whole number of milliseconds")));
}

TEST(LoadRoutes, InheritWhatTheyLeaveOut) {
  const Config config = good(
      "ttl: {default: 100, min: 10, jitter: 5}\n"
      "routes:\n- {prefix: a, ttl: {max: 1h}}\n- {prefix: b, ttl: 60}\n- {prefix: c, ttl: {default: 0}}\n");
  ASSERT_EQ(config.routes.size(), 3u);
  EXPECT_EQ(config.routes[0].ttl.default_ms, 100'000);
  EXPECT_EQ(config.routes[0].ttl.min_ms, 10'000);
  EXPECT_EQ(config.routes[0].ttl.max_ms, 3'600'000);
  EXPECT_EQ(config.routes[0].ttl.jitter, 5);
  EXPECT_EQ(config.routes[1].ttl.default_ms, 60'000);
  EXPECT_EQ(config.routes[1].ttl.min_ms, 10'000);
  EXPECT_EQ(config.routes[2].ttl.default_ms, 0);
}

TEST(LoadRoutes, InheritFromLaterSourcesToo) {
  const TemporaryFile file("routes: [{prefix: a, ttl: {max: 1h}}]\n");
  const Loaded loaded = load({file.name(), {}, {"ttl.default=100"}});
  EXPECT_THAT(lines(loaded), ElementsAre());
  EXPECT_EQ(loaded.config.routes[0].ttl.default_ms, 100'000);
}

TEST(LoadRoutes, HaveCodecsOfTheirOwn) {
  const Loaded loaded = load_text(
      "codec: json\nclient_types: plain\ncompression: {algorithm: zstd, level: 5}\n"
      "routes:\n- {prefix: a, codec: pickle, compression: {algorithm: lz4, level: 3}}\n- {prefix: b, codec: none}\n",
      "c.yaml", Available::everything());
  const Config& config = loaded.config;
  EXPECT_THAT(lines(loaded), ElementsAre());
  EXPECT_EQ(config.routes[0].values.codec, "pickle");
  EXPECT_EQ(config.routes[0].values.client_types, ClientTypes::plain) << "inherited";
  EXPECT_EQ(config.routes[0].values.compression.algorithm, Compression::Algorithm::lz4);
  EXPECT_EQ(config.routes[1].values.codec, "");
  EXPECT_EQ(config.routes[1].values.compression.level, 5u);
  EXPECT_EQ(config.routes[1].ttl.default_ms, 60'000);
  EXPECT_THAT(faults_of("compression: {algorithm: lz4, level: 13}"),
              ElementsAre("c.yaml:1:38: compression.level: out of range with lz4 (value '13', allowed 1 to 12, or 0)"));
  EXPECT_THAT(faults_of("routes: [{prefix: a, codec: pikle}]"), ElementsAre(HasSubstr("routes[0].codec: ")));
  EXPECT_THAT(faults_of("routes: [{prefix: a, compression: 5}]"),
              ElementsAre(HasSubstr("routes[0].compression: must be a map of algorithm, level, min_size")));
}

TEST(LoadRoutes, Faults) {
  EXPECT_THAT(faults_of("routes: {prefix: a}"), ElementsAre(HasSubstr("routes: must be a list, not a map")));
  EXPECT_THAT(faults_of("routes: a"), ElementsAre(HasSubstr("routes: must be a list, not text")));
  EXPECT_THAT(
      faults_of("routes: [a, {ttl: 5}, {prefix: b}, {prefix: \"\", ttl: 5}, {prefix: [x], ttl: 5}]"),
      ElementsAre("c.yaml:1:10: routes[0]: must be a map of prefix and options",
                  "c.yaml:1:13: routes[1]: prefix is missing",
                  "c.yaml:1:23: routes[2]: says nothing beside its prefix (allowed ttl, codec, compression ...)",
                  "c.yaml:1:37: routes[3].prefix: must be text, not empty",
                  "c.yaml:1:59: routes[4].prefix: must be text, not empty"));
  EXPECT_THAT(faults_of("routes: [{prefix: a, ttl: 5}, {prefix: a, ttl: 6}]"),
              ElementsAre("c.yaml:1:31: routes[1].prefix: given twice (value 'a')"));
  EXPECT_THAT(faults_of("routes: [{prefix: a, ttl: 5, tll: 3}]"),
              ElementsAre("c.yaml:1:30: routes[0].tll: unknown option, did you mean 'ttl'?"));
  EXPECT_THAT(faults_of("routes: [{prefix: a, ttl: {defautl: 5, max: x}}]"),
              ElementsAre("c.yaml:1:28: routes[0].ttl.defautl: unknown option, did you mean 'default'?",
                          HasSubstr("routes[0].ttl.max: not a duration (value 'x'")));
  EXPECT_THAT(faults_of("routes: [{prefix: a, ttl: 0}]"), ElementsAre(HasSubstr("must between 1 or 3600 seconds.")));
  EXPECT_THAT(faults_of("routes: [{prefix: a, ttl: []}]"), ElementsAre(HasSubstr("routes[0].ttl: must be a map")));
}

TEST(LoadRoutes, BoundsMustAgree) {
  EXPECT_THAT(
      faults_of("routes:\n- prefix: a\n  ttl: {min: 20, max: 10}\n"),
      ElementsAre("c.yaml:3:3: routes[0].ttl.min: more than routes[0].ttl.max (value '20s', allowed at most 10s)"));
  EXPECT_THAT(faults_of("routes:\n- prefix: a\n  ttl: {max: 10}\n"),
              ElementsAre(HasSubstr("c.yaml:3:3: routes[0].ttl.default: more than routes[0].ttl.max (value '60s'")));
  EXPECT_THAT(faults_of("ttl: {min: 20, max: 10}\nroutes: [{prefix: a, ttl: {jitter: 5}}]"),
              ElementsAre(HasSubstr("c.yaml:1:12: ttl.min")))
      << "an inherited fault is told once";
}

TEST(LoadAuth, Users) {
  const std::string hash(64, 'A');
  const Config config = good("auth: {required: yes, users: {default: {password_sha256: " + hash +
                             "}, Bob: {password_sha256: \"" + hash + "\"}}}");
  EXPECT_TRUE(config.auth.required);
  ASSERT_EQ(config.auth.users.size(), 2u);
  EXPECT_EQ(config.auth.users[1].name, "Bob");
  EXPECT_EQ(config.auth.users[1].password_sha256, std::string(64, 'a'));
}

TEST(LoadAuth, FaultsNeverShowThePassword) {
  const auto found = faults_of(
      "auth:\n  users:\n    a: {password: hunter2}\n    b: {password_sha256: hunter2}\n    c: hunter2\n    d: {}\n"
      "    e: {password_sha256: [hunter2]}\n    f: {passwd_sha256: hunter2}\n    \"\": {password_sha256: hunter2}\n"
      "    g: {password_sha256: }\n");
  ASSERT_EQ(found.size(), 10u);
  for (const std::string& line : found) EXPECT_EQ(line.find("hunter2"), std::string::npos) << line;
  EXPECT_THAT(
      found[0],
      HasSubstr("c.yaml:3:9: auth.users.a.password: a password in clear is not accepted; give password_sha256"));
  EXPECT_THAT(found[0], HasSubstr("sha256sum"));
  EXPECT_THAT(found[1], HasSubstr("c.yaml:4:26: auth.users.b.password_sha256: not a SHA-256"));
  EXPECT_THAT(found[2], HasSubstr("auth.users.c: must be a map"));
  EXPECT_THAT(found[3], HasSubstr("auth.users.d: password_sha256 is missing"));
  EXPECT_THAT(found[5], HasSubstr("did you mean 'password_sha256'?"));
}

TEST(LoadAuth, RequiredNeedsAUser) {
  EXPECT_THAT(faults_of("auth: {required: true}"),
              ElementsAre("c.yaml:1:18: auth.required: true, and auth.users names nobody: no client could connect"));
}

TEST(LoadFaults, AreAllCollected) {
  EXPECT_THAT(faults_of("threads: 300\nlimits:\n  max_key: 2MiB\n  max_kye: 1\n  databases: sixteen\nlogg: {}\n"
                        "eviction: lru\n"),
              ElementsAre("c.yaml:1:10: threads: out of range (value '300', allowed 0 to 64)",
                          "c.yaml:3:12: limits.max_key: out of range (value '2MiB', allowed 1 to 1048575)",
                          "c.yaml:4:3: limits.max_kye: unknown option, did you mean 'limits.max_key'?",
                          "c.yaml:5:14: limits.databases: not a whole number (value 'sixteen', allowed 1 to 1024)",
                          "c.yaml:6:1: logg: unknown option, did you mean 'log'?",
                          "c.yaml:7:11: eviction: unknown (value 'lru', allowed s3fifo or none)"));
}

TEST(LoadFaults, DuplicateKeys) {
  EXPECT_THAT(faults_of("threads: 1\nThreads: 2\n"), ElementsAre("c.yaml:2:1: threads: given twice (first on line 1)"));
  EXPECT_THAT(faults_of("limits: {max_key: 1, max_key: 2}"),
              ElementsAre("c.yaml:1:22: limits.max_key: given twice (first on line 1)"));
  const std::string user = "{password_sha256: " + std::string(64, 'a') + "}";
  EXPECT_THAT(faults_of("auth: {users: {a: " + user + ", a: " + user + "}}"),
              ElementsAre(HasSubstr("auth.users.a: given twice (first on line 1)")));
  EXPECT_THAT(faults_of("auth: {users: {a: " + user + ", A: " + user + "}}"), ElementsAre());
}

TEST(LoadFaults, WrongTypes) {
  EXPECT_THAT(faults_of("threads: [1]"),
              ElementsAre("c.yaml:1:10: threads: must be a number, not a list (allowed 0 to 64)"));
  EXPECT_THAT(faults_of("threads: {a: 1}"), ElementsAre(HasSubstr("must be a number, not a map")));
  EXPECT_THAT(faults_of("threads:\n"), ElementsAre("c.yaml:1:1: threads: no value given (allowed 0 to 64)"));
  EXPECT_THAT(faults_of("threads: \"\""), ElementsAre(HasSubstr("no value given")));
  EXPECT_THAT(faults_of("threads: 4.0"), ElementsAre(HasSubstr("not a whole number (value '4.0'")));
  EXPECT_THAT(faults_of("limits: 5"),
              ElementsAre(HasSubstr("c.yaml:1:9: limits: must be a map (allowed max_connections, ")));
  EXPECT_THAT(faults_of("redis_url: [a]"), ElementsAre(HasSubstr("must be a URL, not a list")));
  EXPECT_THAT(faults_of("listen: {resp: {a: b}}"), ElementsAre(HasSubstr("must be a list of addresses, not a map")));
  EXPECT_THAT(faults_of("listen: {resp: [[a]]}"), ElementsAre(HasSubstr("must be an address, not a list")));
  EXPECT_THAT(faults_of("listen: {resp: }"), ElementsAre(HasSubstr("no value given")));
  EXPECT_THAT(faults_of("auth: {users: [a]}"), ElementsAre(HasSubstr("must be a map, not a list")));
  EXPECT_THAT(faults_of("auth: {required: 1}"), ElementsAre(HasSubstr("neither true nor false (value '1'")));
  EXPECT_THAT(faults_of("backend: "), ElementsAre(HasSubstr("unknown backend")));
  EXPECT_THAT(faults_of("- a\n- b\n"), ElementsAre("c.yaml:1:1: must be a map of options"));
  EXPECT_THAT(faults_of("hello"), ElementsAre("c.yaml:1:1: must be a map of options"));
}

TEST(LoadFaults, Addresses) {
  const auto found = faults_of(
      "listen:\n  resp: [\"127.0.0.1:70000\", \":7379\", \"127.0.0.1:1\", \"127.0.0.1:1\"]\n"
      "  admin: nowhere\n");
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0],
            "c.yaml:2:10: listen.resp: the port is not a number from 0 to 65535 (value '127.0.0.1:70000', "
            "allowed host:port, [ipv6]:port or unix:/path)");
  EXPECT_THAT(found[1], HasSubstr("write 127.0.0.1:7379 for this machine"));
  EXPECT_THAT(found[2], HasSubstr("c.yaml:3:10: listen.admin: a port is missing (value 'nowhere'"));
  EXPECT_EQ(found[3], "c.yaml:2:53: listen.resp: given twice (value '127.0.0.1:1')");
}

TEST(LoadFaults, AdminIsNotServedOnAUnixSocket) {
  EXPECT_THAT(faults_of("listen: {admin: \"unix:/run/admin.sock\"}"),
              ElementsAre("c.yaml:1:17: listen.admin: HTTP is not served on a unix socket (value "
                          "'unix:/run/admin.sock', allowed host:port or [ipv6]:port)"));
}

TEST(LoadFaults, DuplicateAddressesAcrossListeners) {
  EXPECT_THAT(
      faults_of("listen: {resp: [\"localhost:9379\"], memcache: \"LOCALHOST:9379\", admin: \"localhost:9379\"}"),
      ElementsAre(HasSubstr("listen.memcache: already given in listen.resp (value 'localhost:9379')"),
                  HasSubstr("listen.admin: already given in listen.resp")));
  EXPECT_THAT(faults_of("listen: {resp: [\"127.0.0.1:9379\"]}"),
              ElementsAre(HasSubstr("c.yaml:1:16: listen.admin: already given")))
      << "the admin default";
  EXPECT_THAT(faults_of("listen: {resp: [\"127.0.0.1:0\", \"127.0.0.1:0\"]}"), ElementsAre());
}

TEST(LoadFaults, SyntaxHasLineAndColumn) {
  EXPECT_THAT(faults_of("a: [b\nc: d\n"), ElementsAre("c.yaml:2:2: YAML syntax: end of sequence flow not found"));
  EXPECT_THAT(faults_of("threads: 1\n---\nthreads: 2\n"), ElementsAre(HasSubstr("c.yaml:2:1: a second document")));
}

TEST(LoadFaults, HostileKeysAreShownHarmless) {
  const auto found =
      faults_of("\"a\\e[31m\\n\": 1\n\"redis://u:hunter2@h\": 1\n\"" + std::string(900, 'k') + "\": 1\n");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_THAT(found[0], HasSubstr("a\\x1b[31m\\x0a: unknown option"));
  EXPECT_EQ(found[1].find("hunter2"), std::string::npos);
  EXPECT_LT(found[2].size(), 200u);
}

TEST(LoadFile, UnreadableOnesAreFaults) {
  EXPECT_THAT(lines(load({"/nonexistent/c.yaml", {}, {}})),
              ElementsAre("/nonexistent/c.yaml: cannot be read: No such file or directory"));
  EXPECT_THAT(lines(load({"/tmp", {}, {}})), ElementsAre("/tmp: cannot be read: Is a directory"));
  EXPECT_THAT(lines(load({"/dev/zero", {}, {}})), ElementsAre("/dev/zero: too large (allowed 1MiB)"));
  EXPECT_THAT(lines(load({"/nonexistent", {{"CACHETTED_THREADS", "x"}}, {"foo=1"}})).size(), 3u)
      << "the other sources are checked all the same";
}

TEST(LoadFile, AFifoWithoutWriterDoesNotBlock) {
  char name[] = "/tmp/cachetted-fifo-XXXXXX";
  const int fd = mkstemp(name);
  ASSERT_GE(fd, 0);
  close(fd);
  std::remove(name);
  ASSERT_EQ(mkfifo(name, 0600), 0);
  EXPECT_EQ(load({name, {}, {}}).config, Config{});
  std::remove(name);
}

TEST(LoadFile, TooLargeIsRefused) {
  const TemporaryFile file(std::string(kMaxFileSize + 1, '#'));
  EXPECT_THAT(lines(load({file.name(), {}, {}})), ElementsAre(file.name() + ": too large (allowed 1MiB)"));
}

TEST(LoadSources, Order) {
  const TemporaryFile file("threads: 1\nlimits: {max_key: 100, max_value: 100, databases: 3}\nttl: 10\n");
  const Loaded loaded =
      load({file.name(),
            {{"CACHETTED_LIMITS_MAX_KEY", "200"}, {"CACHETTED_LIMITS_MAX_VALUE", "200"}, {"HOME", "/"}},
            {"limits.max_value=300", "threads=5", "threads=6"}});
  EXPECT_THAT(lines(loaded), ElementsAre());
  EXPECT_EQ(loaded.config.limits.databases, 3u);
  EXPECT_EQ(loaded.config.limits.max_key, 200u);
  EXPECT_EQ(loaded.config.limits.max_value, 300u);
  EXPECT_EQ(loaded.config.threads, 6u) << "the later --set wins";
  EXPECT_EQ(loaded.origins.at("limits.databases").text(), file.name() + ":2:51");
  EXPECT_EQ(loaded.origins.at("limits.max_key").text(), "environment CACHETTED_LIMITS_MAX_KEY");
  EXPECT_EQ(loaded.origins.at("threads").text(), "--set threads");
  EXPECT_EQ(loaded.origins.at("ttl.default").text(), file.name() + ":3:6");
  EXPECT_FALSE(loaded.origins.contains("ttl.max"));
}

TEST(LoadSources, AFaultyFileValueIsAFaultEvenWhenOverridden) {
  const TemporaryFile file("threads: x\n");
  EXPECT_EQ(lines(load({file.name(), {}, {"threads=2"}})).size(), 1u);
}

TEST(LoadEnvironment, Values) {
  const Loaded loaded = load({std::nullopt,
                              {{"CACHETTED_LISTEN_RESP", "[::1]:7379,[::1]:7380"},
                               {"CACHETTED_LISTEN_ADMIN", ""},
                               {"CACHETTED_REDIS_URL", "redis://h"},
                               {"CACHETTED_TTL", "90"},
                               {"CACHETTED_TTL_MAX", "2m"},
                               {"CACHETTED_ROUTES", "[{prefix: \"a:\", ttl: 70}]"},
                               {"CACHETTED_LIMITS", "{max_key: 1KiB}"},
                               {"CACHETTED_LISTEN_MEMCACHE", "[\"127.0.0.1:1\", '127.0.0.1:2']"},
                               {"CACHETTED_PICKLE_PATH", "\"/a b\""},
                               {"CACHETTED_CODEC", "null"}},
                              {}});
  EXPECT_THAT(lines(loaded), ElementsAre());
  EXPECT_EQ(loaded.config.listen.resp.size(), 2u);
  EXPECT_EQ(loaded.config.listen.memcache.size(), 2u);
  EXPECT_FALSE(loaded.config.listen.admin);
  EXPECT_EQ(loaded.config.store.redis_url, "redis://h");
  EXPECT_EQ(loaded.config.store.pickle_path, "/a b");
  EXPECT_EQ(loaded.config.ttl.default_ms, 90'000);
  EXPECT_EQ(loaded.config.ttl.max_ms, 120'000);
  EXPECT_EQ(loaded.config.routes[0].ttl.default_ms, 70'000);
  EXPECT_EQ(loaded.config.limits.max_key, 1024u);
}

TEST(LoadEnvironment, Faults) {
  EXPECT_THAT(
      lines(load({std::nullopt,
                  {{"CACHETTED_THREADS", "x"},
                   {"CACHETTED_LIMITS_MAX_KEYS", "1"},
                   {"CACHETTED_LIMITS", "{max_kye: 1}"},
                   {"CACHETTED_LISTEN_RESP", "127.0.0.1"},
                   {"CACHETTED_ROUTES", "[{"},
                   {"CACHETTED_BANANAS", "1"}},
                  {}})),
      ElementsAre("environment CACHETTED_THREADS: not a whole number (value 'x', allowed 0 to 64)",
                  "environment CACHETTED_LIMITS_MAX_KEYS: unknown option, did you mean 'CACHETTED_LIMITS_MAX_KEY'?",
                  "environment CACHETTED_LIMITS: limits.max_kye: unknown option, did you mean 'limits.max_key'?",
                  "environment CACHETTED_LISTEN_RESP: a port is missing (value '127.0.0.1', allowed host:port, "
                  "[ipv6]:port or unix:/path)",
                  HasSubstr("environment CACHETTED_ROUTES: YAML syntax: "),
                  "environment CACHETTED_BANANAS: unknown option; --describe-config lists them"));
}

TEST(LoadEnvironment, ServiceLinksAreNotOurs) {
  EXPECT_THAT(lines(load({std::nullopt,
                          {{"CACHETTED_PORT", "tcp://10.0.0.1:7379"},
                           {"CACHETTED_PORT_7379_TCP_ADDR", "10.0.0.1"},
                           {"CACHETTED_SERVICE_HOST", "10.0.0.1"}},
                          {}})),
              ElementsAre());
}

TEST(LoadEnvironment, OfTheProcess) {
  const char* const variables[] = {"HOME=/", "CACHETTED_A=b=c", "CACHETTED_B=", "CACHETTED_C", nullptr};
  const auto found = environment_of(variables);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0], (std::pair<std::string, std::string>("CACHETTED_A", "b=c")));
  EXPECT_EQ(found[1].second, "");
  EXPECT_TRUE(environment_of(nullptr).empty());
}

TEST(LoadSets, Values) {
  const Loaded loaded = load(
      {std::nullopt,
       {},
       {"Threads = 3", "listen={resp: \"127.0.0.1:1\"}", "limits.max_value=1MiB", "ttl=20", "redis_url=redis://u:a=b@h",
        "log.level=\"debug\"", "routes=[{prefix: \"session:\", ttl: {default: 1800, max: 86400}}]"}});
  EXPECT_THAT(lines(loaded), ElementsAre());
  EXPECT_EQ(loaded.config.threads, 3u);
  EXPECT_EQ(loaded.config.listen.resp[0].port, 1);
  EXPECT_EQ(loaded.config.limits.max_value, 1u << 20);
  EXPECT_EQ(loaded.config.ttl.default_ms, 20'000);
  EXPECT_EQ(loaded.config.store.redis_url, "redis://u:a=b@h");
  EXPECT_EQ(loaded.config.log.level, Log::Level::debug);
  EXPECT_EQ(loaded.config.routes.size(), 1u);
}

TEST(LoadSets, Faults) {
  EXPECT_THAT(lines(load({std::nullopt,
                          {},
                          {"threads", "=1", "threads=", "thread=1", "limits.max_key=9MiB", "limits={max_key: 9MiB}",
                           "routes={", "redis_url=redis://u:hunter2@"}})),
              ElementsAre("--set threads: must be path=value, as in --set threads=2",
                          "--set : must be path=value, as in --set threads=2",
                          "--set threads: no value given (allowed 0 to 64)",
                          "--set thread: unknown option, did you mean 'threads'?",
                          "--set limits.max_key: out of range (value '9MiB', allowed 1 to 1048575)",
                          "--set limits: limits.max_key: out of range (value '9MiB', allowed 1 to 1048575)",
                          HasSubstr("--set routes: YAML syntax: "),
                          "--set redis_url: the host is missing (value 'redis://***@', allowed "
                          "redis://[user:password@]host[:port][/db], rediss:// or unix:///path)"));
}

TEST(LoadSets, BothSidesOfAFaultAreTold) {
  const auto found = lines(load({std::nullopt, {}, {"ttl.max=10"}}));
  EXPECT_THAT(found,
              ElementsAre("--set ttl.max: ttl.default: more than ttl.max (value '60s', allowed at most 10s, or 0); "
                          "write a default too"));
}

}  // namespace
}  // namespace cachetted::config
