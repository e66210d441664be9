// One wall clock per loop, read once a tick: everything of a tick happens at the same millisecond.
#pragma once
#include <cstdint>
#include <ctime>

namespace cachetted {

inline int64_t wall_ms() {
  timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return int64_t{t.tv_sec} * 1000 + t.tv_nsec / 1'000'000;
}

inline int64_t wall_us() {
  timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return int64_t{t.tv_sec} * 1'000'000 + t.tv_nsec / 1000;
}

inline uint64_t steady_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(t.tv_nsec);
}

struct Clock {
  int64_t now_ms = wall_ms();     // Unix time
  uint64_t steady = steady_ns();  // for durations
  void refresh() {
    now_ms = wall_ms();
    steady = steady_ns();
  }
};

}  // namespace cachetted
