// Reads journals back. What was cut off by a crash (a torn tail) is told from what was damaged: a mark behind a bad
// place, which says that this place was on disk before, proves damage. Blocks; the thread that opens the store.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "backends/pickle/journal.h"

namespace cachetted::pickle {

// The segments beside a pickle file, in order; one whose header was never written whole is removed where it is the
// last.
std::vector<Journal::Segment> find_segments(const std::string& path);
std::string segment_name(const std::string& path, uint64_t number);

struct Replayed {
  enum class End { whole, torn, damaged } end = End::whole;
  uint64_t good = 0;     // bytes of the segment that could be read
  uint64_t left = 0;     // bytes behind them
  uint64_t records = 0;  // set, remove and clear
  std::string why;       // it is damaged
};

// apply() is called for each record, frame by frame. `reaches`: the next segment says that this one is good up to
// there; 0: it is the last one.
Replayed replay(const std::string& segment_path, uint64_t reaches, const std::function<void(const Record&)>& apply);
// The same of bytes at hand.
Replayed replay_bytes(std::string_view segment, uint64_t reaches, const std::function<void(const Record&)>& apply);
// Where the segment before this one ends, by its header.
uint64_t previous_end(const std::string& segment_path);

}  // namespace cachetted::pickle
