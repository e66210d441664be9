// A memory store with one backend, driven by hand.
#pragma once
#include <gtest/gtest.h>
#include <malloc.h>

#include <memory>

#include "backends/memory/memory.h"
#include "metrics/process.h"
#include "tests/unit/ask.h"

namespace cachetted::memory {

// Under a sanitizer what the process takes is not what its entries take, but about kTimes as much.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
inline constexpr size_t kTimes = 3;
#else
inline constexpr bool kSanitized = false;
inline constexpr size_t kTimes = 1;
#endif

// Options with a bound of about so many bytes over what the process takes now, the store's own reserve not counted.
inline Options bounded(size_t bytes, bool evict = true) {
  malloc_trim(0);  // what earlier tests freed is not to be had for nothing
  Options o;
  uint64_t most = metrics::resident_bytes() + bytes * kTimes;
  o.max_memory = most + most / 15;
  o.evict = evict;
  return o;
}
// The process keeps to 5% over a store's bound.
inline bool within(const MemoryStore& store) {
  uint64_t limit = store.options().max_memory;
  return kSanitized || metrics::resident_bytes() <= limit + limit / 20;
}

class MemoryFixture : public testing::Test {
 protected:
  void SetUp() override { open({}); }
  void TearDown() override { backend_.reset(); }

  void open(const Options& options, bool shared = false) {
    backend_.reset();
    store_ = std::make_unique<MemoryStore>(options, shared);
    backend_.reset(store_->open(host_, 0, 1));
  }
  void open_bounded(size_t bytes, bool evict = true, bool shared = false) { open(bounded(bytes, evict), shared); }

  Answer ask(Ask a) { return cachetted::ask(*backend_, host_, a); }
  Answer set(std::string key, std::string value, int64_t ttl = 0) {
    return ask(Ask(Op::set, std::move(key), std::move(value)).expiry(ttl == 0 ? kNever : host_.now() + ttl));
  }
  std::optional<std::string> get(std::string key, uint16_t db = 0) {
    return ask(Ask(Op::get, std::move(key)).db(db)).get();
  }
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
    for (unsigned i = 0; i < kShards; ++i)
      n += (store_->shard(i).queues.small.size() + store_->shard(i).queues.main.size()) * sizeof(Ticket);
    return n;
  }

  RecordingHost host_;
  std::unique_ptr<MemoryStore> store_;
  std::unique_ptr<Backend> backend_;
};

}  // namespace cachetted::memory
