// The cursors of SCAN: numbers that stand for places in the order of the keys. Each lives ten minutes from when it was
// told, and one that was followed goes when its successor is; of too many the oldest goes. Any thread.
#pragma once
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include <absl/container/flat_hash_map.h>

namespace cachetted {

// Where a walk over the keys goes on, behind one of them. The rest is MongoDB's, where strings come first, in the order of
// their bytes, then what is no UTF-8.
struct Place {
  bool binary = false;
  std::string behind;   // the key told last
  bool begun = false;   // false: at the beginning of its kind
  uint8_t subtype = 0;  // of binary; others than 0 are no keys of ours
};

class Cursors {
 public:
  static constexpr size_t kMost = 65'536;
  static constexpr uint64_t kLifeNs = 600'000'000'000;

  // A number for the place; `from`: the cursor that led to it, 0 for none. `now`: steady ns.
  uint64_t add(Place place, uint64_t from, uint64_t now);
  // Nobody tells these: they are below or above all microseconds since 1970.
  static bool never_told(uint64_t cursor) { return cursor >> 32 == 0 || cursor >> 62 != 0; }
  // nullopt: it is not known, or too old.
  std::optional<Place> find(uint64_t cursor, uint64_t now);

 private:
  struct Entry {
    Place place;
    uint64_t from, at;
  };
  std::mutex lock_;  // guards all
  absl::flat_hash_map<uint64_t, Entry> entries_;
  std::deque<uint64_t> order_;  // as they were added; some may be gone
  uint64_t last_ = 0;
};

}  // namespace cachetted
