// Implements cursors.h.
#include "backends/cursors.h"

#include <algorithm>
#include <utility>

#include "core/clock.h"

namespace cachetted {

uint64_t Cursors::add(Place place, uint64_t from, uint64_t now) {
  std::lock_guard lock(lock_);
  // Not one that an earlier process or another one told.
  uint64_t cursor = last_ = std::max(last_ + 1, static_cast<uint64_t>(wall_us()));
  entries_.emplace(cursor, Entry{std::move(place), from, now});
  order_.push_back(cursor);
  while (!order_.empty()) {
    auto oldest = entries_.find(order_.front());
    const bool keep = oldest != entries_.end() && entries_.size() <= kMost && now - oldest->second.at < kLifeNs;
    if (keep) break;
    if (oldest != entries_.end()) entries_.erase(oldest);
    order_.pop_front();
  }
  return cursor;
}

std::optional<Place> Cursors::find(uint64_t cursor, uint64_t now) {
  std::lock_guard lock(lock_);
  auto at = entries_.find(cursor);
  if (at == entries_.end() || now - at->second.at >= kLifeNs) return std::nullopt;
  if (const uint64_t from = std::exchange(at->second.from, 0); from != 0) {
    entries_.erase(from);
    at = entries_.find(cursor);
  }
  return at->second.place;
}

}  // namespace cachetted
