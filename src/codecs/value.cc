// Implements value.h.
#include "codecs/value.h"

namespace cachetted::codecs {

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
