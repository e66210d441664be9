// Digests and cas tokens. That the scripts do what they say is the contract's and the oracle's matter.
#include "backends/redis/scripts.h"

#include <gtest/gtest.h>

namespace cachetted::redis {
namespace {

TEST(RedisScripts, AreFoundByTheirDigest) {
  for (unsigned i = 0; i < kScripts; ++i) {
    auto s = static_cast<Script>(i);
    EXPECT_EQ(digest_of(s).size(), 40u);
    EXPECT_EQ(find_script(digest_of(s)), s);
  }
  EXPECT_EQ(find_script("da39a3ee5e6b4b0d3255bfef95601890afd80709"), std::nullopt);
}

TEST(RedisScripts, CasIsTheFirst63BitsOfTheSha1PlusOne) {
  // printf abc | sha1sum: a9993e364706816a ba3e25717850c26c9cd0d89d
  EXPECT_EQ(cas_of("abc"), (0xa9993e364706816aull >> 1) + 1);
  EXPECT_EQ(cas_of_digest("a9993e364706816aba3e25717850c26c9cd0d89d"), cas_of("abc"));
  std::string digits, half;
  cas_words(cas_of("abc"), digits, half);
  EXPECT_EQ(digits, "a9993e364706816");
  EXPECT_EQ(half, "5");
}

}  // namespace
}  // namespace cachetted::redis
