// The library's keys: names without case, the forms of URLs, hosts and regions, and the stores' naming rules.
#include "config/store_rules.h"

#include <gtest/gtest.h>

namespace cachetted::config {
namespace {

using Rule = Accepted (*)(std::string_view, std::string&);

void expect_good(Rule rule, std::initializer_list<std::string> texts) {
  for (const std::string& text : texts) {
    std::string why;
    EXPECT_EQ(rule(text, why), text) << text << ": " << why;
  }
}

void expect_bad(Rule rule, std::initializer_list<std::string> texts) {
  for (const std::string& text : texts) {
    std::string why;
    EXPECT_FALSE(rule(text, why)) << text;
    EXPECT_NE(why, "") << text;
    EXPECT_EQ(why.find("hunter2"), std::string::npos) << "a reason never repeats the text";
  }
}

TEST(StoreRules, BackendNames) {
  std::string why;
  for (const char* name : {"inmemory", "InMemory", "memory", "MEMORY"})
    EXPECT_EQ(accept_backend(name, why), "inmemory");
  for (const char* name : {"pickle", "redis", "valkey", "memcached", "mongodb", "dynamodb"})
    EXPECT_EQ(accept_backend(name, why), name);
  EXPECT_EQ(accept_backend("MongoDB", why), "mongodb");
  EXPECT_EQ(why, "");
  EXPECT_FALSE(accept_backend("rediss", why));
  EXPECT_NE(why.find("did you mean 'redis'?"), std::string::npos);
  expect_bad(accept_backend, {"", "sqlite"});
}

TEST(StoreRules, CodecNames) {
  std::string why;
  for (const char* name : {"", "none", "None", "vanilla", "Vanilla"}) EXPECT_EQ(accept_codec(name, why), "");
  for (const char* name : {"json", "orjson", "msgpack", "pickle", "csv", "feather", "parquet"})
    EXPECT_EQ(accept_codec(name, why), name);
  EXPECT_EQ(accept_codec("ORJSON", why), "orjson");
  expect_bad(accept_codec, {"yaml", "msgpak"});
}

TEST(StoreRules, RedisUrls) {
  expect_good(accept_redis_url,
              {"", "redis://h", "redis://h/", "redis://h:6379", "redis://h:6379/0", "redis://127.0.0.1/15",
               "rediss://h", "redis://[::1]:6379/0", "redis://u:p%40ss@h:6379/0", "redis://:p@h", "redis://u@h",
               "redis://h?db=1", "redis://u:a:b@h", "REDIS://h", "unix:///run/redis.sock",
               "unix:///run/redis.sock?db=1", "unix://u:p@/run/redis.sock", "redis://h?username=u&password=p"});
  expect_bad(accept_redis_url, {"h",
                                "h:6379",
                                "http://h",
                                "valkey://h",
                                "redis:",
                                "redis://",
                                "redis://:6379",
                                "redis://h:",
                                "redis://h:0",
                                "redis://h:65536",
                                "redis://h:hunter2",
                                "redis://h/zero",
                                "redis://h/-1",
                                "redis://h h",
                                "redis://u:hunter2@",
                                "redis://u:hunter2@h@h",
                                "redis://u:p%4@h",
                                "redis://[::1",
                                "redis://[h]",
                                "redis://h?db=x",
                                "redis://h?x=1",
                                "unix://run/redis.sock",
                                "unix://",
                                "unix:///" + std::string(107, 'a'),
                                "redis://h\n",
                                "redis://u:hunter2/x@h"});
}

TEST(StoreRules, ValkeyUrls) {
  expect_good(accept_valkey_url, {"", "valkey://h", "valkeys://u:p@h:6379/0", "unix:///run/valkey.sock"});
  expect_bad(accept_valkey_url, {"redis://h", "valkey://", "valkeyss://h"});
}

TEST(StoreRules, MemcachedHosts) {
  expect_good(accept_memcached_host, {"", "h", "h:11211", "127.0.0.1", "a,b:1,c", "a, b", "[::1]:11211", "[::1]",
                                      "--SERVER=h:11211", "--server=a --SERVER=b --BINARY-PROTOCOL"});
  expect_bad(accept_memcached_host,
             {",", "a,", "a,,b", "h:x", "h:0", ":11211", "a b", "--BINARY-PROTOCOL", "a\n", "memcached://h"});
}

TEST(StoreRules, MongoUrls) {
  expect_good(accept_mongodb_url,
              {"", "mongodb://h", "mongodb+srv://u:p@h/db?retryWrites=true", "mongodb://a,b:1/?x=y"});
  expect_bad(accept_mongodb_url, {"h", "mongo://h", "mongodb://", "mongodb:///x", "mongodb://h h"});
}

TEST(StoreRules, DynamoUrls) {
  expect_good(accept_dynamodb_url, {"", "http://127.0.0.1:8000", "https://dynamodb.eu-west-1.amazonaws.com/"});
  expect_bad(accept_dynamodb_url, {"127.0.0.1:8000", "ftp://h", "http://", "http://h:x", "http://h:70000/"});
}

TEST(StoreRules, Regions) {
  expect_good(accept_region, {"", "eu-west-1", "us-gov-east-1", "eu-isoe-west-1", "ap-southeast-5", "us-iso-east-1",
                              "mx-central-1", "us-east-12"});
  expect_bad(accept_region, {"eu", "eu-west", "eu-west-", "-west-1", "EU-WEST-1", "eu_west_1", "eu--1", "europe-west-1",
                             "eu-west-1a", "eu-1", "1-west-1", "eu-" + std::string(80, 'a') + "-1"});
}

TEST(StoreRules, Names) {
  expect_good(accept_name, {"cachette", "a b", "\xc3\xbc"});
  expect_bad(accept_name, {"", "a\nb", std::string("a\0b", 3)});
  expect_good(accept_path, {"", "/var/lib/c.pickle", "c.pickle"});
  expect_bad(accept_path, {"/var/lib/", std::string("a\0b", 3)});
}

TEST(StoreRules, MongoNames) {
  EXPECT_EQ(mongodb_database_fault("cachette-db"), "");
  EXPECT_EQ(mongodb_database_fault(std::string(63, 'a')), "");
  EXPECT_NE(mongodb_database_fault(std::string(64, 'a')), "");
  EXPECT_NE(mongodb_database_fault(""), "");
  for (const char c : std::string("/\\. \"$*<>:|?")) EXPECT_NE(mongodb_database_fault(std::string("a") + c), "") << c;
  EXPECT_EQ(mongodb_collection_fault("db", "cachette.keys"), "");
  EXPECT_NE(mongodb_collection_fault("db", "a$b"), "");
  EXPECT_NE(mongodb_collection_fault("db", "system.users"), "");
  EXPECT_NE(mongodb_collection_fault("db", ""), "");
  EXPECT_NE(mongodb_collection_fault("db", std::string(253, 'a')), "");
  EXPECT_EQ(mongodb_collection_fault("db", std::string(252, 'a')), "");
}

TEST(StoreRules, DynamoNames) {
  EXPECT_EQ(dynamodb_table_fault("cachette"), "");
  EXPECT_EQ(dynamodb_table_fault("a_b.c-D9"), "");
  EXPECT_EQ(dynamodb_table_fault(std::string(255, 'a')), "");
  for (const std::string& name :
       {std::string("ab"), std::string(256, 'a'), std::string("a b"), std::string("a/b"), std::string()})
    EXPECT_NE(dynamodb_table_fault(name), "") << name;
}

}  // namespace
}  // namespace cachetted::config
