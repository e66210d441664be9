// MessagePack by its own edges, and pickles as they are written; Python compares thousands more in
// tests/system/convert_codecs.py.
#include "codecs/msgpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codecs/codec.h"
#include "codecs/json.h"
#include "codecs/pickle.h"

namespace cachetted::codecs {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;

std::string shown_msgpack(std::string_view msgpack, const Limits& limits = {}) {
  Document document;
  std::string out, why;
  if (!read_msgpack(msgpack, limits, document, why)) return why;
  return write_json(*document.root, Types::tagged, limits, out, why) ? out : why;
}

std::string stored_as(std::string_view json, std::string_view codec) {
  Document document;
  std::string out, why;
  return to_store(json, Form::json, *find_codec(codec), {}, document, out, why) ? out : why;
}

TEST(Msgpack, TheShortestForms) {
  EXPECT_EQ(
      stored_as("[0,127,128,255,256,65535,65536,4294967295,4294967296]", "msgpack"),
      "\x99\x00\x7f\xcc\x80\xcc\xff\xcd\x01\x00\xcd\xff\xff\xce\x00\x01\x00\x00\xce\xff\xff\xff\xff\xcf\x00\x00\x00\x01\x00\x00\x00\x00"sv);
  EXPECT_EQ(stored_as("[-1,-32,-33,-128,-129,-32768,-32769]", "msgpack"),
            "\x97\xff\xe0\xd0\xdf\xd0\x80\xd1\xff\x7f\xd1\x80\x00\xd2\xff\xff\x7f\xff"sv);
  EXPECT_EQ(stored_as("18446744073709551615", "msgpack"), "\xcf\xff\xff\xff\xff\xff\xff\xff\xff"sv);
  EXPECT_EQ(stored_as(R"({"a":{"$binary":{"base64":"/w==","subType":"00"}}})", "msgpack"),
            "\x81\xa1\x61\xc4\x01\xff"sv);
  EXPECT_EQ(stored_as("\"" + std::string(40, 'x') + "\"", "msgpack"), "\xd9\x28" + std::string(40, 'x'));
}

TEST(Msgpack, WhatItDoesNotRead) {
  EXPECT_EQ(shown_msgpack("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"sv), "18446744073709551615");
  EXPECT_EQ(shown_msgpack("\x82\xa1\x61\x01\xa1\x61\x02"sv), R"({"a":2})");
  EXPECT_EQ(shown_msgpack("\x82\xa1\x61\x01\xc4\x01\x61\x02"sv),
            R"({"$map":[["a",1],[{"$binary":{"base64":"YQ==","subType":"00"}},2]]})");
  EXPECT_EQ(shown_msgpack("\xd6\xff\x00\x00\x00\x01"sv), "refused: extension type -1 (a timestamp) at byte 1");
  EXPECT_THAT(shown_msgpack("\x81\x01\x02"), HasSubstr("an integer as a key"));
  EXPECT_THAT(shown_msgpack("\xdd\xff\xff\xff\xff"), HasSubstr("cut off"));
  EXPECT_THAT(shown_msgpack("\xa2\xed\xa0"), HasSubstr("no UTF-8"));
  EXPECT_THAT(shown_msgpack(std::string(600, '\x91')), HasSubstr("over 512 levels deep"));
  EXPECT_THAT(shown_msgpack("\xdc\x00\x0b\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"sv, {.items = 10}),
              HasSubstr("over 10 values"));
}

// Read again, and its form; and the writer leaves no mark.
std::string pickled(std::string_view json) {
  Document document, again;
  std::string out, twice, text, why;
  if (!read_json(json, Types::tagged, {}, document, why) || !write_pickle(*document.root, {}, out, why)) return why;
  EXPECT_TRUE(write_pickle(*document.root, {}, twice, why));
  EXPECT_EQ(out, twice);
  EXPECT_TRUE(read_pickle(out, {}, again, why)) << why;
  EXPECT_TRUE(write_json(*again.root, Types::tagged, {}, text, why)) << why;
  EXPECT_EQ(text, json);
  return out;
}

TEST(PickleWrite, AsPythonDoes) {
  EXPECT_EQ(pickled(R"({"ab":[1,-1,65536,{"$tuple":[]}],"cd":"ab"})"),
            "\x80\x04\x95\x25\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x02"
            "ab\x94]\x94(K\x01J\xff\xff\xff\xffJ\x00\x00\x01\x00)e\x8c\x02"
            "cd\x94\x8c\x02"
            "ab\x94u."sv);
  EXPECT_EQ(pickled("1"), "\x80\x04K\x01."sv) << "no frame for so little";
  EXPECT_EQ(pickled("-9223372036854775809"),
            "\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\xff."sv);
  pickled(
      R"([{"$date":"2026-11-26T16:00:00.500000+01:00"},{"$date":"0001-01-01"},{"$time":"23:59:59.999999-05:30"},{"$zone":3600.0}])");
  pickled(
      R"([{"$uuid":"12345678-1234-5678-1234-567812345678"},{"$uuid":"00000000-0000-0000-0000-000000000000"},{"$duration":[-1,5]}])");
  pickled(
      R"([{"$set":[1,{"$tuple":[1,2,3,4]}]},{"$frozenset":["a"]},{"$ordered":[["k",1],["l",2]]},{"$bytearray":""},{"$bytearray":"/w=="}])");
  pickled(R"(["\ud800",340282366920938463463374607431768211456,-128,128,{"$numberDecimal":"-0.00"},1e+300])");
}

TEST(PickleWrite, SharesAndHoldsItself) {
  for (std::string_view pickle : {"(]\x94K\x01"
                                  "ah\x00l."sv,
                                  "]\x94h\x00"
                                  "a."sv,
                                  "]\x94h\x00\x85\x94h\x01\x86"
                                  "a."sv}) {
    Document document, again;
    std::string out, twice, why;
    ASSERT_TRUE(read_pickle(pickle, {}, document, why)) << why;
    ASSERT_TRUE(write_pickle(*document.root, {}, out, why)) << why;
    ASSERT_TRUE(read_pickle(out, {}, again, why)) << why;
    ASSERT_TRUE(write_pickle(*again.root, {}, twice, why)) << why;
    EXPECT_EQ(out, twice);
  }
}

TEST(PickleWrite, WhatCanChangeIsNoKey) {
  Document document;
  std::string out, why;
  // [(t := ([],)), {t: 1}]: it is seen where it is no key first.
  ASSERT_TRUE(read_pickle("](]\x94\x85\x94}h\x01K\x01se."sv, {}, document, why)) << why;
  EXPECT_FALSE(write_pickle(*document.root, {}, out, why));
  EXPECT_EQ(why, "a list cannot be a key, nor in a set");
  EXPECT_FALSE(write_json(*document.root, Types::tagged, {}, out, why)) << "it could not be read again";
  EXPECT_EQ(why, "a list cannot be a key, nor in a set");
}

}  // namespace
}  // namespace cachetted::codecs
