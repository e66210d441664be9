// A memory store with one backend, driven by hand.
#pragma once
#include <gtest/gtest.h>

#include <memory>

#include "backends/memory/memory.h"
#include "tests/unit/ask.h"

namespace cachetted::memory {

class MemoryFixture : public testing::Test {
 protected:
  void SetUp() override { open({}); }
  void TearDown() override { backend_.reset(); }

  void open(const Options& options, bool shared = false) {
    backend_.reset();
    store_ = std::make_unique<MemoryStore>(options, shared);
    backend_.reset(store_->open(host_, 0, 1));
  }
  // A store that may hold `bytes` of entries: the bound is the whole process's, as it is now.
  void open_bounded(size_t bytes, bool evict = true, bool shared = false) {
    Options o;
    o.max_memory = resident_bytes() + bytes;
    o.evict = evict;
    open(o, shared);
  }

  Answer ask(Ask a) { return cachetted::ask(*backend_, host_, a); }
  Answer set(std::string key, std::string value, int64_t ttl = 0) {
    return ask(Ask(Op::set, std::move(key), std::move(value)).expiry(ttl == 0 ? kNever : host_.now() + ttl));
  }
  std::optional<std::string> get(std::string key, uint16_t db = 0) { return ask(Ask(Op::get, std::move(key)).db(db)).get(); }
  bool remove(std::string key) { return ask(Ask(Op::remove).words({std::move(key)})).number == 1; }
  int64_t count(uint16_t db = 0) { return ask(Ask(Op::count).db(db)).number; }
  // Milliseconds that a key has left; -1 without an expiry, -2 without the key.
  int64_t left(std::string key) {
    Answer a = ask(Ask(Op::expiry, std::move(key)));
    return a.status != Status::ok ? -2 : a.expiry == kNever ? -1 : a.number;
  }
  Store::Figures figures() const { return store_->figures(); }
  size_t queue_bytes() {
    size_t n = 0;
    for (unsigned i = 0; i < kShards; ++i) n += store_->shard(i).queues.small.bytes() + store_->shard(i).queues.main.bytes();
    return n;
  }

  RecordingHost host_;
  std::unique_ptr<MemoryStore> store_;
  std::unique_ptr<Backend> backend_;
};

}  // namespace cachetted::memory
