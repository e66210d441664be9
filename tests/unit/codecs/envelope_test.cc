// The envelope's bytes, and what is none.
#include "codecs/envelope.h"

#include <gtest/gtest.h>

namespace cachetted {
namespace {

using namespace std::string_literals;

TEST(Envelope, HasTheseBytes) {
  // The CRC is Python's zlib.crc32 of the 16 bytes before it.
  EXPECT_EQ(make_envelope(5),
            "\xff"
            "cachet\x00\x01\x00\x00\x00\x00\x00\x00\x05\x5c\xdd\x74\xa8"s);
}

TEST(Envelope, OpensWhatItMade) {
  for (uint32_t flags : {0u, 1u, 5u, 0xDEADBEEFu}) {
    std::string stored = make_envelope(flags) + "value";
    Opened o = open_envelope(stored);
    EXPECT_TRUE(o.enveloped);
    EXPECT_EQ(o.value, "value");
    EXPECT_EQ(o.flags, flags);
  }
  EXPECT_EQ(open_envelope(make_envelope(1)).value, "");
}

TEST(Envelope, VersionTwoTellsCodecAndCompression) {
  const std::string stored = make_envelope(7, CodecId::msgpack, Compression::zstd) + "value";
  EXPECT_EQ(stored[8], 2);
  Opened o = open_envelope(stored);
  EXPECT_TRUE(o.packed());
  EXPECT_EQ(o.value, "value");
  EXPECT_EQ(o.flags, 7u);
  EXPECT_EQ(o.codec, CodecId::msgpack);
  EXPECT_EQ(o.compression, Compression::zstd);
  EXPECT_FALSE(open_envelope(make_envelope(7)).packed());
}

TEST(Envelope, IsThePipelinesWhereItTellsMoreOrKeepsOneApart) {
  const std::string plain = make_envelope(0) + "v", flagged = make_envelope(7) + "v";
  const std::string packed = make_envelope(0, CodecId::pickle) + "N.";
  EXPECT_FALSE(looks_packed("v"));
  EXPECT_FALSE(looks_packed(plain));
  EXPECT_FALSE(looks_packed(flagged));
  for (const std::string& client : {packed, make_envelope(0) + packed, make_envelope(9) + plain}) {
    EXPECT_TRUE(looks_packed(client));
    EXPECT_TRUE(looks_packed(make_envelope(0) + client)) << "so that one can be taken off";
  }
}

TEST(Envelope, WhatFailsACheckIsRaw) {
  std::string good = make_envelope(5) + "v";
  for (size_t i = 0; i < kEnvelope; ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(open_envelope(bad).enveloped) << i;
    EXPECT_EQ(open_envelope(bad).value, bad);
  }
  for (size_t n = 0; n < kEnvelope; ++n) EXPECT_EQ(open_envelope(good.substr(0, n)).value.size(), n);
}

TEST(Envelope, IsNeededForFlagsAndForWhatLooksLikeOne) {
  EXPECT_FALSE(needs_envelope("plain", 0));
  EXPECT_FALSE(needs_envelope("", 0));
  EXPECT_FALSE(needs_envelope("\xff rest", 0));
  EXPECT_TRUE(needs_envelope("plain", 1));
  EXPECT_TRUE(needs_envelope(make_envelope(0) + "v", 0));
}

}  // namespace
}  // namespace cachetted
