// Expiry, names, databases, and walks over all keys.
#include "tests/contract/contract.h"

#include <algorithm>
#include <set>

namespace cachetted::contract {
namespace {

CONTRACT_SUITE(Expiries);
CONTRACT_SUITE(Names);
CONTRACT_SUITE(Databases);
CONTRACT_SUITE(Walks);

TEST_P(Expiries, AKeyIsGoneAfterItsTime) {
  NEEDS(Op::get, Op::get_many, Op::set, Op::exists, Op::expiry);
  set("k", "v", 1000);
  EXPECT_EQ(left("k", 1000), 1000);
  int64_t expiry = ask(Ask(Op::get, "k")).expiry;
  EXPECT_EQ(about(expiry - in(0)), 1000);
  if (GetParam().tick < 1000) {
    pass(400);
    EXPECT_EQ(left("k", 600), 600);
    EXPECT_EQ(get("k"), "v");
  }
  outlive(600);
  EXPECT_EQ(left("k"), -2);
  EXPECT_FALSE(get("k"));
  EXPECT_EQ(ask(Ask(Op::get_many).words({"k"})).items[0], std::nullopt);
  EXPECT_EQ(ask(Ask(Op::exists).words({"k"})).number, 0);
  EXPECT_EQ(ask(Ask(Op::set, "k", "w").options(kIfAbsent)).status, Status::ok);
}

TEST_P(Expiries, EachIsRepliedAsItWasGiven) {
  NEEDS(Op::set, Op::expiry);
  if (is_memcached()) return;  // knows whole seconds of its own clock, up to 2038
  for (int64_t at : {in(local() ? 1 : 500), in(86'400'000), int64_t{1} << 47, int64_t{1} << 48, int64_t{1} << 60}) {
    ask(Ask(Op::set, "k", "v").expiry(at).options(kAbsolute));
    EXPECT_EQ(ask(Ask(Op::expiry, "k").options(kAbsolute)).expiry, at);
  }
  EXPECT_EQ(ask(Ask(Op::expiry, "absent")).status, Status::miss);
}

TEST_P(Expiries, ExpireSetsMovesAndDeletes) {
  NEEDS(Op::expire, Op::set, Op::expiry);
  EXPECT_EQ(ask(Ask(Op::expire, "absent").expiry(in(1000))).status, Status::miss);
  set("k", "v");
  EXPECT_EQ(ask(Ask(Op::expire, "k").expiry(in(1000))).status, Status::ok);
  EXPECT_EQ(left("k", 1000), 1000);
  EXPECT_EQ(ask(Ask(Op::expire, "k").expiry(in(9000))).status, Status::ok);
  EXPECT_EQ(left("k", 9000), 9000);
  EXPECT_EQ(ask(Ask(Op::expire, "k").expiry(in(0))).status, Status::ok);
  EXPECT_EQ(left("k"), -2);
  set("k", "v");
  EXPECT_EQ(ask(Ask(Op::expire, "k").expiry(kPast)).status, Status::ok);
  EXPECT_EQ(left("k"), -2);
}

TEST_P(Expiries, ExpireOnConditions) {
  NEEDS(Op::expire, Op::set, Op::expiry);
  const int64_t tick = GetParam().tick;
  const struct {
    uint32_t options;
    int64_t old, asked;  // milliseconds; 0: none
    bool done;
  } cases[] = {
      {kIfNoTtl, 0, 1000, true},
      {kIfNoTtl, 5000, 1000, false},
      {kIfTtl, 0, 1000, false},
      {kIfTtl, 5000, 1000, true},
      {kIfLater, 0, 1000, false},
      {kIfLater, 5000, local() ? 5001 : 5000 + tick, true},
      {kIfLater, 5000, local() ? 5000 : 5000 - tick, false},
      {kIfLater, 5000, 3899, false},
      {kIfSooner, 0, 1000, true},
      {kIfSooner, 5000, local() ? 4999 : 5000 - tick, true},
      {kIfSooner, 5000, local() ? 5000 : 5000 + tick, false},
      {kIfSooner, 5000, 6001, false},
      {kIfTtl | kIfLater, 0, 1000, false},
      {kIfTtl | kIfLater, 5000, 6000, true},
      {kIfTtl | kIfSooner, 0, 1000, false},
      {kIfNoTtl, 5000, -1, false},
      {kIfLater, 5000, -1, false},
      {kIfTtl, 0, -1, false},
  };
  for (const auto& c : cases) {
    set("k", "v", c.old);
    Answer a = ask(Ask(Op::expire, "k").options(c.options).expiry(in(c.asked)));
    EXPECT_EQ(a.status, c.done ? Status::ok : Status::not_stored) << c.options << " " << c.old << " " << c.asked;
    const int64_t want = c.done ? about(c.asked) : c.old == 0 ? -1 : c.old;
    EXPECT_EQ(left("k", want), want) << c.options << " " << c.old << " " << c.asked;
  }
}

TEST_P(Expiries, PersistDropsTheExpiry) {
  NEEDS(Op::expire, Op::get, Op::set, Op::expiry);
  auto persist = [&](std::string key) { return ask(Ask(Op::expire, key).options(kPersist | kIfTtl)).status; };
  EXPECT_EQ(persist("absent"), is_redis() ? Status::not_stored : Status::miss);
  ask(Ask(Op::set, "k", std::string(9000, 'v')).expiry(in(1000)).flags(3));
  EXPECT_EQ(persist("k"), Status::ok);
  EXPECT_EQ(left("k"), -1);
  EXPECT_EQ(persist("k"), Status::not_stored);
  Answer a = ask(Ask(Op::get, "k"));
  EXPECT_EQ(a.value, std::string(9000, 'v'));
  EXPECT_EQ(a.flags, 3u);
  ask(Ask(Op::set, "k", "v").expiry(int64_t{1} << 50).flags(7));
  EXPECT_EQ(persist("k"), Status::ok);
  EXPECT_EQ(ask(Ask(Op::get, "k")).flags, 7u);
  EXPECT_EQ(left("k"), -1);
}

TEST_P(Names, RenameMovesValueExpiryAndFlags) {
  NEEDS(Op::rename, Op::get, Op::set, Op::expiry);
  EXPECT_EQ(ask(Ask(Op::rename, "absent", "b")).status, Status::no_such_key);
  for (size_t size : {3u, 9000u}) {
    std::string value(size, 'v');
    ask(Ask(Op::set, "a", value).expiry(in(5000)).flags(9));
    set("b", "old");
    EXPECT_EQ(ask(Ask(Op::rename, "a", "b")).status, Status::ok);
    EXPECT_FALSE(get("a"));
    Answer b = ask(Ask(Op::get, "b"));
    EXPECT_EQ(b.value, value);
    EXPECT_EQ(b.flags, 9u);
    EXPECT_EQ(left("b", 5000), 5000);
  }
}

TEST_P(Names, RenameOntoItselfAndOnlyWhereFree) {
  NEEDS(Op::rename, Op::get, Op::set);
  set("a", "1");
  EXPECT_EQ(ask(Ask(Op::rename, "a", "a")).status, Status::ok);
  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(ask(Ask(Op::rename, "a", "a").options(kIfAbsent)).status, Status::not_stored);
  set("b", "2");
  EXPECT_EQ(ask(Ask(Op::rename, "a", "b").options(kIfAbsent)).status, Status::not_stored);
  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(get("b"), "2");
  EXPECT_EQ(ask(Ask(Op::rename, "a", "c").options(kIfAbsent)).status, Status::ok);
  EXPECT_EQ(get("c"), "1");
  EXPECT_EQ(ask(Ask(Op::rename, "a", "d").options(kIfAbsent)).status, Status::no_such_key);
}

TEST_P(Names, CopyLeavesTheFirst) {
  NEEDS(Op::copy, Op::get, Op::set, Op::expiry);
  EXPECT_EQ(ask(Ask(Op::copy, "absent", "b")).status, is_redis() ? Status::not_stored : Status::miss);
  for (size_t size : {3u, 9000u}) {
    std::string value(size, 'v');
    ask(Ask(Op::set, "a", value).expiry(in(5000)).flags(9));
    EXPECT_EQ(ask(Ask(Op::copy, "a", "b").options(kReplace)).status, Status::ok);
    EXPECT_EQ(get("a"), value);
    Answer b = ask(Ask(Op::get, "b"));
    EXPECT_EQ(b.value, value);
    EXPECT_EQ(b.flags, 9u);
    EXPECT_EQ(left("b", 5000), 5000);
  }
  set("a", "new");
  EXPECT_EQ(ask(Ask(Op::copy, "a", "b")).status, Status::not_stored);
  EXPECT_EQ(get("b")->size(), 9000u);
  EXPECT_EQ(ask(Ask(Op::copy, "a", "b").options(kReplace)).status, Status::ok);
  EXPECT_EQ(get("b"), "new");
  EXPECT_EQ(left("b"), -1);
}

TEST_P(Names, ANewNameMayBoundTheExpiry) {
  NEEDS(Op::rename, Op::copy, Op::set, Op::expiry);
  for (int64_t old : {0, 3000, 9000}) {
    int64_t bounded = old == 3000 ? 3000 : 5000;
    set("a", "v", old);
    EXPECT_EQ(ask(Ask(Op::copy, "a", "b").options(kReplace).expiry(in(5000))).status, Status::ok);
    EXPECT_EQ(left("b", bounded), bounded);
    EXPECT_EQ(left("a", old), old == 0 ? -1 : old);
    EXPECT_EQ(ask(Ask(Op::rename, "a", "c").expiry(in(5000))).status, Status::ok);
    EXPECT_EQ(left("c", bounded), bounded);
    if (!has(Op::move)) continue;
    set("d", "v", old);
    ask(Ask(Op::remove).words({"d"}).db(1));
    EXPECT_EQ(ask(Ask(Op::move, "d").db2(1).expiry(in(5000))).status, Status::ok);
    EXPECT_EQ(left("d", bounded, 1), bounded);
  }
}

TEST_P(Names, InspectTellsSizesAndTimes) {
  NEEDS(Op::inspect, Op::get, Op::set);
  EXPECT_EQ(ask(Ask(Op::inspect, "absent")).status, Status::miss);
  ask(Ask(Op::set, "k", "12345").expiry(in(5000)).flags(4));
  Answer a = ask(Ask(Op::inspect, "k"));
  EXPECT_EQ(a.status, Status::ok);
  EXPECT_EQ(a.text, is_redis() ? "embstr" : "int") << "flags stand before the value, elsewhere";
  EXPECT_GE(a.size, 6u);
  EXPECT_EQ(a.flags, 4u);
  EXPECT_EQ(about(a.expiry - in(0)), 5000);
  EXPECT_EQ(about(a.cursor), 5000) << "milliseconds left";
  if (!local()) return;  // to ask for the flags is to look
  pass(3000);
  EXPECT_EQ(ask(Ask(Op::inspect, "k")).number, 3) << "idle seconds, and looking is no use";
  get("k");
  EXPECT_EQ(ask(Ask(Op::inspect, "k")).number, 0);
  set("k", "text");
  EXPECT_EQ(ask(Ask(Op::inspect, "k")).text, "embstr");
  set("k", std::string(45, 'x'));
  EXPECT_EQ(ask(Ask(Op::inspect, "k")).text, "raw");
}

TEST_P(Databases, AreApart) {
  if (!caps_.databases) return;
  NEEDS(Op::get, Op::set, Op::count, Op::remove);
  set("k", "0");
  ask(Ask(Op::set, "k", "15").db(15));
  EXPECT_EQ(get("k"), "0");
  EXPECT_EQ(get("k", 15), "15");
  EXPECT_FALSE(get("k", 1));
  EXPECT_EQ(ask(Ask(Op::remove).words({"k"}).db(15)).number, 1);
  EXPECT_EQ(ask(Ask(Op::count).db(15)).number, 0);
  EXPECT_EQ(ask(Ask(Op::count)).number, 1);
}

TEST_P(Databases, KeysMoveBetweenThem) {
  if (!caps_.databases) return;
  NEEDS(Op::move, Op::copy, Op::get, Op::set, Op::expiry);
  EXPECT_EQ(ask(Ask(Op::move, "k").db2(1)).status, Status::not_stored);
  ask(Ask(Op::set, "k", "v").expiry(in(5000)).flags(2));
  EXPECT_EQ(ask(Ask(Op::move, "k").db2(1)).status, Status::ok);
  EXPECT_FALSE(get("k"));
  EXPECT_EQ(get("k", 1), "v");
  EXPECT_EQ(left("k", 5000, 1), 5000);
  EXPECT_EQ(ask(Ask(Op::get, "k").db(1)).flags, 2u);
  set("k", "w");
  EXPECT_EQ(ask(Ask(Op::move, "k").db2(1)).status, Status::not_stored);
  EXPECT_EQ(get("k"), "w");
  EXPECT_EQ(get("k", 1), "v");
  EXPECT_EQ(ask(Ask(Op::copy, "k", "k").db2(2)).status, Status::ok);
  EXPECT_EQ(get("k", 2), "w");
}

TEST_P(Databases, AreExchanged) {
  if (!caps_.databases) return;
  NEEDS(Op::swap, Op::get, Op::set, Op::count);
  set("k", "0");
  ask(Ask(Op::set, "k", "1").db(1));
  ask(Ask(Op::set, "l", "1").db(1));
  EXPECT_EQ(ask(Ask(Op::swap).number(0).number2(1)).status, Status::ok);
  EXPECT_EQ(get("k"), "1");
  EXPECT_EQ(get("l"), "1");
  EXPECT_EQ(get("k", 1), "0");
  EXPECT_EQ(ask(Ask(Op::count)).number, 2);
  EXPECT_EQ(ask(Ask(Op::swap).number(1).number2(1)).status, Status::ok);
  EXPECT_EQ(get("k", 1), "0");
}

TEST_P(Databases, AreFlushedOneOrAll) {
  NEEDS(Op::flush, Op::get, Op::set, Op::count);
  set("k", "0");
  if (caps_.databases) ask(Ask(Op::set, "k", "1").db(1));
  EXPECT_EQ(ask(Ask(Op::flush)).status, Status::ok);
  EXPECT_FALSE(get("k"));
  if (!GetParam().lags) {
    EXPECT_EQ(ask(Ask(Op::count)).number, 0);
  }
  if (caps_.databases) {
    EXPECT_EQ(get("k", 1), "1");
  }
  set("k", "0");
  EXPECT_EQ(ask(Ask(Op::flush).options(kAllDatabases)).status, Status::ok);
  EXPECT_FALSE(get("k"));
  if (caps_.databases) {
    EXPECT_FALSE(get("k", 1));
  }
  EXPECT_TRUE(set("k", "again"));
  EXPECT_EQ(get("k"), "again");
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

TEST_P(Walks, KeysMatchAPattern) {
  NEEDS(Op::keys, Op::set);
  EXPECT_TRUE(ask(Ask(Op::keys).value("*")).names.empty());
  for (const char* k : {"one", "two", "three", "t[x]"}) set(k, "v");
  set("gone", "v", 100);
  outlive(100);
  EXPECT_EQ(sorted(ask(Ask(Op::keys).value("*")).names), (std::vector<std::string>{"one", "t[x]", "three", "two"}));
  EXPECT_EQ(sorted(ask(Ask(Op::keys).value("t*e*")).names), (std::vector<std::string>{"three"}));
  EXPECT_EQ(sorted(ask(Ask(Op::keys).value("t\\[x\\]")).names), (std::vector<std::string>{"t[x]"}));
  EXPECT_TRUE(ask(Ask(Op::keys).value("x*")).names.empty());
}

TEST_P(Walks, ScanComesByEveryKey) {
  NEEDS(Op::scan, Op::set);
  std::set<std::string> all;
  for (int i = 0; i < 500; ++i) all.insert("key:" + std::to_string(i));
  for (const std::string& k : all) set(k, "v");
  for (int64_t count : {1, 10, 10'000}) {
    std::set<std::string> seen;
    int64_t cursor = 0;
    int calls = 0;
    do {
      Answer a = ask(Ask(Op::scan).number(count).number2(cursor).value("*"));
      ASSERT_EQ(a.status, Status::ok);
      seen.insert(a.names.begin(), a.names.end());
      cursor = a.cursor;
      ASSERT_LT(++calls, 10'000);
    } while (cursor != 0);
    EXPECT_EQ(seen, all);
  }
  Answer a = ask(Ask(Op::scan).number(100'000).value("key:49?"));
  EXPECT_LE(a.names.size(), 10u);
  for (const std::string& k : a.names) EXPECT_TRUE(k.starts_with("key:49"));
  EXPECT_TRUE(ask(Ask(Op::scan).number(1000).value("*").options(kNothing)).names.empty());
  EXPECT_EQ(ask(Ask(Op::scan).number(10).number2(-1).value("*")).status, Status::ok) << "any cursor is safe";
}

TEST_P(Walks, CountAndRandomKey) {
  NEEDS(Op::count, Op::random_key, Op::set);
  EXPECT_EQ(ask(Ask(Op::random_key)).status, Status::miss);
  EXPECT_EQ(ask(Ask(Op::count)).number, 0);
  std::set<std::string> all;
  for (int i = 0; i < 20; ++i) all.insert("key:" + std::to_string(i));
  for (const std::string& k : all) set(k, "v");
  EXPECT_EQ(ask(Ask(Op::count)).number, 20);
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i) {
    Answer a = ask(Ask(Op::random_key));
    ASSERT_EQ(a.status, Status::ok);
    ASSERT_TRUE(all.contains(a.value)) << a.value;
    seen.insert(a.value);
  }
  EXPECT_GT(seen.size(), 10u);
}

TEST_P(Walks, RandomKeyIsNoneThatHasExpired) {
  NEEDS(Op::random_key, Op::set);
  for (int i = 0; i < 50; ++i) set("gone:" + std::to_string(i), "v", 100);
  set("here", "v");
  outlive(100);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(ask(Ask(Op::random_key)).value, "here");
}

TEST_P(Walks, ClearDeletesANamespace) {
  NEEDS(Op::clear, Op::get, Op::set);
  for (const char* k : {"ns:a", "ns:b", "ns:", "ns", "nsx:a", "other:ns:a", "n*:a"}) set(k, "v");
  EXPECT_EQ(ask(Ask(Op::clear).value("ns")).number, 3);
  EXPECT_FALSE(get("ns:a"));
  for (const char* k : {"ns", "nsx:a", "other:ns:a"}) EXPECT_EQ(get(k), "v") << k;
  EXPECT_EQ(ask(Ask(Op::clear).value("n*")).number, 1) << "no pattern";
  EXPECT_EQ(ask(Ask(Op::clear).value("absent")).number, 0);
}

TEST_P(Walks, FlushExpiredCounts) {
  NEEDS(Op::flush_expired, Op::get, Op::set);
  for (int i = 0; i < 10; ++i) set("gone:" + std::to_string(i), "v", 100);
  set("stay", "v", 100'000);
  set("for ever", "v");
  EXPECT_EQ(ask(Ask(Op::flush_expired)).number, 0);
  outlive(100);
  Answer a = ask(Ask(Op::flush_expired));
  EXPECT_EQ(a.status, Status::ok);
  EXPECT_LE(a.number, 10) << "the store may have removed some itself";
  EXPECT_EQ(get("stay"), "v");
  EXPECT_EQ(get("for ever"), "v");
  EXPECT_FALSE(get("gone:0"));
}

}  // namespace
}  // namespace cachetted::contract
