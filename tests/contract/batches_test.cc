// Many requests at once: order, one completion each, groups and watches; and caps() told against what is done.
#include "tests/contract/contract.h"

#include <random>

namespace cachetted::contract {
namespace {

CONTRACT_SUITE(Batches);
CONTRACT_SUITE(Groups);
CONTRACT_SUITE(Capabilities);

TEST_P(Batches, AnEmptyOneIsNothing) {
  uint64_t before = host_.completed;
  backend_->submit({});
  EXPECT_EQ(host_.completed, before);
}

TEST_P(Batches, RequestsOfOneSessionRunInTheirOrder) {
  NEEDS(Op::set, Op::get, Op::append);
  std::deque<Ask> asks;
  for (int i = 0; i < 100; ++i) {
    asks.push_back(Ask(Op::set, "k", std::to_string(i)));
    asks.push_back(Ask(Op::append, "k", "!").number(100));
    asks.push_back(Ask(Op::get, "k"));
  }
  Owner session;
  std::vector<Request*> batch;
  for (Ask& a : asks) {
    batch.push_back(&a.request());
    batch.back()->owner = &session;
  }
  uint64_t before = host_.completed;
  submit(*backend_, batch);
  for (Request* r : batch) finish(*backend_, host_, *r);
  EXPECT_EQ(host_.completed - before, batch.size());
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(answer_of(*batch[i * 3]).status, Status::ok);
    EXPECT_EQ(answer_of(*batch[i * 3 + 1]).number, static_cast<int64_t>(std::to_string(i).size() + 1));
    EXPECT_EQ(answer_of(*batch[i * 3 + 2]).value, std::to_string(i) + "!");
  }
}

TEST_P(Batches, EachIsCompletedOnceWithItsOwnValue) {
  NEEDS(Op::set, Op::get, Op::get_many);
  std::mt19937_64 random(79);
  for (int i = 0; i < 200; ++i) set("key:" + std::to_string(i), "value of key:" + std::to_string(i));
  for (int round = 0; round < 20; ++round) {
    std::deque<Ask> asks;
    std::vector<std::string> keys;
    for (int i = 0; i < 300; ++i) {
      keys.push_back("key:" + std::to_string(random() % 250));
      if (random() % 5 == 0) {
        asks.push_back(Ask(Op::get_many).words({"absent", keys.back(), keys.back()}));
      } else {
        asks.push_back(Ask(Op::get, keys.back()));
      }
    }
    std::vector<Request*> batch;
    for (Ask& a : asks) batch.push_back(&a.request());
    submit(*backend_, batch);
    for (size_t i = 0; i < batch.size(); ++i) {
      finish(*backend_, host_, *batch[i]);
      Op op = batch[i]->op;
      Answer a = answer_of(*batch[i]);
      bool there = std::stoi(keys[i].substr(4)) < 200;
      std::optional<std::string> expected = there ? std::optional("value of " + keys[i]) : std::nullopt;
      if (op == Op::get) {
        ASSERT_EQ(a.get(), expected);
      } else {
        ASSERT_THAT(a.items, testing::ElementsAre(std::nullopt, expected, expected));
      }
    }
    host_.end_tick();
  }
}

TEST_P(Groups, RunInOrderWithNobodyBetween) {
  NEEDS(Op::group, Op::set, Op::get, Op::add_integer, Op::remove, Op::get_many);
  std::deque<Ask> children;
  children.push_back(Ask(Op::set, "k", "5"));
  children.push_back(Ask(Op::add_integer, "k").number(2));
  children.push_back(Ask(Op::set, "text", "abc"));
  children.push_back(Ask(Op::add_integer, "text").number(1));
  children.push_back(Ask(Op::get_many).words({"k", "absent"}));
  children.push_back(Ask(Op::remove).words({"k"}));
  children.push_back(Ask(Op::get, "k"));
  Ask group = Ask(Op::group).children(children);
  Request& r = group.request();
  uint64_t before = host_.completed;
  Request* one[] = {&r};
  backend_->submit(one);
  finish(*backend_, host_, r);
  EXPECT_EQ(host_.completed - before, 1u) << "the group is completed, its children are not";
  EXPECT_EQ(answer_of(r).status, Status::ok);
  std::vector<Answer> answers;
  for (Ask& c : children) answers.push_back(answer_of(c.request()));
  EXPECT_EQ(answers[0].status, Status::ok);
  EXPECT_EQ(answers[1].number, 7);
  EXPECT_EQ(answers[3].status, Status::not_integer) << "an error stops nothing";
  EXPECT_THAT(answers[4].items, testing::ElementsAre("7", std::nullopt));
  EXPECT_EQ(answers[5].number, 1);
  EXPECT_EQ(answers[6].status, Status::miss);
  EXPECT_EQ(get("text"), "abc");
}

TEST_P(Groups, LeaveAloneWhatIsAnsweredAlready) {
  NEEDS(Op::group, Op::get);
  std::deque<Ask> children;
  children.push_back(Ask(Op::local));
  children.push_back(Ask(Op::set, "k", "v"));
  children.push_back(Ask(Op::get, "k"));
  children[0].request().reply.status = Status::ok;
  children[1].request().reply.status = Status::invalid;
  children[1].request().reply.text = "ERR syntax error";
  EXPECT_EQ(ask(Ask(Op::group).children(children)).status, Status::ok);
  EXPECT_EQ(answer_of(children[0].request()).status, Status::ok);
  EXPECT_EQ(answer_of(children[1].request()).text, "ERR syntax error");
  EXPECT_EQ(answer_of(children[2].request()).status, Status::miss);
  std::deque<Ask> none;
  EXPECT_EQ(ask(Ask(Op::group).children(none)).status, Status::ok);
}

TEST_P(Groups, AbortWhenAWatchedKeyChanged) {
  if (!caps_.isolated_groups) return expect_refused(Op::watch);
  NEEDS(Op::group, Op::watch, Op::set, Op::get);
  for (bool change : {false, true}) {
    Watch watch;
    set("k", "1");
    EXPECT_EQ(ask(Ask(Op::watch).words({"other", "k"}).watch(watch)).status, Status::ok);
    if (change) set("k", "2");
    std::deque<Ask> children;
    children.push_back(Ask(Op::set, "ran", change ? "changed" : "unchanged"));
    EXPECT_EQ(ask(Ask(Op::group).children(children).watch(watch)).status, change ? Status::aborted : Status::ok);
    backend_->unwatch(watch);
    EXPECT_EQ(get("ran"), "unchanged");
  }
}

// One request of each operation that succeeds on a store with the keys k (a number), l and far (a name that is free).
Ask sample(Op op) {
  switch (op) {
    case Op::local: return Ask(op);
    case Op::get: return Ask(op, "k");
    case Op::get_many: return Ask(op).words({"k", "l"});
    case Op::set: return Ask(op, "k", "1");
    case Op::set_many: return Ask(op).words({"k", "1", "l", "2"});
    case Op::append: return Ask(op, "k", "1").number(100);
    case Op::add_integer: return Ask(op, "k").number(1);
    case Op::add_unsigned: return Ask(op, "k").number(1);
    case Op::add_float: return Ask(op, "k", "1.5");
    case Op::length: return Ask(op, "k");
    case Op::get_range: return Ask(op, "k").number(0).number2(-1);
    case Op::set_range: return Ask(op, "k", "1").number(0).cas(100);
    case Op::get_bit: return Ask(op, "k").number(1);
    case Op::set_bit: return Ask(op, "k").number(1).number2(1).cas(100);
    case Op::count_bits: return Ask(op, "k").number(0).number2(-1);
    case Op::find_bit: return Ask(op, "k").cas(1).number(0).number2(-1);
    case Op::common: return Ask(op, "k", "l");
    case Op::remove: return Ask(op).words({"k"});
    case Op::invalidate: return Ask(op, "k");
    case Op::exists: return Ask(op).words({"k"});
    case Op::type: return Ask(op, "k");
    case Op::expire: return Ask(op, "k").expiry(INT64_MAX / 1000 * 1000);
    case Op::expiry: return Ask(op, "k");
    case Op::rename: return Ask(op, "k", "far");
    case Op::copy: return Ask(op, "k", "far");
    case Op::move: return Ask(op, "k").db2(1);
    case Op::random_key: return Ask(op);
    case Op::keys: return Ask(op).value("*");
    case Op::scan: return Ask(op).number(10).value("*");
    case Op::count: return Ask(op);
    case Op::flush: return Ask(op);
    case Op::swap: return Ask(op).number(0).number2(1);
    case Op::inspect: return Ask(op, "k");
    case Op::flush_expired: return Ask(op);
    case Op::clear: return Ask(op).value("k");
    case Op::watch: return Ask(op).words({"k"});
    case Op::raw: return Ask(op).words({"STRLEN", "k"});
    case Op::group: return Ask(op);
  }
  return Ask(op);
}

TEST_P(Capabilities, EachOperationIsDoneOrRefused) {
  for (int i = 0; i < kOpCount; ++i) {
    Op op = static_cast<Op>(i);
    if (op == Op::local) continue;  // no backend ever sees it
    if (has(Op::flush)) ask(Ask(Op::flush).options(kAllDatabases));
    set("k", "5");
    set("l", "6");
    Watch watch;
    Ask a = sample(op);
    if (op == Op::watch) a.watch(watch);
    Answer answer = ask(a);
    EXPECT_EQ(answer.status, has(op) ? Status::ok : Status::unsupported) << row(op).name;
    if (!has(op)) {
      EXPECT_FALSE(answer.text.empty()) << row(op).name << ": the text says which";
    }
    backend_->unwatch(watch);
  }
}

TEST_P(Capabilities, AreConsistent) {
  EXPECT_FALSE(has(Op::local));
  EXPECT_TRUE(has(Op::get));
  EXPECT_TRUE(has(Op::set));
  EXPECT_TRUE(has(Op::remove));
  if (caps_.isolated_groups || has(Op::watch)) {
    EXPECT_TRUE(has(Op::group));
  }
  if (has(Op::watch)) {
    EXPECT_TRUE(caps_.isolated_groups);
  }
  if (has(Op::move) || has(Op::swap)) {
    EXPECT_TRUE(caps_.databases);
  }
}

TEST_P(Capabilities, FiguresTellWhatIsThere) {
  NEEDS(Op::set);
  Store::Figures before = store_->figures();
  set("k", std::string(1000, 'v'));
  Store::Figures after = store_->figures();
  if (after.bytes == 0 && after.keys == 0) return;  // a store elsewhere has none
  EXPECT_EQ(after.keys, before.keys + 1);
  EXPECT_GE(after.bytes, before.bytes + 1000);
  EXPECT_EQ(store_->figures(0).keys, after.keys);
}

}  // namespace
}  // namespace cachetted::contract
