// Latencies in nanoseconds, counted in log-linear buckets: below 256 ns exactly, above it with 128
// buckets for each power of two, so a percentile is never off by more than 0.8%. One thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace cachetted::bench {

class Histogram {
 public:
  void record(uint64_t nanoseconds) {
    ++counts_[index_of(nanoseconds)];
    ++total_;
    if (nanoseconds > max_) max_ = nanoseconds;
  }

  void add(const Histogram& other) {
    for (uint32_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    if (other.max_ > max_) max_ = other.max_;
  }

  uint64_t total() const { return total_; }
  uint64_t max() const { return max_; }

  // The smallest bucket bound that at least `percent` of all values do not exceed; 0 when empty.
  uint64_t percentile(double percent) const {
    double wanted = percent / 100.0 * static_cast<double>(total_);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i];
      if (seen > 0 && static_cast<double>(seen) >= wanted) return upper_bound_of(i) < max_ ? upper_bound_of(i) : max_;
    }
    return max_;
  }

  static constexpr uint32_t index_of(uint64_t value) {
    if (value < 2 * kHalf) return static_cast<uint32_t>(value);
    uint32_t shift = static_cast<uint32_t>(std::bit_width(value)) - kBits - 1;
    return shift * kHalf + static_cast<uint32_t>(value >> shift);
  }

  static constexpr uint64_t upper_bound_of(uint32_t index) {
    if (index < 2 * kHalf) return index;
    uint32_t shift = index / kHalf - 1;
    return ((static_cast<uint64_t>(index - shift * kHalf) + 1) << shift) - 1;
  }

  static constexpr uint32_t kBits = 7;
  static constexpr uint32_t kHalf = 1u << kBits;
  static constexpr uint32_t kBuckets = (64 - kBits + 1) * kHalf;

 private:
  std::array<uint64_t, kBuckets> counts_{};
  uint64_t total_ = 0;
  uint64_t max_ = 0;
};

}  // namespace cachetted::bench
