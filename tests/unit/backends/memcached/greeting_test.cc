#include "backends/memcached/greeting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace cachetted::memcached {
namespace {

using testing::HasSubstr;
using testing::Not;

config::Memcached with_password() {
  config::Memcached c;
  c.user = "ann";
  c.password = "hunter2";
  return c;
}

TEST(Greeting, LearnsVersionAndItemSize) {
  Greeting g;
  size_t replies = 0;
  EXPECT_EQ(g.begin({}, replies), "version\r\nmn\r\nstats settings\r\n");
  ASSERT_EQ(replies, 3u);
  EXPECT_EQ(g.on_reply(0, "VERSION 1.6.18\r\n"), "");
  EXPECT_EQ(g.on_reply(1, "MN\r\n"), "");
  EXPECT_EQ(g.on_reply(2, "STAT maxbytes 1\r\nSTAT item_size_max 4096\r\nEND\r\n"), "");
  EXPECT_EQ(g.version(), "1.6.18");
  EXPECT_EQ(g.item_size(), 4096u);
}

TEST(Greeting, ARefusalNamesTheUserAndNotThePassword) {
  Greeting g;
  size_t replies = 0;
  EXPECT_THAT(g.begin(with_password(), replies), HasSubstr(" 0 -1 11\r\nann hunter2\r\n"));
  ASSERT_EQ(replies, 4u);
  EXPECT_EQ(g.on_reply(0, "STORED\r\n"), "");
  std::string why = g.on_reply(0, "CLIENT_ERROR authentication failure\r\n");
  EXPECT_THAT(why, HasSubstr("'ann'"));
  EXPECT_THAT(why, Not(HasSubstr("hunter2")));
  g.begin({}, replies);
  EXPECT_THAT(g.on_reply(0, "CLIENT_ERROR unauthenticated\r\n"), HasSubstr("memcached.user"));
}

TEST(Greeting, AnOldServerIsNamed) {
  Greeting g;
  size_t replies = 0;
  g.begin({}, replies);
  EXPECT_EQ(g.on_reply(0, "VERSION 1.4.39\r\n"), "");
  EXPECT_THAT(g.on_reply(1, "ERROR\r\n"), HasSubstr("1.4.39"));
}

TEST(Stat, IsFoundAtTheBeginningOfALineOnly) {
  EXPECT_EQ(stat("STAT a 1\r\nSTAT bb 2\r\nEND\r\n", "bb"), "2");
  EXPECT_EQ(stat("STAT x STAT a 1\r\nEND\r\n", "a"), "");
  EXPECT_EQ(stat("END\r\n", "a"), "");
}

}  // namespace
}  // namespace cachetted::memcached
