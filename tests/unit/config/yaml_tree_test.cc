// The YAML tree: places, quoting, duplicates kept, and every bound that a hostile file meets.
#include "config/yaml_tree.h"

#include <gtest/gtest.h>

namespace cachetted::config {
namespace {

std::string fault_of(std::string_view text) {
  const Tree tree = parse_tree(text);
  return tree.faults.empty() ? "" : tree.faults[0].problem;
}

std::string repeated(std::string_view unit, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += unit;
  return out;
}

TEST(YamlTree, PlacesAreFromOne) {
  const Tree tree = parse_tree("a: 1\nb:\n  c: [x, \"y\"]\n");
  ASSERT_TRUE(tree.root);
  ASSERT_EQ(tree.root->kind, Node::Kind::map);
  ASSERT_EQ(tree.root->entries.size(), 2u);
  const Node::Entry& b = tree.root->entries[1];
  EXPECT_EQ(b.at.line, 2);
  EXPECT_EQ(b.at.column, 1);
  const Node& c = *b.value->entries[0].value;
  ASSERT_EQ(c.items.size(), 2u);
  EXPECT_EQ(c.at.line, 3);
  EXPECT_EQ(c.at.column, 6);
  EXPECT_EQ(c.items[1]->at.column, 10);
  EXPECT_FALSE(c.items[0]->quoted);
  EXPECT_TRUE(c.items[1]->quoted);
}

TEST(YamlTree, EmptyTextsAreNull) {
  for (const char* text : {"", "\n\n", "# only a comment\n", "---\n", "~"}) {
    const Tree tree = parse_tree(text);
    ASSERT_TRUE(tree.root) << text;
    EXPECT_EQ(tree.root->kind, Node::Kind::null) << text;
    EXPECT_TRUE(tree.faults.empty()) << text;
  }
}

TEST(YamlTree, DuplicateKeysAreKept) {
  const Tree tree = parse_tree("a: 1\na: 2\n");
  ASSERT_TRUE(tree.root);
  EXPECT_EQ(tree.root->entries.size(), 2u);
}

TEST(YamlTree, SyntaxFaultsHaveAPlace) {
  const Tree tree = parse_tree("a: 1\nb: [1, 2\nc: 3\n");
  EXPECT_FALSE(tree.root);
  ASSERT_EQ(tree.faults.size(), 1u);
  EXPECT_EQ(tree.faults[0].at.line, 3);
  EXPECT_NE(tree.faults[0].problem.find("YAML syntax: "), std::string::npos);
}

TEST(YamlTree, TabsAreNamed) {
  const Tree tree = parse_tree("limits:\n\tmax_key: 5\n");
  ASSERT_EQ(tree.faults.size(), 1u);
  EXPECT_EQ(tree.faults[0].at.line, 2);
  EXPECT_NE(tree.faults[0].problem.find("tabs may not indent"), std::string::npos);
}

TEST(YamlTree, KeysMustBeNames) {
  EXPECT_EQ(fault_of("{a: 1}: 2\n"), "a key must be a name");
  EXPECT_EQ(fault_of("? [a]\n: 2\n"), "a key must be a name");
  EXPECT_EQ(fault_of("~: 2\n"), "a key must be a name");
  const Tree tree = parse_tree("? [a]\n: 2\nb: 3\n");
  ASSERT_TRUE(tree.root) << "the rest is still read";
  ASSERT_EQ(tree.root->entries.size(), 1u);
  EXPECT_EQ(tree.root->entries[0].key, "b");
}

TEST(YamlTree, OneDocumentOnly) {
  EXPECT_EQ(fault_of("a: 1\n---\nb: 2\n"), "a second document; one file holds one configuration");
  EXPECT_EQ(fault_of("---\na: 1\n...\n"), "");
}

TEST(YamlTree, Tags) {
  EXPECT_EQ(fault_of("a: !!str 5"), "");
  EXPECT_EQ(fault_of("a: !!int 5"), "");
  EXPECT_NE(fault_of("a: !!binary aGk="), "");
  EXPECT_NE(fault_of("a: !python/object x"), "");
}

TEST(YamlTree, AnchorsAreShared) {
  const Tree tree = parse_tree("a: &x {p: 1}\nb: *x\n");
  ASSERT_TRUE(tree.root);
  EXPECT_EQ(tree.root->entries[0].value, tree.root->entries[1].value);
  EXPECT_EQ(tree.root->weight, 9u) << "keys count, and the aliased map does twice";
}

TEST(YamlTree, AliasFaults) {
  EXPECT_NE(fault_of("a: *x\n"), "");
  EXPECT_EQ(fault_of("a: &x [1, *x]\n"), "an alias inside the value that it stands for");
  EXPECT_EQ(fault_of("a: &x {b: *x}\n"), "an alias inside the value that it stands for");
}

TEST(YamlTree, AliasBombIsRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(before + ", ", 8) + before + "]\n";
  }
  EXPECT_NE(fault_of(text).find("too many values, aliases included"), std::string::npos);
}

TEST(YamlTree, AliasesCountTowardsDepth) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i)
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  EXPECT_NE(fault_of(text).find("nested too deep"), std::string::npos);
}

TEST(YamlTree, DepthIsBounded) {
  EXPECT_EQ(fault_of(repeated("[", kMaxDepth) + repeated("]", kMaxDepth)), "");
  EXPECT_NE(fault_of(repeated("[", kMaxDepth + 1) + repeated("]", kMaxDepth + 1)).find("nested too deep"),
            std::string::npos);
  for (const char* unit : {"[", "{", "- ", "? ", "{a: ", "[{"}) EXPECT_NE(fault_of(repeated(unit, 10'000)), "") << unit;
}

TEST(YamlTree, SizeIsBounded) {
  EXPECT_EQ(fault_of(std::string(kMaxFileSize, '\n')), "");
  EXPECT_NE(fault_of(std::string(kMaxFileSize + 1, '\n')).find("too large"), std::string::npos);
  EXPECT_NE(fault_of(repeated("- a\n", kMaxNodes + 1)).find("too many values"), std::string::npos);
}

TEST(YamlTree, ArbitraryBytesAreFaultsOrText) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string("a: ") + static_cast<char>(byte) + "\n";
    const Tree tree = parse_tree(text);
    EXPECT_TRUE(tree.root != nullptr || !tree.faults.empty()) << byte;
  }
}

}  // namespace
}  // namespace cachetted::config
