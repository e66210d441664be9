// Who keeps the table's content elsewhere too, as the pickle backend does in its journal. Told of the keys that a
// request has changed while their shards are still locked: the order of what it is told of a key is that of the table's
// changes, and one request's changes come together. One a loop, on its thread; a table without one pays a branch.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/request.h"

namespace cachetted::memory {

using ShardSet = uint64_t;  // bit per shard

// The keys of one shard that were changed since it was locked. What they hold now is in the table.
class Notes {
 public:
  void add(uint64_t hash, std::string_view key) {
    auto size = static_cast<uint32_t>(key.size());
    keys_.append(reinterpret_cast<const char*>(&hash), sizeof hash);
    keys_.append(reinterpret_cast<const char*>(&size), sizeof size);
    keys_.append(key);
    ++count_;
  }
  // All that was there before is gone.
  void add_emptied() {
    clear();
    emptied_ = true;
  }
  bool any() const { return count_ != 0 || emptied_; }
  bool emptied() const { return emptied_; }
  size_t count() const { return count_; }
  // visit(hash, key) for each in turn; one changed twice comes twice.
  template <class Visit>
  void each(Visit visit) const {
    for (const char *p = keys_.data(), *end = p + keys_.size(); p != end;) {
      uint64_t hash;
      uint32_t size;
      std::memcpy(&hash, p, sizeof hash);
      std::memcpy(&size, p + sizeof hash, sizeof size);
      p += sizeof hash + sizeof size;
      visit(hash, std::string_view(p, size));
      p += size;
    }
  }
  void clear() {
    keys_.clear();
    if (keys_.capacity() > 64 << 10) keys_.shrink_to_fit();
    count_ = 0;
    emptied_ = false;
  }

 private:
  std::string keys_;  // hash, size, bytes, again and again
  size_t count_ = 0;
  bool emptied_ = false;
};

class Keeper {
 public:
  virtual ~Keeper() = default;
  // These shards are about to be unlocked; what was noted of them is to be kept, and the notes cleared.
  virtual void record(ShardSet set) = 0;
  // Whether it has answered a request, or one of a group, itself: the table then does nothing. Its shards are locked.
  virtual bool answers(Request& r) = 0;
};

}  // namespace cachetted::memory
