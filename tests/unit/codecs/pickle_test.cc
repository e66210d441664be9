// Pickles as Python writes them and as attackers do; Python itself compares thousands more in tests/system/convert.py.
#include "codecs/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codecs/json.h"

namespace cachetted::codecs {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;

// As JSON, or why not.
std::string shown(std::string_view pickle, Types types = Types::tagged, const Limits& limits = {}) {
  Document document;
  std::string out, why;
  if (!read_pickle(pickle, limits, document, why)) return why;
  return write_json(*document.root, types, limits, out, why) ? out : why;
}

TEST(Pickle, EveryNumber) {
  EXPECT_EQ(shown("K\xff."), "255");
  EXPECT_EQ(shown("M\xff\xff."), "65535");
  EXPECT_EQ(shown("J\xff\xff\xff\xff."), "-1");
  EXPECT_EQ(shown("\x8a\x00."sv), "0");
  EXPECT_EQ(shown("\x8a\x01\xff."sv), "-1");
  EXPECT_EQ(shown("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80."sv), "-9223372036854775808");
  EXPECT_EQ(shown("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x80\x00."sv), "9223372036854775808");
  EXPECT_EQ(shown("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\xff."sv), "-18446744073709551616");
  EXPECT_EQ(shown("I-12\n."), "-12");
  EXPECT_EQ(shown("I01\n."), "true");
  EXPECT_EQ(shown("L123456789012345678901234567890L\n."), "123456789012345678901234567890");
  EXPECT_EQ(shown("G\x3f\xf8\x00\x00\x00\x00\x00\x00."sv), "1.5");
  EXPECT_EQ(shown("F-0.0\n."), "-0.0");
}

TEST(Pickle, TextOfEveryAge) {
  EXPECT_EQ(shown("S'a\\x41\\n\\'\\\\'\n."), R"("aA\n'\\")");
  EXPECT_EQ(shown("U\x02\xff\xfe."), "\"\u00ff\u00fe\"") << "Python 2's, read as Latin-1";
  EXPECT_EQ(shown("Vx\\u0041\\U0001f600\n."), "\"xA\U0001f600\"");
  EXPECT_EQ(shown("X\x03\x00\x00\x00\xed\xb2\x80."sv), R"("\udc80")") << "a lone surrogate";
  EXPECT_EQ(shown("C\x01\xff."), R"({"$binary":{"base64":"/w==","subType":"00"}})");
}

TEST(Pickle, SharedAndRecursive) {
  EXPECT_EQ(shown("(]\x94K\x01"
                  "ah\x00l."sv),
            "[[1],[1]]");
  EXPECT_THAT(shown("]\x94h\x00"
                    "a."sv),
              HasSubstr("holds itself"));
}

TEST(Pickle, NothingButPlainDataHasAName) {
  EXPECT_EQ(shown("cos\nsystem\n."), "refused global 'os.system' at byte 0");
  EXPECT_EQ(shown("\x80\x04\x8c\x08"
                  "builtins\x8c\x04"
                  "eval\x93."sv),
            "refused global 'builtins.eval' at byte 18");
  EXPECT_THAT(shown("cbuiltins\nset\n."), HasSubstr("does not end with one value"));
  EXPECT_THAT(explain_pickle("cos\nsystem\n."), HasSubstr("GLOBAL os.system   <- refused"));
}

TEST(Pickle, LimitsHoldBeforeMemoryIsTaken) {
  const Limits few{.items = 10, .depth = 3, .digits = 20, .output = 100};
  EXPECT_EQ(shown("(NNNNNNNNNl.", Types::tagged, few), "[null,null,null,null,null,null,null,null,null]");
  EXPECT_THAT(shown("(NNNNNNNNNNNNl.", Types::tagged, few), HasSubstr("over 10 values"));
  EXPECT_THAT(shown("]]]]]aaaa.", Types::tagged, few), HasSubstr("over 3 levels deep"));
  EXPECT_THAT(shown("L999999999999999999999L\n.", Types::tagged, few),
              HasSubstr("an integer of 21 digits, of at most 20"));
  EXPECT_THAT(shown("Nr\xff\xff\xff\x7f."), HasSubstr("of the memo, of at most"));
  EXPECT_THAT(shown("X\xff\xff\xff\x7f"
                    "abc."),
              HasSubstr("it is cut off"));
}

TEST(Pickle, DaysOfTheCalendar) {
  EXPECT_EQ(days_of(1, 1, 1), 0);
  EXPECT_EQ(day_of(0), 10101);
  for (int64_t days : {0, 58, 59, 364, 365, 1460, 36523, 36524, 146096, 146097, 730484, 739580, 3652058})
    EXPECT_EQ(days_of(day_of(days) / 10'000, day_of(days) / 100 % 100, day_of(days) % 100), days);
  EXPECT_EQ(day_of(3652058), 99991231);
}

TEST(Json, PlainLosesWhatJsonLacks) {
  const std::string_view pickle = "(K\x01K\x02tC\x01\xff\x8f(K\x05\x90\x87."sv;  // ((1, 2), b"\xff", {5})
  EXPECT_EQ(shown(pickle),
            R"({"$tuple":[{"$tuple":[1,2]},{"$binary":{"base64":"/w==","subType":"00"}},{"$set":[5]}]})");
  EXPECT_EQ(shown(pickle, Types::plain), R"([[1,2],"/w==",[5]])");
}

TEST(Json, MapsThatJsonHasNot) {
  EXPECT_EQ(shown("}(X\x01\x00\x00\x00kK\x01u."sv), R"({"k":1})");
  EXPECT_EQ(shown("}(X\x02\x00\x00\x00$kK\x01u."sv), R"({"$map":[["$k",1]]})") << "it would be taken for a tag";
  EXPECT_EQ(shown("}(K\x07K\x01u."sv), R"({"$map":[[7,1]]})");
  EXPECT_EQ(shown("}(K\x07K\x01u."sv, Types::plain), R"({"7":1})");
}

}  // namespace
}  // namespace cachetted::codecs
