// Implements value.h.
#include "codecs/value.h"

#include <algorithm>
#include <cstring>

namespace cachetted::codecs {

constexpr size_t kFirstBlock = 16 << 10, kBlock = 256 << 10;

void Document::more(size_t n) {
  const size_t size = std::max(n, blocks_.empty() ? kFirstBlock : kBlock);
  blocks_.emplace_back(new char[size]);
  if (blocks_.size() == 1) first_ = size;
  at_ = blocks_.back().get();
  end_ = at_ + size;
}

void Document::grow(Items& items, size_t least) {
  const size_t room = std::max<size_t>({least, size_t{items.room} * 2, 4});
  auto** data = reinterpret_cast<Value**>(allocate(room * sizeof(Value*)));
  if (items.count != 0) std::memcpy(data, items.data, items.count * sizeof(Value*));
  items.data = data;
  items.room = static_cast<uint32_t>(room);
}

std::string_view Document::keep(std::string_view bytes) {
  char* p = allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(p, bytes.data(), bytes.size());
  return {p, bytes.size()};
}

void Document::clear() {
  if (blocks_.size() > 1) blocks_.resize(1);
  if (first_ > kBlock) {  // one huge value made it
    blocks_.clear();
    first_ = 0;
  }
  at_ = blocks_.empty() ? nullptr : blocks_[0].get();
  end_ = at_ + first_;
  root = nullptr;
  size_ = 0;
  loose.clear();
  levels.clear();
  if (loose.capacity() > kBlock / sizeof(Value*)) loose = {};
  if (parser != nullptr && parser->size() > kBlock) parser = nullptr;
}

// By years that begin in March, so that the leap day is the last.
int64_t days_of(int64_t year, int64_t month, int64_t day) {
  const int64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
  return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 306;
}

int64_t day_of(int64_t days) {
  int64_t d = days + 306;
  const int64_t era = d / 146'097;
  d -= era * 146'097;
  const int64_t y = (d - d / 1460 + d / 36'524 - d / 146'096) / 365;
  d -= 365 * y + y / 4 - y / 100;
  const int64_t m = (5 * d + 2) / 153;
  const int64_t day = d - (153 * m + 2) / 5 + 1, month = m < 10 ? m + 3 : m - 9;
  const int64_t year = y + era * 400 + (month <= 2 ? 1 : 0);
  return year * 10'000 + month * 100 + day;
}

}  // namespace cachetted::codecs
