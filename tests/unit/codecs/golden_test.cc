// envelopes.golden: every envelope that was ever written in a store is read, and read as it was.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "codecs/compression.h"
#include "codecs/envelope.h"

namespace cachetted::codecs {
namespace {

constexpr size_t kMostBytes = 1 << 20;
constexpr size_t kLeast = 86;  // lines there were when this was written

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  if (hex == "-") return bytes;
  EXPECT_EQ(hex.size() % 2, 0u) << hex;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoul(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

void is_no_envelope(const std::string& stored) {
  const Opened opened = open_envelope(stored);
  EXPECT_FALSE(opened.enveloped);
  EXPECT_FALSE(opened.packed());
  EXPECT_EQ(opened.flags, 0u);
  EXPECT_EQ(opened.value, stored);
}

// `words`: what stands behind the stored bytes.
void is_read(const std::string& stored, std::istringstream& words) {
  std::string flags, value, rest;
  unsigned codec = 0, compression = 0;
  ASSERT_TRUE(words >> flags >> codec >> compression >> value) << "a line with too few words";
  EXPECT_FALSE(words >> rest) << rest;
  const Opened opened = open_envelope(stored);
  EXPECT_TRUE(opened.enveloped);
  EXPECT_EQ(opened.flags, std::stoul(flags, nullptr, 16));
  EXPECT_EQ(static_cast<unsigned>(opened.codec), codec);
  EXPECT_EQ(static_cast<unsigned>(opened.compression), compression);
  EXPECT_EQ(opened.packed(), codec != 0 || compression != 0);
  // And it is what would be written today.
  EXPECT_EQ(make_envelope(opened.flags, opened.codec, opened.compression), stored.substr(0, kEnvelope));
  std::string out, why;
  if (compression == 0) {
    out = opened.value;
  } else {
    EXPECT_TRUE(decompress(opened.value, opened.compression, kMostBytes, out, why)) << why;
  }
  EXPECT_EQ(out, bytes_of(value));
}

TEST(Golden, EveryEnvelopeIsRead) {
  std::ifstream file(std::string(CACHETTED_SOURCE_ROOT) + "/tests/unit/codecs/envelopes.golden");
  ASSERT_TRUE(file);
  size_t number = 0, lines = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    SCOPED_TRACE("line " + std::to_string(number));
    std::istringstream words(line);
    std::string hex;
    words >> hex;
    const std::string stored = bytes_of(hex);
    ++lines;
    if (line == hex + " raw") {
      is_no_envelope(stored);
    } else {
      is_read(stored, words);
    }
  }
  EXPECT_GE(lines, kLeast);
}

}  // namespace
}  // namespace cachetted::codecs
