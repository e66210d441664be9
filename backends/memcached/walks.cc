// What concerns all keys: memcached lists them by lru_crawler metadump alone, which the Crawler reads.
#include <algorithm>
#include <utility>

#include "backends/memcached/memcached.h"
#include "core/bytes.h"
#include "core/clock.h"
#include "core/number.h"

namespace cachetted::memcached {

namespace {

constexpr size_t kMostLooked = 4096;        // keys in one call of SCAN
constexpr uint64_t kCountedUpTo = 100'000;  // keys; of more the servers' own figure is told

uint64_t next_random(uint64_t& seed) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

}  // namespace

// Waits, with the next co_await, until every server has done what it was asked before: the walk has a connection of
// its own.
void MemcachedBackend::settle(Work& w) {
  for (auto& l : links_) ask_line(w, *l, "mn\r\n");
}

// Tells the keys of every server; the next co_await waits for the end.
void MemcachedBackend::walk(Work& w, Crawler::OnKey on_key) {
  ++w.due;
  crawler_.walk(std::move(on_key), [this, &w](const std::string& failure) {
    --w.due;
    if (!failure.empty()) w.fail(Status::unavailable, "backend 'memcached' cannot list its keys: " + failure);
    go_on(w);
  });
}

// The same of those that clients can find: where the ring would look for them.
void MemcachedBackend::visit(Work& w, std::function<void(std::string_view)> on_key) {
  walk(w, [this, on_key = std::move(on_key)](unsigned server, std::string_view key) {
    if (ring_.server_of(key) == server) on_key(key);
  });
}

Job MemcachedBackend::keys(Work& w) {
  settle(w);
  co_await w;
  auto listing = std::make_unique<Listing>();
  visit(w, [&](std::string_view key) {
    if (glob_match(w.r.value, key)) listing->add(key);
  });
  co_await w;
  w.r.reply.listing = listing.release();
  w.r.reply.status = Status::ok;
}

// While it lives a snapshot is in the making; then who waits for it looks again. Also where its maker fails.
struct MemcachedBackend::Making {
  explicit Making(MemcachedBackend& b) : backend(b) { b.making_ = true; }
  ~Making() {
    backend.making_ = false;
    for (Work* waiting : std::exchange(backend.scanners_, {})) {
      --waiting->due;
      backend.go_on(*waiting);
    }
  }
  MemcachedBackend& backend;
};

// A cursor is a place in the order of the keys' hashes. At 0 the snapshot has to be newer than the request. One is made
// at a time, for all who wait: so many clients that scan hold no more than one that is told and one in the making.
Job MemcachedBackend::scan(Work& w) {
  Request& r = w.r;
  const auto from = static_cast<uint64_t>(r.number2);
  const uint64_t asked = steady_ns();
  r.reply.status = Status::ok;
  if (r.has(kNothing) || from >> 62 != 0) {
    r.reply.listing = new Listing;
    co_return;
  }
  while (!(snapshot_.covers(from, steady_ns()) && (from != 0 || snapshot_.begun_at() >= asked))) {
    if (making_) {
      ++w.due;
      scanners_.push_back(&w);
      co_await w;
      continue;
    }
    Making making(*this);
    Snapshot made;
    made.begin(from, steady_ns());
    settle(w);
    co_await w;
    visit(w, [&](std::string_view key) { made.add(key); });
    co_await w;
    made.finish(steady_ns());
    snapshot_ = std::move(made);
  }
  auto listing = std::make_unique<Listing>();
  const size_t count = static_cast<size_t>(std::clamp<int64_t>(r.number, 1, kMostLooked));
  r.reply.cursor = static_cast<int64_t>(snapshot_.tell(from, count, [&](std::string_view key) {
    if (glob_match(r.value, key)) listing->add(key);
  }));
  r.reply.listing = listing.release();
}

// Of few keys exactly: what the servers count has also those that have expired or were flushed, until they go.
Job MemcachedBackend::count(Work& w) {
  for (auto& l : links_) ask_line(w, *l, "stats\r\n");
  co_await w;
  uint64_t items = 0;
  for (size_t i = 0; i < links_.size(); ++i) items += parse_unsigned(stat(w.got[i].value, "curr_items")).value_or(0);
  if (items <= kCountedUpTo) {
    items = 0;
    visit(w, [&](std::string_view) { ++items; });
    co_await w;
  }
  w.r.reply.number = static_cast<int64_t>(items);
  w.r.reply.status = Status::ok;
}

// Each with the same chance; one that has just expired is none.
Job MemcachedBackend::random_key(Work& w) {
  Request& r = w.r;
  settle(w);
  co_await w;
  uint64_t seed = steady_ns() | 1;
  while (in_time(w)) {
    std::string chosen;
    uint64_t seen = 0;
    visit(w, [&](std::string_view key) {
      if (next_random(seed) % ++seen == 0) chosen = key;
    });
    co_await w;
    r.reply.status = Status::miss;
    if (seen == 0) co_return;
    look(w, chosen, "c u");
    co_await w;
    if (!w.got[0].found()) continue;
    r.reply.status = Status::ok;
    r.reply.value.found = true;
    r.reply.value.size = static_cast<uint32_t>(chosen.size());
    r.reply.value.data = host_.arena().copy(chosen).data();
    co_return;
  }
}

// Deletes as the keys come, from the server that told them, wherever the ring would look for them now. Where that does
// not keep up, keys go by, and another walk tells them again: to take no more of a list for a while would make the
// server wait with locks held, and the deletes with it.
Job MemcachedBackend::clear(Work& w) {
  Request& r = w.r;
  settle(w);
  co_await w;
  const std::string prefix = std::string(r.value) + ":";
  bool more = true;
  while (std::exchange(more, false)) {
    walk(w, [&](unsigned server, std::string_view key) {
      if (!key.starts_with(prefix) || w.failed != Status::pending) return;
      if (w.due > kMostDeletes) {
        more = true;
        return;
      }
      Link& l = *links_[server];
      if (std::string why = unusable(l); !why.empty())
        return w.fail(Status::unavailable, std::string(kUnavailable) + why);
      send(l, r, kOfWork | kCounted, "md", key, [](memcache::MetaWriter&) {});
      ++w.due;
    });
    co_await w;
  }
  r.reply.status = Status::ok;
}

}  // namespace cachetted::memcached
