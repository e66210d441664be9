// Commands from bytes: whole, byte by byte, and over every split in two; and what each makes of a request.
#include "protocol/memcache/parse.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace cachetted::memcache {
namespace {

constexpr uint64_t kMost = 1000;

std::string bytes_of(Output& out) {
  struct Slice {
    char* base;
    size_t size;
  } slices[64];
  std::string all;
  unsigned n = out.slices(slices, 64);
  for (unsigned i = 0; i < n; ++i) all.append(slices[i].base, slices[i].size);
  return all;
}

// What comes of a stream: each command as "name key|value" or its error, and how it ended.
struct Outcome {
  std::vector<std::string> commands;
  std::string end;  // "", "broken", "binary"
  size_t left = 0;
  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& o) {
  for (const std::string& c : o.commands) out << testing::PrintToString(c) << " ";
  return out << "end '" << o.end << "', " << o.left << " bytes left";
}

class Feeder {
 public:
  explicit Feeder(bool authenticated = true) : authenticated_(authenticated) {}
  void feed(std::string_view piece) {
    if (!outcome.end.empty()) return;
    pending_.append(piece);
    while (!pending_.empty() && look()) {
    }
    outcome.left = outcome.end.empty() ? pending_.size() : 0;
  }
  Outcome outcome;

 private:
  // At a copy of exactly what is there, so that AddressSanitizer finds a read behind it or of an older one.
  bool look() {
    std::unique_ptr<char[]> bytes(new char[pending_.size()]);
    std::memcpy(bytes.get(), pending_.data(), pending_.size());
    switch (parser_.parse({bytes.get(), pending_.size()}, kMost, authenticated_)) {
      case Parser::Result::complete: gather(); break;
      case Parser::Result::oversized: removal(); break;
      case Parser::Result::swallowed: break;
      case Parser::Result::incomplete: return false;
      case Parser::Result::broken: outcome.end = "broken"; return false;
      case Parser::Result::binary: outcome.end = "binary"; return false;
    }
    EXPECT_GT(parser_.consumed(), 0u);
    EXPECT_LE(parser_.consumed(), pending_.size());
    pending_.erase(0, parser_.consumed());
    return true;
  }
  void gather() {
    Request r;
    r.row = &parser_.command();
    Arena arena;
    Clock clock;
    clock.now_ms = 1'700'000'000'000;
    DecodeContext context{clock, arena, kMost};
    std::string text;
    if (parser_.decode(r, context)) {
      text = std::string(parser_.command().name) + " " + std::string(r.key);
      for (std::string_view a : r.args) text += "," + std::string(a);
      text += "|" + std::string(r.value);
    } else {
      Output out;
      bool silent = r.noreply;
      r.noreply = false;
      compose(r, 0, out);
      text = bytes_of(out);
      EXPECT_TRUE(text.ends_with("\r\n")) << text;
      text.resize(text.size() - 2);
      if (silent) text = "(" + text + ")";
    }
    outcome.commands.push_back(text);
  }

  void removal() {
    Request r;
    Arena arena;
    Clock clock;
    DecodeContext context{clock, arena, kMost};
    if (parser_.decode_removal(r, context)) outcome.commands.push_back("removes " + std::string(r.args[0]));
  }

  Words words_;
  Parser parser_{words_};
  const bool authenticated_;
  std::string pending_;
};

Outcome whole(std::string_view in, bool authenticated = true) {
  Feeder f(authenticated);
  f.feed(in);
  return f.outcome;
}

const std::string kLongKey(251, 'k');

const std::vector<std::string> kStreams = {
    "get a\r\nget a b c\r\ngets a\nversion\r\n",
    "set a 1 0 3\r\nabc\r\nget a\r\n",
    "set a 1 0 3 noreply\r\na\r\n\r\nappend a 0 0 0\r\n\r\n",
    "set a 0 0 3\r\nabcd\r\nmn\r\n",
    "set a 0 0 -1\r\nset a x 0 1\r\nset a 0 0 1 2 3\r\nset a\r\nset " + kLongKey + " 0 0 1\r\nmn\r\n",
    "set a 0 0 2000\r\n" + std::string(2000, 'x') + "\r\nmn\r\n",
    "set a 0 0 2000 noreply\r\n" + std::string(2000, '\n') + "\r\nmn\r\n",
    "add a 0 0 2000\r\n" + std::string(2000, 'x') + "\r\nms a 2000 b\r\n" + std::string(2000, 'x') +
        "\r\nms YQ== 2000 b\r\n" + std::string(2000, 'x') + "\r\nmn\r\n",
    "cas a 0 0 1 7\r\nx\r\ncas a 0 0 1\r\ncas a 0 0 1 x\r\n",
    "incr n 1\r\nincr n x\r\nincr n\r\ndecr n 1 noreply\r\nincr n 18446744073709551616\r\n",
    "delete a\r\ndelete noreply\r\ndelete a 0\r\ndelete a 1\r\ndelete a noreply\r\n",
    "touch a 1\r\ntouch a x\r\ntouch a\r\ngat 1 a b\r\ngat x a\r\ngat 1\r\n",
    "mg a\r\nmg a v t Oabc k\r\nmg a v v\r\nmg a !\r\nmg a Tx\r\nmg " + kLongKey + "\r\nmg\r\n",
    "ms a 3 T0 F1\r\nabc\r\nms a x\r\nms a\r\nms a 1 !\r\nx\r\nms a 1 MX\r\nx\r\nms a 1 Fx\r\nxyz",
    "ms YWJj 1 b\r\nx\r\nmg ===== b\r\nmg YWJj b k\r\nmd YWJj b q I T30\r\nma n N0 J5 MD D2\r\nma n MX\r\n",
    "\r\n \r\nGET a\r\nfoo\r\nbar HTTP/1.1\r\nget a\r\n",
    "\x80" + std::string(40, '\0'),
    "get a\r\n\x80" + std::string(23, '\0') + "\r\n",
    std::string(2049, 'x'),
    "get " + std::string(3000, 'x') + "\r\nmn\r\n",
    std::string("get\0a\r\nget a\0b c\r\n", 18),
    "flush_all\r\nflush_all 1 noreply\r\nverbosity 1\r\nstats\r\nstats items\r\nquit\r\nshutdown\r\nme a\r\nmn\r\n",
};

TEST(MemcacheParse, EverySplitInTwoGivesTheSame) {
  for (const std::string& stream : kStreams) {
    Outcome expected = whole(stream);
    for (size_t i = 0; i <= stream.size(); ++i) {
      Feeder f;
      f.feed(std::string_view(stream).substr(0, i));
      f.feed(std::string_view(stream).substr(i));
      if (stream.find('\n') > kMaxLine && !stream.starts_with("get"))
        continue;  // when it arrives decides, as in memcached
      ASSERT_EQ(f.outcome, expected) << testing::PrintToString(stream.substr(0, 60)) << " split at " << i;
    }
  }
}

TEST(MemcacheParse, ByteByByteGivesTheSame) {
  for (const std::string& stream : kStreams) {
    Feeder f;
    for (char c : stream) f.feed({&c, 1});
    ASSERT_EQ(f.outcome, whole(stream)) << testing::PrintToString(stream.substr(0, 60));
  }
}

TEST(MemcacheParse, CommandsAreWhatTheyAre) {
  using V = std::vector<std::string>;
  auto commands = [](size_t i) { return whole(kStreams[i]).commands; };
  EXPECT_EQ(commands(0), (V{"get a|", "get ,a,b,c|", "gets a|", "version |"}));
  EXPECT_EQ(commands(1), (V{"set a|abc", "get a|"}));
  EXPECT_EQ(commands(2), (V{"set a|a\r\n", "append a|"}));
  EXPECT_EQ(commands(3), (V{"CLIENT_ERROR bad data chunk", "ERROR", "mn |"}))
      << "the block's bytes are gone, the rest is a line";
  EXPECT_EQ(commands(4), (V{"CLIENT_ERROR bad command line format", "CLIENT_ERROR bad command line format", "ERROR",
                            "ERROR", "CLIENT_ERROR bad command line format", "mn |"}));
  EXPECT_EQ(commands(5), (V{"removes a", "SERVER_ERROR object too large for cache", "mn |"}))
      << "the old value is removed at once";
  EXPECT_EQ(commands(6), (V{"removes a", "(SERVER_ERROR object too large for cache)", "mn |"}));
  EXPECT_EQ(commands(7), (V{"SERVER_ERROR object too large for cache", "CLIENT_ERROR error decoding key", "removes a",
                            "SERVER_ERROR object too large for cache", "mn |"}));
  EXPECT_EQ(commands(10), (V{"delete a,a|", "delete noreply,noreply|", "delete a,a|",
                             "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]", "delete a,a|"}));
  EXPECT_EQ(commands(12),
            (V{"mg a,a|", "mg a,a,v,t,Oabc,k|", "CLIENT_ERROR duplicate flag", "CLIENT_ERROR invalid flag",
               "CLIENT_ERROR bad token in command line format", "CLIENT_ERROR bad command line format", "ERROR"}));
  EXPECT_EQ(commands(14),
            (V{"ms abc,YWJj,b|x", "CLIENT_ERROR error decoding key", "mg abc,YWJj,b,k|", "md abc,YWJj,b,q,I,T30|",
               "ma n,n,N0,J5,MD,D2|", "CLIENT_ERROR invalid mode for ma M token"}));
  EXPECT_EQ(whole(kStreams[15]).end, "broken");
  EXPECT_EQ(whole(kStreams[16]).end, "binary");
  EXPECT_EQ(commands(17), (V{"get a|", "ERROR"})) << "only a connection's first byte tells";
  EXPECT_EQ(whole(kStreams[18]).end, "broken");
  EXPECT_EQ(commands(20), (V{"ERROR", "get a|"})) << "a NUL ends the line";
}

TEST(MemcacheParse, WhoIsNotAuthenticatedMayOnlySetHisToken) {
  using V = std::vector<std::string>;
  std::string stream = "get a\r\nset t 0 0 9\r\nuser pass\r\nset t 0 0 300\r\n" + std::string(300, 'x') +
                       "\r\nset t 0 0 1\r\nxyz\r\nset t 0 0 x\r\nquit\r\n";
  Outcome o = whole(stream, false);
  EXPECT_EQ(o.commands,
            (V{"CLIENT_ERROR unauthenticated", "set t|user pass", "CLIENT_ERROR bad authentication token format",
               "CLIENT_ERROR bad command line termination", "CLIENT_ERROR unauthenticated",
               "CLIENT_ERROR unauthenticated", "CLIENT_ERROR unauthenticated"}));
}

TEST(MemcacheParse, RandomBytesEndSomewhere) {
  std::mt19937_64 random(71);
  const std::string_view pieces[] = {"get ", "set ", "ms ", "mg ",  "ma ",  "md ",   "a ",       "k",
                                     " 0",   " 1",   " 5",  "\r\n", "\n",   "\r",    " noreply", " T",
                                     " v",   " b",   " q",  " M",   "\x80", "xxxxx", "\0"};
  for (int i = 0; i < 20'000; ++i) {
    std::string stream;
    for (auto n = random() % 12; n > 0; --n) stream += pieces[random() % std::size(pieces)];
    Feeder f;
    for (char c : stream) f.feed({&c, 1});
    ASSERT_EQ(f.outcome, whole(stream)) << testing::PrintToString(stream);
  }
}

TEST(MemcacheNumbers, AreReadAsTheLibraryDoes) {
  int64_t s = 0;
  uint64_t u = 0;
  EXPECT_TRUE(read_signed("-12", s) && s == -12);
  EXPECT_TRUE(read_signed("+01", s) && s == 1);
  for (const char* bad : {"", "-", "x", "1x", "1.5", "9223372036854775808"}) EXPECT_FALSE(read_signed(bad, s)) << bad;
  EXPECT_TRUE(read_unsigned("18446744073709551615", u) && u == UINT64_MAX);
  for (const char* bad : {"", "-1", "x", "1x", "18446744073709551616"}) EXPECT_FALSE(read_unsigned(bad, u)) << bad;
}

TEST(MemcacheTimes, FollowTheThirtyDayRule) {
  Clock c;
  c.now_ms = 1'700'000'000'000;
  EXPECT_EQ(expiry_of(0, c), kNever);
  EXPECT_EQ(expiry_of(-1, c), kPast);
  EXPECT_EQ(expiry_of(10, c), c.now_ms + 10'000);
  EXPECT_EQ(expiry_of(2'592'000, c), c.now_ms + 2'592'000'000);
  EXPECT_EQ(expiry_of(2'592'001, c), 2'592'001'000) << "a Unix time, long past";
  EXPECT_EQ(expiry_of(int64_t{1} << 32, c), kNever) << "cut to 32 bits";
}

TEST(MemcacheCommands, AreFoundByTheirExactName) {
  for (const Command& c : commands()) EXPECT_EQ(find_command(c.name), &c) << c.name;
  for (const char* name : {"", "ge", "gett", "GET", "flush_al", "flush_alx", "flush_allx", "m", "mz"})
    EXPECT_EQ(find_command(name), nullptr) << name;
}

}  // namespace
}  // namespace cachetted::memcache
