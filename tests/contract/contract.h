// What every contract test stands on: a store of the backend under test, empty, and a host that collects completions.
// A test names the operations that it needs; one that the backend does not have must be refused, and the test ends
// there.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <uv.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <thread>

#include "backends/registry.h"
#include "tests/contract/backends.h"
#include "tests/unit/ask.h"

namespace cachetted::contract {

class ContractTest : public testing::TestWithParam<Contender> {
 protected:
  void SetUp() override {
    uv_loop_init(&loop_);
    const Contender& c = GetParam();
    const BackendRow* row = find_backend(c.backend);
    ASSERT_NE(row, nullptr);
    std::string why;
    if (c.start != nullptr && !start(c, why)) {
      const char* all = std::getenv("REQUIRE_ALL");
      if (all != nullptr && std::string_view(all) == "1") FAIL() << why;
      GTEST_SKIP() << why;
    }
    config_.backend = c.backend;
    host_.options().timeouts = config_.timeouts;
    host_.use_loop(
        &loop_, c.local ? std::function<void()>() : [this] { uv_run(&loop_, UV_RUN_NOWAIT); });
    store_ = row->make(config_, 1);
    if (local()) host_.pass(1000);  // as in the daemon, no request comes before its store is there
    backend_.reset(store_->open(host_, 0, 1));
    caps_ = backend_->caps();
    Ask::default_wants = has(Op::expiry) ? Ask::kAll : Ask::kAll & ~kWantExpiry;
    if (c.start != nullptr) ask(Ask(Op::flush).options(kAllDatabases));  // a server outlives a test
  }
  void TearDown() override {
    backend_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }

  Answer ask(Ask a) { return cachetted::ask(*backend_, host_, a); }
  bool has(Op op) const { return caps_.has(op); }
  void expect_refused(Op op) {
    EXPECT_EQ(ask(Ask(op, "k", "v").words({"k", "v"})).status, Status::unsupported) << row(op).name;
  }

  Answer set(std::string key, std::string value, int64_t ttl = 0) {
    return ask(Ask(Op::set, std::move(key), std::move(value)).expiry(ttl == 0 ? kNever : in(ttl)));
  }
  std::optional<std::string> get(std::string key, uint16_t db = 0) {
    return ask(Ask(Op::get, std::move(key)).db(db)).get();
  }
  // An instant so many milliseconds from now.
  int64_t in(int64_t ms) {
    given_at_ = steady_ns();
    return host_.now() + ms;
  }
  // Milliseconds that a key has left; -1 without an expiry, -2 without the key. Where it was `given` so many, these are
  // told if no more are gone than went by since: a server that counts seconds may have begun another one, too.
  int64_t left(std::string key, int64_t given = -1, uint16_t db = 0) {
    Answer a = ask(Ask(Op::expiry, std::move(key)).db(db));
    if (a.status != Status::ok) return -2;
    if (a.expiry == kNever) return -1;
    const int64_t found = about(a.number), tick = GetParam().tick;
    const auto since = static_cast<int64_t>((steady_ns() - given_at_) / 1'000'000);
    const int64_t least = about(given - since) - (tick >= 1000 ? tick : 0);
    return !local() && found <= given && found >= least ? given : found;
  }
  bool local() const { return GetParam().local; }
  bool is_redis() const { return GetParam().backend == "redis" || GetParam().backend == "valkey"; }
  // memcached 1.6.18 itself answers, with what it has not yet or does otherwise (docs/exceptions.md).
  bool is_memcached() const { return GetParam().backend == "memcached"; }
  bool is_dynamodb() const { return GetParam().backend == "dynamodb"; }
  // Bytes of a value: large, and one that the store takes.
  size_t large() const { return is_dynamodb() ? 400'000 : 1 << 20; }
  bool rewrites() const { return !GetParam().no_rewrite; }
  // Milliseconds left, as far as they can be told where the store's clock went on meanwhile: never more than was given.
  int64_t about(int64_t ms) const {
    const int64_t tick = GetParam().tick;
    return local() || ms < 0 ? ms : (ms + tick - 1) / tick * tick;
  }
  // Lets time go by, as the backend sees it.
  void pass(int64_t ms) {
    if (!local()) std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    host_.pass(ms);
  }

  // Until what had so long to live is gone.
  void outlive(int64_t ms) {
    const bool seconds = GetParam().tick >= 1000;  // and the server's clock ticks within one
    pass(seconds ? about(ms) + 1100 : ms + 1);
  }

  uv_loop_t loop_;
  config::Config config_;
  RecordingHost host_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Backend> backend_;
  Caps caps_;
  uint64_t given_at_ = 0;  // steady ns: when a test last told a time

 private:
  // A server is started once for all tests of its backend; its configuration is kept for them.
  bool start(const Contender& c, std::string& why) {
    struct Started {
      std::unique_ptr<Server> server;
      config::Config config;
      std::string why;
    };
    static std::map<std::string_view, Started> started;
    auto [it, first] = started.try_emplace(c.name);
    Started& s = it->second;
    if (first) s.server = c.start(s.config, s.why);
    config_ = s.config;
    why = s.why;
    return s.server != nullptr;
  }
};

// One suite over all backends.
#define CONTRACT_SUITE(suite)                                                \
  class suite : public ContractTest {};                                      \
  INSTANTIATE_TEST_SUITE_P(Backends, suite, testing::ValuesIn(contenders()), \
                           [](const auto& info) { return std::string(info.param.name); })

// At the beginning of a test: what is not among the backend's operations must be refused.
#define NEEDS(...)                                              \
  for (Op op : {__VA_ARGS__}) {                                 \
    if (!has(op)) return static_cast<void>(expect_refused(op)); \
  }

}  // namespace cachetted::contract
