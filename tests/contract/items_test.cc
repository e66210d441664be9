// What memcached's clients ask beyond values: conditional appends, unsigned counters, leases, stale items.
#include "tests/contract/contract.h"

namespace cachetted::contract {
namespace {

class Items : public ContractTest {
 protected:
  Answer read(std::string key, uint32_t options = 0, int64_t ageing = 0) {
    return ask(Ask(Op::get, std::move(key)).options(kLease | options).number(ageing));
  }
};

INSTANTIATE_TEST_SUITE_P(Backends, Items, testing::ValuesIn(contenders()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(Items, WritesTellTheirCas) {
  NEEDS(Op::set, Op::append, Op::get, Op::add_unsigned);
  Answer first = set("k", "1");
  EXPECT_EQ(first.cas, read("k").cas);
  Answer second = ask(Ask(Op::append, "k", "2").number(100));
  EXPECT_NE(second.cas, first.cas);
  EXPECT_TRUE(!caps_.marks || second.cas > first.cas);
  EXPECT_EQ(second.cas, read("k").cas);
  Answer third = ask(Ask(Op::add_unsigned, "k").number(1));
  EXPECT_NE(third.cas, second.cas);
  EXPECT_TRUE(!caps_.marks || third.cas > second.cas);
  EXPECT_EQ(third.cas, read("k").cas);
  if (!caps_.marks) return;  // nor a cas of the client's own
  Answer given = ask(Ask(Op::set, "k", "x").options(kGiveCas).new_cas(77));
  if (is_memcached() && given.status == Status::invalid) return;  // it knows no E
  EXPECT_EQ(given.cas, 77u);
  EXPECT_EQ(read("k").cas, 77u);
}

TEST_P(Items, SetOnTwoConditions) {
  NEEDS(Op::set, Op::get);
  auto write = [&](uint32_t options, uint64_t cas) {
    return ask(Ask(Op::set, "k", "new").options(kIfUnchanged | options).cas(cas)).status;
  };
  EXPECT_NE(write(kIfPresent, 5), Status::ok);
  EXPECT_FALSE(get("k"));
  uint64_t cas = set("k", "old").cas;
  for (uint32_t options : {uint32_t{kIfPresent}, uint32_t{kIfAbsent}, 0u}) {
    EXPECT_NE(write(options, cas + 1), Status::ok);
    EXPECT_NE(write(options, 0), Status::ok) << "0 is a cas like another";
  }
  EXPECT_EQ(get("k"), "old");
  EXPECT_EQ(write(kIfPresent, cas), Status::ok);
  EXPECT_EQ(get("k"), "new");
}

TEST_P(Items, AppendOnConditions) {
  NEEDS(Op::append, Op::set, Op::get);
  EXPECT_EQ(ask(Ask(Op::append, "k", "1").options(kIfPresent).number(100)).status, Status::not_stored);
  EXPECT_EQ(ask(Ask(Op::append, "k", "1").options(kIfUnchanged | kIfPresent).cas(5).number(100)).status,
            Status::not_stored);
  EXPECT_EQ(ask(Ask(Op::append, "k", "1").options(kIfUnchanged).cas(5).number(100)).status, Status::miss);
  uint64_t cas = set("k", "1").cas;
  EXPECT_EQ(ask(Ask(Op::append, "k", "2").options(kIfUnchanged).cas(cas + 1).number(100)).status, Status::changed);
  Answer a = ask(Ask(Op::append, "k", "2").options(kIfUnchanged | kIfPresent).cas(cas).number(100));
  EXPECT_EQ(a.status, rewrites() ? Status::ok : Status::unsupported);
  EXPECT_EQ(get("k"), rewrites() ? "12" : "1");
}

TEST_P(Items, UnsignedCountersWrapAndStopAtZero) {
  NEEDS(Op::add_unsigned, Op::set, Op::get, Op::expiry);
  auto add = [&](int64_t by, uint32_t options = 0) {
    return ask(Ask(Op::add_unsigned, "n").number(by).options(options));
  };
  EXPECT_EQ(add(1).status, Status::miss);
  EXPECT_EQ(ask(Ask(Op::add_unsigned, "n").number(1).number2(7).options(kVivify).expiry(in(5000))).number, 7);
  EXPECT_EQ(left("n", 5000), 5000);
  EXPECT_EQ(add(4).number, 11);
  EXPECT_EQ(add(5, kSubtract).number, 6);
  EXPECT_EQ(get("n"), "6 ") << "padded to its old length";
  EXPECT_EQ(add(100, kSubtract).number, 0);
  EXPECT_EQ(left("n", 5000), 5000);
  set("n", "18446744073709551615");
  EXPECT_EQ(add(2).number, 1) << "round 2^64";
  set("n", "abc");
  EXPECT_EQ(add(1).status, Status::not_integer);
  EXPECT_EQ(get("n"), "abc");
  uint64_t cas = set("n", "1").cas;
  EXPECT_EQ(ask(Ask(Op::add_unsigned, "n").number(1).options(kIfUnchanged).cas(cas + 1)).status, Status::changed);
  EXPECT_EQ(ask(Ask(Op::add_unsigned, "n").number(9).options(kTouch).expiry2(in(900))).number, 10);
  if (is_memcached()) return;  // it gives the expiry to the item that it has just replaced
  EXPECT_EQ(left("n", 900), 900);
  EXPECT_EQ(get("n"), "10");
  Ask past = Ask(Op::add_unsigned, "past").options(kVivify | kTouch).expiry(kPast).expiry2(in(900));
  EXPECT_EQ(ask(past).status, Status::ok) << "made, and gone at once";
  EXPECT_FALSE(get("past"));
}

TEST_P(Items, ManyKeysMayGetANewExpiry) {
  NEEDS(Op::get_many, Op::set, Op::expiry);
  set("a", "1");
  set("b", "2", 1000);
  set("c", "3");
  ask(Ask(Op::get_many).words({"a", "none", "b"}).options(kTouch).expiry(in(7000)));
  EXPECT_EQ(left("a", 7000), 7000);
  EXPECT_EQ(left("b", 7000), 7000);
  EXPECT_EQ(left("c"), -1);
  Answer last = ask(Ask(Op::get_many).words({"a"}).options(kTouch).expiry(kPast));
  EXPECT_EQ(last.items[0], "1") << "read, and gone";
  EXPECT_FALSE(get("a"));
}

TEST_P(Items, OneOfThoseWhoFindAStaleItemIsAskedForANewOne) {
  NEEDS(Op::invalidate, Op::set, Op::get, Op::expiry);
  if (!caps_.marks) return;
  uint64_t cas = set("k", "old").cas;
  Answer marked = ask(Ask(Op::invalidate, "k").options(kMarkStale | kTouch).expiry(in(3000)));
  EXPECT_GT(is_memcached() ? ask(Ask(Op::get, "k")).cas : marked.cas, cas);
  EXPECT_EQ(left("k", 3000), 3000);
  Answer first = read("k"), second = read("k");
  EXPECT_EQ(first.value, "old");
  EXPECT_EQ(first.marks & ~(is_memcached() ? kWasRead : 0), kStale | kWon);
  EXPECT_EQ(second.marks & ~kWasRead, kStale | kLeased);
  set("k", "new");
  EXPECT_EQ(read("k").marks, 0);
  EXPECT_EQ(read("k").marks, kWasRead);
}

TEST_P(Items, AnOlderWriteIsStoredAsStale) {
  NEEDS(Op::set, Op::get);
  if (!caps_.marks) return;
  uint64_t old = set("k", "1").cas;
  uint64_t now = set("k", "2").cas;
  EXPECT_EQ(ask(Ask(Op::set, "k", "late").options(kIfUnchanged | kOrStale).cas(now + 9)).status, Status::changed);
  EXPECT_EQ(ask(Ask(Op::set, "k", "late").options(kIfUnchanged | kOrStale).cas(old)).status, Status::ok);
  Answer a = read("k");
  EXPECT_EQ(a.value, "late");
  EXPECT_EQ(a.marks, kStale | kWon);
}

TEST_P(Items, AMissMayLeaveAnEmptyOneBehind) {
  NEEDS(Op::get, Op::expiry, Op::set);
  if (!caps_.marks) return;
  Answer made = ask(Ask(Op::get, "k").options(kLease | kVivify).expiry2(in(2000)));
  EXPECT_EQ(made.get(), "");
  EXPECT_EQ(made.marks, kWon | kMade);
  EXPECT_EQ(left("k", 2000), 2000);
  EXPECT_EQ(read("k", kVivify).marks & ~kWasRead, kLeased);
  set("k", "filled");
  EXPECT_EQ(read("k").marks, 0);
}

TEST_P(Items, AnAgeingItemIsLeasedOnce) {
  NEEDS(Op::get, Op::set);
  if (!caps_.marks) return;
  set("k", "v", 10'000);
  EXPECT_EQ(read("k", 0, 5000).marks, 0);
  EXPECT_EQ(read("k", 0, 20'000).marks, kWasRead | kWon);
  EXPECT_EQ(read("k", 0, 20'000).marks, kWasRead | kLeased);
  set("for ever", "v");
  EXPECT_EQ(read("for ever", 0, 20'000).marks, 0);
}

TEST_P(Items, InvalidateDeletesMarksOrEmpties) {
  NEEDS(Op::invalidate, Op::set, Op::get, Op::expiry);
  EXPECT_EQ(ask(Ask(Op::invalidate, "k")).status, Status::miss);
  uint64_t cas = ask(Ask(Op::set, "k", "v").flags(5).expiry(in(9000))).cas;
  EXPECT_EQ(ask(Ask(Op::invalidate, "k").options(kIfUnchanged).cas(cas + 1)).status, Status::changed);
  EXPECT_EQ(get("k"), "v");
  EXPECT_EQ(ask(Ask(Op::invalidate, "k").options(kIfUnchanged | kClear).cas(cas).flags(3)).status, Status::ok);
  Answer empty = read("k");
  EXPECT_EQ(empty.get(), "");
  EXPECT_EQ(empty.flags, 3u);
  if (caps_.marks && !is_memcached()) {
    EXPECT_EQ(empty.cas, cas) << "not a new value";
  }
  EXPECT_EQ(left("k"), -1);
  EXPECT_EQ(ask(Ask(Op::invalidate, "k")).status, Status::ok);
  EXPECT_FALSE(get("k"));
}

}  // namespace
}  // namespace cachetted::contract
