// The table of metrics.def as rows, and the cells of the loops.
#include "metrics/metrics.h"

namespace cachetted::metrics {
namespace {

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> values;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    values.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(list.size(), list.find_first_not_of(", ", comma)));
  }
  return values;
}

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

// Every series of a metric in the order of its cells: the last label varies fastest, as in Family::operator().
template <typename... Enums>
std::vector<LabelPairs> series_of(Labels<Enums...>) {
  std::vector<LabelPairs> all{{}};
  [[maybe_unused]] const auto multiply = [&all](std::string_view label, std::string_view values) {
    std::vector<LabelPairs> next;
    for (const LabelPairs& head : all) {
      for (const std::string& value : split(values)) {
        next.push_back(head);
        next.back().emplace_back(label, value);
      }
    }
    all = std::move(next);
  };
  (multiply(LabelText<Enums>::kName, LabelText<Enums>::kValues), ...);
  return all;
}

constexpr Alert kAlerts[] = {
#define ALERT(id, name, expression, duration, severity, summary) {#id, name, expression, duration, severity, summary},
#include "metrics/metrics.def"
};

}  // namespace

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
#define METRIC(id, kind, name, unit, labels, help, action) \
  {#id, name, unit, help, action, Kind::kind, metric::id.first, series_of(labels{})},
#include "metrics/metrics.def"
  };
  return all;
}

std::span<const Alert> alerts() { return kAlerts; }

Cells::Cells(size_t commands) : commands_(std::make_unique<CommandLine[]>(commands)), count_(commands) {}

// Two windows: the running one and the one before. A reader in the midst of a change of windows sees the old peak once
// more, no worse.
void Cells::peak(PeakCell cell, uint64_t value, uint64_t now_ns) {
  std::atomic<uint64_t>& start = fixed_[cell.word];
  std::atomic<uint64_t>& current = fixed_[cell.word + 1];
  std::atomic<uint64_t>& before = fixed_[cell.word + 2];
  const uint64_t age = now_ns - start.load(std::memory_order_relaxed);
  if (age >= kPeakWindowNs) {
    before.store(age < 2 * kPeakWindowNs ? current.load(std::memory_order_relaxed) : 0, std::memory_order_relaxed);
    start.store(now_ns, std::memory_order_relaxed);
    current.store(value, std::memory_order_relaxed);
  } else if (value > current.load(std::memory_order_relaxed)) {
    current.store(value, std::memory_order_relaxed);
  }
}

uint64_t Cells::value(PeakCell cell, uint64_t now_ns) const {
  const uint64_t start = word(cell.word);
  const uint64_t age = now_ns > start ? now_ns - start : 0;  // the loop's clock may be read a moment after ours
  if (age >= 2 * kPeakWindowNs) return 0;
  const uint64_t current = word(static_cast<uint16_t>(cell.word + 1));
  return age >= kPeakWindowNs ? current : std::max(current, word(static_cast<uint16_t>(cell.word + 2)));
}

CellSet::CellSet(CommandLabels commands, size_t loops) : commands_(std::move(commands)) {
  for (size_t i = 0; i < loops; ++i) cells_.push_back(std::make_unique<Cells>(commands_.size()));
}

uint64_t CellSet::total(CounterCell cell) const {
  uint64_t sum = 0;
  for (const auto& loop : cells_) sum += loop->value(cell);
  return sum;
}

uint64_t CellSet::total(GaugeCell cell) const { return total(CounterCell{cell.word}); }

uint64_t CellSet::requests(uint16_t command) const {
  uint64_t sum = 0;
  for (const auto& loop : cells_) sum += loop->command(command).requests.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace cachetted::metrics
