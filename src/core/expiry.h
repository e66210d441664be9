// All arithmetic on time to live. `ttl` is relative, `expiry` absolute: milliseconds since 1970, 0 = never.
// The rules are redis-server's: a key lives while now <= expiry, a deadline already reached deletes at once.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>

namespace cachetted {

inline constexpr int64_t kNever = 0;
inline constexpr int64_t kPast = 1;  // any deadline at or before this instant has been reached

enum class TimeUnit : uint8_t { seconds, milliseconds };

inline bool is_expired(int64_t expiry, int64_t now) { return expiry != kNever && now > expiry; }

// `amount` of `unit`, from `now` or absolute, as an expiry; nullopt when it does not fit in 63 bits.
// The result may lie in the past; it is then kPast at the least, so that it is never mistaken for kNever.
inline std::optional<int64_t> make_expiry(int64_t amount, TimeUnit unit, bool relative, int64_t now) {
  int64_t ms = amount;
  if (unit == TimeUnit::seconds && __builtin_mul_overflow(amount, int64_t{1000}, &ms)) return std::nullopt;
  if (relative && __builtin_add_overflow(ms, now, &ms)) return std::nullopt;
  return ms < kPast ? kPast : ms;
}

// No later than `latest`.
inline int64_t at_most(int64_t expiry, int64_t latest) {
  return latest == kNever || (expiry != kNever && expiry < latest) ? expiry : latest;
}

// What is left, in milliseconds, never negative.
inline int64_t remaining_ms(int64_t expiry, int64_t now) { return expiry > now ? expiry - now : 0; }

// As TTL and EXPIRETIME round: to the nearest second.
inline int64_t nearest_seconds(int64_t ms) { return ms / 1000 + (ms % 1000 >= 500 ? 1 : 0); }
// As stores of whole seconds need it: never shorter than asked.
inline int64_t seconds_up(int64_t ms) { return ms / 1000 + (ms % 1000 != 0 ? 1 : 0); }

}  // namespace cachetted
