// Inline commands: words at blanks, quotes and escapes as redis-server's sdssplitargs reads them.
#include <gtest/gtest.h>

#include "tests/unit/protocol/resp/parsing.h"

namespace cachetted::resp {
namespace {

using Commands = std::vector<Words>;
using namespace std::string_view_literals;

TEST(RespInline, SplitsAtBlanks) {
  EXPECT_EQ(parse_every_way("PING\r\n").commands, (Commands{{"PING"}}));
  EXPECT_EQ(parse_every_way("PING\n").commands, (Commands{{"PING"}}));
  EXPECT_EQ(parse_every_way("  set\tk \v\f v  \r\n").commands, (Commands{{"set", "k", "v"}}));
  EXPECT_EQ(parse_every_way("get a\nget b\r\n\r\nget c\n").commands,
            (Commands{{"get", "a"}, {"get", "b"}, {"get", "c"}}));
  EXPECT_EQ(parse_every_way("get $1 *2\r\n").commands, (Commands{{"get", "$1", "*2"}}));
  EXPECT_EQ(parse_every_way("$4\r\n").commands, (Commands{{"$4"}}));
}

TEST(RespInline, AskNothing) { EXPECT_EQ(parse_every_way("\r\n\n   \r\n\t\n"), Parsed{}); }

TEST(RespInline, WaitsForTheLine) {
  Parsed p = parse_every_way("PING\r");
  EXPECT_TRUE(p.commands.empty());
  EXPECT_EQ(p.left, 5u);
}

TEST(RespInline, QuotesAndEscapes) {
  const struct {
    std::string_view line;
    Words words;
  } cases[] = {
      {R"(set k "hello world")", {"set", "k", "hello world"}},
      {R"(set k 'hello world')", {"set", "k", "hello world"}},
      {R"(set k "")", {"set", "k", ""}},
      {R"('' "")", {"", ""}},
      {R"(set k "a\x41\x0ab\n\r\t\b\a\\\"\q")", {"set", "k", "aA\nb\n\r\t\b\a\\\"q"}},
      {R"(set k "\x4")", {"set", "k", "x4"}},
      {R"(set k "\xzz")", {"set", "k", "xzz"}},
      {R"(set k "\xFf")", {"set", "k", "\xff"}},
      {R"(set k 'a\'b"c\n')", {"set", "k", R"(a'b"c\n)"}},
      {R"(set k "a'b")", {"set", "k", "a'b"}},
      {R"(foo"bar baz")", {"foobar baz"}},
      {R"(a\nb)", {R"(a\nb)"}},
      {"a\0b c"sv, {"a"}},
  };
  for (const auto& c : cases) {
    std::vector<std::string> words;
    EXPECT_TRUE(split_inline(c.line, words)) << c.line;
    EXPECT_EQ(words, c.words) << c.line;
    EXPECT_EQ(parse_every_way(std::string(c.line) + "\r\n").commands, (Commands{c.words})) << c.line;
  }
}

TEST(RespInline, RefusesQuotesThatDoNotClose) {
  for (std::string_view line : {R"(set k "open)", R"(set k 'open)", R"(set k "a"b)", R"(set k 'a'b)", R"(")", R"("\)",
                                R"('a\')", R"("\x4)", R"(a"b"c)"}) {
    std::vector<std::string> words;
    EXPECT_FALSE(split_inline(line, words)) << line;
    EXPECT_EQ(parse_every_way(std::string(line) + "\n").error, "Protocol error: unbalanced quotes in request") << line;
  }
}

}  // namespace
}  // namespace cachetted::resp
