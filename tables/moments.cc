// Implements moments.h.
#include "tables/moments.h"

#include <absl/strings/ascii.h>
#include <arrow/type.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace cachetted::tables {
namespace {

constexpr size_t kLongestName = 64;  // of a zone

char* digits(char* to, int64_t n, int width) {
  for (int i = width; i-- > 0; n /= 10) to[i] = static_cast<char>('0' + n % 10);
  return to + width;
}

// absl opens whatever file a name leads to, and keeps each name that it was asked for.
bool is_installed(const std::string& name) {
  if (name.empty() || name.size() > kLongestName || name[0] == '/' || name.find("//") != name.npos) return false;
  for (const char c : name)
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) &&
        std::string_view("/_+-").find(c) == std::string_view::npos)
      return false;
  const char* const folder = std::getenv("TZDIR");
  return ::access(((folder == nullptr ? "/usr/share/zoneinfo" : folder) + ("/" + name)).c_str(), R_OK) == 0;
}

}  // namespace

// Days since 1970-01-01 as "2026-01-01"; https://howardhinnant.github.io/date_algorithms.html
char* day_text(char* to, int64_t days) {
  days += 719'468;
  const int64_t era = floor_of(days, 146'097), of_era = days - era * 146'097;
  const int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted = (5 * of_year + 2) / 153;
  const int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2);
  if (year >= 0 && year <= 9999) {
    to = digits(to, year, 4);
  } else {
    if (year < 0) *to++ = '-';
    to = year > -1000 && year < 0 ? digits(to, -year, 3) : std::to_chars(to, to + kNumber, year < 0 ? -year : year).ptr;
  }
  *to++ = '-';
  to = digits(to, month, 2);
  *to++ = '-';
  return digits(to, of_year - (153 * shifted + 2) / 5 + 1, 2);
}

char* clock_text(char* to, int64_t seconds) {
  to = digits(to, seconds / 3600, 2);
  *to++ = ':';
  to = digits(to, seconds / 60 % 60, 2);
  *to++ = ':';
  return digits(to, seconds % 60, 2);
}

char* fraction_text(char* to, int64_t nanos, int width) {
  if (width == 0) return to;
  *to++ = '.';
  for (int i = width; i < 9; ++i) nanos /= 10;
  return digits(to, nanos, width);
}

// How many digits a fraction needs, in threes.
int digits_for(int64_t nanos) { return nanos == 0 ? 0 : nanos % 1'000'000 == 0 ? 3 : nanos % 1000 == 0 ? 6 : 9; }

int64_t per_second(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND: return 1;
    case arrow::TimeUnit::MILLI: return 1000;
    case arrow::TimeUnit::MICRO: return 1'000'000;
    case arrow::TimeUnit::NANO: return 1'000'000'000;
  }
  return 1;
}

arrow::Result<Zone> Zone::of(const std::string& name) {
  Zone zone;
  int hours = 0, minutes = 0;
  if (name.size() == 6 && (name[0] == '+' || name[0] == '-') && name[3] == ':' &&
      std::from_chars(name.data() + 1, name.data() + 3, hours).ptr == name.data() + 3 &&
      std::from_chars(name.data() + 4, name.data() + 6, minutes).ptr == name.data() + 6 && hours >= 0 && minutes >= 0) {
    zone.fixed_ = (hours * 3600 + minutes * 60) * (name[0] == '-' ? -1 : 1);
  } else if (name != "UTC") {
    if (!is_installed(name) || !absl::LoadTimeZone(name, &zone.zone_)) {
      return arrow::Status::Invalid("no such time zone: ", name.substr(0, kLongestName));
    }
    zone.named_ = true;
  }
  return zone;
}

char* offset_text(char* to, int offset) {
  *to++ = offset < 0 ? '-' : '+';
  const int size = offset < 0 ? -offset : offset;
  to = digits(to, size / 3600, 2);
  *to++ = ':';
  to = digits(to, size / 60 % 60, 2);
  if (size % 60 == 0) return to;
  *to++ = ':';
  return digits(to, size % 60, 2);
}

// ISO 8601, as pandas' Timedelta.isoformat().
char* duration_text(char* to, int64_t days, int64_t seconds, int64_t nanos) {
  auto part = [&](int64_t n, char unit) {
    to = std::to_chars(to, to + kNumber, n).ptr;
    *to++ = unit;
  };
  *to++ = 'P';
  part(days, 'D');
  *to++ = 'T';
  part(seconds / 3600, 'H');
  part(seconds / 60 % 60, 'M');
  to = digits(to, seconds % 60, seconds % 60 < 10 ? 1 : 2);
  to = fraction_text(to, nanos, nanos == 0 ? 0 : 9);
  while (nanos != 0 && to[-1] == '0') --to;
  *to++ = 'S';
  return to;
}

}  // namespace cachetted::tables
