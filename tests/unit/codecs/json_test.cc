// JSON as Python reads and writes it, by both readers; Python itself compares thousands more in
// tests/system/convert_codecs.py.
#include "codecs/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codecs/codec.h"

namespace cachetted::codecs {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;

// As clients see it, or why not; the two readers agree.
std::string read(std::string_view json, Types types = Types::tagged, const Limits& limits = {}) {
  std::string texts[2], why;
  for (int exactly = 0; exactly < 2; ++exactly) {
    Document document;
    const bool good = (exactly == 1 ? read_json_exactly : read_json)(json, types, limits, document, why) &&
                      write_json(*document.root, Types::tagged, limits, texts[exactly], why);
    if (!good) texts[exactly] = why;
  }
  EXPECT_EQ(texts[0], texts[1]);
  return texts[0];
}

std::string stored(std::string_view json, std::string_view codec) {
  Document document;
  std::string out, why;
  return to_store(json, Form::json, *find_codec(codec), {}, document, out, why) ? out : why;
}

TEST(JsonRead, WhatPythonReads) {
  EXPECT_EQ(
      read("[NaN, Infinity, -Infinity, 1e400]"),
      R"([{"$numberDouble":"NaN"},{"$numberDouble":"Infinity"},{"$numberDouble":"-Infinity"},{"$numberDouble":"Infinity"}])");
  EXPECT_EQ(read("[18446744073709551615, -9223372036854775809, -0, -0.0, 1E2]"),
            "[18446744073709551615,-9223372036854775809,0,-0.0,100.0]");
  EXPECT_EQ(read(R"(["\ud83d\ude00", "\ud800", "\u0000\/"])"), "[\"\U0001f600\",\"\\ud800\",\"\\u0000/\"]");
  EXPECT_EQ(read(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})") << "the last value, at the first place";
  EXPECT_EQ(read("\xef\xbb\xbf 1 "), "1");
}

TEST(JsonRead, ManyNamesThatComeTwice) {
  std::string json = "{";
  for (int i = 0; i < 3000; ++i) json += "\"k" + std::to_string(i % 1000) + "\":" + std::to_string(i) + ",";
  json.back() = '}';
  const std::string read_back = read(json);
  EXPECT_THAT(read_back, HasSubstr(R"({"k0":2000,"k1":2001,)"));
  EXPECT_EQ(std::count(read_back.begin(), read_back.end(), ':'), 1000);
}

TEST(JsonRead, SaysWhereAFaultIs) {
  EXPECT_EQ(read("[1,]"), "value is not JSON: line 1, column 4: a value is expected");
  EXPECT_EQ(read("{\"é\":\n  01}"), "value is not JSON: line 2, column 3: a number begins with 0");
  EXPECT_EQ(read(""), "value is not JSON: line 1, column 1: a value is expected, and it ends");
  EXPECT_EQ(read("\"abc\\"), "value is not JSON: line 1, column 1: a string does not end");
  EXPECT_EQ(read("\"a\tb\""), "value is not JSON: line 1, column 3: a control character in a string");
  EXPECT_EQ(read("\"\xff\""), "value is not JSON: line 1, column 2: it is no UTF-8");
  EXPECT_EQ(read("1 2"), "value is not JSON: line 1, column 3: something follows the value");
}

TEST(JsonRead, TagsAreWhatTheyStandFor) {
  for (std::string_view same :
       {R"({"$binary":{"base64":"/w==","subType":"00"}})"sv, R"({"$date":"2026-11-26T16:00:00.500000+01:00"})"sv,
        R"({"$date":"2026-11-26"})"sv, R"({"$time":"16:00:00"})"sv, R"({"$duration":[-1,5]})"sv,
        R"({"$zone":-3600.0})"sv, R"({"$numberDecimal":"1.50"})"sv,
        R"({"$uuid":"12345678-1234-5678-1234-567812345678"})"sv, R"({"$tuple":[{"$set":[1]},{"$frozenset":[]}]})"sv,
        R"({"$map":[[{"$tuple":[1]},2],[null,3]]})"sv, R"({"$ordered":[["a",{"$map":[["$b",1]]}]]})"sv})
    EXPECT_EQ(read(same), same);
  EXPECT_EQ(read(R"({"$date":"2026-11-26T16:00:00.5Z"})"), R"({"$date":"2026-11-26T16:00:00.500000+00:00"})");
  EXPECT_EQ(read(R"({"$other":1})"), R"({"$map":[["$other",1]]})") << "no tag of ours";
  EXPECT_EQ(read(R"({"$set":1,"a":2})"), R"({"$set":1,"a":2})");
  EXPECT_EQ(read(R"({"$set":[1]})", Types::plain), R"({"$map":[["$set",[1]]]})");
}

TEST(JsonRead, MalformedTagsAreNamed) {
  for (std::string_view bad :
       {R"({"$date":"2026-02-30"})"sv, R"({"$date":5})"sv, R"({"$time":"24:00:00"})"sv, R"({"$set":[[1]]})"sv,
        R"({"$map":[[1]]})"sv, R"({"$uuid":"x"})"sv, R"({"$zone":86400})"sv, R"({"$numberDecimal":"1.2.3"})"sv,
        R"({"$binary":{"base64":"AB==","subType":"00"}})"sv, R"({"$duration":[0,86400000000]})"sv,
        R"({"$map":[[{"$tuple":[{"$set":[]}]},1]]})"sv})
    EXPECT_THAT(read(bad), HasSubstr(std::string(bad.substr(2, bad.find('"', 2) - 2)) + " holds ")) << bad;
}

TEST(JsonRead, LimitsHold) {
  const Limits few{.items = 10, .depth = 3, .digits = 20, .output = 100};
  EXPECT_THAT(read("[1,2,3,4,5,6,7,8,9]", Types::plain, few), HasSubstr("[1,2,"));
  EXPECT_THAT(read("[1,2,3,4,5,6,7,8,9,10]", Types::plain, few), HasSubstr("over 10 values"));
  EXPECT_THAT(read("[[[[]]]]", Types::plain, few), HasSubstr("over 3 levels deep"));
  EXPECT_THAT(read("999999999999999999999", Types::plain, few), HasSubstr("21 digits, of at most 20"));
}

TEST(JsonWrite, AsPythonDoes) {
  EXPECT_EQ(stored(R"({"a":[1,2.5,true,null],"é":"\ud83d\ude00\u007f"})", "json"),
            R"({"a": [1, 2.5, true, null], "\u00e9": "\ud83d\ude00\u007f"})");
  EXPECT_EQ(stored("[1e16,1e15,1e-5,1e-4,5e-324,NaN]", "json"),
            "[1e+16, 1000000000000000.0, 1e-05, 0.0001, 5e-324, NaN]");
  EXPECT_EQ(stored("[1e16,1e15,1e-5,1.5e-7,NaN]", "orjson"), "[1e+16,1000000000000000.0,0.00001,1.5e-7,null]");
  EXPECT_EQ(stored(R"({"$tuple":[{"$map":[[1,2],[null,3]]}]})", "json"), R"([{"1": 2, "null": 3}])");
  EXPECT_EQ(stored(R"({"$date":"2026-11-26T16:00:00Z"})", "orjson"), R"("2026-11-26T16:00:00+00:00")");
  EXPECT_EQ(stored(R"({"$set":[]})", "json"), "codec 'json': it cannot hold a set");
  EXPECT_EQ(stored(R"({"$map":[[1,2]]})", "orjson"), "codec 'orjson': a key is an integer, and only strings can be");
}

TEST(Registry, SaysWhoRefuses) {
  EXPECT_EQ(stored("[1,x", "msgpack"), "codec 'msgpack': value is not JSON: line 1, column 4: a value is expected");
  Document document;
  std::string out = "kept", why;
  EXPECT_FALSE(to_client("\xc1", *find_codec("msgpack"), Form::json, {}, document, out, why));
  EXPECT_EQ(why, "codec 'msgpack': no value begins with 193 at byte 1");
  EXPECT_FALSE(
      to_client("]\x94h\x00"
                "a."sv,
                *find_codec("pickle"), Form::json, {}, document, out, why));
  EXPECT_EQ(why, "client form 'json': it holds itself, which JSON cannot show");
  EXPECT_EQ(out, "kept");
  for (const Codec& c : codecs()) EXPECT_EQ(find_codec(c.id), find_codec(c.name));
  EXPECT_EQ(find_codec("vanilla"), nullptr);
}

}  // namespace
}  // namespace cachetted::codecs
