// What a backend requires, what this version has, and the sentences of the Python library.
#include "config/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"

namespace cachetted::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> fault_lines_of(const std::string& yaml, const Available& available = Available::everything()) {
  std::vector<std::string> out;
  for (const Fault& fault : load_text(yaml, "c.yaml", available).faults) out.push_back(fault.line());
  return out;
}

TEST(Validate, OnlyInmemoryIsBuilt) {
  EXPECT_THAT(fault_lines_of("backend: redis\nredis_url: redis://h\n", {}),
              ElementsAre("c.yaml:1:10: backend: backend 'redis' is not built into this version; available: inmemory"));
  EXPECT_THAT(fault_lines_of("backend: Memory\n", {}), ElementsAre());
  EXPECT_THAT(fault_lines_of("codec: JSON\n", {}),
              ElementsAre("c.yaml:1:8: codec: codec 'json' is not built into this version; available: vanilla"));
  EXPECT_THAT(fault_lines_of("codec: none\n", {}), ElementsAre());
  EXPECT_THAT(fault_lines_of("codec: msgpack\n", {{"inmemory"}, {"json"}}),
              ElementsAre(HasSubstr("available: vanilla, json")));
}

TEST(Validate, TheLibrarysSentences) {
  const std::pair<const char*, const char*> cases[] = {
      {"redis", "The \"redis_url\" cannot be null when using redis as backend."},
      {"valkey", "The \"valkey_url\" cannot be null when using valkey as backend."},
      {"memcached", "The \"memcached_host\" cannot be null when using memcached as backend."},
      {"pickle", "The \"pickle_path\" cannot be null when using pickle as backend."},
      {"mongodb", "The \"mongodb_url\" cannot be null when using MongoDB as backend."},
      {"DynamoDB", "The \"dynamodb_url\" cannot be null when using DynamoDB as backend and no region defined."},
  };
  for (const auto& [backend, sentence] : cases)
    EXPECT_THAT(fault_lines_of(std::string("backend: ") + backend),
                ElementsAre(std::string("c.yaml:1:10: backend: ") + sentence));
}

TEST(Validate, WhatIsRequiredSuffices) {
  for (const char* yaml : {"backend: redis\nredis_url: redis://h", "backend: valkey\nvalkey_url: valkeys://h",
                           "backend: memcached\nmemcached_host: h", "backend: pickle\npickle_path: /a",
                           "backend: mongodb\nmongodb_url: mongodb://h", "backend: dynamodb\nregion: eu-west-1",
                           "backend: dynamodb\ndynamodb_url: http://h:8000"})
    EXPECT_THAT(fault_lines_of(yaml), ElementsAre()) << yaml;
}

TEST(Validate, AFaultyUrlIsNotMissingToo) {
  EXPECT_THAT(fault_lines_of("backend: redis\nredis_url: h\n"), ElementsAre(HasSubstr("does not begin with redis://")));
  EXPECT_THAT(fault_lines_of("backend: dynamodb\nregion: nowhere\n"),
              ElementsAre(HasSubstr("not a well-formed AWS region")));
}

TEST(Validate, NamesByTheStoresRules) {
  EXPECT_THAT(fault_lines_of("backend: mongodb\nmongodb_url: mongodb://h\ndatabase_name: a.b\n"),
              ElementsAre(HasSubstr("c.yaml:3:16: database_name: a MongoDB database may not have any of")));
  EXPECT_THAT(fault_lines_of("backend: mongodb\nmongodb_url: mongodb://h\ntable_name: system.x\n"),
              ElementsAre(HasSubstr("c.yaml:3:13: table_name: a MongoDB collection may not begin with system.")));
  EXPECT_THAT(fault_lines_of("backend: dynamodb\nregion: eu-west-1\ntable_name: ab\n"),
              ElementsAre(HasSubstr("c.yaml:3:13: table_name: a DynamoDB table must have 3 to 255 characters")));
  EXPECT_THAT(fault_lines_of("database_name: a.b\ntable_name: ab\n"), ElementsAre()) << "no store that minds";
}

TEST(Validate, WithoutOriginsThereIsStillAPlace) {
  Config config;
  config.ttl.max_ms = 1000;
  config.auth.required = true;
  const auto faults = validate(config, {});
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_THAT(faults[0].line(), HasSubstr("configuration: ttl.default: more than ttl.max"));
  EXPECT_THAT(faults[1].line(), HasSubstr("configuration: auth.required"));
}

TEST(Validate, DefaultsAreGood) { EXPECT_TRUE(validate({}, {}).empty()); }

}  // namespace
}  // namespace cachetted::config
