// The parts of the load generator that its figures rest on: histogram, keys, templates, and the reply parsers over
// every split of a reply.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/histogram.h"
#include "tests/bench/keys.h"
#include "tests/bench/options.h"
#include "tests/bench/wire.h"

namespace cachetted::bench {
namespace {

Options verifying(Protocol protocol, uint32_t multi = 1) {
  Options o;
  o.protocol = protocol;
  o.multi = multi;
  o.verify = true;
  o.keys = 1000;
  o.value_bytes = 13;
  return o;
}

std::string value_of(const std::string& key) { return (key + key).substr(0, 13); }

struct Parsed {
  uint32_t hits;
  uint32_t misses;
  std::string error;
};

// Parses `reply` whole, then checks that no shorter part of it is taken for a reply.
Parsed parse_all(const Options& options, const Expected& expected, const std::string& reply) {
  KeySpace keys(options.keys, options.key_bytes, options.value_bytes);
  Wire wire(options, keys);
  for (size_t part = 0; part < reply.size(); ++part) {
    Outcome partial;
    EXPECT_EQ(wire.parse(reply.data(), reply.data() + part, expected, partial), 0u) << part;
  }
  Outcome outcome;
  const std::string more = reply + "+OK\r\n";  // what follows belongs to the next reply
  EXPECT_EQ(wire.parse(more.data(), more.data() + more.size(), expected, outcome), reply.size());
  return {outcome.hits, outcome.misses, std::string(outcome.error)};
}

TEST(Histogram, BucketsCoverEveryValueWithinOnePercent) {
  for (uint64_t value = 0; value < (1ull << 62); value += value / 8 + 1) {
    const uint32_t index = Histogram::index_of(value);
    ASSERT_LT(index, Histogram::kBuckets);
    const uint64_t bound = Histogram::upper_bound_of(index);
    ASSERT_GE(bound, value);
    ASSERT_LE(bound - value, value / 100);
    ASSERT_EQ(Histogram::index_of(bound), index);
    ASSERT_EQ(Histogram::index_of(bound + 1), index + 1);
  }
  EXPECT_LT(Histogram::index_of(UINT64_MAX), Histogram::kBuckets);
}

TEST(Histogram, PercentilesOfAKnownSequence) {
  Histogram h;
  for (uint64_t i = 1; i <= 1000; ++i) h.record(i * 1000);
  EXPECT_NEAR(static_cast<double>(h.percentile(50)), 500'000, 5'000);
  EXPECT_NEAR(static_cast<double>(h.percentile(99)), 990'000, 9'900);
  EXPECT_EQ(h.percentile(100), 1'000'000u);
  EXPECT_EQ(h.max(), 1'000'000u);
  EXPECT_EQ(Histogram().percentile(99), 0u);
}

TEST(Keys, FixedLengthAndReadable) {
  KeySpace keys(100'000, 10, 100);
  std::string key = keys.blank();
  keys.write_number(key.data(), 42);
  EXPECT_EQ(key, "key:000042");
  EXPECT_EQ(KeySpace(10'000'000, 10, 100).blank(), "key0000000");
  EXPECT_EQ(KeySpace(1000, 3, 100).blank(), "000");
  EXPECT_EQ(KeySpace(10, 30, 100).blank().size(), 30u);
}

TEST(Keys, ValueBelongsToItsKeyOnly) {
  KeySpace keys(1000, 10, 25);
  std::string value(25, 0);
  std::string key = "key:000007";
  keys.write_value(value.data(), key.data());
  EXPECT_EQ(value, "key:000007key:000007key:0");
  EXPECT_TRUE(keys.is_value_of(value.data(), 25, 7));
  EXPECT_FALSE(keys.is_value_of(value.data(), 25, 8));
  EXPECT_FALSE(keys.is_value_of(value.data(), 24, 7));
  value[24] = 'x';
  EXPECT_FALSE(keys.is_value_of(value.data(), 25, 7));
}

TEST(Keys, SpreadVisitsEachKeyOnce) {
  for (uint64_t count : {1, 2, 10, 100, 999}) {
    KeySpace keys(count, 10, 10);
    std::vector<int> seen(count);
    for (uint64_t j = 0; j < count; ++j) ++seen[keys.spread(3 % count, j)];
    for (int times : seen) EXPECT_EQ(times, 1);
  }
}

TEST(Chooser, RatioRangeAndSeed) {
  Chooser one(1000, 1, 10, 0, 5), same(1000, 1, 10, 0, 5), skewed(1000, 0, 1, 0.99, 5);
  int writes = 0;
  std::map<uint64_t, int> hot;
  for (int i = 0; i < 110'000; ++i) {
    auto a = one.next(), b = same.next(), c = skewed.next();
    ASSERT_LT(a.key, 1000u);
    ASSERT_LT(c.key, 1000u);
    ASSERT_EQ(a.key, b.key);
    ASSERT_FALSE(c.write);
    writes += a.write;
    ++hot[c.key];
  }
  EXPECT_NEAR(writes, 10'000, 500);
  int most = 0;
  for (auto& [key, times] : hot) most = std::max(most, times);
  EXPECT_GT(most, 110'000 / 20);  // uniform would be 110
}

TEST(Templates, AreWhatTheProtocolsSay) {
  auto text = [](Options o, Op op) {
    KeySpace keys(o.keys, o.key_bytes, o.value_bytes);
    Wire wire(o, keys);
    std::string bytes(wire.size(op), '?');
    EXPECT_EQ(wire.compose(bytes.data(), op, 7), bytes.size());
    return bytes;
  };
  EXPECT_EQ(text(verifying(Protocol::resp), Op::read), "*2\r\n$3\r\nGET\r\n$10\r\nkey:000007\r\n");
  EXPECT_EQ(text(verifying(Protocol::resp), Op::write),
            "*3\r\n$3\r\nSET\r\n$10\r\nkey:000007\r\n$13\r\nkey:000007key\r\n");
  EXPECT_EQ(text(verifying(Protocol::resp, 2), Op::multi),
            "*3\r\n$4\r\nMGET\r\n$10\r\nkey:000007\r\n$10\r\nkey:000626\r\n");
  EXPECT_EQ(text(verifying(Protocol::text), Op::read), "get key:000007\r\n");
  EXPECT_EQ(text(verifying(Protocol::text), Op::write), "set key:000007 0 0 13\r\nkey:000007key\r\n");
  EXPECT_EQ(text(verifying(Protocol::text, 2), Op::multi), "get key:000007 key:000626\r\n");
  EXPECT_EQ(text(verifying(Protocol::meta), Op::read), "mg key:000007 v t f\r\n");
  EXPECT_EQ(text(verifying(Protocol::meta), Op::write), "ms key:000007 13\r\nkey:000007key\r\n");
}

TEST(Replies, Resp) {
  const Options o = verifying(Protocol::resp);
  const Expected read{7, 0, Op::read}, write{7, 0, Op::write};
  EXPECT_EQ(parse_all(o, read, "$13\r\n" + value_of("key:000007") + "\r\n").hits, 1u);
  EXPECT_EQ(parse_all(o, read, "$-1\r\n").misses, 1u);
  EXPECT_EQ(parse_all(o, read, "_\r\n").misses, 1u);
  EXPECT_EQ(parse_all(o, read, "-OOM no memory\r\n").error, "-OOM no memory");
  EXPECT_EQ(parse_all(o, write, "+OK\r\n").error, "");
  EXPECT_THROW(parse_all(o, read, "$13\r\n" + value_of("key:000008") + "\r\n"), std::runtime_error);
  EXPECT_THROW(parse_all(o, write, ":1\r\n"), std::runtime_error);
  EXPECT_THROW(parse_all(o, read, "+OK\r\n"), std::runtime_error);
  const Parsed two = parse_all(verifying(Protocol::resp, 3), {7, 0, Op::multi},
                               "*3\r\n$13\r\nkey:000007key\r\n$-1\r\n$13\r\n" + value_of("key:000245") + "\r\n");
  EXPECT_EQ(two.hits, 2u);
  EXPECT_EQ(two.misses, 1u);
}

TEST(Replies, MemcachedText) {
  const Options o = verifying(Protocol::text);
  const Expected read{7, 0, Op::read}, write{7, 0, Op::write};
  EXPECT_EQ(parse_all(o, read, "VALUE key:000007 0 13\r\nkey:000007key\r\nEND\r\n").hits, 1u);
  EXPECT_EQ(parse_all(o, read, "END\r\n").misses, 1u);
  EXPECT_EQ(parse_all(o, write, "STORED\r\n").error, "");
  EXPECT_EQ(parse_all(o, write, "SERVER_ERROR out of memory\r\n").error, "SERVER_ERROR out of memory");
  EXPECT_EQ(parse_all(o, read, "ERROR\r\n").error, "ERROR");
  EXPECT_THROW(parse_all(o, read, "VALUE key:000008 0 13\r\nkey:000008key\r\nEND\r\n"), std::runtime_error);
  EXPECT_THROW(parse_all(o, write, "NOT_STORED\r\n"), std::runtime_error);
  const Parsed two =
      parse_all(verifying(Protocol::text, 3), {7, 0, Op::multi},
                "VALUE key:000626 5 13\r\nkey:000626key\r\nVALUE key:000245 0 13\r\nkey:000245key\r\nEND\r\n");
  EXPECT_EQ(two.hits, 2u);
  EXPECT_EQ(two.misses, 1u);
}

TEST(Replies, MemcachedMeta) {
  const Options o = verifying(Protocol::meta);
  const Expected read{7, 0, Op::read}, write{7, 0, Op::write};
  EXPECT_EQ(parse_all(o, read, "VA 13 t59 f0\r\nkey:000007key\r\n").hits, 1u);
  EXPECT_EQ(parse_all(o, read, "EN\r\n").misses, 1u);
  EXPECT_EQ(parse_all(o, write, "HD\r\n").error, "");
  EXPECT_EQ(parse_all(o, read, "CLIENT_ERROR bad\r\n").error, "CLIENT_ERROR bad");
  EXPECT_THROW(parse_all(o, read, "VA 13 t59\r\nkey:000007key\r\n"), std::runtime_error);
  EXPECT_THROW(parse_all(o, read, "VA 13 t59 f0\r\nkey:000008key\r\n"), std::runtime_error);
}

TEST(Options, FaultsAreNamed) {
  auto fault = [](std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "loadgen");
    bool help = false;
    try {
      parse_options(static_cast<int>(arguments.size()), const_cast<char**>(arguments.data()), help);
    } catch (const std::invalid_argument& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(fault({"--port=1", "--depth", "16"}), "");
  EXPECT_NE(fault({}).find("--port"), std::string::npos);
  EXPECT_NE(fault({"--port", "70000"}).find("'70000'"), std::string::npos);
  EXPECT_NE(fault({"--port", "1", "--mode", "open"}).find("--rate"), std::string::npos);
  EXPECT_NE(fault({"--port", "1", "--kyes", "5"}).find("--kyes"), std::string::npos);
  EXPECT_NE(fault({"--port", "1", "--keys", "10000000", "--key-bytes", "6"}).find("--key-bytes"), std::string::npos);
}

}  // namespace
}  // namespace cachetted::bench
