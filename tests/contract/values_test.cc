// Reading and writing whole values: get, get_many, set, set_many, append, remove, exists, type, length, ranges.
#include "tests/contract/contract.h"

namespace cachetted::contract {
namespace {

CONTRACT_SUITE(Values);
using namespace std::string_literals;

TEST_P(Values, WhatIsSetIsRead) {
  NEEDS(Op::get, Op::set);
  EXPECT_EQ(ask(Ask(Op::get, "k")).status, Status::miss);
  EXPECT_FALSE(get("k"));
  const std::string values[] = {
      "", "v", "\r\n\0\xff"s, std::string(4096, 'a'), std::string(4097, 'b'), std::string(large(), 'c'), "short"};
  for (const std::string& value : values) {
    EXPECT_EQ(set("k", value).status, Status::ok);
    Answer a = ask(Ask(Op::get, "k"));
    EXPECT_EQ(a.status, Status::ok);
    EXPECT_TRUE(a.found);
    EXPECT_EQ(a.value, value);
    EXPECT_EQ(a.expiry, kNever);
  }
  for (const std::string& key : {"\r\n \0key"s, std::string(250, 'k')}) {
    set(key, "value of " + key);
    EXPECT_EQ(get(key), "value of " + key);
  }
}

TEST_P(Values, TheEmptyKeyIsAKey) {
  NEEDS(Op::get, Op::set, Op::remove);
  EXPECT_FALSE(get(""));
  if (is_memcached() || is_dynamodb()) {
    EXPECT_THAT(set("", "v").text, testing::HasSubstr(is_dynamodb() ? "1 to 2048" : "1 to 250"));
    return;
  }
  EXPECT_TRUE(set("", "v"));
  EXPECT_EQ(get(""), "v");
  EXPECT_EQ(ask(Ask(Op::remove).words({""})).number, 1);
}

TEST_P(Values, FlagsAndCasComeBack) {
  NEEDS(Op::get, Op::set);
  ask(Ask(Op::set, "k", "v").flags(0xDEADBEEF));
  Answer first = ask(Ask(Op::get, "k"));
  EXPECT_EQ(first.flags, 0xDEADBEEF);
  EXPECT_NE(first.cas, 0u);
  set("k", "v");
  Answer second = ask(Ask(Op::get, "k"));
  EXPECT_EQ(second.flags, 0u);
  EXPECT_NE(second.cas, first.cas);
  EXPECT_EQ(ask(Ask(Op::get, "k")).cas, second.cas);
}

TEST_P(Values, GetMayDelete) {
  NEEDS(Op::get, Op::set);
  set("k", "v");
  EXPECT_EQ(ask(Ask(Op::get, "k").options(kDeleteAfter)).get(), "v");
  EXPECT_FALSE(get("k"));
  EXPECT_EQ(ask(Ask(Op::get, "k").options(kDeleteAfter)).status, Status::miss);
}

TEST_P(Values, GetMayChangeTheExpiry) {
  NEEDS(Op::get, Op::set, Op::expiry);
  set("k", "v");
  EXPECT_EQ(ask(Ask(Op::get, "k").options(kTouch).expiry(in(50'000))).get(), "v");
  EXPECT_EQ(left("k", 50'000), 50'000);
  EXPECT_EQ(ask(Ask(Op::get, "k").options(kPersist)).get(), "v");
  EXPECT_EQ(left("k"), -1);
  EXPECT_EQ(ask(Ask(Op::get, "k").options(kTouch).expiry(kPast)).get(), "v") << "what was there is still read";
  EXPECT_EQ(left("k"), -2);
  EXPECT_EQ(ask(Ask(Op::get, "k").options(kTouch).expiry(in(1000))).status, Status::miss);
}

TEST_P(Values, GetWithAnErrorOutstandingChangesNothing) {
  NEEDS(Op::get, Op::set, Op::expiry);
  set("k", "v", 5000);
  Answer a = ask(Ask(Op::get, "k", "ERR late").options(kErrorIfFound));
  EXPECT_EQ(a.status, Status::ok);
  EXPECT_TRUE(a.found);
  EXPECT_EQ(left("k", 5000), 5000);
  EXPECT_EQ(ask(Ask(Op::get, "absent", "ERR late").options(kErrorIfFound)).status, Status::miss);
}

TEST_P(Values, ManyKeysAreReadInTheirOrder) {
  NEEDS(Op::get_many, Op::set);
  set("a", "1");
  set("b", "");
  set("c", std::string(10'000, 'x'));
  Answer a = ask(Ask(Op::get_many).words({"c", "absent", "a", "b", "a", is_memcached() ? "none" : ""}));
  EXPECT_EQ(a.status, Status::ok);
  EXPECT_THAT(a.items, testing::ElementsAre(std::string(10'000, 'x'), std::nullopt, "1", "", "1", std::nullopt));
  std::vector<std::string> words;
  for (int i = 0; i < 1000; ++i) words.push_back(i % 3 == 0 ? "a" : i % 3 == 1 ? "absent" : "c");
  a = ask(Ask(Op::get_many).words(words));
  ASSERT_EQ(a.items.size(), 1000u);
  for (size_t i = 0; i < 1000; ++i) EXPECT_EQ(a.items[i].has_value(), i % 3 != 1);
}

TEST_P(Values, SetOnlyIfAbsentOrPresent) {
  NEEDS(Op::get, Op::set);
  EXPECT_EQ(ask(Ask(Op::set, "k", "1").options(kIfPresent)).status, Status::not_stored);
  EXPECT_FALSE(get("k"));
  EXPECT_EQ(ask(Ask(Op::set, "k", "1").options(kIfAbsent)).status, Status::ok);
  EXPECT_EQ(ask(Ask(Op::set, "k", "2").options(kIfAbsent)).status, Status::not_stored);
  EXPECT_EQ(get("k"), "1");
  EXPECT_EQ(ask(Ask(Op::set, "k", "3").options(kIfPresent)).status, Status::ok);
  EXPECT_EQ(get("k"), "3");
}

TEST_P(Values, SetOnlyIfUnchanged) {
  NEEDS(Op::get, Op::set);
  EXPECT_EQ(ask(Ask(Op::set, "k", "1").options(kIfUnchanged).cas(1)).status, Status::miss);
  EXPECT_FALSE(get("k"));
  set("k", "1");
  uint64_t cas = ask(Ask(Op::get, "k")).cas;
  EXPECT_EQ(ask(Ask(Op::set, "k", "2").options(kIfUnchanged).cas(cas + 1)).status, Status::changed);
  EXPECT_EQ(ask(Ask(Op::set, "k", "2").options(kIfUnchanged).cas(cas)).status, Status::ok);
  EXPECT_EQ(ask(Ask(Op::set, "k", "3").options(kIfUnchanged).cas(cas)).status, Status::changed);
  EXPECT_EQ(get("k"), "2");
}

TEST_P(Values, SetRepliesTheOldValue) {
  NEEDS(Op::get, Op::set);
  Answer a = ask(Ask(Op::set, "k", "1").options(kReturnOld));
  EXPECT_EQ(a.status, Status::ok);
  EXPECT_FALSE(a.found);
  EXPECT_EQ(ask(Ask(Op::set, "k", std::string(9000, '2')).options(kReturnOld)).get(), "1");
  EXPECT_EQ(ask(Ask(Op::set, "k", "3").options(kReturnOld)).get(), std::string(9000, '2'));
  a = ask(Ask(Op::set, "k", "4").options(kReturnOld | kIfAbsent));
  EXPECT_EQ(a.status, Status::not_stored);
  EXPECT_EQ(a.get(), "3");
  a = ask(Ask(Op::set, "absent", "4").options(kReturnOld | kIfPresent));
  EXPECT_EQ(a.status, Status::not_stored);
  EXPECT_FALSE(a.found);
}

TEST_P(Values, SetReplacesTheExpiryUnlessToldToKeepIt) {
  NEEDS(Op::get, Op::set, Op::expiry);
  set("k", "1", 50'000);
  EXPECT_EQ(left("k", 50'000), 50'000);
  ask(Ask(Op::set, "k", "2").options(kKeepTtl));
  EXPECT_EQ(get("k"), "2");
  EXPECT_EQ(left("k", 50'000), 50'000);
  ask(Ask(Op::set, "k", std::string(9000, 'x')).options(kKeepTtl).expiry(in(9000)));
  EXPECT_EQ(left("k", 50'000), 50'000) << "the expiry is for a new key";
  set("k", "3");
  EXPECT_EQ(left("k"), -1);
  ask(Ask(Op::set, "new", "1").options(kKeepTtl).expiry(in(9000)));
  EXPECT_EQ(left("new", 9000), 9000);
}

// How the pipeline changes a part of a value.
TEST_P(Values, KeepTheirTtlWhereTheyAreUnchanged) {
  NEEDS(Op::get, Op::set, Op::expiry);
  set("k", "1", 50'000);
  const uint64_t cas = ask(Ask(Op::get, "k").wants(kWantCas)).cas;
  const auto change = [&](std::string value, uint64_t token) {
    return ask(Ask(Op::set, "k", std::move(value)).options(kIfUnchanged | kKeepTtl).cas(token).expiry(in(9000))).status;
  };
  const Status done = change("2", cas);
  if (done == Status::unsupported) return;  // memcached's binary protocol tells no TTL
  EXPECT_EQ(done, Status::ok);
  EXPECT_EQ(get("k"), "2");
  EXPECT_EQ(left("k", 50'000), 50'000);
  EXPECT_EQ(change("3", cas), Status::changed);
  EXPECT_EQ(get("k"), "2");
  ask(Ask(Op::remove).words({"k"}));
  EXPECT_EQ(change("4", cas), Status::miss);
  EXPECT_FALSE(get("k"));
}

TEST_P(Values, WhatIsSetInThePastIsNotThere) {
  NEEDS(Op::get, Op::set);
  set("k", "1");
  EXPECT_EQ(ask(Ask(Op::set, "k", "2").expiry(kPast)).status, Status::ok);
  EXPECT_FALSE(get("k"));
}

TEST_P(Values, PairsAreStoredTogether) {
  NEEDS(Op::get_many, Op::set_many);
  EXPECT_EQ(ask(Ask(Op::set_many).words({"a", "1", "b", "2", "a", "3"})).status, Status::ok);
  EXPECT_THAT(ask(Ask(Op::get_many).words({"a", "b"})).items, testing::ElementsAre("3", "2"));
  EXPECT_EQ(ask(Ask(Op::set_many).words({"c", "1", "b", "9"}).options(kIfAbsent)).status, Status::not_stored);
  EXPECT_THAT(ask(Ask(Op::get_many).words({"b", "c"})).items, testing::ElementsAre("2", std::nullopt));
  EXPECT_EQ(ask(Ask(Op::set_many).words({"c", "1", "d", "2"}).options(kIfAbsent)).status, Status::ok);
  EXPECT_THAT(ask(Ask(Op::get_many).words({"c", "d"})).items, testing::ElementsAre("1", "2"));
}

TEST_P(Values, PairsHaveOneExpiryOrEachItsOwn) {
  NEEDS(Op::set_many, Op::expiry);
  ask(Ask(Op::set_many).words({"a", "1", "b", "2"}).expiry(in(9000)));
  EXPECT_EQ(left("a", 9000), 9000);
  EXPECT_EQ(left("b", 9000), 9000);
  ask(Ask(Op::set_many).words({"a", "1", "b", "2", "c", "3"}).expiries({in(1000), kNever, in(3000)}));
  EXPECT_EQ(left("a", 1000), 1000);
  EXPECT_EQ(left("b"), -1);
  EXPECT_EQ(left("c", 3000), 3000);
}

TEST_P(Values, AppendGrowsAtEitherEnd) {
  NEEDS(Op::append, Op::get);
  auto append = [&](std::string value, uint32_t options = 0) {
    return ask(Ask(Op::append, "k", value).number(100'000).options(options));
  };
  EXPECT_EQ(append("b").number, 1);
  EXPECT_EQ(append("c").number, 2);
  EXPECT_EQ(append("a", kPrepend).number, 3);
  EXPECT_EQ(append("").number, 3);
  EXPECT_EQ(get("k"), "abc");
  std::string model = "abc";
  for (int i = 0; i < 200; ++i) {
    std::string piece(static_cast<size_t>(i * 3), static_cast<char>('a' + i % 26));
    EXPECT_EQ(append(piece, i % 2 == 0 ? kPrepend : 0u).number, static_cast<int64_t>(model.size() + piece.size()));
    model = i % 2 == 0 ? piece + model : model + piece;
  }
  EXPECT_EQ(get("k"), model);
}

TEST_P(Values, AppendKeepsExpiryAndFlagsAndStopsAtTheLimit) {
  NEEDS(Op::append, Op::get, Op::set, Op::expiry);
  ask(Ask(Op::set, "k", "12345").expiry(in(7000)).flags(5));
  EXPECT_EQ(ask(Ask(Op::append, "k", "678901").number(10)).status, Status::too_large);
  EXPECT_EQ(get("k"), "12345");
  EXPECT_EQ(ask(Ask(Op::append, "k", "67890").number(10).expiry(in(1000))).status, Status::ok);
  EXPECT_EQ(left("k", 7000), 7000);
  EXPECT_EQ(ask(Ask(Op::get, "k")).flags, 5u);
  ask(Ask(Op::append, "new", "1").number(10).expiry(in(1000)));
  EXPECT_EQ(left("new", 1000), 1000);
}

TEST_P(Values, RemoveCountsWhatWasThere) {
  NEEDS(Op::remove, Op::get, Op::set);
  set("a", "1");
  set("b", "1");
  EXPECT_EQ(ask(Ask(Op::remove).words({"a", "absent", "b", "a"})).number, 2);
  EXPECT_FALSE(get("a"));
  EXPECT_FALSE(get("b"));
  EXPECT_EQ(ask(Ask(Op::remove).words({"a"})).number, 0);
}

TEST_P(Values, ExistsCountsEachMention) {
  NEEDS(Op::exists, Op::set);
  set("a", "1");
  EXPECT_EQ(ask(Ask(Op::exists).words({"a", "absent", "a"})).number, 2);
  EXPECT_EQ(ask(Ask(Op::exists).words({"a"}).options(kTouch)).number, 1);
  EXPECT_EQ(ask(Ask(Op::exists).words({"absent"}).options(kTouch)).number, 0);
}

TEST_P(Values, TypeAndLength) {
  NEEDS(Op::type, Op::length, Op::set);
  EXPECT_EQ(ask(Ask(Op::type, "k")).status, Status::miss);
  EXPECT_EQ(ask(Ask(Op::length, "k")).number, 0);
  set("k", std::string(5000, 'x'));
  EXPECT_EQ(ask(Ask(Op::type, "k")).status, Status::ok);
  EXPECT_EQ(ask(Ask(Op::length, "k")).number, 5000);
}

TEST_P(Values, RangesAreRead) {
  NEEDS(Op::get_range, Op::set);
  auto range = [&](int64_t from, int64_t to) { return ask(Ask(Op::get_range, "k").number(from).number2(to)); };
  EXPECT_EQ(range(0, -1).status, is_redis() ? Status::ok : Status::miss);
  EXPECT_EQ(range(0, -1).value, "");
  set("k", "Hello, world");
  EXPECT_EQ(range(0, 4).value, "Hello");
  EXPECT_EQ(range(-5, -1).value, "world");
  EXPECT_EQ(range(0, INT64_MAX).value, "Hello, world");
  EXPECT_EQ(range(INT64_MIN, INT64_MAX).value, "Hello, world");
  EXPECT_EQ(range(5, 4).value, "");
  EXPECT_EQ(range(100, 200).value, "");
  EXPECT_EQ(range(100, 200).status, Status::ok);
  set("k", std::string(100'000, 'x') + "end");
  EXPECT_EQ(range(-4, -1).value, "xend");
}

TEST_P(Values, RangesAreWritten) {
  NEEDS(Op::set_range, Op::get);
  auto write = [&](int64_t at, std::string value) {
    return ask(Ask(Op::set_range, "k", value).number(at).cas(20'000));
  };
  EXPECT_EQ(write(0, "").number, 0);
  EXPECT_EQ(write(5, "").number, 0);
  EXPECT_FALSE(get("k")) << "nothing is written, nothing created";
  EXPECT_EQ(write(3, "abc").number, 6);
  EXPECT_EQ(get("k"), "\0\0\0abc"s);
  EXPECT_EQ(write(0, "xyz").number, 6);
  EXPECT_EQ(get("k"), "xyzabc");
  EXPECT_EQ(write(1, "").number, 6);
  EXPECT_EQ(write(5, "def").number, 8);
  EXPECT_EQ(get("k"), "xyzabdef");
  EXPECT_EQ(write(10'000, "far").number, 10'003);
  EXPECT_EQ(get("k"), "xyzabdef" + std::string(9992, '\0') + "far");
  EXPECT_EQ(write(19'998, "too").status, Status::too_large);
  EXPECT_EQ(write(INT64_MAX, "too").status, Status::too_large);
  EXPECT_EQ(write(19'997, "fit").number, 20'000);
}

TEST_P(Values, RangesKeepTheExpiry) {
  NEEDS(Op::set_range, Op::set, Op::expiry);
  set("k", "abc", 5000);
  ask(Ask(Op::set_range, "k", std::string(9000, 'x')).cas(20'000).expiry(in(1000)));
  EXPECT_EQ(left("k", 5000), 5000);
  ask(Ask(Op::set_range, "new", "x").cas(20'000).expiry(in(1000)));
  EXPECT_EQ(left("new", 1000), 1000);
}

TEST_P(Values, CommonSubsequences) {
  NEEDS(Op::common, Op::set);
  EXPECT_EQ(ask(Ask(Op::common, "a", "b").options(kLcsLength)).number, 0);
  set("a", "ohmytext");
  set("b", "mynewtext");
  EXPECT_EQ(ask(Ask(Op::common, "a", "b")).text, "mytext");
  EXPECT_EQ(ask(Ask(Op::common, "a", "b").options(kLcsLength)).number, 6);
  Answer a = ask(Ask(Op::common, "a", "b").options(kLcsIndexes | kLcsWithLength));
  EXPECT_EQ(a.number, 6);
  EXPECT_EQ(a.size, 2u) << "matches";
  EXPECT_EQ(ask(Ask(Op::common, "a", "b").options(kLcsIndexes).number(3)).size, 1u);
  EXPECT_EQ(ask(Ask(Op::common, "a", "a")).text, "ohmytext");
}

}  // namespace
}  // namespace cachetted::contract
