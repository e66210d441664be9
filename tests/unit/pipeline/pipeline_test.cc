// The two directions: what is answered on the spot, what a reply counts for, and reloads.
#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include "tests/unit/ask.h"
#include "tests/unit/unasked_feed.h"

namespace cachetted {
namespace {

using metrics::Protocol;

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() : pipeline_(std::make_shared<config::Config>(), cells_, host_, feed_) {}
  uint64_t hits(Protocol p = Protocol::resp) const { return cells_.value(metrics::metric::hits(p)); }
  uint64_t misses(Protocol p = Protocol::resp) const { return cells_.value(metrics::metric::misses(p)); }
  void reply(Op op, Status status, uint8_t wire = 2) {
    Request r;
    r.op = op;
    r.wire = wire;
    r.reply.status = status;
    pipeline_.backward(r);
  }

  RecordingHost host_;
  UnaskedFeed feed_;
  metrics::Cells cells_{1};
  Pipeline pipeline_;
};

TEST_F(PipelineTest, CountsHitsAndMissesByProtocol) {
  reply(Op::get, Status::ok);
  reply(Op::get, Status::ok, 3);
  reply(Op::get, Status::miss);
  reply(Op::get, Status::ok, 0);
  reply(Op::set, Status::ok);
  reply(Op::length, Status::miss);
  EXPECT_EQ(hits(), 2u);
  EXPECT_EQ(misses(), 1u);
  EXPECT_EQ(hits(Protocol::memcache), 1u);
}

TEST_F(PipelineTest, CountsEachKeyOfMany) {
  Value values[5];
  values[1].found = values[3].found = true;
  Request r;
  r.op = Op::get_many;
  r.wire = 3;
  r.reply.status = Status::ok;
  r.reply.items = values;
  pipeline_.backward(r);
  EXPECT_EQ(hits(), 2u);
  EXPECT_EQ(misses(), 3u);
}

TEST_F(PipelineTest, CountsTheChildrenOfAGroup) {
  std::deque<Ask> children;
  for (Status s : {Status::ok, Status::miss, Status::miss}) {
    children.push_back(Ask(Op::get, "k"));
    children.back().request().reply.status = s;
    children.back().request().wire = 2;
  }
  Ask group = Ask(Op::group).children(children);
  pipeline_.backward(group.request());
  EXPECT_EQ(hits(), 1u);
  EXPECT_EQ(misses(), 2u);
}

TEST_F(PipelineTest, ErrorsAndAbortedGroupsAreNoMisses) {
  reply(Op::get, Status::unavailable);
  reply(Op::get, Status::ttl_rejected);
  std::deque<Ask> children;
  children.push_back(Ask(Op::get, "k"));  // never ran: still pending
  children.back().request().wire = 2;
  Ask group = Ask(Op::group).children(children);
  group.request().reply.status = Status::aborted;
  pipeline_.backward(group.request());
  EXPECT_EQ(hits(), 0u);
  EXPECT_EQ(misses(), 0u);
}

TEST_F(PipelineTest, RefusesWhatTheBackendCannot) {
  Caps caps;
  caps.ops = uint64_t{1} << static_cast<int>(Op::get);
  pipeline_.serve(caps);
  Ask get(Op::get, "k"), append(Op::append, "k", "v");
  EXPECT_EQ(pipeline_.forward(get.request()), Pipeline::Forward::submit);
  Request& r = append.request();
  EXPECT_EQ(pipeline_.forward(r), Pipeline::Forward::answered);
  EXPECT_EQ(r.reply.status, Status::unsupported);
  EXPECT_NE(r.reply.text.find("append"), r.reply.text.npos) << r.reply.text;
}

TEST_F(PipelineTest, AReloadChangesThePolicyAtOnce) {
  auto c = std::make_shared<config::Config>();
  c->ttl.default_ms = 5000;
  c->routes.push_back({"a:", {.default_ms = 6000}, {}});
  pipeline_.reconfigure(c);
  Ask plain(Op::set, "k", "v"), routed(Op::set, "a:k", "v");
  EXPECT_EQ(pipeline_.forward(plain.request()), Pipeline::Forward::submit);
  EXPECT_EQ(pipeline_.forward(routed.request()), Pipeline::Forward::submit);
  EXPECT_EQ(plain.request().expiry, host_.now() + 5000);
  EXPECT_EQ(routed.request().expiry, host_.now() + 6000);
}

TEST_F(PipelineTest, InspectionTellsTheRoute) {
  auto c = std::make_shared<config::Config>();
  c->routes.push_back({"a:", {}, {}});
  pipeline_.reconfigure(c);
  Ask routed(Op::inspect, "a:k"), other(Op::inspect, "k");
  pipeline_.forward(routed.request());
  EXPECT_EQ(routed.request().value, "a:");
  Request& r = other.request();
  pipeline_.forward(r);
  EXPECT_EQ(r.value, "(none)");
}

}  // namespace
}  // namespace cachetted
