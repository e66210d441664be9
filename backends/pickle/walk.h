// Copies the whole table, a little at a time, while it is changed: each key that is there from beginning to end is
// copied once at least, in a state that it had meanwhile. One thread at a time: loop 0, or at the end main's.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "backends/memory/store.h"
#include "backends/pickle/pickle_file.h"
#include "core/blob.h"

namespace cachetted::pickle {

// Some entries, as the walk hands them over. Large values are shared, not copied.
class Piece {
 public:
  void add(const memory::Entry& e);
  void each(const std::function<void(const FileEntry&)>& visit) const;
  size_t bytes() const { return bytes_.size() + shared_; }
  bool empty() const { return bytes_.empty(); }

 private:
  std::string bytes_;
  std::vector<BlobRef> blobs_;
  size_t shared_ = 0;  // bytes in blobs
};

// Whether an entry outlives the process: not one that waits for a value, or was declared stale.
bool lasts(const memory::Entry& e);

class TableWalk {
 public:
  explicit TableWalk(memory::MemoryStore& store) : store_(store) {}
  ~TableWalk();  // with its table's shard unlocked
  TableWalk(const TableWalk&) = delete;
  TableWalk& operator=(const TableWalk&) = delete;

  // Adds a few buckets' entries, whose shard it locks meanwhile; false: there are no more.
  bool some(Piece& to, int64_t now);

 private:
  memory::MemoryStore& store_;
  memory::Table* table_ = nullptr;  // the shard's, held against shrinking
  unsigned shard_ = 0;
  uint64_t cursor_ = 0;
};

}  // namespace cachetted::pickle
