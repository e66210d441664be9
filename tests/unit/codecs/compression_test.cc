// Frames there and back, and what is none.
#include "codecs/compression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachetted::codecs {
namespace {

using testing::HasSubstr;

constexpr size_t kMost = 1 << 20;

std::string some(size_t n) {
  std::string s;
  for (uint32_t x = 1; s.size() < n; x = x * 1664525 + 1013904223) s += "abcdefgh"[x >> 24 & 7];
  return s;
}

TEST(Compression, ThereAndBack) {
  for (Compression c : {Compression::zstd, Compression::lz4}) {
    for (size_t n : {100u, 1000u, 70'000u, 300'000u}) {
      const std::string in = some(n) + std::string(n, 'x');
      std::string packed = "before", out = "before", why;
      ASSERT_TRUE(compress(in, c, 0, packed)) << name_of(c) << n;
      EXPECT_LT(packed.size(), in.size());
      ASSERT_TRUE(decompress(std::string_view(packed).substr(6), c, kMost, out, why)) << why;
      EXPECT_EQ(out, "before" + in);
    }
  }
}

TEST(Compression, WhatDoesNotShrinkStays) {
  std::string random, out = "kept";
  for (uint32_t x = 7; random.size() < 2000; x = x * 1664525 + 1013904223) random += static_cast<char>(x >> 24);
  for (Compression c : {Compression::zstd, Compression::lz4, Compression::none}) {
    EXPECT_FALSE(compress(random, c, 0, out));
    EXPECT_FALSE(compress("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", c, 0, out) && c == Compression::none);
    EXPECT_FALSE(compress("", c, 0, out));
  }
  EXPECT_EQ(out.substr(0, 4), "kept");
}

TEST(Compression, DamageIsTold) {
  for (Compression c : {Compression::zstd, Compression::lz4}) {
    const std::string in = some(5000);
    std::string packed, why;
    ASSERT_TRUE(compress(in, c, 0, packed));
    for (size_t n = 0; n < packed.size(); ++n) {
      std::string out;
      EXPECT_FALSE(decompress(std::string_view(packed).substr(0, n), c, kMost, out, why)) << n;
      EXPECT_EQ(out, "");
    }
    std::string out;
    EXPECT_FALSE(decompress(packed + "x", c, kMost, out, why));
    EXPECT_THAT(why, HasSubstr("behind it"));
    EXPECT_FALSE(decompress(packed, c, in.size() - 1, out, why));
    EXPECT_THAT(why, HasSubstr("over 4999 bytes"));
    EXPECT_FALSE(decompress("no frame at all", c, kMost, out, why));
  }
}

}  // namespace
}  // namespace cachetted::codecs
