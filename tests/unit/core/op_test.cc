// The table of operations.
#include "core/op.h"

#include <gtest/gtest.h>

#include <set>

#include "core/backend.h"

namespace cachetted {
namespace {

TEST(Ops, RowsAreWholeAndNamesUnique) {
  std::set<std::string_view> names;
  for (const OpRow& row : kOps) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.doc.empty()) << row.name;
  }
  EXPECT_EQ(row(Op::get).name, "get");
  EXPECT_EQ(row(Op::common).keys, Keys::two);
  EXPECT_EQ(row(Op::set_many).access, Access::write);
  EXPECT_EQ(row(Op::group).name, "group");
}

TEST(Ops, CapsHoldABitEach) {
  Caps caps;
  for (int i = 0; i < kOpCount; ++i) {
    EXPECT_FALSE(caps.has(static_cast<Op>(i)));
    caps.ops |= uint64_t{1} << i;
    EXPECT_TRUE(caps.has(static_cast<Op>(i)));
  }
}

TEST(Statuses, ErrorsComeLast) {
  for (Status s : {Status::pending, Status::ok, Status::miss, Status::not_stored, Status::changed, Status::aborted}) {
    EXPECT_FALSE(is_error(s));
  }
  for (Status s : {Status::not_integer, Status::out_of_memory, Status::unsupported, Status::invalid})
    EXPECT_TRUE(is_error(s));
}

}  // namespace
}  // namespace cachetted
