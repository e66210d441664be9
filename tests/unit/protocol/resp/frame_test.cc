// Finding replies in what a server sends, over every chunking, and walking them.
#include "protocol/resp/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/protocol/finding.h"

namespace cachetted::resp {
namespace {

using namespace std::string_literals;
using testing::ElementsAreArray;

Found find(const std::vector<std::string>& pieces, Framing::Most most = {1 << 20, 1 << 24}) {
  return find_replies<Framer>(pieces, most);
}

const std::string kReplies[] = {
    "+OK\r\n",
    "-ERR no\r\n",
    ":-12\r\n",
    "$3\r\na\r\n\r\n",
    "$0\r\n\r\n",
    "$-1\r\n",
    "*-1\r\n",
    "*0\r\n",
    "*3\r\n$1\r\na\r\n:1\r\n*2\r\n+x\r\n$-1\r\n",
    "_\r\n",
    "#t\r\n",
    ",3.5\r\n",
    "(123456789012345678901234567890\r\n",
    "=7\r\ntxt:abc\r\n",
    "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n",
    "~2\r\n:1\r\n:2\r\n",
    ">2\r\n+invalidate\r\n*0\r\n",
    "|1\r\n+popular\r\n%1\r\n+k\r\n:1\r\n*1\r\n:1\r\n",
    "|1\r\n+a\r\n:1\r\n|1\r\n+b\r\n:2\r\n-ERR x\r\n",
    "$20000\r\n" + std::string(20000, 'v') + "\r\n",
};

TEST(RespFrame, FindsEachReplyWholeAndInEveryTwoParts) {
  std::string all;
  for (const std::string& r : kReplies) all += r;
  EXPECT_THAT(find({all}).replies, ElementsAreArray(kReplies));
  for (size_t i = 1; i < all.size(); ++i)
    ASSERT_THAT(find({all.substr(0, i), all.substr(i)}).replies, ElementsAreArray(kReplies)) << i;
}

TEST(RespFrame, FindsThemByteByByte) {
  std::vector<std::string> bytes;
  std::string all;
  for (const std::string& r : kReplies) all += r;
  for (char c : all) bytes.emplace_back(1, c);
  EXPECT_THAT(find(bytes).replies, ElementsAreArray(kReplies));
}

TEST(RespFrame, WhatIsNoReplyEndsIt) {
  for (const char* bad : {"HTTP/1.1 400 Bad Request\r\n", "ERROR\r\n", "*-7\r\n", "$-2\r\n", ":abc\r\n",
                          "*99999999999999999999\r\n", "$99999999999999\r\n", "*1\r\n$99999999999999\r\n", "\r\n"}) {
    EXPECT_FALSE(find({bad}).error.empty()) << bad;
    EXPECT_EQ(find({"+OK\r\n"s + bad}).replies, std::vector<std::string>{"+OK\r\n"}) << bad;
  }
}

TEST(RespFrame, AValueThatEndsElsewhereEndsIt) {
  for (const char* bad : {"$3\r\nabcd+\r\n", "*2\r\n$1\r\na\r\n$3\r\nabc:2\r\n", "%1\r\n$1\r\nkvv:1\r\n", "$0\r\n+O",
                          "*2\r\n|1\r\n+k\r\n:1\r\n:2\r\n"})  // an attribute within
    EXPECT_FALSE(find({bad}).error.empty()) << bad;
}

TEST(RespFrame, WhatIsTooLargeGoesByInAnyTwoParts) {
  const std::string large = "$200\r\n" + std::string(200, '\r') + "\r\n";
  const std::string in_array = "*3\r\n%1\r\n+k\r\n:1\r\n" + large + "$-1\r\n";
  const std::string many = "*41\r\n" + [] {
    std::string s;
    for (int i = 0; i < 40; ++i) s += "$3\r\nabc\r\n";
    return s;
  }() + "*0\r\n";
  const std::string all = "+a\r\n" + large + ":1\r\n" + in_array + "$0\r\n\r\n" + many + "*1\r\n+z\r\n";
  const Found want{{"+a\r\n", ":1\r\n", "$0\r\n\r\n", "*1\r\n+z\r\n"},
                   {{large.size(), 200}, {in_array.size(), 200}, {many.size(), 3}},
                   ""};
  for (size_t i = 0; i < all.size(); ++i) ASSERT_EQ(find({all.substr(0, i), all.substr(i)}, {100, 300}), want) << i;
}

TEST(RespFrame, WhatGoesByIsNotHeld) {
  Framer framer;
  EXPECT_EQ(framer.next("$200\r\nabc", {100, 1000}), Framing::Result::passing);
  EXPECT_EQ(framer.size(), 9);
  EXPECT_EQ(framer.next(std::string(197, 'x'), {100, 1000}), Framing::Result::passing);
  EXPECT_EQ(framer.next("\r", {100, 1000}), Framing::Result::incomplete);
  EXPECT_EQ(framer.next("\r\n+OK\r\n", {100, 1000}), Framing::Result::passed);
  EXPECT_EQ(framer.size(), 2);
  EXPECT_EQ(framer.next("+OK\r\n", {100, 1000}), Framing::Result::whole) << "what comes behind it is found";
  const std::string behind = "*2\r\n$2000\r\n" + std::string(2000, 'v') + "\r\n$5000\r\nabc";
  EXPECT_EQ(framer.next(behind, {3000, 100000}), Framing::Result::passing) << "behind what the reader has let go";
  EXPECT_EQ(framer.size(), behind.size());
}

TEST(RespFrame, ABulkMayBeLargerThanAnyThatIsKept) {
  Framer framer;
  EXPECT_EQ(framer.next("$4294967296\r\nab", {100, 1000}), Framing::Result::passing);
}

TEST(RespFrame, WhatGoesByIsLookedAt) {
  for (const char* bad : {"$3\r\nabcd\r\n", "$x\r\n", "*-2\r\n", "hello\r\n", "$99999999999999\r\n", ">1\r\n+x\r\n"})
    EXPECT_FALSE(
        find({"*9\r\n$200\r\n" + std::string(200, 'v') + "\r\n", bad, std::string(40, '0')}, {100, 300}).error.empty())
        << bad;
}

TEST(RespFrame, WalksElements) {
  std::string_view in = "*3\r\n$1\r\na\r\n:-5\r\n%1\r\n+k\r\n_\r\n+next\r\n";
  std::string_view rest = in;
  EXPECT_EQ(take_element(rest).number, 3);
  EXPECT_EQ(take_element(rest).text, "a");
  EXPECT_EQ(take_element(rest).number, -5);
  EXPECT_EQ(take_whole(rest), "%1\r\n+k\r\n_\r\n");
  EXPECT_EQ(take_element(rest).text, "next");
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(take_whole(in), "*3\r\n$1\r\na\r\n:-5\r\n%1\r\n+k\r\n_\r\n");
  for (std::string_view null : {"$-1\r\n", "*-1\r\n", "_\r\n"}) EXPECT_TRUE(take_element(null).null);
  std::string_view error = "-WRONGTYPE x\r\n";
  EXPECT_TRUE(take_element(error).error());
}

TEST(RespFrame, AttributesGoBeforeAReply) {
  EXPECT_EQ(without_attributes("|1\r\n+a\r\n*1\r\n:1\r\n|1\r\n+b\r\n:2\r\n+OK\r\n"), "+OK\r\n");
  EXPECT_EQ(without_attributes("*1\r\n:1\r\n"), "*1\r\n:1\r\n");
}

TEST(RespFrame, CommandsAreWhatAServerReads) {
  std::string buffer(command_room(3, 8), '\0');
  CommandWriter w(buffer.data(), 3);
  for (std::string_view word : {std::string_view("SET"), std::string_view("k"), std::string_view("\r\nv", 3)})
    w.word(word);
  EXPECT_EQ(std::string(buffer.data(), w.end()), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\n\r\nv\r\n");
}

}  // namespace
}  // namespace cachetted::resp
