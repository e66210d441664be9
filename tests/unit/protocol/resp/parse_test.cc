// Arrays of bulk strings: every test runs whole, byte by byte and over every two-part split.
#include "protocol/resp/parse.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <random>

#include "tests/unit/protocol/resp/parsing.h"

namespace cachetted::resp {
namespace {

using Commands = std::vector<Words>;
using namespace std::string_literals;

Commands commands_of(std::string_view in) {
  Parsed p = parse_every_way(in);
  EXPECT_EQ(p.error, "");
  EXPECT_EQ(p.left, 0u);
  return p.commands;
}

std::string error_of(std::string_view in, bool authenticated = true) {
  Parsed p = parse_every_way(in, authenticated);
  EXPECT_TRUE(p.commands.empty());
  return p.error;
}

size_t waits_with(std::string_view in, bool authenticated = true) {
  Parsed p = parse_every_way(in, authenticated);
  EXPECT_EQ(p.error, "");
  EXPECT_TRUE(p.commands.empty());
  return p.left;
}

TEST(RespParse, ReadsOneCommand) {
  EXPECT_EQ(commands_of("*1\r\n$4\r\nPING\r\n"), (Commands{{"PING"}}));
  EXPECT_EQ(commands_of("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n"), (Commands{{"SET", "k", "value"}}));
  EXPECT_EQ(commands_of("*2\r\n$3\r\nGET\r\n$0\r\n\r\n"), (Commands{{"GET", ""}}));
  EXPECT_EQ(commands_of("*1\r\n$0\r\n\r\n"), (Commands{{""}}));
}

TEST(RespParse, ReadsManyCommandsAndMixesThemWithInlineOnes) {
  std::string in;
  Commands expected;
  for (int i = 0; i < 20; ++i) {
    Words words(static_cast<size_t>(i % 7 + 1), std::string(static_cast<size_t>(i * 5), static_cast<char>('a' + i)));
    in += as_resp(words);
    expected.push_back(words);
    if (i % 3 == 0) {
      in += "ping hello\r\n";
      expected.push_back({"ping", "hello"});
    }
  }
  EXPECT_EQ(commands_of(in), expected);
}

TEST(RespParse, WordsMayHoldAnyByte) {
  EXPECT_EQ(commands_of("*2\r\n$4\r\nECHO\r\n$12\r\n\r\n\0*$\xff\r\n$1\r\n\r\n"s),
            (Commands{{"ECHO", "\r\n\0*$\xff\r\n$1\r\n"s}}));
}

TEST(RespParse, CountsOfEveryLengthOfText) {
  for (size_t n : {1u, 9u, 10u, 11u, 99u, 100u, 101u, 999u, 1000u}) {
    EXPECT_EQ(parse_whole(as_resp(Words(n, "x"))).commands, (Commands{Words(n, "x")}));
    EXPECT_EQ(commands_of(as_resp({std::string(n, 'v')})), (Commands{{std::string(n, 'v')}}));
  }
}

TEST(RespParse, WhatAsksNothingIsPassedOver) {
  EXPECT_EQ(commands_of("*0\r\n"), Commands{});
  EXPECT_EQ(commands_of("*-1\r\n*-10\r\n*0\r\n\r\n\n  \r\n*1\r\n$4\r\nPING\r\n"), (Commands{{"PING"}}));
}

TEST(RespParse, WaitsForTheRest) {
  const std::string whole = "*3\r\n$3\r\nSET\r\n$12\r\nhello, world\r\n$1\r\nv\r\n";
  for (size_t n = 1; n < whole.size(); ++n) EXPECT_EQ(waits_with(whole.substr(0, n)), n);
}

TEST(RespParse, ProtocolErrorsReadAsTheServersDo) {
  const struct {
    std::string in, error;
  } cases[] = {
      {"*a\r\n", "Protocol error: invalid multibulk length"},
      {"*\r\n", "Protocol error: invalid multibulk length"},
      {"* 1\r\n", "Protocol error: invalid multibulk length"},
      {"*1 \r\n", "Protocol error: invalid multibulk length"},
      {"*+1\r\n", "Protocol error: invalid multibulk length"},
      {"*01\r\n", "Protocol error: invalid multibulk length"},
      {"*1.5\r\n", "Protocol error: invalid multibulk length"},
      {"*2147483648\r\n", "Protocol error: invalid multibulk length"},
      {"*9223372036854775808\r\n", "Protocol error: invalid multibulk length"},
      {"*99999999999999999999999\r\n", "Protocol error: invalid multibulk length"},
      {"*1\r\n:1\r\n", "Protocol error: expected '$', got ':'"},
      {"*1\r\n*1\r\n", "Protocol error: expected '$', got '*'"},
      {"*1\r\nhello\r\n", "Protocol error: expected '$', got 'h'"},
      {"*2\r\n$1\r\na\r\n+b\r\n", "Protocol error: expected '$', got '+'"},
      {"*1\r\n$a\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$-1\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$-0\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$01\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$1 \r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$ 1\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$536870913\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$9223372036854775808\r\n", "Protocol error: invalid bulk length"},
      {"*2\r\n$4\r\nPING\r\n$x\r\n", "Protocol error: invalid bulk length"},
      {"PING \"open\r\n", "Protocol error: unbalanced quotes in request"},
  };
  for (const auto& c : cases) EXPECT_EQ(error_of(c.in), c.error) << testing::PrintToString(c.in);
}

TEST(RespParse, CommandsBeforeAnErrorCount) {
  Parsed p = parse_every_way("*1\r\n$4\r\nPING\r\n*1\r\n!\r\n*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(p.commands, (Commands{{"PING"}}));
  EXPECT_EQ(p.error, "Protocol error: expected '$', got '!'");
}

TEST(RespParse, LinesThatDoNotEndAreRefused) {
  const std::string digits(kMaxInline + 10, '1');
  EXPECT_EQ(parse_whole("*" + digits).error, "Protocol error: too big mbulk count string");
  EXPECT_EQ(parse_whole("*1\r\n$" + digits).error, "Protocol error: too big bulk count string");
  EXPECT_EQ(parse_whole("*1\r\n" + digits).error, "Protocol error: too big bulk count string");
  EXPECT_EQ(parse_whole(digits).error, "Protocol error: too big inline request");
  EXPECT_EQ(parse_whole("*" + digits.substr(0, 1000)).error, "");
  EXPECT_EQ(parse_whole(digits.substr(0, kMaxInline)).error, "");
}

TEST(RespParse, ClientsWithoutAPasswordGetTenWordsOf16KiB) {
  EXPECT_EQ(error_of("*11\r\n", false), "Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(waits_with("*10\r\n", false), 5u);
  EXPECT_EQ(error_of("*1\r\n$16385\r\n", false), "Protocol error: unauthenticated bulk length");
  EXPECT_EQ(waits_with("*1\r\n$16384\r\n", false), 12u);
  EXPECT_EQ(error_of("*2147483648\r\n", false), "Protocol error: invalid multibulk length");
  EXPECT_EQ(error_of("*1\r\n$536870913\r\n", false), "Protocol error: invalid bulk length");
  EXPECT_EQ(parse_whole(as_resp(Words(10, std::string(16384, 'x'))), false).commands.size(), 1u);
}

TEST(RespParse, HugeCountsAreWaitedForWithoutMemory) {
  EXPECT_EQ(waits_with("*2147483647\r\n"), 13u);
  EXPECT_EQ(waits_with("*2147483647\r\n$1\r\nx\r\n"), 20u);
  EXPECT_EQ(waits_with("*1\r\n$536870912\r\n"), 16u);
  Parser parser;
  Arena arena;
  EXPECT_EQ(parser.parse("*1\r\n$536870912\r\n", true, arena), Parser::Result::incomplete);
  EXPECT_EQ(parser.wanted(), 16u + 536870912 + 2);
}

// A command of over 1 GiB; its pages stay untouched but for the headers.
TEST(RespParse, CommandsOverTheLimitAreRefused) {
  constexpr size_t bulk = 512 << 20;
  const std::string first = "*3\r\n$536870912\r\n", next = "\r\n$536870912\r\n";
  const size_t size = first.size() + bulk + next.size();
  auto* bytes = static_cast<char*>(
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  ASSERT_NE(bytes, MAP_FAILED);
  std::memcpy(bytes, first.data(), first.size());
  std::memcpy(bytes + first.size() + bulk, next.data(), next.size());
  Parser parser;
  Arena arena;
  EXPECT_EQ(parser.parse({bytes, size}, true, arena), Parser::Result::error);
  EXPECT_EQ(parser.error(), "Protocol error: too big command");
  munmap(bytes, size);
}

TEST(RespParse, CommandsWithALargeWordAreRefusedAndTheNextIsFound) {
  const std::string ping = as_resp({"PING"}), large(100, 'x');
  auto sizes = [&](const std::string& in) { return parse_every_way(in, true, 10); };
  EXPECT_EQ(sizes(as_resp({"SET", "k", "0123456789"})).commands, (Commands{{"SET", "k", "0123456789"}}));
  EXPECT_EQ(sizes(ping + as_resp({"SET", "k", large}) + ping).commands,
            (Commands{{"PING"}, {kRefused, "100"}, {"PING"}}));
  EXPECT_EQ(sizes(as_resp({large, "k", "v"}) + ping).commands, (Commands{{kRefused, "100"}, {"PING"}}));
  EXPECT_EQ(sizes(as_resp({"MSET", large, "*3\r\n$1\r\n", large + large}) + ping).commands,
            (Commands{{kRefused, "100"}, {"PING"}}));
  EXPECT_EQ(sizes(as_resp({"MSET", large, "v", ""}) + "\r\n").commands, (Commands{{kRefused, "100"}}));
  Parsed p = sizes("*3\r\n$100\r\n" + large + "\r\n:1\r\n");
  EXPECT_EQ(p.error, "Protocol error: expected '$', got ':'") << "what is refused is still read by the rules";
  p = sizes("*2\r\n$100\r\n" + large + "\r\n$1");
  EXPECT_TRUE(p.commands.empty());
  EXPECT_EQ(p.left, 2u);
}

TEST(RespParse, LargeWordsThatAreRefusedAreNotKept) {
  Parser parser;
  Arena arena;
  std::string head = "*2\r\n$3\r\nGET\r\n$500000000\r\n", part(1 << 20, 'x');
  ASSERT_EQ(parser.parse(head, true, arena, 1000), Parser::Result::swallowed);
  ASSERT_EQ(parser.consumed(), head.size());
  size_t left = 500'000'002;
  while (left > 0) {
    std::string_view piece = std::string_view(part).substr(0, left);
    Parser::Result result = parser.parse(piece, true, arena, 1000);
    ASSERT_EQ(parser.consumed(), piece.size());
    left -= piece.size();
    ASSERT_EQ(result, left > 0 ? Parser::Result::swallowed : Parser::Result::oversized);
  }
  EXPECT_EQ(parser.refused(), 500'000'000u);
}

TEST(RespParse, TinyPiecesOfALongCommandTakeLinearTime) {
  Words words(20'000, "word");
  std::string in = as_resp(words);
  Parser parser;
  Arena arena;
  size_t at = 0;
  while (parser.parse(std::string_view(in).substr(0, ++at), true, arena) == Parser::Result::incomplete) {
  }
  EXPECT_EQ(at, in.size());
  EXPECT_EQ(parser.args().size(), words.size());
}

TEST(RespParse, RandomCommandsInRandomPieces) {
  std::mt19937_64 random(23);
  for (int round = 0; round < 300; ++round) {
    std::string in;
    Commands expected;
    for (size_t n = random() % 8 + 1; n > 0; --n) {
      Words words(random() % 6 + 1);
      for (std::string& w : words) {
        w.resize(random() % 10 == 0 ? random() % 3000 : random() % 12);
        for (char& c : w) c = random() % 2 == 0 ? "\r\n*$0123"[random() % 8] : static_cast<char>(random());
      }
      in += as_resp(words);
      expected.push_back(std::move(words));
    }
    Feeder feeder(true, round % 2 == 0 ? GoOn::from_where_it_stopped : GoOn::from_the_start);
    for (size_t at = 0; at < in.size();) {
      size_t n = random() % (random() % 4 == 0 ? in.size() : 20) + 1;
      feeder.feed(std::string_view(in).substr(at, n));
      at += n;
    }
    ASSERT_EQ(feeder.parsed().commands, expected);
    ASSERT_EQ(feeder.parsed().left, 0u);
  }
}

TEST(RespParse, RandomBytesComeOutTheSameInAnyPieces) {
  std::mt19937_64 random(29);
  constexpr std::string_view alphabet = "**$$$\r\n\r\n\r\n0012-abc \"'\\x\0";
  for (int round = 0; round < 3000; ++round) {
    std::string in(random() % 40, '\0');
    for (char& c : in) c = alphabet[random() % alphabet.size()];
    if (round % 2 == 0) in = "*1\r\n$3\r\n" + in;
    Parsed whole = parse_whole(in);
    ASSERT_EQ(parse_bytes(in, true, GoOn::from_where_it_stopped), whole) << testing::PrintToString(in);
    ASSERT_EQ(parse_bytes(in, true, GoOn::from_the_start), whole) << testing::PrintToString(in);
    ASSERT_EQ(parse_bytes(in, true, GoOn::from_where_it_stopped, 1), parse_whole(in, true, 1))
        << testing::PrintToString(in);
  }
}

}  // namespace
}  // namespace cachetted::resp
