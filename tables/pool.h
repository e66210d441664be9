// The memory of one table's conversion: Arrow asks it for every buffer, and gets no more than limits.table_bytes
// allow. Several threads may use one, as Arrow wants it.
#pragma once
#include <arrow/memory_pool.h>
#include <arrow/status.h>

#include <atomic>
#include <cstdint>
#include <string>

namespace cachetted::tables {

class CappedPool final : public arrow::MemoryPool {
 public:
  explicit CappedPool(uint64_t limit) : limit_(static_cast<int64_t>(limit)), from_(arrow::system_memory_pool()) {}

  using MemoryPool::Allocate;
  using MemoryPool::Free;
  using MemoryPool::Reallocate;

  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override {
    ARROW_RETURN_NOT_OK(take(size));
    const arrow::Status got = from_->Allocate(size, alignment, out);
    if (!got.ok()) give(size);
    ++allocations_;
    return got;
  }
  arrow::Status Reallocate(int64_t old_size, int64_t size, int64_t alignment, uint8_t** at) override {
    if (size > old_size) ARROW_RETURN_NOT_OK(take(size - old_size));
    const arrow::Status got = from_->Reallocate(old_size, size, alignment, at);
    if (size < old_size ? got.ok() : !got.ok()) give(size < old_size ? old_size - size : size - old_size);
    return got;
  }
  void Free(uint8_t* at, int64_t size, int64_t alignment) override {
    from_->Free(at, size, alignment);
    give(size);
  }
  int64_t bytes_allocated() const override { return used_; }
  int64_t max_memory() const override { return most_; }
  int64_t total_bytes_allocated() const override { return total_; }
  int64_t num_allocations() const override { return allocations_; }
  std::string backend_name() const override { return "capped"; }

  bool refused() const { return refused_; }  // something, for the limit

 private:
  arrow::Status take(int64_t size) {
    const int64_t now = used_.fetch_add(size) + size;
    if (size < 0 || now > limit_) {
      used_ -= size;
      refused_ = true;
      return arrow::Status::OutOfMemory("over limits.table_bytes");
    }
    total_ += size;
    int64_t most = most_;
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
    return arrow::Status::OK();
  }
  void give(int64_t size) { used_ -= size; }

  const int64_t limit_;
  arrow::MemoryPool* const from_;
  std::atomic<int64_t> used_{0}, most_{0}, total_{0}, allocations_{0};
  std::atomic<bool> refused_{false};
};

}  // namespace cachetted::tables
