// Days, times, zones and durations as text. Each writes where it is told and returns where that ends. Pure; any thread.
#pragma once
#include <absl/time/time.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <string>

namespace cachetted::tables {

inline constexpr int64_t kDay = 86'400;    // seconds
inline constexpr size_t kNumber = 24;      // characters that hold any integer of 64 bits
inline constexpr size_t kMomentText = 96;  // characters that hold any of these texts

inline int64_t floor_of(int64_t n, int64_t by) { return n / by - (n % by < 0); }
inline int64_t rest_of(int64_t n, int64_t by) { return n % by + (n % by < 0 ? by : 0); }
int64_t per_second(arrow::TimeUnit::type unit);

// A count of units: seconds, and what is beyond them.
struct Moment {
  int64_t seconds, nanos;
  Moment(int64_t count, int64_t per)
      : seconds(floor_of(count, per)), nanos(rest_of(count, per) * (1'000'000'000 / per)) {}
};

char* day_text(char* to, int64_t days);       // since 1970-01-01: "2026-01-01"
char* clock_text(char* to, int64_t seconds);  // of a day: "01:02:03"
char* fraction_text(char* to, int64_t nanos, int digits);
int digits_for(int64_t nanos);  // how many digits a fraction needs, in threes
char* offset_text(char* to, int offset);
// ISO 8601, as pandas' Timedelta.isoformat() has it.
char* duration_text(char* to, int64_t days, int64_t seconds, int64_t nanos);

// East of UTC, of a zone by its name or as "+01:00".
class Zone {
 public:
  static arrow::Result<Zone> of(const std::string& name);
  int at(int64_t seconds) const { return named_ ? zone_.At(absl::FromUnixSeconds(seconds)).offset : fixed_; }

 private:
  absl::TimeZone zone_;
  bool named_ = false;
  int fixed_ = 0;
};

}  // namespace cachetted::tables
