// Implements snapshot.h.
#include "backends/memcached/snapshot.h"

#include <algorithm>
#include <cstring>

namespace cachetted::memcached {
namespace {

constexpr size_t kHead = sizeof(uint64_t) + sizeof(uint16_t);

struct One {
  uint64_t place;
  std::string_view key;
};
One take(std::string_view& rest) {
  One one;
  uint16_t size;
  std::memcpy(&one.place, rest.data(), sizeof one.place);
  std::memcpy(&size, rest.data() + sizeof one.place, sizeof size);
  one.key = rest.substr(kHead, size);
  rest.remove_prefix(kHead + size);
  return one;
}

void put(std::string& to, const One& one) {
  auto size = static_cast<uint16_t>(one.key.size());
  to.append(reinterpret_cast<const char*>(&one.place), sizeof one.place);
  to.append(reinterpret_cast<const char*>(&size), sizeof size);
  to.append(one.key);
}

}  // namespace

// FNV-1a, and its bits mixed: the high ones are what counts here.
uint64_t Snapshot::place_of(std::string_view key) {
  uint64_t h = 0xcbf29ce484222325;
  for (char c : key) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccd;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53;
  h ^= h >> 33;
  return std::max<uint64_t>(h >> 2, 1);
}

void Snapshot::begin(uint64_t from, uint64_t now) {
  buckets_.assign(kBuckets, {});
  sorted_.assign(kBuckets, false);
  from_ = from;
  end_ = kBuckets;
  bytes_ = 0;
  begun_at_ = now;
  made_at_ = 0;
}

void Snapshot::add(std::string_view key) {
  uint64_t place = place_of(key);
  if (place < from_ || bucket_of(place) >= end_) return;
  put(buckets_[bucket_of(place)], {place, key});
  bytes_ += kHead + key.size();
  while (bytes_ > kMostBytes && end_ > bucket_of(from_) + 1) {  // the last ones are left to the next snapshot
    bytes_ -= buckets_[--end_].size();
    buckets_[end_] = {};
  }
}

void Snapshot::finish(uint64_t now) { made_at_ = now; }

bool Snapshot::covers(uint64_t place, uint64_t now) const {
  return made_at_ != 0 && now - made_at_ < kLife && place >= from_ && bucket_of(place) < end_;
}

void Snapshot::sort(std::string& bucket) {
  std::vector<One> all;
  for (std::string_view rest = bucket; !rest.empty();) all.push_back(take(rest));
  std::sort(all.begin(), all.end(), [](const One& a, const One& b) { return a.place < b.place; });
  std::string sorted;
  sorted.reserve(bucket.size());
  for (const One& one : all) put(sorted, one);
  bucket = std::move(sorted);
}

uint64_t Snapshot::tell(uint64_t place, size_t count, const std::function<void(std::string_view)>& to) {
  uint64_t last = 0;
  for (size_t b = bucket_of(place); b < end_; ++b) {
    if (!sorted_[b]) sort(buckets_[b]);
    sorted_[b] = true;
    for (std::string_view rest = buckets_[b]; !rest.empty();) {
      One one = take(rest);
      if (one.place < place) continue;
      if (count == 0 && one.place != last) return one.place;
      to(one.key);
      last = one.place;
      if (count > 0) --count;
    }
  }
  return end_ == kBuckets ? 0 : static_cast<uint64_t>(end_) << (62 - kBits);
}

}  // namespace cachetted::memcached
