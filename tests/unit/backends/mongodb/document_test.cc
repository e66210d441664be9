#include "backends/mongodb/document.h"

#include <gtest/gtest.h>

#include <limits>

#include "backends/digest.h"

namespace cachetted::mongodb {
namespace {

constexpr int64_t kNow = 1'800'000'000'500;  // half a second past a whole one
constexpr int64_t kSecond = kNow / 1000;

std::string json(const Bson& b) {
  char* text = bson_as_relaxed_extended_json(b.get(), nullptr);
  std::string s(text);
  bson_free(text);
  return s;
}

// A document as somebody may have written it: expires and expires_ms, where they are not 0.
Found read(int64_t seconds, int64_t ms, int64_t now = kNow) {
  Bson b;
  b.text("key", "k").binary("value", "v");
  if (seconds != 0) b.number("expires", seconds);
  if (ms != 0) b.number("expires_ms", ms);
  std::string_view key;
  Found f = read_document(*b.get(), now, &key);
  EXPECT_EQ(key, "k");
  return f;
}

TEST(Document, ExpiresToTheSecondAsTheLibraryReadsIt) {
  EXPECT_TRUE(read(kSecond + 1, 0));
  EXPECT_EQ(read(kSecond + 1, 0).expiry, (kSecond + 1) * 1000);
  EXPECT_FALSE(read(kSecond, 0)) << "at that very second it is over";
  EXPECT_FALSE(read(kSecond, 0, kSecond * 1000));
  EXPECT_TRUE(read(kSecond, 0, kSecond * 1000 - 1));
  EXPECT_FALSE(read(0, 0)) << "without expires";
  EXPECT_FALSE(read(-5, 0));
}

TEST(Document, MillisecondsCountWhileTheyFitTheSeconds) {
  EXPECT_EQ(read(kSecond + 1, kNow + 1).expiry, kNow + 1);
  EXPECT_FALSE(read(kSecond + 1, kNow)) << "over, though its second is not";
  EXPECT_EQ(read(kSecond + 9, kNow + 1).expiry, (kSecond + 9) * 1000) << "the library wrote a new expires";
  EXPECT_FALSE(read(kSecond - 9, kNow + 1));
  EXPECT_EQ(read(kSecond + 1, (kSecond + 1) * 1000).expiry, (kSecond + 1) * 1000);
}

TEST(Document, NeverAndFarAway) {
  EXPECT_EQ(read(kNeverSeconds, 0).expiry, kNever);
  EXPECT_TRUE(read(kNeverSeconds, 0));
  EXPECT_EQ(read(kNeverSeconds, kNow + 1).expiry, kNever) << "what is left of an earlier time";
  const int64_t far = int64_t{1} << 50;
  EXPECT_EQ(read(seconds_up(far), far).expiry, far);
}

TEST(Document, AnyNumberWillDoAsExpires) {
  Bson b;
  b.binary("value", "v");
  bson_append_double(b.get(), "expires", -1, static_cast<double>(kSecond) + 1.9);
  EXPECT_EQ(read_document(*b.get(), kNow, nullptr).expiry, (kSecond + 2) * 1000) << "as { $gt: second } finds it";
  Bson endless;
  endless.binary("value", "v");
  bson_append_double(endless.get(), "expires", -1, std::numeric_limits<double>::infinity());
  EXPECT_EQ(read_document(*endless.get(), kNow, nullptr).expiry, kNever);
  Bson decimal;
  decimal.binary("value", "v");
  bson_decimal128_t n;
  bson_decimal128_from_string("1800000007", &n);
  bson_append_decimal128(decimal.get(), "expires", -1, &n);
  EXPECT_EQ(read_document(*decimal.get(), kNow, nullptr).expiry, (kSecond + 7) * 1000);
  Bson nan;
  nan.binary("value", "v");
  bson_append_double(nan.get(), "expires", -1, 0.0 / 0.0);
  EXPECT_FALSE(read_document(*nan.get(), kNow, nullptr));
  Bson word;
  word.binary("value", "v").text("expires", "tomorrow");
  EXPECT_FALSE(read_document(*word.get(), kNow, nullptr));
}

TEST(Document, ValuesOfOtherTypes) {
  Bson text;
  text.text("value", std::string_view("a\0b", 3)).number("expires", kNeverSeconds);
  Found f = read_document(*text.get(), kNow, nullptr);
  EXPECT_EQ(f.fault, nullptr);
  EXPECT_EQ(f.view(), std::string_view("a\0b", 3));
  Bson number;
  number.number("value", 5).number("expires", kNeverSeconds).number("flags", 7);
  f = read_document(*number.get(), kNow, nullptr);
  EXPECT_STREQ(f.fault, "an integer");
  EXPECT_EQ(f.flags, 7u);
  Bson nothing;
  nothing.number("expires", kNeverSeconds);
  EXPECT_STREQ(read_document(*nothing.get(), kNow, nullptr).fault, "nothing");
}

TEST(Document, KeysAreStringsWhereTheyCan) {
  for (std::string_view key : {std::string_view(""), std::string_view("ключ"), std::string_view("a\0b", 3)}) {
    Bson b;
    where_key(b, key);
    bson_iter_t at;
    ASSERT_TRUE(bson_iter_init_find(&at, b.get(), "key"));
    EXPECT_TRUE(BSON_ITER_HOLDS_UTF8(&at)) << key;
    EXPECT_EQ(key_of(at), key);
  }
  for (std::string_view key : {"\xff", "a\xc0\x80", "\xed\xa0\x80", "\xc3"}) {
    Bson b;
    where_key(b, key);
    bson_iter_t at;
    ASSERT_TRUE(bson_iter_init_find(&at, b.get(), "key"));
    EXPECT_TRUE(BSON_ITER_HOLDS_BINARY(&at)) << key;
    EXPECT_EQ(key_of(at), key);
  }
}

TEST(Document, FiltersCompareAndDoNotCompute) {
  Bson live, dead;
  where_live(live, kNow);
  where_dead(dead, kNow);
  EXPECT_EQ(json(live), R"({ "expires" : { "$gt" : 1800000000 }, "$nor" : [ { "expires" : 1800000001, )"
                        R"("expires_ms" : { "$gt" : 1800000000000, "$lte" : 1800000000500 } } ] })");
  EXPECT_EQ(json(dead), R"({ "$or" : [ { "expires" : { "$not" : { "$gt" : 1800000000 } } }, { "expires" : 1800000001, )"
                        R"("expires_ms" : { "$gt" : 1800000000000, "$lte" : 1800000000500 } } ] })");
}

TEST(Document, UnchangedIsValueExpiryAndFlagsAsTheyStood) {
  Bson b;
  b.text("key", "k").binary("value", "v", BSON_SUBTYPE_UUID);
  bson_append_double(b.get(), "expires", -1, 1.5e10);
  b.number("flags", 7).text("note", "of somebody else");
  Bson filter;
  where_unchanged(filter, "k", read_document(*b.get(), kNow, nullptr, true));
  EXPECT_EQ(json(filter), R"({ "key" : "k", "expires" : 15000000000.0, "expires_ms" : { "$exists" : false }, )"
                          R"("flags" : 7, "value" : { "$binary" : { "base64" : "dg==", "subType" : "04" } } })");
}

TEST(Document, UpdatesLeaveNothingBehind) {
  auto all = [](int64_t expiry, uint32_t flags) {
    Bson b;
    set_all(b, "v", expiry, flags);
    return json(b);
  };
  const std::string value = R"("value" : { "$binary" : { "base64" : "dg==", "subType" : "00" } })";
  EXPECT_EQ(all(kNow, 7),
            "{ \"$set\" : { " + value + R"(, "expires" : 1800000001, "expires_ms" : 1800000000500, "flags" : 7 } })");
  EXPECT_EQ(all(kNever, 0), "{ \"$set\" : { " + value +
                                R"(, "expires" : 253402300799 }, "$unset" : { "flags" : "", "expires_ms" : "" } })");
  EXPECT_EQ(all(kNow, 0),
            "{ \"$set\" : { " + value +
                R"(, "expires" : 1800000001, "expires_ms" : 1800000000500 }, "$unset" : { "flags" : "" } })");
}

TEST(Document, SmallNumbersAreAsPythonWritesThem) {
  Bson b;
  b.number("a", INT32_MAX).number("b", int64_t{INT32_MAX} + 1);
  bson_iter_t at;
  ASSERT_TRUE(bson_iter_init_find(&at, b.get(), "a"));
  EXPECT_TRUE(BSON_ITER_HOLDS_INT32(&at));
  ASSERT_TRUE(bson_iter_init_find(&at, b.get(), "b"));
  EXPECT_TRUE(BSON_ITER_HOLDS_INT64(&at));
}

TEST(Document, TokensSeeValueAndFlags) {
  EXPECT_EQ(token_of("abc", 0), cas_of("abc"));
  EXPECT_NE(token_of("abc", 1), token_of("abc", 0));
  EXPECT_NE(token_of("abc", 1), token_of("abd", 1));
  EXPECT_NE(token_of("abc", 1), token_of("abc", 2));
}

}  // namespace
}  // namespace cachetted::mongodb
