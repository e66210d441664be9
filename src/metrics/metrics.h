// The metrics: ids made from metrics.def, and Cells, where one event loop counts. Every cell has one writer, its loop
// (a relaxed load and store, never a locked instruction); any thread may read. Exporter sums the loops at scrape.
//   cells.requests(command); cells.latency(command, ns); cells.add(metric::hits(Protocol::resp));
//   cells.raise(metric::connections(Protocol::resp)); cells.set(metric::queue(), n); cells.loop_turn(busy_ns, now_ns);
// Durations are nanoseconds, `now` is the monotonic clock (uv_hrtime, std::chrono::steady_clock). Labels that do not
// fit do not compile.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cachetted::metrics {

#define LABEL(type, label, ...) enum class type : uint8_t { __VA_ARGS__ };
#include "metrics/metrics.def"

// The label's name and its values, "a, b, c", for each of the enums above.
template <typename Enum>
struct LabelText;
#define LABEL(type, label, ...)                               \
  template <>                                                 \
  struct LabelText<type> {                                    \
    static constexpr std::string_view kName = label;          \
    static constexpr std::string_view kValues = #__VA_ARGS__; \
  };
#include "metrics/metrics.def"

template <typename Enum>
constexpr size_t value_count() {
  size_t n = 1;
  for (char c : LabelText<Enum>::kValues) n += c == ',';
  return n;
}

// "resp" for Protocol::resp.
template <typename Enum>
constexpr std::string_view value_text(Enum value) {
  std::string_view rest = LabelText<Enum>::kValues;
  for (auto i = static_cast<size_t>(value); i > 0; --i) rest.remove_prefix(rest.find(", ") + 2);
  return rest.substr(0, rest.find(','));
}

template <typename... Enums>
struct Labels {
  static constexpr size_t kSeries = (size_t{1} * ... * value_count<Enums>());
};
using NoLabels = Labels<>;
using ByProtocol = Labels<Protocol>;
using ByProtocolAndErrorKind = Labels<Protocol, ErrorKind>;
using ByCutReason = Labels<CutReason>;
using ByTtlBound = Labels<TtlBound>;
using ByOutcome = Labels<Outcome>;
using ByMemoryKind = Labels<MemoryKind>;
using ByConnectResult = Labels<ConnectResult>;
using ByReloadResult = Labels<ReloadResult>;
using ByCodecAndDirection = Labels<CodecName, Direction>;
using ByDynamodbOperation = Labels<DynamodbOperation>;
using ByAccess = Labels<Access>;
using ByDirectionAndTableRefusal = Labels<Direction, TableRefusal>;
using ByCodecDirectionAndSide = Labels<CodecName, Direction, Side>;

enum class Kind : uint8_t {
  counter,
  gauge,
  peak,
  histogram,
  command_counter,
  command_histogram,
  pulled_counter,
  pulled_gauge,
  info
};

// Buckets: at most 1 us, 2 us, 4 us ... 2^24 us (16.8 s), and one for what took longer.
inline constexpr size_t kBounds = 25;
inline constexpr size_t kBuckets = kBounds + 1;

constexpr unsigned bucket_of(uint64_t ns) {
  const uint64_t us = (ns + 999) / 1000;
  return us <= 1 ? 0 : std::min<unsigned>(std::bit_width(us - 1), kBounds);
}

constexpr size_t words_of(Kind kind, size_t series) {
  switch (kind) {
    case Kind::counter:
    case Kind::gauge:
    case Kind::pulled_counter:
    case Kind::pulled_gauge: return series;
    case Kind::peak: return 3;                  // start of the window, its peak, the peak of the window before
    case Kind::histogram: return 1 + kBuckets;  // sum, buckets
    case Kind::command_counter:
    case Kind::command_histogram:
    case Kind::info: return 0;
  }
  return 0;
}

// Where each metric's cells begin in the fixed array of a loop.
enum Word : int {
#define METRIC(id, kind, name, unit, labels, help, action) \
  kFirst_##id, kLast_##id = kFirst_##id + static_cast<int>(words_of(Kind::kind, labels::kSeries)) - 1,
#include "metrics/metrics.def"
  kWords
};

struct CounterCell {
  uint16_t word;
};
struct GaugeCell {
  uint16_t word;
};
struct PeakCell {
  uint16_t word;
};
struct HistogramCell {
  uint16_t word;
};
struct NoCell {
  uint16_t word;
};

// metric::hits(Protocol::resp) is the cell of one series.
template <typename Cell, typename LabelSet>
struct Family;
template <typename Cell, typename... Enums>
struct Family<Cell, Labels<Enums...>> {
  uint16_t first;
  constexpr Cell operator()(Enums... values) const {
    size_t index = 0;
    ((index = index * value_count<Enums>() + static_cast<size_t>(values)), ...);
    return Cell{static_cast<uint16_t>(first + index)};
  }
};

template <Kind kind>
constexpr auto cell_type() {
  if constexpr (kind == Kind::counter || kind == Kind::pulled_counter)
    return CounterCell{};
  else if constexpr (kind == Kind::gauge || kind == Kind::pulled_gauge)
    return GaugeCell{};
  else if constexpr (kind == Kind::peak)
    return PeakCell{};
  else if constexpr (kind == Kind::histogram)
    return HistogramCell{};
  else
    return NoCell{};
}

namespace metric {
#define METRIC(id, kind, name, unit, labels, help, action)               \
  inline constexpr Family<decltype(cell_type<Kind::kind>()), labels> id{ \
      static_cast<uint16_t>(kFirst_##id < 0 ? 0 : kFirst_##id)};
#include "metrics/metrics.def"
}  // namespace metric

// A row of the table, and an alert about it, as text.
struct Row {
  std::string_view id, name, unit, help, action;
  Kind kind;
  uint16_t first;                                                        // word of its first series
  std::vector<std::vector<std::pair<std::string, std::string>>> series;  // label and value pairs of each
};
struct Alert {
  std::string_view id, name, expression, duration, severity, summary;
};
const std::vector<Row>& rows();
std::span<const Alert> alerts();

// The commands with a cell of their own; a command's place in the list is its global index. Only names from the command
// tables go in (with one row "unknown" a protocol), never what a client sent, so that the number of series is bounded.
struct CommandLabel {
  Protocol protocol;
  std::string name;
};
using CommandLabels = std::vector<CommandLabel>;

class alignas(64) Cells {
 public:
  explicit Cells(size_t commands);
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;

  // By the owning loop only.
  void requests(uint16_t command, uint64_t n = 1) { bump(at(command).requests, n); }
  void latency(uint16_t command, uint64_t ns, uint64_t n = 1) {
    CommandCells& cell = at(command);
    bump(cell.sum_ns, ns * n);
    bump(cell.buckets[bucket_of(ns)], n);
  }
  void add(CounterCell cell, uint64_t n = 1) { bump(fixed_[cell.word], n); }
  void set(GaugeCell cell, uint64_t value) { fixed_[cell.word].store(value, std::memory_order_relaxed); }
  void raise(GaugeCell cell, uint64_t n = 1) { bump(fixed_[cell.word], n); }
  void lower(GaugeCell cell, uint64_t n = 1) {
    bump(fixed_[cell.word], -n);
  }  // one loop's own; the sum over loops never goes below 0
  void observe(HistogramCell cell, uint64_t ns) {
    bump(fixed_[cell.word], ns);
    bump(fixed_[cell.word + 1 + bucket_of(ns)], 1);
  }
  void peak(PeakCell cell, uint64_t value, uint64_t now_ns);
  void loop_turn(uint64_t busy_ns, uint64_t now_ns) {
    observe(metric::loop_lag(), busy_ns);
    peak(metric::loop_turn_max(), busy_ns, now_ns);
  }

  // By any thread. A value read while its loop counts may be a moment old, never torn.
  struct CommandCells {
    std::atomic<uint64_t> requests, sum_ns;
    std::array<std::atomic<uint64_t>, kBuckets> buckets;
  };
  size_t commands() const { return count_; }
  const CommandCells& command(uint16_t index) const { return commands_[index].cells; }
  uint64_t word(uint16_t index) const { return fixed_[index].load(std::memory_order_relaxed); }
  uint64_t value(CounterCell cell) const { return word(cell.word); }
  uint64_t value(GaugeCell cell) const { return word(cell.word); }
  uint64_t value(PeakCell cell, uint64_t now_ns) const;

  static constexpr uint64_t kPeakWindowNs = 60'000'000'000;

 private:
  struct alignas(64) CommandLine {
    CommandCells cells;
  };
  CommandCells& at(uint16_t command) {
    assert(command < count_);
    return commands_[command].cells;
  }
  static void bump(std::atomic<uint64_t>& cell, uint64_t n) {
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  std::unique_ptr<CommandLine[]> commands_;
  size_t count_;
  alignas(64) std::array<std::atomic<uint64_t>, kWords> fixed_{};
};

// All cells of the process: one Cells per loop, no two on one cache line. Made before the loops start, outlives them.
class CellSet {
 public:
  CellSet(CommandLabels commands, size_t loops);
  Cells& loop(size_t index) { return *cells_[index]; }
  const Cells& loop(size_t index) const { return *cells_[index]; }
  size_t loops() const { return cells_.size(); }
  const CommandLabels& commands() const { return commands_; }

  // Summed over the loops.
  uint64_t total(CounterCell cell) const;
  uint64_t total(GaugeCell cell) const;
  uint64_t requests(uint16_t command) const;

 private:
  CommandLabels commands_;
  std::vector<std::unique_ptr<Cells>> cells_;
};

}  // namespace cachetted::metrics
