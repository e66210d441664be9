// Keys as SCAN hands them out: in the order of their hash, so that a cursor is a place in that order and holds for any
// snapshot, of any daemon, and nothing has to be kept for whoever scans. What lies between two cursors may be of a new
// snapshot; a key that is there all the time is told once. Bounded: where the keys take up more, the snapshot ends
// early in that order, and the cursor behind it asks for the next. One per loop.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cachetted::memcached {

class Snapshot {
 public:
  static constexpr size_t kMostBytes = size_t{64} << 20;
  static constexpr uint64_t kLife = 60'000'000'000;  // ns since it was made

  // A new one, of the keys from this place on; `now`: steady ns.
  void begin(uint64_t from, uint64_t now);
  void add(std::string_view key);
  void finish(uint64_t now);

  // Whether it has the keys from this place on, or can say that there are none.
  bool covers(uint64_t place, uint64_t now) const;
  // Tells about `count` keys from there on, and more only of the same place. The place to go on from, 0: the end.
  // `place` is covered.
  uint64_t tell(uint64_t place, size_t count, const std::function<void(std::string_view key)>& to);

  // Of a key, from 1 on; fits a signed number.
  static uint64_t place_of(std::string_view key);
  size_t bytes() const { return bytes_; }
  uint64_t begun_at() const { return begun_at_; }

 private:
  static constexpr unsigned kBits = 12;  // of a place: which bucket
  static constexpr size_t kBuckets = size_t{1} << kBits;
  static size_t bucket_of(uint64_t place) { return static_cast<size_t>(place >> (62 - kBits)); }
  void sort(std::string& bucket);

  std::vector<std::string> buckets_;  // of each key: place (8 bytes), length (2), bytes; in order where sorted_
  std::vector<bool> sorted_;
  uint64_t from_ = 0;
  size_t end_ = 0;  // bucket behind the last
  size_t bytes_ = 0;
  uint64_t begun_at_ = 0;  // steady ns
  uint64_t made_at_ = 0;   // steady ns; 0: there is none
};

}  // namespace cachetted::memcached
