// What a request and its reply keep when they outlive the memory that they were read into.
#include "core/request.h"

#include <gtest/gtest.h>

#include <deque>

#include "tests/unit/ask.h"

namespace cachetted {
namespace {

// An Ask whose words are overwritten before the request is looked at, as a read buffer is by the next read.
template <class Look>
void check_kept(Ask a, Look look) {
  auto owned = std::make_unique<Ask>(std::move(a));
  Request r = owned->request();
  keep_asked(r);
  keep_asked(r);  // where it waits again
  owned.reset();
  EXPECT_TRUE(r.whole);
  look(r);
  release_all(r);
  EXPECT_EQ(r.words, nullptr);
}

const std::string kLong(3000, 'v');

TEST(KeepAsked, KeyAndValue) {
  check_kept(Ask(Op::set, "a key longer than a short string is", kLong), [](const Request& r) {
    EXPECT_EQ(r.key, "a key longer than a short string is");
    EXPECT_EQ(r.value, kLong);
  });
}

TEST(KeepAsked, WordsAndAnExpiryForEach) {
  check_kept(Ask(Op::get_many).words({"one", "", kLong}).expiries({5, 6, 7}), [](const Request& r) {
    ASSERT_EQ(r.args.size(), 3u);
    EXPECT_EQ(r.args[0], "one");
    EXPECT_EQ(r.args[1], "");
    EXPECT_EQ(r.args[2], kLong);
    EXPECT_EQ(r.expiries[2], 7);
  });
}

TEST(KeepAsked, PairsHaveAnExpiryForEachPair) {
  check_kept(Ask(Op::set_many).words({"k", kLong, "l", "w"}).expiries({8, 9}), [](const Request& r) {
    ASSERT_EQ(r.args.size(), 4u);
    EXPECT_EQ(r.args[1], kLong);
    EXPECT_EQ(r.expiries[0], 8);
    EXPECT_EQ(r.expiries[1], 9);
  });
}

TEST(KeepAsked, WhatIsNotThereStaysSo) {
  check_kept(Ask(Op::count), [](const Request& r) {
    EXPECT_EQ(r.key.data(), nullptr);
    EXPECT_EQ(r.value.data(), nullptr);
    EXPECT_EQ(r.expiries, nullptr);
  });
}

TEST(KeepAsked, ChildrenOfAGroupAndWhatTheyAnswerAlready) {
  auto children = std::make_unique<std::deque<Ask>>();
  children->push_back(Ask(Op::set, "k", kLong));
  children->push_back(Ask(Op::local));
  Ask group = Ask(Op::group).children(*children);
  Request r = group.request();
  Request child[] = {(*children)[0].request(), (*children)[1].request()};
  r.children = &child[0];
  child[0].next = &child[1];
  std::string answer(kLong);
  child[1].reply.status = Status::ok;
  child[1].reply.value.data = answer.data();
  child[1].reply.value.size = static_cast<uint32_t>(answer.size());
  keep_asked(r);
  children.reset();
  answer.assign(answer.size(), '?');
  EXPECT_EQ(child[0].value, kLong);
  EXPECT_EQ(child[1].reply.value.view(), kLong);
  for (Request* each : {&r, &child[0], &child[1]}) release_all(*each);
}

}  // namespace
}  // namespace cachetted
