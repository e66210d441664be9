// The words of one command as slices of one buffer: 8 bytes each, turned into views on use. Valid as long as the
// buffer and the slices are: for a parsed command, until the end of the tick.
#pragma once
#include <cstdint>
#include <string_view>

namespace cachetted::resp {

struct Slice {
  uint32_t offset, size;
};

class Args {
 public:
  Args() = default;
  Args(const char* base, const Slice* slices, uint32_t count) : base_(base), slices_(slices), count_(count) {}
  uint32_t size() const { return count_; }
  std::string_view operator[](uint32_t i) const { return {base_ + slices_[i].offset, slices_[i].size}; }

 private:
  const char* base_ = nullptr;
  const Slice* slices_ = nullptr;
  uint32_t count_ = 0;
};

}  // namespace cachetted::resp
