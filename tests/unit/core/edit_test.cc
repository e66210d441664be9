// What operations make of a value. That every store gives these answers: tests/contract.
#include "core/edit.h"

#include <gtest/gtest.h>

namespace cachetted {
namespace {

struct Edited {
  Status status;
  bool store;
  std::string made;
  int64_t number;
};
Edited edited(Request r, bool found, std::string_view old) {
  std::string made;
  bool store = edit(r, found, old, made);
  return {r.reply.status, store, store ? made : "", r.reply.number};
}

Request ask(Op op, int64_t number = 0, std::string_view value = {}, uint32_t options = 0) {
  Request r;
  r.op = op;
  r.number = number;
  r.value = value;
  r.options = options;
  r.cas = 1 << 20;  // the most of set_range and set_bit
  return r;
}

TEST(Edit, Appends) {
  EXPECT_EQ(edited(ask(Op::append, 10, "cd"), true, "ab").made, "abcd");
  EXPECT_EQ(edited(ask(Op::append, 10, "cd", kPrepend), true, "ab").made, "cdab");
  EXPECT_EQ(edited(ask(Op::append, 10, "cd"), false, "").number, 2);
  EXPECT_EQ(edited(ask(Op::append, 3, "cd"), true, "ab").status, Status::too_large);
}

TEST(Edit, Counts) {
  EXPECT_EQ(edited(ask(Op::add_integer, -3), true, "1").made, "-2");
  EXPECT_EQ(edited(ask(Op::add_integer, 5), false, "").made, "5");
  EXPECT_EQ(edited(ask(Op::add_integer, 1), true, "x").status, Status::not_integer);
  EXPECT_EQ(edited(ask(Op::add_integer, INT64_MAX), true, "1").status, Status::overflow);
  EXPECT_EQ(edited(ask(Op::add_float, 0, "1.5"), true, "2").made, "3.5");
  EXPECT_EQ(edited(ask(Op::add_float, 0, "x"), true, "2").status, Status::not_float);
  EXPECT_EQ(edited(ask(Op::add_unsigned, 5, "", kSubtract), true, "10").made, "5 ");
  EXPECT_EQ(edited(ask(Op::add_unsigned, 5, "", kSubtract), true, "3").number, 0);
  EXPECT_EQ(edited(ask(Op::add_unsigned, 5), false, "").status, Status::miss);
  EXPECT_EQ(edited(ask(Op::add_unsigned, 2), true, "18446744073709551615").made.substr(0, 2), "1 ");
}

TEST(Edit, WritesRangesAndBits) {
  EXPECT_EQ(edited(ask(Op::set_range, 1, "XY"), true, "abcd").made, "aXYd");
  EXPECT_EQ(edited(ask(Op::set_range, 2, "X"), false, "").made, std::string("\0\0X", 3));
  Edited nothing = edited(ask(Op::set_range, 1, ""), true, "abcd");
  EXPECT_FALSE(nothing.store);
  EXPECT_EQ(nothing.number, 4);
  EXPECT_EQ(edited(ask(Op::set_range, 1 << 20, "X"), true, "a").status, Status::too_large);
  Request bit = ask(Op::set_bit, 7);
  bit.number2 = 1;
  EXPECT_EQ(edited(bit, false, "").made, "\x01");
  EXPECT_FALSE(edited(bit, true, "\x01").store) << "nothing changes";
  EXPECT_EQ(edited(bit, true, "\x01").number, 1);
}

TEST(Edit, TellsNumbersOfAPart) {
  EXPECT_EQ(number_of_part(ask(Op::length), "abc"), 3);
  EXPECT_EQ(number_of_part(ask(Op::get_bit, 7), "\x01"), 1);
  EXPECT_EQ(number_of_part(ask(Op::get_bit, 70), "\x01"), 0);
}

TEST(Edit, GuessesTheEncoding) {
  EXPECT_EQ(encoding_name("12"), "int");
  EXPECT_EQ(encoding_name("12 "), "embstr");
  EXPECT_EQ(encoding_name(std::string(45, 'x')), "raw");
}

}  // namespace
}  // namespace cachetted
