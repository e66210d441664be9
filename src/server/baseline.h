// Counters since somebody asked for a new beginning (CONFIG RESETSTAT, `stats reset`): those of /metrics never go back.
// One daemon a process, one beginning for each `count`; any thread.
#pragma once
#include <algorithm>
#include <cstdint>
#include <mutex>
#include <vector>

#include "metrics/metrics.h"

namespace cachetted::server {

using Totals = std::vector<uint64_t>;

template <Totals (*count)(const metrics::CellSet& cells)>
class Baseline {
 public:
  static void renew(const metrics::CellSet& cells) {
    std::lock_guard lock(lock_);
    since_ = count(cells);
  }
  static Totals totals(const metrics::CellSet& cells) {
    std::lock_guard lock(lock_);  // counted within, so that the baseline is never ahead
    Totals t = count(cells);
    for (size_t i = 0; i < since_.size(); ++i) t[i] -= std::min(t[i], since_[i]);
    return t;
  }

 private:
  static inline std::mutex lock_;
  static inline Totals since_;
};

}  // namespace cachetted::server
