// A list of strings of any length, gathered over many ticks: what KEYS and SCAN reply. Stored in blocks, so that a
// million keys cost a million short copies and no allocation each. Owned by the reply; touched by one loop.
#pragma once
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace cachetted {

class Listing {
 public:
  void add(std::string_view s) {
    size_t need = sizeof(uint32_t) + s.size();
    if (blocks_.empty() || blocks_.back().size - blocks_.back().used < need) {
      size_t size = need > kBlock ? need : kBlock;
      blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), 0, size});
    }
    Block& b = blocks_.back();
    auto n = static_cast<uint32_t>(s.size());
    std::memcpy(b.bytes.get() + b.used, &n, sizeof n);
    if (n != 0) std::memcpy(b.bytes.get() + b.used + sizeof n, s.data(), n);
    b.used += need;
    bytes_ += n;
    ++count_;
  }
  size_t size() const { return count_; }
  size_t bytes() const { return bytes_; }

  // Reads on from where the last call stopped; false at the end.
  bool next(std::string_view& s) {
    while (block_ < blocks_.size() && at_ == blocks_[block_].used) {
      ++block_;
      at_ = 0;
    }
    if (block_ == blocks_.size()) return false;
    const char* p = blocks_[block_].bytes.get() + at_;
    uint32_t n;
    std::memcpy(&n, p, sizeof n);
    s = {p + sizeof n, n};
    at_ += sizeof n + n;
    return true;
  }

 private:
  static constexpr size_t kBlock = 64 << 10;
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t used, size;
  };
  std::vector<Block> blocks_;
  size_t count_ = 0, bytes_ = 0;
  size_t block_ = 0, at_ = 0;  // the reader's place
};

}  // namespace cachetted
