// Each shape of answer, and long ones in pieces.
#include "protocol/resp/replies.h"

#include <gtest/gtest.h>

#include "core/bytes.h"
#include "tests/unit/protocol/resp/composed.h"

namespace cachetted::resp {
namespace {

class RespReplies : public testing::Test {
 protected:
  Request& request(std::string_view name, Status status = Status::ok) {
    r_ = Request{};
    const Command* c = find_command(name.substr(0, name.find(' ')));
    if (name.find(' ') != name.npos) c = find_subcommand(*c, name.substr(name.find(' ') + 1));
    r_.row = c;
    r_.op = c->op;
    r_.wire = 2;
    r_.reply.status = status;
    return r_;
  }
  static Value value(std::string_view s) {
    Value v;
    v.data = s.data();
    v.size = static_cast<uint32_t>(s.size());
    v.found = true;
    return v;
  }
  Request r_;
};

TEST_F(RespReplies, ValuesAndMisses) {
  request("get").reply.value = value("hello");
  EXPECT_EQ(compose_all(r_), "$5\r\nhello\r\n");
  request("get", Status::miss);
  EXPECT_EQ(compose_all(r_), "$-1\r\n");
  r_.wire = 3;
  EXPECT_EQ(compose_all(r_), "_\r\n");
  request("getrange", Status::miss);
  EXPECT_EQ(compose_all(r_), "$0\r\n\r\n");
}

TEST_F(RespReplies, SetSaysOkOrWhatWasThere) {
  EXPECT_EQ(compose_all(request("set")), "+OK\r\n");
  EXPECT_EQ(compose_all(request("set", Status::not_stored)), "$-1\r\n");
  request("set", Status::not_stored).options = kReturnOld;
  r_.reply.value = value("old");
  EXPECT_EQ(compose_all(r_), "$3\r\nold\r\n");
  request("set").options = kReturnOld;
  EXPECT_EQ(compose_all(r_), "$-1\r\n");
  EXPECT_EQ(compose_all(request("setnx")), ":1\r\n");
  EXPECT_EQ(compose_all(request("setnx", Status::not_stored)), ":0\r\n");
  EXPECT_EQ(compose_all(request("mset")), "+OK\r\n");
  EXPECT_EQ(compose_all(request("msetnx", Status::not_stored)), ":0\r\n");
}

TEST_F(RespReplies, NumbersAndDigits) {
  request("incr").reply.number = 42;
  EXPECT_EQ(compose_all(r_), ":42\r\n");
  request("incrbyfloat").reply.text = "3.5";
  EXPECT_EQ(compose_all(r_), "$3\r\n3.5\r\n");
  EXPECT_EQ(compose_all(request("incr", Status::not_integer)), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(compose_all(request("set", Status::out_of_memory)),
            "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
}

TEST_F(RespReplies, Expiries) {
  const struct {
    const char* name;
    int64_t left, at;
    const char* reply;
  } cases[] = {{"ttl", 1499, 5'000'000, ":1\r\n"},    {"pttl", 1499, 5'000'000, ":1499\r\n"},
               {"expiretime", 1499, 5'500, ":6\r\n"}, {"pexpiretime", 1499, 5'500, ":5500\r\n"},
               {"ttl", 0, kNever, ":-1\r\n"},         {"expiretime", 0, kNever, ":-1\r\n"}};
  for (const auto& c : cases) {
    Request& r = request(c.name);
    std::string_view name = c.name;
    r.options = (name[0] == 'p' ? kMilliseconds : 0u) | (name.ends_with("time") ? kAbsolute : 0u);
    r.reply.number = c.left;
    r.reply.expiry = c.at;
    EXPECT_EQ(compose_all(r), c.reply) << c.name;
  }
  EXPECT_EQ(compose_all(request("ttl", Status::miss)), ":-2\r\n");
}

TEST_F(RespReplies, ErrorsThatAreDueOnlyWhereTheKeyIsThere) {
  for (const char* name : {"getex", "bitcount", "bitpos"}) {
    Request& r = request(name);
    r.options = kErrorIfFound;
    r.value = "ERR late";
    r.reply.value = value("v");
    EXPECT_EQ(compose_all(r), "-ERR late\r\n") << name;
  }
  request("getex", Status::miss).options = kErrorIfFound;
  EXPECT_EQ(compose_all(r_), "$-1\r\n");
  request("bitcount", Status::miss).options = kErrorIfFound;
  EXPECT_EQ(compose_all(r_), ":0\r\n");
  request("bitpos", Status::miss).cas = 1;
  EXPECT_EQ(compose_all(r_), ":-1\r\n");
  EXPECT_EQ(compose_all(request("bitpos", Status::miss)), ":0\r\n");
}

TEST_F(RespReplies, NoreplyComposesNothing) {
  request("get").noreply = true;
  r_.reply.value = value("v");
  EXPECT_EQ(compose_all(r_), "");
  request("get", Status::invalid).noreply = true;
  EXPECT_EQ(compose_all(r_), "");
}

TEST_F(RespReplies, ValuesComeWhole) {
  const std::string text(10'000, 'v');
  std::vector<Value> items(300);
  std::string expected = "*300\r\n";
  for (size_t i = 0; i < items.size(); ++i) {
    if (i % 3 != 0) items[i] = value(text);
    expected += i % 3 != 0 ? "$10000\r\n" + text + "\r\n" : "$-1\r\n";
  }
  request("mget").reply.items = items;
  int pieces = 0;
  EXPECT_EQ(compose_all(r_, &pieces), expected);
  EXPECT_EQ(pieces, 1);  // values are in the arena: they are composed in their own tick
}

TEST_F(RespReplies, LongListingsComeInPieces) {
  for (const char* name : {"keys", "scan"}) {
    Request& r = request(name);
    r.reply.listing = new Listing;
    r.reply.cursor = -1;  // the largest unsigned number
    std::string expected = std::string(name) == "scan" ? "*2\r\n$20\r\n18446744073709551615\r\n" : "";
    expected += "*100000\r\n";
    for (int i = 0; i < 100'000; ++i) {
      std::string key = "key:" + std::to_string(i);
      r.reply.listing->add(key);
      expected += "$" + std::to_string(key.size()) + "\r\n" + key + "\r\n";
    }
    int pieces = 0;
    EXPECT_EQ(compose_all(r, &pieces), expected);
    EXPECT_GT(pieces, 3);
    release_all(r);
  }
  EXPECT_EQ(compose_all(request("keys")), "*0\r\n");
}

TEST_F(RespReplies, GroupsComposeTheirChildrenAndGoOnInALongListing) {
  Request children[3];
  Value values[] = {value("a"), Value{}};
  std::string many;
  for (Request& c : children) {
    c.row = find_command("mget");
    c.wire = 2;
    c.reply.status = Status::ok;
  }
  children[0].next = &children[1];
  children[1].next = &children[2];
  children[0].reply.items = values;
  children[1].row = find_command("keys");
  children[1].reply.listing = new Listing;
  for (int i = 0; i < 20'000; ++i) {
    children[1].reply.listing->add(std::string(100, 'x'));
    many += "$100\r\n" + std::string(100, 'x') + "\r\n";
  }
  children[2].reply.status = Status::not_integer;
  request("exec").children = children;
  r_.number = 3;
  int pieces = 0;
  EXPECT_EQ(compose_all(r_, &pieces),
            "*3\r\n*2\r\n$1\r\na\r\n$-1\r\n*20000\r\n" + many + "-ERR value is not an integer or out of range\r\n");
  EXPECT_GT(pieces, 3);
  release_all(children[1]);
  EXPECT_EQ(compose_all(request("exec", Status::aborted)), "*-1\r\n");
  r_.wire = 3;
  EXPECT_EQ(compose_all(r_), "_\r\n");
}

TEST_F(RespReplies, RepliesThatWaitKeepTheirBytes) {
  std::string arena = "small value";
  const std::string digits = "3.5";
  Value items[3] = {value(arena), Value{}, value("")};
  request("mget").reply.items = items;
  r_.reply.text = digits;
  keep_reply(r_);
  arena.assign(arena.size(), '!');
  items[1].found = true;
  EXPECT_EQ(compose_all(r_), "*3\r\n$11\r\nsmall value\r\n$-1\r\n$0\r\n\r\n");
  EXPECT_EQ(r_.reply.text, digits);
  EXPECT_NE(r_.reply.text.data(), digits.data());
  release_all(r_);
}

TEST_F(RespReplies, CommonSubsequencesThatWaitKeepTheirMatches) {
  LcsMatch matches[] = {{4, 7, 5, 8}};
  request("lcs").options = kLcsIndexes;
  r_.reply.value.data = reinterpret_cast<const char*>(matches);
  r_.reply.value.size = 1;
  r_.reply.number = 4;
  std::string now = compose_all(r_);
  keep_reply(r_);
  matches[0] = {};
  EXPECT_EQ(compose_all(r_), now);
  release_all(r_);
}

TEST_F(RespReplies, CommonSubsequences) {
  const LcsMatch matches[] = {{4, 7, 5, 8}, {2, 3, 0, 1}};
  request("lcs").options = kLcsLength;
  r_.reply.number = 6;
  EXPECT_EQ(compose_all(r_), ":6\r\n");
  request("lcs").reply.text = "mytext";
  EXPECT_EQ(compose_all(r_), "$6\r\nmytext\r\n");
  request("lcs").options = kLcsIndexes | kLcsWithLength;
  r_.reply.number = 6;
  r_.reply.value.data = reinterpret_cast<const char*>(matches);
  r_.reply.value.size = 2;
  EXPECT_EQ(compose_all(r_),
            "*4\r\n$7\r\nmatches\r\n*2\r\n*3\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n:4\r\n*3\r\n*2\r\n:2\r\n:3\r\n*"
            "2\r\n:0\r\n:1\r\n:2\r\n"
            "$3\r\nlen\r\n:6\r\n");
  r_.wire = 3;
  EXPECT_TRUE(compose_all(r_).starts_with("%2\r\n"));
}

TEST_F(RespReplies, InspectionOfAKeyThatIsNotThereIsNull) {
  for (const char* name :
       {"object encoding", "object freq", "object idletime", "object refcount", "memory usage", "cachette explain"}) {
    EXPECT_EQ(compose_all(request(name, Status::miss)), "$-1\r\n") << name;
  }
  request("object encoding").reply.text = "embstr";
  EXPECT_EQ(compose_all(r_), "$6\r\nembstr\r\n");
  EXPECT_EQ(compose_all(request("object refcount")), ":1\r\n");
  EXPECT_TRUE(compose_all(request("cachette explain")).starts_with("*18\r\n$5\r\nroute\r\n"));
  EXPECT_EQ(compose_all(request("type")), "+string\r\n");
  EXPECT_EQ(compose_all(request("type", Status::miss)), "+none\r\n");
}

}  // namespace
}  // namespace cachetted::resp
