// The URL of a Redis or Valkey store taken apart, as redis-py takes it; and its text, which shows no password.
#include "config/store_url.h"

#include <gtest/gtest.h>

#include "config/store_rules.h"

namespace cachetted::config {
namespace {

StoreUrl parsed(std::string_view text) {
  std::string redis, valkey;  // why not
  EXPECT_TRUE(accept_redis_url(text, redis) || accept_valkey_url(text, valkey)) << text << ": " << redis << valkey;
  return parse_redis_url(text);
}

TEST(StoreUrl, HostAndPort) {
  EXPECT_EQ(parsed("redis://h").text(), "h:6379");
  EXPECT_EQ(parsed("redis://127.0.0.1:7000").text(), "127.0.0.1:7000");
  EXPECT_EQ(parsed("valkey://h/").text(), "h:6379");
  EXPECT_EQ(parsed("valkey://u:p@h:1/3?db=2").text(), "h:1");
  EXPECT_EQ(parsed("redis://[::1]").text(), "[::1]:6379");
  EXPECT_EQ(parsed("redis://u@[::1]:7000/1").text(), "[::1]:7000");
  EXPECT_EQ(parsed("redis://[::1]/1").host, "::1");
}

TEST(StoreUrl, Schemes) {
  for (const char* text : {"redis://h", "valkey://h", "REDIS://h", "unix:///s", "unix://rediss:x@/s"})
    EXPECT_FALSE(parsed(text).tls) << text;
  for (const char* text : {"rediss://h", "valkeys://h", "Rediss://h"}) EXPECT_TRUE(parsed(text).tls) << text;
}

TEST(StoreUrl, UnixSockets) {
  const StoreUrl url = parsed("unix://u:p@/run/a%20b.sock?db=7");
  EXPECT_EQ(url.unix_path, "/run/a b.sock");
  EXPECT_EQ(url.text(), "unix:/run/a b.sock");
  EXPECT_EQ(url.user, "u");
  EXPECT_EQ(url.password, "p");
  EXPECT_EQ(url.database, 7u);
  EXPECT_EQ(url.host, "");
  EXPECT_EQ(parsed("unix:///run/redis.sock").unix_path, "/run/redis.sock");
}

TEST(StoreUrl, Databases) {
  EXPECT_EQ(parsed("redis://h").database, 0u);
  EXPECT_EQ(parsed("redis://h/15").database, 15u);
  EXPECT_EQ(parsed("redis://h:1/15?username=u").database, 15u);
  EXPECT_EQ(parsed("redis://h?db=3").database, 3u);
  EXPECT_EQ(parsed("redis://h/15?db=3&db=4").database, 3u) << "the query's first";
  EXPECT_EQ(parsed("redis://h/15?db=0").database, 0u);
  EXPECT_EQ(parsed("redis://h/99999999999999999999").database, UINT32_MAX) << "refused by the server, never database 0";
  EXPECT_EQ(parsed("redis://h/4294967296").database, UINT32_MAX);
}

TEST(StoreUrl, UsersAndPasswords) {
  const auto expect = [](std::string_view text, std::string_view user, std::string_view password) {
    const StoreUrl url = parsed(text);
    EXPECT_EQ(url.user, user) << text;
    EXPECT_EQ(url.password, password) << text;
    EXPECT_EQ(url.text(), "h:6379") << text;
  };
  expect("redis://h", "", "");
  expect("redis://u:p@h", "u", "p");
  expect("redis://:p@h", "", "p");
  expect("redis://u@h", "u", "");
  expect("redis://u:@h", "u", "");
  expect("redis://u:a:b@h", "u", "a:b");
  expect("redis://%75%3A:p%40s%2Fs%25%3f@h", "u:", "p@s/s%?");
  expect("redis://u:a+b@h", "u", "a+b");
  expect("redis://u:p%00q@h", "u", std::string_view("p\0q", 3));
  expect("redis://h?username=u&password=p", "u", "p");
  expect("redis://h?password=a%40b+c&password=d", "", "a@b c");
  expect("redis://h?password=%2525%2B", "", "%25+");
  expect("redis://h?password=100%&username=%zz%4", "%zz%4", "100%");
  expect("redis://:p@h?username=u&password=q", "u", "p");
  expect("redis://h?password&username=", "", "");
}

}  // namespace
}  // namespace cachetted::config
