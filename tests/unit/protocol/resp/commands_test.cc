// The command table is whole, and each row is found.
#include "protocol/resp/commands.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "protocol/resp/decode.h"

namespace cachetted::resp {
namespace {

bool is_sub(const Command& c) { return c.name.find('|') != c.name.npos; }
std::string_view parent_of(const Command& c) { return c.name.substr(0, c.name.find('|')); }
std::string_view last_part(const Command& c) { return is_sub(c) ? c.name.substr(c.name.find('|') + 1) : c.name; }

TEST(RespCommands, AreSortedAndUnique) {
  for (size_t i = 1; i < commands().size(); ++i) EXPECT_LT(commands()[i - 1].name, commands()[i].name);
}

TEST(RespCommands, RowsAgreeWithThemselves) {
  for (const Command& c : commands()) {
    SCOPED_TRACE(c.name);
    EXPECT_NE(c.arity, 0);
    EXPECT_GE(std::abs(c.arity), is_sub(c) ? 2 : 1);
    EXPECT_TRUE(c.decode != nullptr && c.compose != nullptr);
    EXPECT_FALSE(c.group.empty() || c.since.empty() || c.summary.empty() || c.complexity.empty());
    EXPECT_EQ(c.summary.back(), '.');
    if (c.first_key == 0) {
      EXPECT_EQ(c.last_key, 0);
      EXPECT_EQ(c.step, 0);
    } else {
      EXPECT_GE(c.first_key, is_sub(c) ? 2 : 1);
      EXPECT_LT(c.first_key, std::abs(c.arity)) << "a command's shortest form has its first key";
      EXPECT_LT(c.last_key, std::abs(c.arity));
      EXPECT_GE(c.step, 1);
      EXPECT_TRUE(c.last_key < 0 || c.last_key >= c.first_key);
      EXPECT_TRUE(c.local == Local::watch || (c.flags & (kWrite | kReadonly)) != 0);
    }
    EXPECT_NE(c.flags & (kWrite | kReadonly), static_cast<uint32_t>(kWrite | kReadonly));
    EXPECT_EQ(c.op == Op::local, c.local != Local::none && c.op != Op::watch);
    if (c.op != Op::local && row(c.op).access == Access::write) {
      EXPECT_NE(c.flags & kWrite, 0u);
    }
    if ((c.flags & kDenyoom) != 0) {
      EXPECT_NE(c.flags & kWrite, 0u);
    }
  }
}

TEST(RespCommands, SubcommandsHaveAContainer) {
  std::set<std::string_view> parents;
  for (const Command& c : commands()) {
    if (!is_sub(c)) continue;
    const Command* parent = find_command(parent_of(c));
    ASSERT_NE(parent, nullptr) << c.name;
    EXPECT_NE(parent->flags & kContainer, 0u) << c.name;
    parents.insert(parent->name);
  }
  for (const Command& c : commands()) EXPECT_EQ((c.flags & kContainer) != 0, parents.contains(c.name)) << c.name;
}

TEST(RespCommands, EveryRowIsFoundInAnyCase) {
  std::mt19937 random(1);
  for (const Command& c : commands()) {
    for (int i = 0; i < 4; ++i) {
      std::string name(last_part(c));
      for (char& ch : name)
        if (i == 1 || (i > 1 && random() % 2 == 0)) ch = static_cast<char>(std::toupper(ch));
      const Command* found = is_sub(c) ? find_subcommand(*find_command(parent_of(c)), name) : find_command(name);
      EXPECT_EQ(found, &c) << name;
    }
  }
}

TEST(RespCommands, NothingElseIsFound) {
  for (std::string_view name :
       {"", "ge", "gett", "get ", "client|id", "CLIENT|ID", "|", "get|", "|id", "unknown", "G\xc5T"}) {
    EXPECT_EQ(find_command(name), nullptr) << name;
  }
  EXPECT_EQ(find_command(std::string(100'000, 'g')), nullptr);
  EXPECT_EQ(find_command(std::string_view("get\0", 4)), nullptr);
  const Command& client = *find_command("client");
  for (std::string_view name : {"", "i", "idd", "id|", "|id"})
    EXPECT_EQ(find_subcommand(client, name), nullptr) << name;
  EXPECT_EQ(find_subcommand(client, std::string(1000, 'x')), nullptr);
  EXPECT_EQ(find_subcommand(*find_command("get"), "id"), nullptr);
}

TEST(RespCommands, EveryOperationHasACommand) {
  std::set<Op> reached = {Op::group, Op::add_unsigned,
                          Op::invalidate};  // EXEC makes the one, memcached asks the others
  reached.insert(passed_on_row().op);
  for (const Command& c : commands()) reached.insert(c.op);
  for (int i = 0; i < kOpCount; ++i) EXPECT_TRUE(reached.contains(static_cast<Op>(i))) << kOps[i].name;
}

TEST(RespCommands, LabelsFollowTheTable) {
  label_commands(7);
  uint16_t label = 7;
  for (const Command& c : commands()) EXPECT_EQ(c.label, label++) << c.name;
  EXPECT_EQ(unknown_row().label, label);
  label_commands(0);
  EXPECT_EQ(commands()[0].label, 0);
}

TEST(RespCommands, UnknownOnesAreNamedWithTheBeginningOfTheirWords) {
  Arena arena;
  auto text = [&](std::initializer_list<std::string_view> words) {
    std::string bytes;
    std::vector<Slice> slices;
    for (std::string_view w : words) {
      slices.push_back({static_cast<uint32_t>(bytes.size()), static_cast<uint32_t>(w.size())});
      bytes += w;
    }
    return std::string(unknown_command(Args(bytes.data(), slices.data(), static_cast<uint32_t>(slices.size())), arena));
  };
  EXPECT_EQ(text({"NOPE"}), "ERR unknown command 'NOPE', with args beginning with: ");
  EXPECT_EQ(text({"nope", "a", "b c"}), "ERR unknown command 'nope', with args beginning with: 'a' 'b c' ");
  EXPECT_EQ(text({std::string(200, 'n'), "a"}),
            "ERR unknown command '" + std::string(128, 'n') + "', with args beginning with: 'a' ");
  EXPECT_EQ(text({"n", std::string(200, 'a'), "b"}),
            "ERR unknown command 'n', with args beginning with: '" + std::string(128, 'a') + "' ");
  EXPECT_EQ(text({"n", std::string(100, 'a'), std::string(100, 'b'), "c"}),
            "ERR unknown command 'n', with args beginning with: '" + std::string(100, 'a') + "' '" +
                std::string(25, 'b') + "' ");
}

TEST(RespCommands, CaseIsIgnoredInAsciiOnly) {
  EXPECT_TRUE(is("", ""));
  EXPECT_TRUE(is("KeepTTL", "KEEPTTL"));
  EXPECT_FALSE(is("KEEPTT", "KEEPTTL"));
  EXPECT_FALSE(is("[", "{"));
  EXPECT_FALSE(is("@", "`"));
}

}  // namespace
}  // namespace cachetted::resp
