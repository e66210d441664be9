// What an item of memcached can be, whatever protocol brings it. Pure; any thread.
// https://github.com/memcached/memcached/blob/1.6.18/items.c
#pragma once
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/expiry.h"

namespace cachetted::memcached {

inline constexpr size_t kItemRoom = 63;               // bytes of an item beside key and value: header, cas, flags, ends
inline constexpr int64_t kMonth = 60 * 60 * 24 * 30;  // seconds; a longer time to live goes out as an instant

inline constexpr std::string_view kUnavailable = "backend 'memcached' is unavailable: ";

// Of all servers' reasons, empty where one can be reached: why none can; empty: what the others have is served.
inline std::string trouble_of(const std::vector<std::string>& reasons) {
  std::string all(kUnavailable);
  for (const std::string& reason : reasons) {
    if (reason.empty()) return "";
    all += (&reason == reasons.data() ? "" : "; ") + reason;
  }
  return all;
}

// An expiry as memcached takes it, in seconds: from now, or where that is over a month since 1970; 0 never, -1 past.
inline int64_t seconds_of(int64_t expiry, int64_t now) {
  if (expiry == kNever) return 0;
  if (expiry <= now) return -1;
  const int64_t left = seconds_up(expiry - now);
  return left <= kMonth ? left : std::min<int64_t>(seconds_up(expiry), INT32_MAX);
}

// Whether a server whose items have `most` bytes has room: for one that is too large it would drop the old value.
inline bool fits_item(size_t key, size_t value, uint64_t most) { return key + value + kItemRoom <= most; }

// Where it has none.
inline std::string too_large_text(size_t value, uint64_t most, std::string_view server) {
  return "value of " + std::to_string(value) + " bytes: with its key and " + std::to_string(kItemRoom) +
         " bytes it is over the item size of " + std::to_string(most) + " of " + std::string(server) +
         " (memcached -I)";
}

}  // namespace cachetted::memcached
