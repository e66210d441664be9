// Memory of a tick: nothing overlaps, everything is aligned, reset keeps one block.
#include "core/arena.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace cachetted {
namespace {

TEST(Arena, NothingHandedOutOverlaps) {
  std::mt19937_64 random(11);
  Arena arena;
  for (int tick = 0; tick < 50; ++tick) {
    std::vector<std::pair<std::string_view, std::string>> given;
    for (int i = 0; i < 300; ++i) {
      size_t n = random() % 100 == 0 ? Arena::kBlock - 100 + random() % 200 : random() % 4000;
      std::string text(n + 1, static_cast<char>('a' + i % 26));
      std::string_view copy =
          random() % 2 == 0 ? arena.copy(text) : arena.concat({text.substr(0, n / 2), text.substr(n / 2)});
      ASSERT_EQ(reinterpret_cast<uintptr_t>(copy.data()) % 8, 0u);
      given.emplace_back(copy, std::move(text));
    }
    for (auto& [copy, text] : given) ASSERT_EQ(copy, text);
    ASSERT_GT(arena.used(), 0u);
    arena.reset();
    ASSERT_EQ(arena.used(), 0u);
  }
}

TEST(Arena, ServesWhatIsLargerThanABlock) {
  Arena arena;
  arena.copy("first");
  char* p = arena.allocate(Arena::kBlock * 3);
  std::memset(p, 1, Arena::kBlock * 3);
  EXPECT_EQ(arena.copy("after"), "after");
  arena.reset();
  EXPECT_EQ(arena.copy("again"), "again");
}

TEST(Arena, GivesTheSameMemoryInEachTick) {
  Arena arena;
  char* first = arena.allocate(64);
  for (int i = 0; i < 10; ++i) {
    arena.allocate(Arena::kBlock);
    arena.reset();
    EXPECT_EQ(arena.allocate(64), first);
    arena.reset();
  }
}

TEST(Arena, NothingIsNoNull) {
  Arena arena;
  EXPECT_NE(arena.allocate(0), nullptr);
  EXPECT_EQ(arena.copy({}).size(), 0u);
  EXPECT_EQ(arena.concat({}).size(), 0u);
  EXPECT_EQ(arena.concat({"", std::string_view()}).size(), 0u);
}

TEST(Arena, HoldsArrays) {
  Arena arena;
  auto* numbers = arena.array<uint64_t>(1000);
  for (uint64_t i = 0; i < 1000; ++i) numbers[i] = i;
  auto* words = arena.array<std::string_view>(3);
  words[2] = "x";
  EXPECT_EQ(numbers[999], 999u);
}

}  // namespace
}  // namespace cachetted
