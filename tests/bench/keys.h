// Keys, values and the choice among them. Key i is "key:" and i in decimal, zero-padded to a fixed length
// (the "key:" loses its end where the number needs the room); its value is the key, repeated.
#pragma once

#include <cstdint>
#include <string>

namespace cachetted::bench {

class KeySpace {
 public:
  // `value`: what every key has, where it is not its key, repeated; empty: it is.
  KeySpace(uint64_t keys, uint32_t key_bytes, uint32_t value_bytes, std::string value = {});

  uint64_t count() const { return count_; }
  uint32_t key_bytes() const { return static_cast<uint32_t>(blank_.size()); }
  uint32_t value_bytes() const { return value_bytes_; }

  // Key 0: what request templates contain before write_number().
  const std::string& blank() const { return blank_; }

  // Turns the key 0 that stands at `at` into key `i`.
  void write_number(char* at, uint64_t i) const {
    for (char* digit = at + blank_.size(); i != 0; i /= 10) *--digit = static_cast<char>('0' + i % 10);
  }

  // Writes value_bytes() bytes, the value of the key that stands at `key`.
  void write_value(char* at, const char* key) const;

  bool is_value_of(const char* value, uint64_t size, uint64_t i) const;
  bool is_key(const char* key, uint64_t size, uint64_t i) const;

  // The j-th key of a multi-get that begins at `first`: distinct for j < count(), spread over the memory.
  uint64_t spread(uint64_t first, uint64_t j) const { return (first + j * stride_) % count_; }

 private:
  uint64_t count_;
  uint32_t value_bytes_;
  uint64_t stride_;
  std::string blank_, value_;
};

// A seeded sequence of operations: reads and writes in a ratio, keys uniform or zipf-distributed.
class Chooser {
 public:
  struct Choice {
    uint64_t key;
    bool write;
  };

  Chooser(uint64_t keys, uint32_t writes, uint32_t reads, double zipf_theta, uint64_t seed);

  Choice next() {
    uint64_t random = next_random();
    bool write = ((random & 0xffffffff) * (writes_ + reads_)) >> 32 < writes_;
    if (theta_ != 0) return {next_zipf(), write};
    return {scale(random), write};
  }

 private:
  uint64_t next_random() {  // splitmix64
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    return mix(z);
  }
  static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint64_t scale(uint64_t random) const {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>((static_cast<Wide>(random) * keys_) >> 64);
  }
  uint64_t next_zipf();

  uint64_t keys_;
  uint64_t writes_;
  uint64_t reads_;
  uint64_t state_;
  double theta_;
  double zeta_ = 0;   // sum of 1/i^theta
  double alpha_ = 0;  // the constants of Gray et al., "Quickly generating billion-record synthetic databases"
  double eta_ = 0;
};

}  // namespace cachetted::bench
