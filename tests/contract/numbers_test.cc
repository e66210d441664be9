// Sums and bits.
#include "tests/contract/contract.h"

namespace cachetted::contract {
namespace {

CONTRACT_SUITE(Numbers);
using namespace std::string_literals;

TEST_P(Numbers, IntegersAreSummed) {
  NEEDS(Op::add_integer, Op::get);
  auto add = [&](int64_t n) { return ask(Ask(Op::add_integer, "k").number(n)); };
  EXPECT_EQ(add(5).number, 5);
  if (!rewrites()) {  // it writes no sign
    EXPECT_EQ(add(-7).status, Status::unsupported);
    EXPECT_EQ(add(-3).number, 2);
    EXPECT_EQ(add(-2).number, 0);
    EXPECT_EQ(add(INT64_MAX).number, INT64_MAX);
    EXPECT_EQ(add(1).status, Status::overflow);
    EXPECT_EQ(get("k"), "9223372036854775807");
    return;
  }
  EXPECT_EQ(add(-7).number, -2);
  EXPECT_EQ(get("k"), "-2");
  EXPECT_EQ(add(0).number, -2);
  EXPECT_EQ(add(INT64_MAX).number, INT64_MAX - 2);
  EXPECT_EQ(add(2).number, INT64_MAX);
  EXPECT_EQ(add(1).status, Status::overflow);
  EXPECT_EQ(get("k"), "9223372036854775807");
}

TEST_P(Numbers, IntegersDoNotWrap) {
  NEEDS(Op::add_integer, Op::get, Op::set);
  set("k", "-9223372036854775808");
  EXPECT_EQ(ask(Ask(Op::add_integer, "k").number(-1)).status, Status::overflow);
  Answer sum = ask(Ask(Op::add_integer, "k").number(INT64_MAX));
  if (rewrites()) {
    EXPECT_EQ(sum.number, -1);
  } else {
    EXPECT_EQ(sum.status, Status::unsupported);
  }
}

TEST_P(Numbers, OnlyIntegersAreSummed) {
  NEEDS(Op::add_integer, Op::get, Op::set);
  std::vector<std::string> no_integers = {""s, "a"s, "1.5"s, "9223372036854775808"s, std::string(30, '1')};
  if (!is_memcached())
    no_integers.insert(no_integers.end(), {" "s, "01"s, "-0"s, "+1"s, " 1"s, "1\0"s});  // it counts on
  for (const std::string& value : no_integers) {
    set("k", value);
    EXPECT_EQ(ask(Ask(Op::add_integer, "k").number(1)).status, Status::not_integer) << value;
    EXPECT_EQ(get("k"), value);
  }
}

TEST_P(Numbers, FloatsAreSummed) {
  NEEDS(Op::add_float, Op::get, Op::set);
  auto add = [&](std::string n) { return ask(Ask(Op::add_float, "k", n)); };
  EXPECT_EQ(add("10.5").text, "10.5");
  EXPECT_EQ(add("0.1").text, "10.6");
  EXPECT_EQ(add("-5").text, "5.6");
  EXPECT_EQ(add("0.4e1").text, "9.6");
  EXPECT_EQ(get("k"), "9.6");
  EXPECT_EQ(add("abc").status, Status::not_float);
  EXPECT_EQ(add("").status, Status::not_float);
  EXPECT_EQ(add("nan").status, Status::not_float);
  EXPECT_EQ(add("inf").status, Status::not_finite);
  EXPECT_EQ(get("k"), "9.6");
  set("k", "text");
  EXPECT_EQ(add("1").status, Status::not_float);
}

TEST_P(Numbers, SumsKeepExpiryAndFlags) {
  NEEDS(Op::add_integer, Op::add_float, Op::get, Op::set, Op::expiry);
  for (Op op : {Op::add_integer, Op::add_float}) {
    ask(Ask(Op::set, "k", "9").expiry(in(5000)).flags(3));
    EXPECT_TRUE(ask(Ask(op, "k", "1").number(1).expiry(in(1000))));
    EXPECT_EQ(get("k"), "10");
    EXPECT_EQ(left("k", 5000), 5000);
    EXPECT_EQ(ask(Ask(Op::get, "k")).flags, 3u);
    ask(Ask(Op::get, "new").options(kDeleteAfter));
    ask(Ask(op, "new", "1").number(1).expiry(in(1000)));
    EXPECT_EQ(left("new", 1000), 1000);
  }
}

TEST_P(Numbers, BitsAreSetAndRead) {
  NEEDS(Op::set_bit, Op::get_bit, Op::get);
  auto set_bit = [&](int64_t at, int64_t to) { return ask(Ask(Op::set_bit, "k").number(at).number2(to).cas(10'000)); };
  auto get_bit = [&](int64_t at) { return ask(Ask(Op::get_bit, "k").number(at)).number; };
  EXPECT_EQ(get_bit(0), 0);
  EXPECT_EQ(set_bit(7, 1).number, 0);
  EXPECT_EQ(get("k"), "\1");
  EXPECT_EQ(set_bit(7, 1).number, 1);
  EXPECT_EQ(set_bit(0, 1).number, 0);
  EXPECT_EQ(get("k"), "\x81");
  EXPECT_EQ(set_bit(7, 0).number, 1);
  EXPECT_EQ(get("k"), "\x80");
  EXPECT_EQ(get_bit(0), 1);
  EXPECT_EQ(get_bit(7), 0);
  EXPECT_EQ(get_bit(4'294'967'295), 0);
  EXPECT_EQ(set_bit(23, 0).number, 0);
  EXPECT_EQ(get("k"), "\x80\0\0"s) << "it grows, also for a clear bit";
  EXPECT_EQ(set_bit(79'999, 1).number, 0);
  EXPECT_EQ(get("k")->size(), 10'000u);
  EXPECT_EQ(set_bit(80'000, 1).status, Status::too_large);
}

TEST_P(Numbers, BitsKeepTheExpiry) {
  NEEDS(Op::set_bit, Op::set, Op::expiry);
  set("k", "a", 5000);
  ask(Ask(Op::set_bit, "k").number(100).number2(1).cas(1000).expiry(in(1000)));
  EXPECT_EQ(left("k", 5000), 5000);
  ask(Ask(Op::set_bit, "new").number(1).number2(1).cas(1000).expiry(in(1000)));
  EXPECT_EQ(left("new", 1000), 1000);
}

TEST_P(Numbers, BitsAreCounted) {
  NEEDS(Op::count_bits, Op::set);
  auto count = [&](int64_t from, int64_t to, uint32_t options = kStartGiven | kEndGiven) {
    return ask(Ask(Op::count_bits, "k").number(from).number2(to).options(options)).number;
  };
  EXPECT_EQ(count(0, -1, 0), 0);
  set("k", "foobar");
  EXPECT_EQ(count(0, -1, 0), 26);
  EXPECT_EQ(count(0, 0), 4);
  EXPECT_EQ(count(1, 1), 6);
  EXPECT_EQ(count(-2, -1), 7);
  EXPECT_EQ(count(5, 30, kStartGiven | kEndGiven | kBitUnits), 17);
  EXPECT_EQ(count(3, 1), 0);
}

TEST_P(Numbers, BitsAreFound) {
  NEEDS(Op::find_bit, Op::set);
  auto find = [&](uint64_t bit, int64_t from = 0, int64_t to = -1, uint32_t options = 0) {
    return ask(Ask(Op::find_bit, "k").cas(bit).number(from).number2(to).options(options));
  };
  EXPECT_EQ(find(1).status, is_redis() ? Status::ok : Status::miss);
  set("k", "\xff\xf0\x00"s);
  EXPECT_EQ(find(0).number, 12);
  EXPECT_EQ(find(1).number, 0);
  EXPECT_EQ(find(1, 2, -1, kStartGiven).number, -1);
  EXPECT_EQ(find(1, 1, -1, kStartGiven).number, 8);
  EXPECT_EQ(find(0, 0, 0, kStartGiven | kEndGiven).number, -1);
  EXPECT_EQ(find(1, 7, 15, kStartGiven | kEndGiven | kBitUnits).number, 7);
  EXPECT_EQ(find(0, 7, 11, kStartGiven | kEndGiven | kBitUnits).number, -1);
  set("k", "\xff\xff"s);
  EXPECT_EQ(find(0).number, 16);
  EXPECT_EQ(find(0, 0, -1, kStartGiven | kEndGiven).number, -1);
}

}  // namespace
}  // namespace cachetted::contract
