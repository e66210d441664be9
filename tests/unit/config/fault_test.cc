// The sentences about faults: places, escaping, masking of passwords, and the nearest name.
#include "config/fault.h"

#include <gtest/gtest.h>

namespace cachetted::config {
namespace {

TEST(Fault, LineHasPlaceAndText) {
  EXPECT_EQ((Fault{"a.yaml:3:7", "threads: out of range"}).line(), "a.yaml:3:7: threads: out of range");
}

TEST(Fault, OriginsSayWhere) {
  EXPECT_EQ((Origin{}).text(), "default");
  EXPECT_EQ((Origin{Origin::Source::file, "a.yaml", {3, 7}, false}).text(), "a.yaml:3:7");
  EXPECT_EQ((Origin{Origin::Source::file, "a.yaml", {}, false}).text(), "a.yaml");
  EXPECT_EQ((Origin{Origin::Source::environment, "CACHETTED_THREADS", {}, false}).text(),
            "environment CACHETTED_THREADS");
  EXPECT_EQ((Origin{Origin::Source::command_line, "threads", {}, false}).text(), "--set threads");
}

TEST(Fault, PathIsSaidOnce) {
  std::vector<Fault> faults;
  Origins origins;
  Reporter file({Origin::Source::file, "a.yaml", {}, false}, "", faults, origins);
  file.fault({1, 2}, "threads", "bad");
  Reporter set({Origin::Source::command_line, "limits", {}, false}, "limits", faults, origins);
  set.fault({1, 2}, "limits", "bad");
  set.fault({1, 2}, "limits.max_key", "bad");
  ASSERT_EQ(faults.size(), 3u);
  EXPECT_EQ(faults[0].line(), "a.yaml:1:2: threads: bad");
  EXPECT_EQ(faults[1].line(), "--set limits: bad");
  EXPECT_EQ(faults[2].line(), "--set limits: limits.max_key: bad");
}

TEST(Fault, ForgetRemovesAPrefixOnly) {
  std::vector<Fault> faults;
  Origins origins;
  Reporter reporter({}, "", faults, origins);
  for (const char* path : {"routes", "routes[0]", "routes[0].ttl", "threads"}) reporter.record({}, path, false);
  reporter.forget("routes[");
  EXPECT_EQ(origins.size(), 2u);
  EXPECT_TRUE(origins.contains("routes"));
  EXPECT_TRUE(origins.contains("threads"));
}

TEST(Shown, EscapesAndShortens) {
  EXPECT_EQ(shown("plain text"), "plain text");
  EXPECT_EQ(shown("a\nb\x1b[31m"), "a\\x0ab\\x1b[31m");
  EXPECT_EQ(shown(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(shown("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"),
            "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(shown("\xff\xc3"), "\\xff\\xc3") << "no UTF-8";
  EXPECT_EQ(shown("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(shown("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(shown("\xf5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80") << "beyond Unicode";
  EXPECT_EQ(shown("\xc2\x9b"), "\\xc2\\x9b") << "a C1 control character";
  EXPECT_EQ(shown(std::string(80, 'x')), std::string(80, 'x'));
  EXPECT_EQ(shown(std::string(81, 'x')), std::string(80, 'x') + "...");
}

TEST(MaskedUrl, HidesUserAndPassword) {
  EXPECT_EQ(masked_url("redis://u:hunter2@h:6379/0"), "redis://***@h:6379/0");
  EXPECT_EQ(masked_url("redis://:hunter2@h"), "redis://***@h");
  EXPECT_EQ(masked_url("redis://h:6379/0"), "redis://h:6379/0");
  EXPECT_EQ(masked_url("redis://[::1]:6379/0"), "redis://[::1]:6379/0");
  EXPECT_EQ(masked_url("unix://u:hunter2@/run/r.sock?db=1"), "unix://***@/run/r.sock?db=1");
  EXPECT_EQ(masked_url("mongodb://u:hunter2@a,b/?tls=true&tlsCertificateKeyFilePassword=hunter2"),
            "mongodb://***@a,b/?tls=true&tlsCertificateKeyFilePassword=***");
  EXPECT_EQ(masked_url("redis://h?password=hunter2&db=1"), "redis://h?password=***&db=1");
  EXPECT_EQ(masked_url(""), "");
}

TEST(MaskedUrl, HidesAPasswordInAMalformedUrlToo) {
  for (const char* url : {"redis://u:hunter2", "redis://u:hunter2/0", "redis://u:p@hunter2@h", "u:hunter2@h",
                          "redis:/u:hunter2@h", "redis://u:hun?hunter2@h", "redis://u:hun/hunter2@h",
                          "redis://u:#hunter2@h", "redis://u:a/hunter2", "mongodb://a:hunter2,b"})
    EXPECT_EQ(masked_url(url).find("hunter2"), std::string::npos) << url << " became " << masked_url(url);
}

TEST(NearestName, FindsWhatWasMeant) {
  const std::vector<std::string> names = {"threads",           "listen",     "listen.resp", "limits", "limits.max_key",
                                          "limits.max_memory", "ttl.jitter", "redis_url"};
  EXPECT_EQ(nearest_name("thread", names), "threads");
  EXPECT_EQ(nearest_name("lisen", names), "listen");
  EXPECT_EQ(nearest_name("limits.max_kye", names), "limits.max_key");
  EXPECT_EQ(nearest_name("limits.maxmemory", names), "limits.max_memory");
  EXPECT_EQ(nearest_name("max-memory", names), "limits.max_memory") << "the right name in the wrong section";
  EXPECT_EQ(nearest_name("REDIS_URI", names), "redis_url");
  EXPECT_EQ(nearest_name("ttl.jiter", names), "ttl.jitter");
  EXPECT_EQ(nearest_name("bananas", names), "");
  EXPECT_EQ(nearest_name("", names), "");
  EXPECT_EQ(nearest_name(std::string(100'000, 'a'), names), "") << "never compared";
}

}  // namespace
}  // namespace cachetted::config
