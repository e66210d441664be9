// The backend where the disk is slow: requests wait, in order, and none is lost. The contract has all else.
#include <memory>
#include <vector>

#include "backends/pickle/backend.h"
#include "tests/unit/ask.h"
#include "tests/unit/backends/pickle/folder.h"

namespace cachetted::pickle {
namespace {

struct Stage {
  Stage(config::Fsync fsync, unsigned loops) {
    host.options().timeouts.request_ms = 60'000;
    config.store.pickle_path = folder.file("cache.pickle");
    config.pickle.fsync = fsync;
    store = std::make_unique<PickleStore>(config, loops > 1);
    backend.reset(store->open(host, 0, loops));
  }
  Folder folder;
  config::Config config;
  RecordingHost host;
  std::unique_ptr<PickleStore> store;
  std::unique_ptr<Backend> backend;
};

// Far more at once than the disk takes at once.
TEST(PickleBackend, WaitsForASlowDiskInOrder) {
  for (config::Fsync fsync : {config::Fsync::everysec, config::Fsync::always}) {
    Stage s(fsync, 1);
    constexpr int kWrites = 150;
    const std::string large(1 << 20, 'x');
    std::deque<Ask> asks;
    std::vector<Request*> batch;
    for (int i = 0; i < kWrites; ++i) {
      asks.emplace_back(Op::set, "key" + std::to_string(i % 10), large + std::to_string(i));
      asks.emplace_back(Op::add_integer, "count").number(1);
    }
    for (Ask& a : asks) batch.push_back(&a.request());
    for (size_t at = 0; at < batch.size(); at += 30) cachetted::submit(*s.backend, Batch(batch).subspan(at, 30));
    for (Request* r : batch) finish(*s.backend, s.host, *r);
    int64_t count = 0;
    for (size_t i = 0; i < asks.size(); ++i) {
      const Answer a = answer_of(*batch[i]);
      EXPECT_EQ(a.status, Status::ok) << a.text;
      if (i % 2 == 1) {
        EXPECT_EQ(a.number, ++count);
      }
    }
    for (int i = 0; i < 10; ++i) {
      const auto value = ask(*s.backend, s.host, Ask(Op::get, "key" + std::to_string(i))).get();
      EXPECT_EQ(value, large + std::to_string(kWrites - 10 + i));
    }
  }
}

TEST(PickleBackend, WhatWasWrittenIsThereAgain) {
  Stage s(config::Fsync::no, 1);
  ask(*s.backend, s.host, Ask(Op::set, "k", "v").flags(7).expiry(s.host.now() + 100'000));
  const uint64_t cas = ask(*s.backend, s.host, Ask(Op::get, "k")).cas;
  ask(*s.backend, s.host, Ask(Op::set, "stale", "v"));
  ask(*s.backend, s.host, Ask(Op::invalidate, "stale").options(kMarkStale));
  s.backend.reset();
  s.store.reset();
  s.store = std::make_unique<PickleStore>(s.config, false);
  s.backend.reset(s.store->open(s.host, 0, 1));
  const Answer a = ask(*s.backend, s.host, Ask(Op::get, "k"));
  EXPECT_EQ(a.get(), "v");
  EXPECT_EQ(a.flags, 7u);
  EXPECT_NE(a.cas, cas) << "a cas of before fits nothing";
  EXPECT_EQ(a.expiry % 1000, 0) << "seconds, rounded up";
  EXPECT_EQ(ask(*s.backend, s.host, Ask(Op::get, "stale")).status, Status::miss);
}

}  // namespace
}  // namespace cachetted::pickle
