// Memory that lives until the end of a tick: argument arrays, small reply values, error texts. One per loop,
// touched by its thread alone. reset() frees all at once and keeps one block warm for the next tick.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <vector>

namespace cachetted {

class Arena {
 public:
  static constexpr size_t kBlock = 256 << 10;

  // Uninitialised bytes, aligned to 8; never null.
  char* allocate(size_t n) {
    n = (n + 8) & ~size_t{7};
    if (n > static_cast<size_t>(end_ - at_)) [[unlikely]]
      grow(n);
    char* p = at_;
    at_ += n;
    return p;
  }
  template <class T>
  T* array(size_t n) {
    static_assert(alignof(T) <= 8);
    return reinterpret_cast<T*>(allocate(n * sizeof(T)));
  }
  std::string_view copy(std::string_view s) {
    char* p = allocate(s.size());
    if (!s.empty()) std::memcpy(p, s.data(), s.size());
    return {p, s.size()};
  }
  std::string_view concat(std::initializer_list<std::string_view> parts) {
    size_t n = 0;
    for (auto s : parts) n += s.size();
    char* p = allocate(n);
    char* q = p;
    for (auto s : parts) {
      if (!s.empty()) std::memcpy(q, s.data(), s.size());
      q += s.size();
    }
    return {p, n};
  }
  void reset() {
    if (blocks_.size() > 1) [[unlikely]]
      shrink();
    if (first_size_ > kBlock) [[unlikely]] {  // one huge request made it
      blocks_.clear();
      end_ = nullptr;
      first_size_ = 0;
    }
    used_ = 0;
    at_ = blocks_.empty() ? nullptr : blocks_.front().get();
  }
  // Bytes handed out since the last reset, to within a block.
  size_t used() const { return blocks_.empty() ? 0 : used_ + static_cast<size_t>(at_ - blocks_.back().get()); }

 private:
  void grow(size_t n) {
    if (!blocks_.empty()) used_ += static_cast<size_t>(at_ - blocks_.back().get());
    size_t size = n > kBlock ? n : kBlock;
    blocks_.emplace_back(new char[size]);
    at_ = blocks_.back().get();
    end_ = at_ + size;
    if (blocks_.size() == 1) first_size_ = size;
  }
  void shrink() {
    blocks_.resize(1);
    end_ = blocks_.front().get() + first_size_;
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* at_ = nullptr;
  char* end_ = nullptr;
  size_t used_ = 0;
  size_t first_size_ = 0;
};

}  // namespace cachetted
