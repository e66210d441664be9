// What is read of the list of servers. That keys go where other clients look for them: tests/ring.
#include "backends/memcached/ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace cachetted::memcached {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

config::Config of(const std::string& hosts) {
  config::Config c;
  c.store.memcached_host = hosts;
  return c;
}

std::vector<std::string> places(const std::string& hosts) {
  std::vector<std::string> out;
  for (const auto& s : ServerList(of(hosts)).servers) out.push_back(s.url.text());
  return out;
}

std::string refusal(const config::Config& c) {
  try {
    ServerList list(c);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

TEST(ServerList, EveryFormIsRead) {
  EXPECT_THAT(places("127.0.0.1"), ElementsAre("127.0.0.1:11211"));
  EXPECT_THAT(places("cache1:1, cache2:2 3,cache3:4:5"), ElementsAre("cache1:1", "cache2:2", "cache3:4"));
  EXPECT_THAT(places("/run/a.sock,cache:1"), ElementsAre("unix:/run/a.sock", "cache:1"));
  EXPECT_THAT(places("[::1]:11"), ElementsAre("[::1]:11"));
  EXPECT_THAT(places("--SERVER=cache1:1/?3 --DISTRIBUTION=consistent --SERVER=cache2"),
              ElementsAre("cache1:1", "cache2:11211"));
}

TEST(ServerList, WhatDoesNotParseIsNamed) {
  EXPECT_THAT(refusal(of("--SERVER=cache --BOGUS")), HasSubstr("'--SERVER=cache --BOGUS'"));
  EXPECT_THAT(refusal(of("--SERVER=")), HasSubstr("memcached_host"));
  config::Config c = of("--SERVER=cache");
  c.memcached.hash = "md5";
  EXPECT_THAT(refusal(c), HasSubstr("--HASH="));
  c = of("cache");
  c.memcached.hash = "hsieh";
  EXPECT_THAT(refusal(c), testing::AnyOf("", HasSubstr("no hash 'hsieh'")));
}

TEST(Ring, SpreadsOverThoseInUse) {
  config::Config c = of("a1:1,b1:2,c1:3");
  for (const char* distribution : {"modula", "consistent", "ketama", "ketama_weighted"}) {
    c.memcached.distribution = distribution;
    ServerList list(c);
    std::set<unsigned> all, two;
    Ring ring(list), without(list, {true, false, true});
    for (int i = 0; i < 200; ++i) {
      const std::string key = "key:" + std::to_string(i);
      all.insert(ring.server_of(key));
      two.insert(without.server_of(key));
      if (std::string_view(distribution) != "modula" && ring.server_of(key) != 1) {
        EXPECT_EQ(without.server_of(key), ring.server_of(key)) << "only the keys of the ejected one move";
      }
    }
    EXPECT_THAT(all, ElementsAre(0, 1, 2)) << distribution;
    EXPECT_THAT(two, ElementsAre(0, 2)) << distribution;
  }
}

}  // namespace
}  // namespace cachetted::memcached
