// The slower half of keys.h: values, checks and the zipf distribution.
#include "tests/bench/keys.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace cachetted::bench {
namespace {

uint32_t digits_of(uint64_t number) {
  uint32_t digits = 1;
  for (; number >= 10; number /= 10) ++digits;
  return digits;
}

uint64_t coprime_stride(uint64_t count) {
  uint64_t stride = std::max<uint64_t>(1, static_cast<uint64_t>(static_cast<double>(count) * 0.6180339887));
  while (std::gcd(stride, count) != 1) ++stride;
  return stride;
}

}  // namespace

KeySpace::KeySpace(uint64_t keys, uint32_t key_bytes, uint32_t value_bytes, std::string value)
    : count_(keys),
      value_bytes_(value.empty() ? value_bytes : static_cast<uint32_t>(value.size())),
      stride_(coprime_stride(keys)),
      blank_(key_bytes, '0'),
      value_(std::move(value)) {
  uint32_t digits = digits_of(keys - 1);
  uint32_t room = key_bytes > digits ? key_bytes - digits : 0;
  std::memcpy(blank_.data(), "key:", std::min<uint32_t>(4, room));
}

void KeySpace::write_value(char* at, const char* key) const {
  if (!value_.empty()) {
    std::memcpy(at, value_.data(), value_.size());
    return;
  }
  uint64_t filled = std::min<uint64_t>(blank_.size(), value_bytes_);
  std::memcpy(at, key, filled);
  while (filled < value_bytes_) {
    uint64_t more = std::min<uint64_t>(filled, value_bytes_ - filled);
    std::memcpy(at + filled, at, more);
    filled += more;
  }
}

bool KeySpace::is_key(const char* key, uint64_t size, uint64_t i) const {
  char expected[256];
  std::memcpy(expected, blank_.data(), blank_.size());
  write_number(expected, i);
  return size == blank_.size() && std::memcmp(key, expected, size) == 0;
}

bool KeySpace::is_value_of(const char* value, uint64_t size, uint64_t i) const {
  if (!value_.empty()) return std::string_view(value, size) == value_;
  uint64_t key = blank_.size();
  return size == value_bytes_ && size >= key && is_key(value, key, i) &&
         std::memcmp(value, value + key, size - key) == 0;
}

Chooser::Chooser(uint64_t keys, uint32_t writes, uint32_t reads, double zipf_theta, uint64_t seed)
    : keys_(keys), writes_(writes), reads_(reads), state_(mix(seed)), theta_(zipf_theta) {
  if (theta_ == 0) return;
  for (uint64_t i = 1; i <= keys; ++i) zeta_ += std::pow(static_cast<double>(i), -theta_);
  double zeta_two = 1 + std::pow(2.0, -theta_);
  alpha_ = 1 / (1 - theta_);
  eta_ = (1 - std::pow(2.0 / static_cast<double>(keys), 1 - theta_)) / (1 - zeta_two / zeta_);
}

uint64_t Chooser::next_zipf() {
  double u = static_cast<double>(next_random() >> 11) * 0x1p-53;
  double uz = u * zeta_;
  uint64_t rank;
  if (uz < 1)
    rank = 0;
  else if (uz < 1 + std::pow(0.5, theta_))
    rank = 1;
  else
    rank = static_cast<uint64_t>(static_cast<double>(keys_) * std::pow(eta_ * u - eta_ + 1, alpha_));
  rank = std::min(rank, keys_ - 1);
  return mix(rank + 1) % keys_;  // scattered, so that the hot keys are not neighbours in memory
}

}  // namespace cachetted::bench
