// Words to requests: what is asked, and which of several errors a client sees. The texts are redis-server 7.0's.
#include "protocol/resp/decode.h"

#include <gtest/gtest.h>

#include <climits>

#include "tests/unit/protocol/resp/parsing.h"

namespace cachetted::resp {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;

class RespDecode : public testing::Test {
 protected:
  RespDecode() { clock_.now_ms = kNow; }

  // The request of an inline line; its error text is in r.reply.text. Fails on a command that is not there.
  Request decode(std::string_view line) {
    std::vector<std::string> words;
    EXPECT_TRUE(split_inline(line, words));
    return decode(words);
  }
  Request decode(const Words& words) {
    std::vector<Slice> slices;
    size_t size = 0;
    for (const std::string& w : words) size += w.size();
    char* bytes = arena_.allocate(size + 1);
    uint32_t at = 0;
    for (const std::string& w : words) {
      std::memcpy(bytes + at, w.data(), w.size());
      slices.push_back({at, static_cast<uint32_t>(w.size())});
      at += static_cast<uint32_t>(w.size());
    }
    Args args(bytes, slices.data(), static_cast<uint32_t>(slices.size()));
    const Command* c = find_command(args[0]);
    if (c != nullptr && (c->flags & kContainer) != 0 && args.size() > 1) c = find_subcommand(*c, args[1]);
    Request r;
    EXPECT_NE(c, nullptr) << words[0];
    if (c == nullptr) return r;
    auto n = static_cast<int>(words.size());
    EXPECT_TRUE(c->arity > 0 ? n == c->arity : n >= -c->arity) << words[0] << ": arity is the session's matter";
    r.row = c;
    r.op = c->op;
    r.db = 3;
    DecodeContext context{clock_, arena_, 16, 1 << 20};
    bool ok = c->decode(args, r, context);
    EXPECT_EQ(ok, r.reply.status == Status::pending) << words[0];
    return r;
  }
  std::string error(const Words& words) {
    Request r = decode(words);
    return r.reply.status == Status::invalid ? std::string(r.reply.text) : "none";
  }
  std::string error(std::string_view line) {
    Request r = decode(line);
    return r.reply.status == Status::invalid ? std::string(r.reply.text) : "none";
  }
  // An error due only where the key is there, since the server looks for it first.
  std::string late_error(std::string_view line) {
    Request r = decode(line);
    EXPECT_EQ(r.reply.status, Status::pending);
    return r.has(kErrorIfFound) ? std::string(r.value) : "none";
  }

  Clock clock_;
  Arena arena_;
};

constexpr char kSyntax[] = "ERR syntax error";
constexpr char kNotInteger[] = "ERR value is not an integer or out of range";

TEST_F(RespDecode, Set) {
  Request r = decode("SET k v");
  EXPECT_EQ(r.op, Op::set);
  EXPECT_EQ(r.key, "k");
  EXPECT_EQ(r.value, "v");
  EXPECT_EQ(r.expiry, kNever);
  EXPECT_EQ(r.options, 0u);
  EXPECT_EQ(decode("SET k v EX 10").expiry, kNow + 10'000);
  EXPECT_EQ(decode("SET k v px 10").expiry, kNow + 10);
  EXPECT_EQ(decode("SET k v EXAT 1800000000").expiry, 1'800'000'000'000);
  EXPECT_EQ(decode("SET k v PXAT 1800000000001").expiry, 1'800'000'000'001);
  EXPECT_EQ(decode("SET k v PXAT 1").expiry, 1);
  EXPECT_EQ(decode("SET k v NX GET").options, kIfAbsent | kReturnOld);
  EXPECT_EQ(decode("SET k v xx KEEPTTL").options, kIfPresent | kKeepTtl);
  EXPECT_EQ(decode("SET k v GET EX 5 NX").expiry, kNow + 5000);
  EXPECT_EQ(decode("SETNX k v").options, kIfAbsent);
  EXPECT_EQ(decode("GETSET k v").options, kReturnOld);
  EXPECT_EQ(decode("SETEX k 10 v").expiry, kNow + 10'000);
  EXPECT_EQ(decode("SETEX k 10 v").value, "v");
  EXPECT_EQ(decode("PSETEX k 10 v").expiry, kNow + 10);
}

TEST_F(RespDecode, SetOptionsThatExcludeEachOther) {
  for (std::string_view line :
       {"SET k v NX XX", "SET k v XX NX", "SET k v EX", "SET k v EX 1 PX 1", "SET k v EX 1 KEEPTTL",
        "SET k v KEEPTTL EX 1", "SET k v EXAT 1 PXAT 1", "SET k v PX 1 EX 1", "SET k v PERSIST", "SET k v FOO",
        "SET k v GET GETT", "SET k v EX 10 NX XX", "SET k v EX abc FOO", "SET k v \"\""}) {
    EXPECT_EQ(error(line), kSyntax) << line;
  }
  EXPECT_EQ(error("SET k v KEEPTTL KEEPTTL NX NX GET GET"), "none");
}

TEST_F(RespDecode, ExpireTimesOfSetMustBePositiveAndFit) {
  const char invalid[] = "ERR invalid expire time in 'set' command";
  for (std::string_view line :
       {"SET k v EX 0", "SET k v EX -1", "SET k v PX 0", "SET k v EXAT 0", "SET k v PXAT -5",
        "SET k v EX 9223372036854775807", "SET k v EX 9223372036854776", "SET k v PX 9223372036854775807"}) {
    EXPECT_EQ(error(line), invalid) << line;
  }
  EXPECT_EQ(error("SET k v EX abc"), kNotInteger);
  EXPECT_EQ(error("SET k v EX 1.5"), kNotInteger);
  EXPECT_EQ(error("SET k v EX 9223372036854775808"), kNotInteger);
  EXPECT_EQ(error("SET k v EX NX"), kNotInteger);
  EXPECT_EQ(error("SET k v PXAT 9223372036854775807"), "none");
  EXPECT_EQ(error("SETEX k 0 v"), "ERR invalid expire time in 'setex' command");
  EXPECT_EQ(error("PSETEX k -1 v"), "ERR invalid expire time in 'psetex' command");
  EXPECT_EQ(error("SETEX k x v"), kNotInteger);
}

TEST_F(RespDecode, Getex) {
  Request r = decode("GETEX k");
  EXPECT_EQ(r.op, Op::get);
  EXPECT_EQ(r.options, 0u);
  r = decode("GETEX k EX 10");
  EXPECT_EQ(r.options, static_cast<uint32_t>(kTouch));
  EXPECT_EQ(r.expiry, kNow + 10'000);
  EXPECT_EQ(decode("GETEX k PXAT 5").expiry, 5);
  EXPECT_EQ(decode("GETEX k persist").options, static_cast<uint32_t>(kPersist));
  for (std::string_view line : {"GETEX k EX", "GETEX k NX", "GETEX k GET", "GETEX k KEEPTTL", "GETEX k PERSIST EX 1",
                                "GETEX k EX 1 PERSIST", "GETEX k EX 1 PX 1", "GETEX k 10"}) {
    EXPECT_EQ(error(line), kSyntax) << line;
  }
  EXPECT_EQ(late_error("GETEX k EX abc"), kNotInteger);
  EXPECT_EQ(late_error("GETEX k EX 0"), "ERR invalid expire time in 'getex' command");
  EXPECT_EQ(late_error("GETEX k PX -1"), "ERR invalid expire time in 'getex' command");
  EXPECT_EQ(decode("GETEX k EX 0").options & kTouch, 0u) << "with its error outstanding it changes nothing";
  EXPECT_EQ(decode("GETDEL k").options, static_cast<uint32_t>(kDeleteAfter));
}

TEST_F(RespDecode, ExpireAndItsKin) {
  Request r = decode("EXPIRE k 10");
  EXPECT_EQ(r.op, Op::expire);
  EXPECT_EQ(r.expiry, kNow + 10'000);
  EXPECT_EQ(decode("PEXPIRE k 10").expiry, kNow + 10);
  EXPECT_EQ(decode("EXPIREAT k 1800000000").expiry, 1'800'000'000'000);
  EXPECT_EQ(decode("PEXPIREAT k 1800000000000").expiry, 1'800'000'000'000);
  EXPECT_EQ(decode("EXPIRE k 0").expiry, kNow);
  EXPECT_EQ(decode("EXPIRE k -1").expiry, kNow - 1000);
  EXPECT_EQ(decode("EXPIREAT k 0").expiry, kPast);
  EXPECT_EQ(decode("PEXPIREAT k -1").expiry, kPast);
  EXPECT_EQ(decode("EXPIRE k 10 NX").options, static_cast<uint32_t>(kIfNoTtl));
  EXPECT_EQ(decode("EXPIRE k 10 xx gt").options, kIfTtl | kIfLater);
  EXPECT_EQ(decode("EXPIRE k 10 LT").options, static_cast<uint32_t>(kIfSooner));
  EXPECT_EQ(decode("PERSIST k").options, kPersist | kIfTtl);
}

TEST_F(RespDecode, ErrorsOfExpireInTheServersOrder) {
  EXPECT_EQ(error("EXPIRE k abc"), kNotInteger);
  EXPECT_EQ(error("EXPIRE k abc FOO"), "ERR Unsupported option FOO");
  EXPECT_EQ(error("EXPIRE k 10 NX FOO"), "ERR Unsupported option FOO");
  EXPECT_EQ(error("EXPIRE k abc NX XX"), "ERR NX and XX, GT or LT options at the same time are not compatible");
  EXPECT_EQ(error("EXPIRE k 10 NX GT"), "ERR NX and XX, GT or LT options at the same time are not compatible");
  EXPECT_EQ(error("EXPIRE k 10 LT NX"), "ERR NX and XX, GT or LT options at the same time are not compatible");
  EXPECT_EQ(error("EXPIRE k abc GT LT"), "ERR GT and LT options at the same time are not compatible");
  EXPECT_EQ(error("EXPIRE k 9223372036854775807"), "ERR invalid expire time in 'expire' command");
  EXPECT_EQ(error("EXPIRE k -9223372036854775808"), "ERR invalid expire time in 'expire' command");
  EXPECT_EQ(error("EXPIREAT k 9223372036854775"), "none");
  EXPECT_EQ(error("EXPIREAT k 9223372036854776"), "ERR invalid expire time in 'expireat' command");
  EXPECT_EQ(error("PEXPIRE k 9223372036854775807"), "ERR invalid expire time in 'pexpire' command");
  EXPECT_EQ(error("PEXPIREAT k 9223372036854775807"), "none");
  EXPECT_EQ(error("PEXPIREAT k -9223372036854775808"), "none");
}

TEST_F(RespDecode, ReadersOfExpiries) {
  EXPECT_EQ(decode("TTL k").options, 0u);
  EXPECT_EQ(decode("PTTL k").options, static_cast<uint32_t>(kMilliseconds));
  EXPECT_EQ(decode("EXPIRETIME k").options, static_cast<uint32_t>(kAbsolute));
  EXPECT_EQ(decode("PEXPIRETIME k").options, kAbsolute | kMilliseconds);
}

TEST_F(RespDecode, Sums) {
  EXPECT_EQ(decode("INCR k").number, 1);
  EXPECT_EQ(decode("DECR k").number, -1);
  EXPECT_EQ(decode("INCRBY k -7").number, -7);
  EXPECT_EQ(decode("DECRBY k 7").number, -7);
  EXPECT_EQ(decode("DECRBY k -9223372036854775807").number, INT64_MAX);
  EXPECT_EQ(error("DECRBY k -9223372036854775808"), "ERR decrement would overflow");
  EXPECT_EQ(error("INCRBY k 1.5"), kNotInteger);
  EXPECT_EQ(decode("INCRBYFLOAT k 1.5").value, "1.5");
  for (std::string_view line :
       {"INCR k", "DECRBY k 1", "INCRBYFLOAT k 1", "APPEND k v", "SETRANGE k 0 v", "SETBIT k 0 1"}) {
    EXPECT_TRUE(decode(line).has(kKeepTtl)) << line;
  }
}

TEST_F(RespDecode, NumbersTakeNoBlanks) {
  EXPECT_EQ(error(Words{"INCRBY", "k", "5 "}), kNotInteger);
  EXPECT_EQ(error(Words{"EXPIRE", "k", "10 "}), kNotInteger);
  EXPECT_EQ(error(Words{"SET", "k", "v", "EX", "10 "}), kNotInteger);
  EXPECT_EQ(error(Words{"GETRANGE", "k", "0 ", "1"}), kNotInteger);
  EXPECT_EQ(error(Words{"INCRBY", "k", " 5"}), kNotInteger);
}

TEST_F(RespDecode, RangesAndOffsets) {
  Request r = decode("GETRANGE k -3 -1");
  EXPECT_EQ(r.number, -3);
  EXPECT_EQ(r.number2, -1);
  EXPECT_EQ(error("GETRANGE k a 1"), kNotInteger);
  EXPECT_EQ(error("SUBSTR k 1 a"), kNotInteger);
  r = decode("SETRANGE k 5 v");
  EXPECT_EQ(r.number, 5);
  EXPECT_EQ(r.cas, 1u << 20);
  EXPECT_EQ(error("SETRANGE k -1 v"), "ERR offset is out of range");
  EXPECT_EQ(error("SETRANGE k x v"), kNotInteger);
}

TEST_F(RespDecode, Bits) {
  const char offset[] = "ERR bit offset is not an integer or out of range",
             value[] = "ERR bit is not an integer or out of range";
  EXPECT_EQ(decode("SETBIT k 7 1").number, 7);
  EXPECT_EQ(decode("SETBIT k 7 1").number2, 1);
  EXPECT_EQ(decode("GETBIT k 4294967295").number, 4'294'967'295);
  for (std::string_view line : {"SETBIT k -1 1", "SETBIT k x 1", "SETBIT k 4294967296 1", "SETBIT k x 2", "GETBIT k -1",
                                "GETBIT k 4294967296"}) {
    EXPECT_EQ(error(line), offset) << line;
  }
  for (std::string_view line : {"SETBIT k 0 2", "SETBIT k 0 -1", "SETBIT k 0 x"}) EXPECT_EQ(error(line), value) << line;
}

TEST_F(RespDecode, Bitcount) {
  Request r = decode("BITCOUNT k");
  EXPECT_EQ(r.number, 0);
  EXPECT_EQ(r.number2, -1);
  EXPECT_EQ(decode("BITCOUNT k 1 2 bit").options, kStartGiven | kEndGiven | kBitUnits);
  EXPECT_EQ(decode("BITCOUNT k 1 2 BYTE").options, kStartGiven | kEndGiven);
  EXPECT_EQ(late_error("BITCOUNT k 1"), kSyntax);
  EXPECT_EQ(late_error("BITCOUNT k 1 2 BIT x"), kSyntax);
  EXPECT_EQ(late_error("BITCOUNT k 1 2 x"), kSyntax);
  EXPECT_EQ(late_error("BITCOUNT k a 2"), kNotInteger);
  EXPECT_EQ(late_error("BITCOUNT k -1 -2 x"), "none");
}

TEST_F(RespDecode, Bitpos) {
  const char bit[] = "ERR The bit argument must be 1 or 0.";
  Request r = decode("BITPOS k 1");
  EXPECT_EQ(r.cas, 1u);
  EXPECT_EQ(r.options, 0u);
  EXPECT_EQ(decode("BITPOS k 0 2").options, static_cast<uint32_t>(kStartGiven));
  EXPECT_EQ(decode("BITPOS k 0 2 3").options, kStartGiven | kEndGiven);
  EXPECT_EQ(decode("BITPOS k 0 2 3 BIT").options, kStartGiven | kEndGiven | kBitUnits);
  EXPECT_EQ(error("BITPOS k 2"), bit);
  EXPECT_EQ(error("BITPOS k -1 a"), bit);
  EXPECT_EQ(error("BITPOS k x"), kNotInteger);
  EXPECT_EQ(late_error("BITPOS k 1 a"), kNotInteger);
  EXPECT_EQ(late_error("BITPOS k 1 0 b"), kNotInteger);
  EXPECT_EQ(late_error("BITPOS k 1 0 1 x"), kSyntax);
  EXPECT_EQ(late_error("BITPOS k 1 0 b x"), kSyntax);
  EXPECT_EQ(late_error("BITPOS k 1 a b x"), kNotInteger);
  EXPECT_EQ(late_error("BITPOS k 1 0 1 BIT x"), kSyntax);
}

TEST_F(RespDecode, ManyKeysAndPairs) {
  EXPECT_THAT(decode("MGET a b a").args, testing::ElementsAre("a", "b", "a"));
  EXPECT_THAT(decode("DEL a").args, testing::ElementsAre("a"));
  EXPECT_THAT(decode("MSET a 1 b 2").args, testing::ElementsAre("a", "1", "b", "2"));
  EXPECT_EQ(decode("MSETNX a 1").options, static_cast<uint32_t>(kIfAbsent));
  EXPECT_EQ(decode("TOUCH a b").options, static_cast<uint32_t>(kTouch));
  EXPECT_EQ(error("MSET a 1 b"), "ERR wrong number of arguments for 'mset' command");
  EXPECT_EQ(error("MSETNX a 1 b"), "ERR wrong number of arguments for 'msetnx' command");
}

TEST_F(RespDecode, NamesAndDatabases) {
  EXPECT_EQ(decode("RENAMENX a b").options, static_cast<uint32_t>(kIfAbsent));
  EXPECT_EQ(decode("COPY a b").db2, 3);
  EXPECT_EQ(decode("COPY a a DB 5 REPLACE").db2, 5);
  EXPECT_EQ(decode("COPY a a DB 5 REPLACE").options, static_cast<uint32_t>(kReplace));
  EXPECT_EQ(error("COPY a a"), "ERR source and destination objects are the same");
  EXPECT_EQ(error("COPY a a DB 3 REPLACE"), "ERR source and destination objects are the same");
  EXPECT_EQ(error("COPY a b DB"), kSyntax);
  EXPECT_EQ(error("COPY a b DB x"), kNotInteger);
  EXPECT_EQ(error("COPY a b DB 16"), "ERR DB index is out of range");
  EXPECT_EQ(error("COPY a b DB 2147483648"),
            "ERR value is out of range, value must between -2147483648 and 2147483647");
  EXPECT_EQ(decode("MOVE a 4").db2, 4);
  EXPECT_EQ(error("MOVE a 3"), "ERR source and destination objects are the same");
  EXPECT_EQ(error("MOVE a 16"), "ERR DB index is out of range");
  EXPECT_EQ(error("MOVE a -1"), "ERR DB index is out of range");
  EXPECT_EQ(error("MOVE a x"), kNotInteger);
  Request r = decode("SWAPDB 1 2");
  EXPECT_EQ(r.number, 1);
  EXPECT_EQ(r.number2, 2);
  EXPECT_EQ(error("SWAPDB x y"), "ERR invalid first DB index");
  EXPECT_EQ(error("SWAPDB 0 y"), "ERR invalid second DB index");
  EXPECT_EQ(error("SWAPDB 99 y"), "ERR invalid second DB index");
  EXPECT_EQ(error("SWAPDB 0 16"), "ERR DB index is out of range");
  EXPECT_TRUE(decode("FLUSHALL async").has(kAllDatabases));
  EXPECT_FALSE(decode("FLUSHDB SYNC").has(kAllDatabases));
  EXPECT_EQ(error("FLUSHALL FOO"), kSyntax);
  EXPECT_EQ(error("FLUSHDB SYNC ASYNC"), kSyntax);
}

TEST_F(RespDecode, Scan) {
  Request r = decode("SCAN 0");
  EXPECT_EQ(r.number2, 0);
  EXPECT_EQ(r.number, 10);
  EXPECT_EQ(r.value, "*");
  r = decode("SCAN 18446744073709551615 MATCH a* COUNT 100 TYPE STRING");
  EXPECT_EQ(static_cast<uint64_t>(r.number2), UINT64_MAX);
  EXPECT_EQ(r.number, 100);
  EXPECT_EQ(r.value, "a*");
  EXPECT_FALSE(r.has(kNothing));
  EXPECT_TRUE(decode("SCAN 0 TYPE hash").has(kNothing));
  for (std::string_view line : {"SCAN x", "SCAN \" 1\"", "SCAN 1x", "SCAN 18446744073709551616", "SCAN x COUNT 0"}) {
    EXPECT_EQ(error(line), "ERR invalid cursor") << line;
  }
  for (std::string_view line :
       {"SCAN 0 COUNT", "SCAN 0 COUNT 0", "SCAN 0 COUNT -1", "SCAN 0 MATCH", "SCAN 0 FOO bar"}) {
    EXPECT_EQ(error(line), kSyntax) << line;
  }
  EXPECT_EQ(error("SCAN 0 COUNT x FOO"), kNotInteger);
  EXPECT_EQ(error("SCAN \"\""), "none") << "the server reads no text at all as 0";
}

TEST_F(RespDecode, PatternsHaveALimit) {
  const std::string longest(1024, '*'), longer(1025, '*');
  EXPECT_EQ(error(Words{"KEYS", longest}), "none");
  EXPECT_EQ(error(Words{"KEYS", longer}), "ERR pattern of 1025 bytes is over the limit of 1024");
  EXPECT_EQ(error(Words{"SCAN", "0", "MATCH", longest}), "none");
  EXPECT_EQ(error(Words{"SCAN", "0", "MATCH", longer}), "ERR pattern of 1025 bytes is over the limit of 1024");
}

TEST_F(RespDecode, Lcs) {
  EXPECT_EQ(decode("LCS a b").value, "b");
  EXPECT_EQ(decode("LCS a b IDX WITHMATCHLEN MINMATCHLEN 4").options, kLcsIndexes | kLcsWithLength);
  EXPECT_EQ(decode("LCS a b IDX MINMATCHLEN 4").number, 4);
  EXPECT_EQ(decode("LCS a b IDX MINMATCHLEN -4").number, 0);
  EXPECT_EQ(error("LCS a b LEN IDX"), "ERR If you want both the length and indexes, please just use IDX.");
  EXPECT_EQ(error("LCS a b FOO"), kSyntax);
  EXPECT_EQ(error("LCS a b MINMATCHLEN"), kSyntax);
  EXPECT_EQ(error("LCS a b MINMATCHLEN x"), kNotInteger);
}

TEST_F(RespDecode, Inspection) {
  EXPECT_EQ(decode("OBJECT ENCODING k").key, "k");
  EXPECT_EQ(decode("MEMORY USAGE k").key, "k");
  EXPECT_EQ(error("MEMORY USAGE k SAMPLES 5"), "none");
  EXPECT_EQ(error("MEMORY USAGE k SAMPLES -1"), kSyntax);
  EXPECT_EQ(error("MEMORY USAGE k SAMPLES"), kSyntax);
  EXPECT_EQ(error("MEMORY USAGE k FOO"), kSyntax);
  EXPECT_EQ(error("MEMORY USAGE k SAMPLES x"), kNotInteger);
  EXPECT_EQ(decode("CACHETTE EXPLAIN k").key, "k");
  EXPECT_EQ(decode("CACHETTE CLEAR ns").value, "ns");
}

}  // namespace
}  // namespace cachetted::resp
