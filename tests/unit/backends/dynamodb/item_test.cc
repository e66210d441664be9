#include "backends/dynamodb/item.h"

#include <gtest/gtest.h>

#include <string>

namespace cachetted::dynamodb {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;

class ItemTest : public testing::Test {
 protected:
  Found read(const std::string& json, int64_t now = kNow) {
    return read_item(parser_.parse(padded_ = simdjson::padded_string(json)), now, true);
  }
  simdjson::dom::parser parser_;
  simdjson::padded_string padded_;
};

TEST_F(ItemTest, IsReadAsItWasComposed) {
  const std::string values[] = {"", "v", std::string("\0\xff\r\n\"", 5), std::string(1000, 'x')};
  for (const std::string& value : values) {
    for (const int64_t expiry : {kNever, kNow + 1, kNow + 999, kNow + 1000, kNow + 123'456'789}) {
      for (const uint32_t flags : {0U, 1U, UINT32_MAX}) {
        std::string json;
        put_attributes(json, "a \"key\"\\\n\x01 \xc3\xa9", value, expiry, flags);
        const Found f = read(json);
        EXPECT_TRUE(f) << json;
        EXPECT_EQ(f.fault, nullptr);
        EXPECT_EQ(f.view(), value);
        EXPECT_EQ(f.expiry, expiry);
        EXPECT_EQ(f.flags, flags);
        EXPECT_EQ(key_of(parser_.parse(padded_)), "a \"key\"\\\n\x01 \xc3\xa9");
      }
    }
  }
}

TEST_F(ItemTest, IsWhatTheLibraryWrites) {
  std::string json;
  put_attributes(json, "k", "hello", kNever, 0);
  EXPECT_EQ(json, R"({"key":{"S":"k"},"value":{"B":"aGVsbG8="},"expires":{"N":"253402300799"}})");
  json.clear();
  put_attributes(json, "k", "hello", 1'700'000'000'001, 7);
  EXPECT_EQ(json, R"({"key":{"S":"k"},"value":{"B":"aGVsbG8="},"expires":{"N":"1700000001"},)"
                  R"("expires_ms":{"N":"1700000000001"},"flags":{"N":"7"}})");
}

TEST_F(ItemTest, TimesOfOthers) {
  const std::pair<const char*, int64_t> kTimes[] = {
      {R"("expires":{"N":"1700000060"})", 1'700'000'060'000},
      {R"("expires":{"N":"1700000059.5"})", 1'700'000'060'000},  // the second behind it
      {R"("expires":{"N":"1.70000006E9"})", 1'700'000'060'000},
      {R"("expires":{"N":"1E30"})", kNever},
      {R"("expires":{"N":"253402300799"})", kNever},
      {R"("expires":{"N":"1700000060"},"expires_ms":{"N":"1700000059001"})", 1'700'000'059'001},
      {R"("expires":{"N":"1700000060"},"expires_ms":{"N":"1700000059000"})", 1'700'000'060'000},  // of an older one
      {R"("expires":{"N":"1700000060"},"expires_ms":{"S":"1700000059001"})", 1'700'000'060'000},
  };
  for (const auto& [times, expiry] : kTimes) {
    const Found f = read(R"({"value":{"B":"dg=="},)" + std::string(times) + "}");
    EXPECT_TRUE(f) << times;
    EXPECT_EQ(f.expiry, expiry) << times;
  }
  for (const char* gone :
       {R"({"value":{"B":"dg=="}})", R"({"value":{"B":"dg=="},"expires":{"S":"1700000060"}})",
        R"({"value":{"B":"dg=="},"expires":{"N":"1700000000"}})", R"({"expires":{"N":"-1"}})", "{}", "[]"})
    EXPECT_FALSE(read(gone)) << gone;
}

TEST_F(ItemTest, WhatIsNoValueIsNamed) {
  const std::pair<const char*, const char*> kValues[] = {
      {R"({"N":"1"})", "a number"},       {R"({"BOOL":true})", "a boolean"},
      {R"({"NULL":true})", "null"},       {R"({"M":{}})", "a map"},
      {R"({"L":[]})", "a list"},          {R"({"SS":["a"]})", "a set"},
      {R"({"X":"a"})", "something else"}, {R"({"B":"no base64"})", "something else"}};
  for (const auto& [value, name] : kValues) {
    const Found f = read(R"({"expires":{"N":"1700000060"},"value":)" + std::string(value) + "}");
    EXPECT_TRUE(f) << value;
    EXPECT_STREQ(f.fault, name) << value;
  }
  EXPECT_STREQ(read(R"({"expires":{"N":"1700000060"}})").fault, "nothing");
  EXPECT_EQ(read(R"({"expires":{"N":"1700000060"},"value":{"S":"text"}})").view(), "text");
}

TEST(Keys, AreUtf8OfABoundedLength) {
  EXPECT_EQ(key_fault("k"), "");
  EXPECT_EQ(key_fault(std::string(2048, 'k')), "");
  EXPECT_EQ(key_fault("\xc3\xa9"), "");
  EXPECT_EQ(key_fault(""), "a key of 0 bytes: the 'dynamodb' backend has keys of 1 to 2048 bytes");
  EXPECT_EQ(key_fault(std::string(2049, 'k')),
            "a key of 2049 bytes: the 'dynamodb' backend has keys of 1 to 2048 bytes");
  for (const char* bytes : {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80"})
    EXPECT_EQ(key_fault(bytes), "a key that is not UTF-8: the 'dynamodb' backend keeps keys as strings") << bytes;
}

TEST(Expressions, NameWhatTheyUse) {
  std::string body;
  Expression e;
  e.set_expiry(kNow).put(body, "UpdateExpression");
  e.add("attribute_exists(#v)").put(body, "ConditionExpression");
  e.put_words(body);
  const std::string_view want =
      R"j(,"UpdateExpression":"SET #e = :0, #m = :1","ConditionExpression":"attribute_exists(#v)",)j"
      R"j("ExpressionAttributeNames":{"#v":"value","#e":"expires","#m":"expires_ms"},)j"
      R"j("ExpressionAttributeValues":{":0":{"N":"1700000000"},":1":{"N":"1700000000000"}})j";
  EXPECT_EQ(body, want);
}

}  // namespace
}  // namespace cachetted::dynamodb
