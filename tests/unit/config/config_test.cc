// Passwords against their SHA-256, and the defaults that a daemon without a file runs with.
#include "config/config.h"

#include <gtest/gtest.h>

namespace cachetted::config {
namespace {

// printf %s NAME | sha256sum
constexpr const char* kHunter2 = "f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
constexpr const char* kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(CheckPassword, NeedsNameAndPassword) {
  Auth auth;
  auth.users = {{"default", kHunter2}, {"alice", kEmpty}};
  EXPECT_TRUE(check_password(auth, "default", "hunter2"));
  EXPECT_TRUE(check_password(auth, "alice", ""));
  EXPECT_FALSE(check_password(auth, "default", "hunter3"));
  EXPECT_FALSE(check_password(auth, "default", ""));
  EXPECT_FALSE(check_password(auth, "alice", "hunter2")) << "another user's password";
  EXPECT_FALSE(check_password(auth, "Default", "hunter2")) << "user names have case";
  EXPECT_FALSE(check_password(auth, "nobody", "hunter2"));
  EXPECT_FALSE(check_password(auth, "", ""));
  EXPECT_FALSE(check_password(auth, "default", kHunter2)) << "the hash is not the password";
}

TEST(CheckPassword, NobodyWithoutUsers) { EXPECT_FALSE(check_password({}, "default", "")); }

TEST(CheckPassword, BytesAreBytes) {
  Auth auth;
  auth.users = {{"default", kHunter2}};
  EXPECT_FALSE(check_password(auth, "default", std::string_view("hunter2\0", 8)));
  EXPECT_FALSE(check_password(auth, std::string_view("default\0", 8), "hunter2"));
  EXPECT_FALSE(check_password(auth, "default", std::string(1 << 20, 'x')));
}

TEST(CheckPassword, ABrokenHashMatchesNothing) {
  Auth auth;
  auth.users = {{"a", ""}, {"b", "f52f"}, {"c", std::string(64, 'z')}};
  for (const char* user : {"a", "b", "c"})
    for (const char* password : {"", "hunter2", "f52f"}) EXPECT_FALSE(check_password(auth, user, password));
}

TEST(CheckPassword, UpperCaseDigits) {
  std::string upper = kHunter2;
  for (char& c : upper) c = static_cast<char>(toupper(c));
  EXPECT_TRUE(check_password({{{"default", upper}}, false}, "default", "hunter2"));
}

TEST(Defaults, AreTheDocumentedOnes) {
  const Config config;
  EXPECT_EQ(config.backend, "inmemory");
  EXPECT_EQ(config.values.codec, "");
  EXPECT_EQ(config.threads, 0u);
  EXPECT_EQ(config.ttl.default_ms, 60'000);
  EXPECT_EQ(config.ttl.min_ms, 0);
  EXPECT_EQ(config.ttl.max_ms, 0);
  ASSERT_EQ(config.listen.resp.size(), 1u);
  EXPECT_EQ(config.listen.resp[0].text(), kRespDefault);
  ASSERT_EQ(config.listen.memcache.size(), 1u);
  EXPECT_EQ(config.listen.memcache[0].text(), kMemcacheDefault);
  ASSERT_TRUE(config.listen.admin);
  EXPECT_EQ(config.listen.admin->text(), kAdminDefault);
  EXPECT_EQ(config.limits.max_key, 65'536u);
  EXPECT_EQ(config.limits.max_value, 64u << 20);
  EXPECT_EQ(config.store.database_name, "cachette-db");
  EXPECT_EQ(config.store.table_name, "cachette");
}

}  // namespace
}  // namespace cachetted::config
