// The TTL policy: what a write gets that names none, and what becomes of one outside the bounds.
#include <gtest/gtest.h>

#include <set>

#include "pipeline/pipeline.h"
#include "tests/unit/ask.h"
#include "tests/unit/unasked_feed.h"

namespace cachetted {
namespace {

using config::Ttl;
using metrics::TtlBound;

class TtlPolicy : public testing::Test {
 protected:
  Pipeline& pipeline(const Ttl& ttl, std::vector<std::pair<std::string, Ttl>> routes = {}) {
    auto c = std::make_shared<config::Config>();
    c->ttl = ttl;
    for (auto& [prefix, policy] : routes) c->routes.push_back({prefix, policy, {}});
    pipeline_ = std::make_unique<Pipeline>(c, cells_, host_, feed_);
    return *pipeline_;
  }
  static constexpr int64_t kRefused = INT64_MIN;
  // Milliseconds that the request leaves with, 0 for never; kRefused when it was answered on the spot.
  int64_t forwarded(Ask a) {
    Request& r = a.request();
    if (pipeline_->forward(r) != Pipeline::Forward::submit) {
      status_ = r.reply.status;
      text_ = r.reply.text;
      return kRefused;
    }
    options_ = r.options;
    return r.expiry == kNever ? 0 : r.expiry - host_.now();
  }
  Ask set(int64_t ttl = 0) { return Ask(Op::set, "k", "v").expiry(ttl == 0 ? kNever : host_.now() + ttl); }
  uint64_t count(metrics::CounterCell c) const { return cells_.value(c); }
  uint64_t clamped(TtlBound b) const { return count(metrics::metric::ttl_clamped(b)); }

  RecordingHost host_;
  UnaskedFeed feed_;
  metrics::Cells cells_{1};
  std::unique_ptr<Pipeline> pipeline_;
  Status status_ = Status::pending;
  std::string text_;
  uint32_t options_ = 0;
};

TEST_F(TtlPolicy, TableOfPlainAndTimedWrites) {
  const struct {
    const char* what;
    Ttl ttl;
    int64_t named, expected;  // milliseconds, 0 for none
  } cases[] = {
      {"default", {.default_ms = 60'000}, 0, 60'000},
      {"no default", {.default_ms = 0}, 0, 0},
      {"no bounds keep what is named", {.default_ms = 60'000}, 1, 1},
      {"no bounds keep two weeks", {.default_ms = 60'000}, 14 * 86'400'000ll, 14 * 86'400'000ll},
      {"no default, but a maximum", {.default_ms = 0, .max_ms = 5000}, 0, 5000},
      {"a default over the maximum", {.default_ms = 60'000, .max_ms = 5000}, 0, 5000},
      {"a default under the maximum", {.default_ms = 1000, .max_ms = 5000}, 0, 1000},
      {"under the minimum", {.default_ms = 0, .min_ms = 1000}, 1, 1000},
      {"one under the minimum", {.default_ms = 0, .min_ms = 1000}, 999, 1000},
      {"at the minimum", {.default_ms = 0, .min_ms = 1000}, 1000, 1000},
      {"over the maximum", {.default_ms = 0, .max_ms = 5000}, 5001, 5000},
      {"at the maximum", {.default_ms = 0, .max_ms = 5000}, 5000, 5000},
      {"inside", {.default_ms = 0, .min_ms = 1000, .max_ms = 5000}, 3000, 3000},
      {"reject leaves what is inside",
       {.min_ms = 1000, .max_ms = 5000, .on_violation = Ttl::OnViolation::reject},
       3000,
       3000},
      {"reject", {.min_ms = 1000, .max_ms = 5000, .on_violation = Ttl::OnViolation::reject}, 999, kRefused},
      {"reject", {.min_ms = 1000, .max_ms = 5000, .on_violation = Ttl::OnViolation::reject}, 5001, kRefused},
      {"reject takes a plain write",
       {.default_ms = 2000, .max_ms = 5000, .on_violation = Ttl::OnViolation::reject},
       0,
       2000},
  };
  for (const auto& c : cases) {
    pipeline(c.ttl);
    EXPECT_EQ(forwarded(set(c.named)), c.expected) << c.what;
  }
}

TEST_F(TtlPolicy, WhatHasPassedIsNeverClamped) {
  pipeline({.default_ms = 60'000, .min_ms = 1000, .max_ms = 5000});
  EXPECT_EQ(forwarded(Ask(Op::set, "k", "v").expiry(kPast)), kPast - host_.now());
  EXPECT_EQ(forwarded(Ask(Op::set, "k", "v").expiry(host_.now())), 0);
  EXPECT_EQ(forwarded(Ask(Op::expire, "k").expiry(host_.now() - 1)), -1);
  EXPECT_EQ(forwarded(Ask(Op::expire, "k").expiry(kPast)), kPast - host_.now());
  pipeline({.min_ms = 1000, .on_violation = Ttl::OnViolation::reject});
  EXPECT_EQ(forwarded(Ask(Op::expire, "k").expiry(kPast)), kPast - host_.now());
  EXPECT_EQ(clamped(TtlBound::min) + clamped(TtlBound::max), 0u);
  EXPECT_EQ(count(metrics::metric::ttl_rejected()), 0u);
}

TEST_F(TtlPolicy, ClampsAreCountedByBound) {
  pipeline({.default_ms = 0, .min_ms = 1000, .max_ms = 5000});
  for (int64_t ttl : {1, 999, 1000, 3000, 5000, 5001, 6000, 7000}) forwarded(set(ttl));
  EXPECT_EQ(clamped(TtlBound::min), 2u);
  EXPECT_EQ(clamped(TtlBound::max), 3u);
  EXPECT_EQ(forwarded(Ask(Op::expire, "k").expiry(host_.now() + 1)), 1000);
  EXPECT_EQ(forwarded(Ask(Op::get, "k").options(kTouch).expiry(host_.now() + 9000)), 5000);
  EXPECT_EQ(clamped(TtlBound::min), 3u);
  EXPECT_EQ(clamped(TtlBound::max), 4u);
}

TEST_F(TtlPolicy, RefusalsNameTheBound) {
  pipeline({.min_ms = 1000, .max_ms = 5000, .on_violation = Ttl::OnViolation::reject});
  EXPECT_EQ(forwarded(set(10)), kRefused);
  EXPECT_EQ(status_, Status::ttl_rejected);
  EXPECT_NE(text_.find("ttl.min (1000 ms)"), text_.npos) << text_;
  EXPECT_EQ(forwarded(Ask(Op::expire, "k").expiry(host_.now() + 6000)), kRefused);
  EXPECT_EQ(status_, Status::ttl_rejected);
  EXPECT_NE(text_.find("ttl.max (5000 ms)"), text_.npos) << text_;
  EXPECT_EQ(forwarded(Ask(Op::get, "k").options(kTouch).expiry(host_.now() + 6000)), kRefused);
  EXPECT_EQ(count(metrics::metric::ttl_rejected()), 3u);
}

TEST_F(TtlPolicy, EveryWriteThatMayCreateAKeyGetsTheDefaultForIt) {
  pipeline({.default_ms = 7000});
  for (Op op : {Op::set, Op::append, Op::add_integer, Op::add_unsigned, Op::add_float, Op::set_range, Op::set_bit}) {
    EXPECT_EQ(forwarded(Ask(op, "k", "1").options(op == Op::set ? 0u : kKeepTtl)), 7000) << row(op).name;
  }
  EXPECT_EQ(forwarded(set().options(kKeepTtl)), 7000) << "in case the key is new";
  EXPECT_TRUE(options_ & kKeepTtl);
  EXPECT_EQ(forwarded(Ask(Op::set_many).words({"a", "1"})), 7000);
}

TEST_F(TtlPolicy, ReadsAndOtherOperationsPassUntouched) {
  pipeline({.default_ms = 7000, .min_ms = 1000, .max_ms = 9000});
  const std::set<Op> touched = {Op::set,          Op::set_many,  Op::append,    Op::add_integer,
                                Op::add_unsigned, Op::add_float, Op::set_range, Op::set_bit,
                                Op::rename,       Op::copy,      Op::move,      Op::expire};
  for (int i = 0; i < kOpCount; ++i) {
    Op op = static_cast<Op>(i);
    if (touched.contains(op)) continue;
    EXPECT_EQ(forwarded(Ask(op, "k", "v")), 0) << row(op).name;
    EXPECT_EQ(options_, 0u) << row(op).name;
  }
}

// memcached's 0: a new expiry that names no time.
TEST_F(TtlPolicy, ATouchWithoutATimeGetsTheDefault) {
  pipeline({.default_ms = 7000});
  EXPECT_EQ(forwarded(Ask(Op::expire, "k")), 7000);
  EXPECT_EQ(forwarded(Ask(Op::get, "k").options(kTouch)), 7000);
  EXPECT_EQ(forwarded(Ask(Op::get_many).words({"k", "l"}).options(kTouch)), 7000);
  EXPECT_EQ(forwarded(Ask(Op::invalidate, "k").options(kMarkStale | kTouch)), 7000);
  EXPECT_EQ(forwarded(Ask(Op::invalidate, "k").options(kMarkStale)), 0);
  pipeline({.default_ms = 0});
  EXPECT_EQ(forwarded(Ask(Op::expire, "k")), 0);
  EXPECT_TRUE(options_ & kPersist) << "no default: it never expires";
}

TEST_F(TtlPolicy, JitterTakesOffAtMostItsShareOfTheDefault) {
  pipeline({.default_ms = 100'000, .jitter = 20});
  int64_t least = INT64_MAX, most = 0;
  for (int i = 0; i < 5000; ++i) {
    int64_t ttl = forwarded(set());
    least = std::min(least, ttl);
    most = std::max(most, ttl);
  }
  EXPECT_GE(least, 80'000);
  EXPECT_LT(least, 81'000);
  EXPECT_LE(most, 100'000);
  EXPECT_GT(most, 99'000);
  EXPECT_EQ(forwarded(set(50'000)), 50'000) << "what a client names is kept";
}

TEST_F(TtlPolicy, JitterStaysAboveTheMinimumAndZero) {
  pipeline({.default_ms = 1000, .min_ms = 900, .jitter = 100});
  for (int i = 0; i < 1000; ++i) {
    int64_t ttl = forwarded(set());
    ASSERT_GE(ttl, 900);
    ASSERT_LE(ttl, 1000);
  }
  pipeline({.default_ms = 3, .jitter = 100});
  for (int i = 0; i < 1000; ++i) ASSERT_GE(forwarded(set()), 1);
}

TEST_F(TtlPolicy, PersistBecomesTheMaximumWhereThereIsOne) {
  pipeline({.default_ms = 60'000});
  EXPECT_EQ(forwarded(Ask(Op::expire, "k").options(kPersist | kIfTtl)), 0);
  EXPECT_EQ(options_, kPersist | kIfTtl);
  EXPECT_EQ(forwarded(Ask(Op::get, "k").options(kPersist)), 0);
  EXPECT_EQ(options_, static_cast<uint32_t>(kPersist));
  pipeline({.default_ms = 60'000, .max_ms = 86'400'000});
  EXPECT_EQ(forwarded(Ask(Op::expire, "k").options(kPersist | kIfTtl)), 86'400'000);
  EXPECT_FALSE(options_ & kPersist);
  EXPECT_TRUE(options_ & kIfTtl);
  EXPECT_EQ(forwarded(Ask(Op::get, "k").options(kPersist)), 86'400'000);
  EXPECT_EQ(options_, static_cast<uint32_t>(kTouch));
  EXPECT_EQ(clamped(TtlBound::max), 2u);
}

TEST_F(TtlPolicy, TheLongestPrefixWins) {
  pipeline({.default_ms = 1000}, {{"session:", {.default_ms = 2000}},
                                  {"session:admin:", {.default_ms = 3000, .max_ms = 3000}},
                                  {"s", {.default_ms = 0}}});
  EXPECT_EQ(forwarded(Ask(Op::set, "other", "v")), 1000);
  EXPECT_EQ(forwarded(Ask(Op::set, "session:1", "v")), 2000);
  EXPECT_EQ(forwarded(Ask(Op::set, "session:", "v")), 2000);
  EXPECT_EQ(forwarded(Ask(Op::set, "session", "v")), 0);
  EXPECT_EQ(forwarded(Ask(Op::set, "session:admin:1", "v")), 3000);
  EXPECT_EQ(forwarded(Ask(Op::set, "session:admin:1", "v").expiry(host_.now() + 9000)), 3000);
  EXPECT_EQ(forwarded(Ask(Op::set, "session:1", "v").expiry(host_.now() + 9000)), 9000);
  EXPECT_EQ(forwarded(Ask(Op::set, "", "v")), 1000);
}

TEST_F(TtlPolicy, ANewNameBoundsTheExpiryThatTheKeyBrings) {
  pipeline({.default_ms = 1000}, {{"short:", {.default_ms = 1000, .max_ms = 5000}}});
  for (Op op : {Op::rename, Op::copy}) {
    EXPECT_EQ(forwarded(Ask(op, "long:a", "short:a")), 5000) << row(op).name;
    EXPECT_EQ(forwarded(Ask(op, "short:a", "long:a")), 0) << row(op).name;
  }
  EXPECT_EQ(forwarded(Ask(Op::move, "short:a")), 5000);
  EXPECT_EQ(forwarded(Ask(Op::move, "long:a")), 0);
}

TEST_F(TtlPolicy, WritesThatGetTheDefaultAreCounted) {
  pipeline({.default_ms = 1000});
  forwarded(set());
  forwarded(set(500));
  forwarded(Ask(Op::get, "k"));
  forwarded(Ask(Op::add_unsigned, "k"));  // keeps the TTL of a key that is there
  EXPECT_EQ(count(metrics::metric::ttl_defaulted()), 1u);
  pipeline({.default_ms = 0});
  forwarded(set());
  EXPECT_EQ(count(metrics::metric::ttl_defaulted()), 1u) << "there is none";
}

TEST_F(TtlPolicy, EachKeyOfManyHasItsOwnPolicy) {
  pipeline({.default_ms = 1000}, {{"a:", {.default_ms = 2000}}, {"b:", {.default_ms = 0}}});
  Ask a = Ask(Op::set_many).words({"a:1", "v", "b:1", "v", "c", "v"});
  Request& r = a.request();
  ASSERT_EQ(pipeline_->forward(r), Pipeline::Forward::submit);
  ASSERT_NE(r.expiries, nullptr);
  EXPECT_EQ(r.expiries[0], host_.now() + 2000);
  EXPECT_EQ(r.expiries[1], kNever);
  EXPECT_EQ(r.expiries[2], host_.now() + 1000);
}

TEST_F(TtlPolicy, EachKeyOfManyHasItsOwnJitter) {
  pipeline({.default_ms = 1'000'000, .jitter = 50});
  std::vector<std::string> words(200, "v");
  Ask a = Ask(Op::set_many).words(words);
  Request& r = a.request();
  ASSERT_EQ(pipeline_->forward(r), Pipeline::Forward::submit);
  ASSERT_NE(r.expiries, nullptr);
  std::set<int64_t> different(r.expiries, r.expiries + 100);
  EXPECT_GT(different.size(), 50u);
}

TEST_F(TtlPolicy, OneExpiryServesManyKeysThatDoNotDiffer) {
  pipeline({.default_ms = 1000});
  Ask a = Ask(Op::set_many).words({"a", "v", "b", "v"});
  ASSERT_EQ(pipeline_->forward(a.request()), Pipeline::Forward::submit);
  EXPECT_EQ(a.request().expiries, nullptr);
  EXPECT_EQ(a.request().expiry, host_.now() + 1000);
}

TEST_F(TtlPolicy, GroupsApplyItToEachChild) {
  pipeline({.default_ms = 1000, .max_ms = 5000, .on_violation = Ttl::OnViolation::reject});
  std::deque<Ask> children;
  children.push_back(Ask(Op::set, "a", "v"));
  children.push_back(Ask(Op::set, "b", "v").expiry(host_.now() + 9000));
  children.push_back(Ask(Op::get, "c"));
  children.push_back(Ask(Op::set, "d", "v"));
  Ask group = Ask(Op::group).children(children);
  Request& r = group.request();
  r.children->next->next->next->reply.status = Status::invalid;  // failed to decode
  EXPECT_EQ(pipeline_->forward(r), Pipeline::Forward::submit);
  Request* c = r.children;
  EXPECT_EQ(c->expiry, host_.now() + 1000);
  EXPECT_EQ((c = c->next)->reply.status, Status::ttl_rejected);
  EXPECT_EQ((c = c->next)->reply.status, Status::pending);
  EXPECT_EQ((c = c->next)->reply.status, Status::invalid);
  EXPECT_EQ(c->expiry, kNever);
}

TEST_F(TtlPolicy, DescribesItselfInWords) {
  EXPECT_EQ(describe_policy({.default_ms = 60'000}),
            "a plain SET expires after 60 s; any TTL that a client names is kept");
  EXPECT_EQ(describe_policy({.default_ms = 0}), "a plain SET never expires; any TTL that a client names is kept");
  EXPECT_EQ(describe_policy({.default_ms = 7'200'000, .min_ms = 500, .max_ms = 86'400'000, .jitter = 10}),
            "a plain SET expires after 2 h, up to 10% sooner; a TTL under 500 ms or over 1 d is moved to that bound");
  EXPECT_EQ(describe_policy({.default_ms = 0, .max_ms = 5000, .on_violation = Ttl::OnViolation::reject}),
            "a plain SET expires after 5 s; a TTL over 5 s is refused");
}

}  // namespace
}  // namespace cachetted
