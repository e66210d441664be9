// The slowest recent commands, for SLOWLOG: a ring behind a lock, taken only for a command over the threshold. Any
// thread.
#pragma once
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace cachetted::server {

class Slowlog {
 public:
  struct Entry {
    uint64_t id;
    int64_t at_s;  // Unix time
    uint64_t spent_us;
    std::vector<std::string> words;  // cut as redis-server cuts them: 32 words of 128 bytes
    std::string client, name;
  };
  void add(Entry e, size_t keep) {
    std::lock_guard lock(lock_);
    e.id = next_id_++;
    entries_.push_front(std::move(e));
    while (entries_.size() > keep) entries_.pop_back();
  }
  std::vector<Entry> newest(size_t n) const {
    std::lock_guard lock(lock_);
    auto end = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(n, entries_.size()));
    return {entries_.begin(), end};
  }
  size_t size() const {
    std::lock_guard lock(lock_);
    return entries_.size();
  }
  void clear() {
    std::lock_guard lock(lock_);
    entries_.clear();
  }

 private:
  mutable std::mutex lock_;
  std::deque<Entry> entries_;  // newest first
  uint64_t next_id_ = 0;
};

}  // namespace cachetted::server
