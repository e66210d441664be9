// An entry keeps what it is given, whatever of its optional parts it has.
#include "backends/memory/entry.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace cachetted::memory {
namespace {

constexpr int64_t kFar = int64_t{1} << 48;

void expect(Entry* e, const std::string& key, const std::string& value, int64_t expiry, uint32_t flags) {
  EXPECT_EQ(e->key(), key);
  EXPECT_EQ(e->value(), value);
  EXPECT_EQ(e->expiry(), expiry);
  EXPECT_EQ(e->flags(), flags);
  EXPECT_EQ(e->has_blob(), value.size() > kInlineValue);
  EXPECT_GE(e->footprint(), Entry::kHeader + key.size() + value.size());
}

TEST(Entry, HoldsEveryCombinationOfParts) {
  for (size_t key_size : {0u, 1u, 7u, 250u, 65'536u}) {
    for (size_t value_size : {0u, 1u, 100u, 4095u, 4096u, 4097u, 1'000'000u}) {
      for (int64_t expiry : {kNever, kPast, int64_t{1'700'000'000'000}, kFar - 1, kFar, INT64_MAX}) {
        for (uint32_t flags : {0u, 1u, UINT32_MAX}) {
          std::string key(key_size, 'k'), value(value_size, 'v');
          Entry* e = Entry::create({key, value, expiry, flags});
          expect(e, key, value, expiry, flags);
          Entry::destroy(e);
        }
      }
    }
  }
}

TEST(Entry, MarksDoNotDisturbEachOther) {
  std::mt19937_64 random(41);
  Entry* e = Entry::create({"key", "value", 1'700'000'000'000, 7});
  for (int i = 0; i < 1000; ++i) {
    auto access = static_cast<uint32_t>(random() & 0x7FFFFFFF);
    uint64_t cas = random() & ((uint64_t{1} << 48) - 1);
    auto uses = static_cast<unsigned>(random() % 4);
    bool in_main = random() % 2 == 0;
    auto form = static_cast<Form>(random() % 3);
    e->set_access(access);
    e->set_cas(cas);
    e->set_uses(uses);
    e->set_in_main(in_main);
    e->set_form(form);
    ASSERT_EQ(e->access(), access);
    ASSERT_EQ(e->cas(), cas);
    ASSERT_EQ(e->uses(), uses);
    ASSERT_EQ(e->in_main(), in_main);
    ASSERT_EQ(e->form(), form);
    expect(e, "key", "value", 1'700'000'000'000, 7);
  }
  EXPECT_FALSE(e->fetched());
  e->set_fetched();
  EXPECT_TRUE(e->fetched());
  Entry::destroy(e);
}

TEST(Entry, TakesAnotherExpiryWhereItNeedsNoOtherRoom) {
  Entry* near = Entry::create({"k", "v", 5, 0});
  EXPECT_TRUE(near->set_expiry(kNever));
  EXPECT_TRUE(near->set_expiry(kFar - 1));
  EXPECT_FALSE(near->set_expiry(kFar));
  expect(near, "k", "v", kFar - 1, 0);
  Entry* far = Entry::create({"k", "v", kFar, 3});
  EXPECT_TRUE(far->set_expiry(INT64_MAX));
  EXPECT_FALSE(far->set_expiry(kNever));
  expect(far, "k", "v", INT64_MAX, 3);
  Entry::destroy(near);
  Entry::destroy(far);
}

TEST(Entry, IsFilledAnewInPlaceAndKeepsItsQueue) {
  Entry* e = Entry::create({"key", std::string(100, 'a'), kFar, 9});
  e->set_in_main(true);
  e->set_uses(2);
  e->set_fetched();
  e->set_form(Form::edited);
  e->refill({"key", "short", 5, 0});
  expect(e, "key", "short", 5, 0);
  EXPECT_TRUE(e->in_main());
  EXPECT_EQ(e->uses(), 2u);
  EXPECT_FALSE(e->fetched());
  EXPECT_EQ(e->form(), Form::plain);
  Entry::destroy(e);
}

TEST(Entry, SharesItsBlob) {
  Blob* blob = Blob::create(5000);
  blob->size = 3;
  std::memcpy(blob->data(), "abc", 3);
  blob->retain();
  Entry* e = Entry::create({"k", blob->view(), kNever, 0, blob});
  EXPECT_TRUE(e->has_blob());
  EXPECT_EQ(e->value(), "abc");
  EXPECT_EQ(e->value().data(), blob->data());
  EXPECT_FALSE(blob->sole());
  Entry::destroy(e);
  EXPECT_TRUE(blob->sole());
  blob->release();
}

}  // namespace
}  // namespace cachetted::memory
