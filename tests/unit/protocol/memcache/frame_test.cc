// Commands as they are composed, replies as they are found over every chunking and read.
#include "protocol/memcache/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/protocol/finding.h"

namespace cachetted::memcache {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

Found find(const std::vector<std::string>& pieces, Framing::Most most = {1 << 20, 1 << 24}) {
  return find_replies<Framer>(pieces, most);
}

const std::string kReplies[] = {
    "VA 5 f0 OAB\r\nhello\r\n",
    "VA 0\r\n\r\n",
    "VA 4 c12\r\na\r\nb\r\n",
    "HD OAC\r\n",
    "EN\r\n",
    "NF OAD\r\n",
    "NS c0\r\n",
    "EX\r\n",
    "OK\r\n",
    "MN\r\n",
    "ME a exp=-1 la=0 cas=7 fetch=no cls=1 size=64\r\n",
    "VERSION 1.6.18\r\n",
    "STORED\r\n",
    "STAT pid 1\r\nSTAT item_size_max 1048576\r\nEND\r\n",
    "key=a%20b exp=-1 la=1 cas=2 fetch=no cls=1 size=64\n",
    "END\r\n",
    "BUSY currently processing crawler request\r\n",
    "ERROR\r\n",
    "CLIENT_ERROR bad command line format\r\n",
    "SERVER_ERROR out of memory\r\n",
};

TEST(MetaFraming, FindsEachReplyOverEveryChunking) {
  std::string all;
  for (const std::string& r : kReplies) all += r;
  EXPECT_THAT(find({all}).replies, ElementsAreArray(kReplies));
  std::vector<std::string> bytes;
  for (char c : all) bytes.emplace_back(1, c);
  EXPECT_THAT(find(bytes).replies, ElementsAreArray(kReplies));
  for (size_t at = 0; at <= all.size(); ++at)
    EXPECT_THAT(find({all.substr(0, at), all.substr(at)}).replies, ElementsAreArray(kReplies)) << at;
}

TEST(MetaFraming, WhatIsNoReplyIsAnError) {
  for (const char* text : {"HTTP/1.1 400 Bad Request\r\n", "+OK\r\n", "\r\n", "VA\r\n", "VA x\r\n", "VA -1\r\n",
                           "VA 99999999999\r\n", "VA 1\r\nab\r\n", "VA 1x\r\na\r\n", "HDx\r\n"})
    EXPECT_NE(find({text}).error, "") << text;
  EXPECT_THAT(find({"$5\r\nhello\r\n"}).error, HasSubstr("'$5'"));
  EXPECT_EQ(find({"\x01\x02 control\r\n"}).error, "'?? control'");
  EXPECT_NE(find({std::string(5000, 'A')}).error, "") << "a line without end";
}

TEST(MetaFraming, AValueTooLargeGoesBy) {
  const std::string large = "VA 300 f0 OAB\r\n" + std::string(300, 'x') + "\r\n", after = "HD OAC\r\n";
  for (size_t at = 1; at < large.size(); at += 7) {
    Found f = find({large.substr(0, at), large.substr(at) + after}, {256, 1 << 20});
    EXPECT_THAT(f.replies, ElementsAre(after));
    ASSERT_EQ(f.oversized.size(), 1u);
    EXPECT_EQ(f.oversized[0].second, 300u);
    EXPECT_EQ(f.oversized[0].first, large.size());
  }
}

TEST(MetaFraming, RepliesAreRead) {
  MetaReply m = read_meta("VA 5 f7 c18446744073709551615 t-1 h1 l30 s5 W X Z b kYQ== OAB\r\nhello\r\n");
  EXPECT_EQ(m.code, Code::value);
  EXPECT_EQ(m.value, "hello");
  EXPECT_EQ(m.flags, 7u);
  EXPECT_EQ(m.cas, UINT64_MAX);
  EXPECT_EQ(m.ttl, -1);
  EXPECT_EQ(m.idle, 30);
  EXPECT_EQ(m.size, 5u);
  EXPECT_TRUE(m.hit && m.won && m.stale && m.leased && m.coded);
  EXPECT_EQ(m.token, 1);
  m = read_meta("HD t30\r\n");
  EXPECT_EQ(m.code, Code::done);
  EXPECT_EQ(m.ttl, 30);
  EXPECT_EQ(m.token, 0);
  m = read_meta("SERVER_ERROR no room\r\n");
  EXPECT_EQ(m.code, Code::refused);
  EXPECT_EQ(m.text, "SERVER_ERROR no room");
}

std::string written(std::string_view command, std::string_view key, bool coded, Token t) {
  std::string room(kCommandRoom, 0);
  MetaWriter w(room.data(), command, key, coded);
  if (command == "ms") w.size(2);
  w.flag('T', int64_t{-1});
  w.flag("f v");
  w.token(t);
  if (command == "ms") w.block("ab");
  return room.substr(0, static_cast<size_t>(w.end() - room.data()));
}

TEST(MetaWriter, ComposesCommands) {
  EXPECT_EQ(written("mg", "key", false, 1), "mg key T-1 f v OAB\r\n");
  EXPECT_EQ(written("mg", "a b", true, 64), "mg YSBi b T-1 f v OBA\r\n");
  EXPECT_EQ(written("ms", "key", false, 2), "ms key 2 T-1 f v OAC\r\nab\r\n");
  EXPECT_EQ(written("ms", "a b", true, 4095), "ms YSBi 2 b T-1 f v O//\r\nab\r\n");
}

TEST(MetaWriter, EveryTokenComesBack) {
  for (unsigned t = 1; t < kTokens; ++t) {
    std::string command = written("mg", "k", false, static_cast<Token>(t));
    std::string reply = "HD" + command.substr(command.find(" O"));
    EXPECT_EQ(read_meta(reply).token, t);
  }
}

TEST(MetaKeys, OnlyPlainOnesGoAsTheyAre) {
  EXPECT_TRUE(is_plain_key("a:b/\xc3\xa9"));
  EXPECT_TRUE(is_plain_key(std::string(250, 'x')));
  for (const std::string& k : {std::string(), std::string(251, 'x'), std::string("a b"), std::string("a\r"),
                               std::string("a\0b", 3), std::string("\x7f"), std::string("a\tb")})
    EXPECT_FALSE(is_plain_key(k)) << k;
}

}  // namespace
}  // namespace cachetted::memcache
