// Memory that sockets are read into: what sessions read in one turn lies side by side until the tick's end, because
// requests point into it. Nothing is kept for an idle connection. One per loop, on its thread.
#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "core/blob.h"

namespace cachetted::server {

class ReadBuffers {
 public:
  static constexpr size_t kRead = 64 << 10;  // offered to one read
  static constexpr size_t kBlock = 256 << 10;

  // Room for one read; what was used of it is then taken().
  char* offer() {
    if (blocks_.empty() || kBlock - used_ < kRead) {
      ++current_;
      used_ = 0;
      if (current_ >= blocks_.size()) {
        blocks_.emplace_back(new char[kBlock]);
        current_ = blocks_.size() - 1;
      }
    }
    return blocks_[current_].get() + used_;
  }
  void taken(size_t n) { used_ += (n + 63) & ~size_t{63}; }

  // A session's own buffer that requests point into: let go of at the tick's end.
  void retire(Blob* own) { retired_.push_back(own); }

  // The end of a tick: nothing points here any more.
  void reset() {
    current_ = 0;
    used_ = 0;
    if (blocks_.size() > kKeep) [[unlikely]]
      blocks_.resize(kKeep);
    for (Blob* b : retired_) b->release();
    retired_.clear();
  }
  ~ReadBuffers() { reset(); }

 private:
  static constexpr size_t kKeep = 2;
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t current_ = 0, used_ = 0;
  std::vector<Blob*> retired_;
};

}  // namespace cachetted::server
