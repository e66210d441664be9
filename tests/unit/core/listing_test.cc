// Lists of strings in blocks.
#include "core/listing.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace cachetted {
namespace {

TEST(Listing, GivesBackWhatWasAddedInOrder) {
  std::mt19937_64 random(17);
  Listing listing;
  std::vector<std::string> model;
  size_t bytes = 0, next = 0;
  std::string_view s;
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 500 == 0 ? 60'000 + random() % 20'000 : random() % 40, static_cast<char>('a' + i % 26));
    listing.add(text);
    bytes += text.size();
    model.push_back(std::move(text));
    if (i == 10'000) {  // reading may begin before adding ends
      for (; next < 5000; ++next) {
        ASSERT_TRUE(listing.next(s));
        ASSERT_EQ(s, model[next]);
      }
    }
  }
  EXPECT_EQ(listing.size(), model.size());
  EXPECT_EQ(listing.bytes(), bytes);
  for (; next < model.size(); ++next) {
    ASSERT_TRUE(listing.next(s));
    ASSERT_EQ(s, model[next]);
  }
  EXPECT_FALSE(listing.next(s));
  EXPECT_FALSE(listing.next(s));
}

TEST(Listing, HoldsEmptyStrings) {
  Listing listing;
  std::string_view s;
  EXPECT_FALSE(listing.next(s));
  listing.add({});
  listing.add("");
  EXPECT_EQ(listing.size(), 2u);
  EXPECT_TRUE(listing.next(s));
  EXPECT_TRUE(listing.next(s));
  EXPECT_EQ(s, "");
  EXPECT_FALSE(listing.next(s));
}

}  // namespace
}  // namespace cachetted
