// The pickle file, written and read: tests/system/pickle_file.py does the same with Python and the library itself.
#include <map>

#include "backends/pickle/objects.h"
#include "backends/pickle/pickle_file.h"
#include "codecs/envelope.h"
#include "codecs/pickle.h"
#include "tests/unit/backends/pickle/folder.h"

namespace cachetted::pickle {
namespace {

using memory::Form;

struct Kept {
  std::string value;
  Form form;
  uint32_t flags;
  int64_t expiry;
  bool operator==(const Kept&) const = default;
};
using Content = std::map<std::string, Kept>;

std::string written(const Content& content) {
  std::string out;
  PickleFileWriter w(out);
  w.begin();
  for (const auto& [key, k] : content) w.add({key, k.form, k.flags, k.expiry, k.value});
  w.end();
  return out;
}

bool read(std::string_view file, Content& content, std::string& why) {
  content.clear();
  return read_pickle_file(
      file,
      [&](const FileEntry& e) {
        content[std::string(e.key)] = {std::string(e.value), e.form, e.flags, e.expiry};
      },
      why);
}

Content mixed() {
  const std::string envelope = make_envelope(5) + "inside";
  return {
      {"text", {"h\xc3\xa9llo", Form::plain, 0, 5000}},
      {"empty", {"", Form::plain, 0, 5000}},
      {"bytes", {std::string("\xff\x00\x80", 3), Form::plain, 0, kNever}},
      {"flags", {"v", Form::plain, 0xfedcba98, 7000}},
      {"flags and bytes", {"\xff", Form::plain, 1, 7000}},
      {"looks like an envelope", {envelope, Form::plain, 0, 7000}},
      {"looks like a pickle", {make_object("\x80\x04N."), Form::plain, 0, 7000}},
      {"bytes that are UTF-8", {"abc", Form::foreign, 0, 7000}},
      {"int", {make_object(pickle_digits("-42")), Form::foreign, 0, 7000}},
      {std::string("\xff key", 5), {"v", Form::plain, 0, 7000}},
      {std::string("\0", 1), {std::string(300, 'x'), Form::plain, 0, 7000}},
      {std::string(1000, 'k'), {std::string(70'000, '\xfe'), Form::plain, 0, 7000}},
      {"", {"under no name", Form::plain, 0, 7000}},
  };
}

TEST(PickleFile, IsReadAsItWasWritten) {
  Content content = mixed(), back;
  for (int i = 0; i < 2500; ++i) content["key" + std::to_string(i)] = {std::to_string(i), Form::plain, 0, 9000};
  std::string why;
  ASSERT_TRUE(read(written(content), back, why)) << why;
  EXPECT_EQ(back, content);
}

TEST(PickleFile, SecondsAreRoundedUp) {
  Content back;
  std::string why;
  ASSERT_TRUE(read(written({{"a", {"v", Form::plain, 0, 5001}}, {"b", {"v", Form::plain, 0, 4999}}}), back, why));
  EXPECT_EQ(back["a"].expiry, 6000);
  EXPECT_EQ(back["b"].expiry, 5000);
}

TEST(PickleFile, NoPartOfOneIsTakenForAWholeOne) {
  const std::string file = written(mixed());
  Content back;
  std::string why;
  for (size_t cut = 0; cut < file.size(); cut += cut < 3000 ? 1 : 997) {
    ASSERT_FALSE(read(std::string_view(file).substr(0, cut), back, why)) << cut;
    ASSERT_FALSE(why.empty());
  }
}

TEST(PickleFile, ABadByteHarmsNobody) {
  const std::string file = written(mixed()).substr(0, 2000);
  Content back;
  std::string why;
  for (size_t at = 0; at < file.size(); ++at)
    for (char bit : {'\x01', '\x10', '\x80'}) {
      std::string bad = file;
      bad[at] = static_cast<char>(bad[at] ^ bit);
      read(bad, back, why);
    }
}

TEST(PickleFile, OtherNamesAreRefused) {
  Content back;
  std::string why;
  EXPECT_FALSE(read("cos\nsystem\n(S'true'\ntR.", back, why));
  EXPECT_EQ(why, "it is no dict at byte 22");
}

TEST(PickleFile, AValueOfAnotherNameIsRefusedByIt) {
  Content back;
  std::string why;
  const std::string file = std::string("\x80\x04}(\x8c\x01k\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85Ru.", 34);
  EXPECT_FALSE(read(file, back, why));
  EXPECT_EQ(why.substr(0, why.find(" at ")), "refused global 'posix.system'");
  const std::string plain = std::string("\x80\x04}(\x8c\x01k\x8c\x01vu.", 12);
  EXPECT_FALSE(read(plain, back, why));
  EXPECT_EQ(why.substr(0, why.find(" at ")), "a value that is no cachette.backends.pickle.Value");
}

// A list of one long text again and again takes its room once, as in Python.
TEST(PickleFile, ALongTextIsNotRepeated) {
  std::string object("\x80\x04](X", 5);
  object += std::string("\x10\x27\0\0", 4) + std::string(10'000, 'x') + "\x94";
  for (int i = 0; i < 10'000; ++i) object += std::string("h\0", 2);
  object += "e.";
  Content back;
  std::string why;
  ASSERT_TRUE(read(written({{"k", {make_object(object), Form::foreign, 0, 9000}}}), back, why)) << why;
  EXPECT_EQ(back["k"].form, Form::foreign);
  EXPECT_LT(back["k"].value.size(), 100'000u);
  const std::string again = back["k"].value;
  ASSERT_TRUE(read(written(back), back, why)) << why;
  EXPECT_EQ(back["k"].value, again);
}

TEST(Objects, OnlyTheTableItselfMakesThem) {
  const std::string like = make_object(pickle_digits("1"));
  EXPECT_TRUE(object_of(Form::foreign, like));
  for (Form f : {Form::plain, Form::text, Form::edited}) EXPECT_FALSE(object_of(f, like));
  EXPECT_FALSE(object_of(Form::foreign, "abc"));
}

TEST(Objects, IntegersAreCountedOn) {
  for (std::string_view n :
       {"0", "1", "-1", "127", "-128", "9223372036854775807", "-9223372036854775808", "255", "256", "65536", "-129",
        "2147483647", "2147483648", "-2147483648", "-2147483649", "1099511627776", "18446744073709551615"}) {
    EXPECT_EQ(digits_of(pickle_digits(n)), n);
  }
  EXPECT_EQ(digits_of(pickle_digits("7   ")), "7");
  EXPECT_EQ(digits_of(std::string_view("\x80\x04\x88.", 4)), std::nullopt) << "True";
  EXPECT_EQ(digits_of(std::string_view("\x80\x04].", 4)), std::nullopt);
  EXPECT_EQ(kind_of(std::string_view("\x80\x04].", 4)), "list");
}

// A list that holds itself and a shared one, whose places of the memo move.
TEST(Objects, AreEmbeddedWithTheirSharedParts) {
  const std::string_view pickle(
      "\x80\x04\x95\x0c\0\0\0\0\0\0\0]\x94(h\0]\x94h\x01"
      "e.",
      22);
  std::string to = "before";
  ASSERT_TRUE(embed(pickle, 16, to));
  EXPECT_EQ(to, std::string("before]r\x10\0\0\0(j\x10\0\0\0]r\x11\0\0\0j\x11\0\0\0e", 30));
  to = "before";
  EXPECT_FALSE(embed(pickle.substr(0, 15), 16, to));
  EXPECT_EQ(to, "before");
}

TEST(Utf8, AsPythonDecodesIt) {
  for (std::string_view good : {"", "abc", "12345678h\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (std::string_view bad : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                               "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "1234567\xc3"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

}  // namespace
}  // namespace cachetted::pickle
