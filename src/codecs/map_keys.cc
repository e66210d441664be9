// Implements map_keys.h.
#include "codecs/map_keys.h"

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstring>
#include <utility>

namespace cachetted::codecs {
namespace {

constexpr size_t kFew = 64;  // values of a map: more are looked up by a hash that nobody can foresee

bool equal(const Value& a, const Value& b) { return a.kind == b.kind && a.text == b.text; }

// Its length and ends, in a byte: where no two keys share it, no two are equal.
uint8_t trait(std::string_view key) {
  uint64_t n = key.size();
  if (key.size() >= 8) {
    uint64_t head, tail;
    std::memcpy(&head, key.data(), 8);
    std::memcpy(&tail, key.data() + key.size() - 8, 8);
    n += head + tail * 31;
  } else {
    for (char c : key) n = n * 31 + static_cast<unsigned char>(c);
  }
  return static_cast<uint8_t>(n * 0x9e3779b97f4a7c15 >> 56);
}

// Takes the value of each key that was there before to its first place.
template <class Find>
size_t squeeze(Value** pairs, size_t n, Find first) {
  size_t kept = 0;
  for (size_t i = 0; i < n; i += 2) {
    const size_t at = first(*pairs[i], kept);
    if (at == kept) {
      pairs[kept] = pairs[i];
      kept += 2;
    }
    pairs[at + 1] = pairs[i + 1];
  }
  return kept;
}

}  // namespace

size_t keep_last(Value** pairs, size_t n) {
  if (n < 4) return n;
  if (n > kFew) {
    absl::flat_hash_map<std::pair<bool, std::string_view>, size_t> places;
    places.reserve(n / 2);
    return squeeze(pairs, n, [&](const Value& key, size_t kept) {
      return places.try_emplace({key.kind == Kind::string, key.text}, kept).first->second;
    });
  }
  std::array<uint64_t, 4> seen{};
  return squeeze(pairs, n, [&](const Value& key, size_t kept) {
    const uint8_t t = trait(key.text);
    const uint64_t bit = uint64_t{1} << (t & 63);
    if ((std::exchange(seen[t >> 6], seen[t >> 6] | bit) & bit) == 0) return kept;
    size_t at = 0;
    while (at < kept && !equal(*pairs[at], key)) at += 2;
    return at;
  });
}

}  // namespace cachetted::codecs
