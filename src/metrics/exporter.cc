// Cells to Prometheus metric families. Runs on the admin threads, only reads.
#include "metrics/exporter.h"

#include <sstream>

#include <prometheus/text_serializer.h>

#include "core/clock.h"

namespace cachetted::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricType type_of(Kind kind) {
  switch (kind) {
    case Kind::counter:
    case Kind::pulled_counter:
    case Kind::command_counter: return MetricType::Counter;
    case Kind::gauge:
    case Kind::peak:
    case Kind::pulled_gauge:
    case Kind::info: return MetricType::Gauge;
    case Kind::histogram:
    case Kind::command_histogram: return MetricType::Histogram;
  }
  return MetricType::Untyped;
}

double scaled(const Row& row, uint64_t value) {
  const double one = row.unit == "seconds" ? 1e9 : row.unit == "capacity units" ? 1e3 : 1;
  return static_cast<double>(value) / one;
}

ClientMetric sample(MetricType type, double value) {
  ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return metric;
}

struct Sums {
  uint64_t sum_ns = 0;
  std::array<uint64_t, kBuckets> buckets{};
};

ClientMetric histogram(const Sums& sums) {
  ClientMetric metric;
  for (size_t i = 0; i < kBuckets; ++i) {
    metric.histogram.sample_count += sums.buckets[i];
    // micro is divided, not multiplied by 1e-6: 64 us is then 6.4e-05 to the last digit
    if (i < kBounds)
      metric.histogram.bucket.push_back({metric.histogram.sample_count, static_cast<double>(uint64_t{1} << i) / 1e6});
  }
  metric.histogram.sample_sum = static_cast<double>(sums.sum_ns) / 1e9;
  return metric;
}

}  // namespace

std::string_view compiler_text() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

Exporter::Exporter(const CellSet& cells) : cells_(cells) {
  const uint64_t start = steady_ns();
  pull(metric::uptime(), [start] { return steady_ns() - start; });
  pull(metric::loops(), [&cells] { return cells.loops(); });
}

std::vector<MetricFamily> Exporter::Collect() const {
  std::vector<MetricFamily> families;
  for (const Row& row : rows()) {
    MetricFamily family;
    family.name = row.name;
    family.help = row.help;
    family.type = type_of(row.kind);
    switch (row.kind) {
      case Kind::counter:
      case Kind::gauge:
      case Kind::pulled_counter:
      case Kind::pulled_gauge: add_series(row, family); break;
      case Kind::peak: add_peak(row, family); break;
      case Kind::histogram: add_histogram(row, family); break;
      case Kind::command_counter:
      case Kind::command_histogram: add_commands(row, family); break;
      case Kind::info:
        family.metric.push_back(sample(family.type, 1));
        family.metric.back().label = {{"version", CACHETTED_VERSION}, {"compiler", std::string(compiler_text())}};
        break;
    }
    if (!family.metric.empty()) families.push_back(std::move(family));
  }
  return families;
}

void Exporter::add_series(const Row& row, MetricFamily& family) const {
  const bool pulled = row.kind == Kind::pulled_counter || row.kind == Kind::pulled_gauge;
  for (size_t i = 0; i < row.series.size(); ++i) {
    const auto word = static_cast<uint16_t>(row.first + i);
    uint64_t value = cells_.total(CounterCell{word});
    const auto source = sources_.find(word);
    if (source != sources_.end())
      value += source->second();
    else if (pulled && value == 0)
      continue;
    family.metric.push_back(sample(family.type, scaled(row, value)));
    for (const auto& [label, text] : row.series[i]) family.metric.back().label.push_back({label, text});
  }
}

void Exporter::add_peak(const Row& row, MetricFamily& family) const {
  uint64_t highest = 0;
  const uint64_t now = steady_ns();
  for (size_t i = 0; i < cells_.loops(); ++i)
    highest = std::max(highest, cells_.loop(i).value(PeakCell{row.first}, now));
  family.metric.push_back(sample(family.type, scaled(row, highest)));
}

void Exporter::add_histogram(const Row& row, MetricFamily& family) const {
  Sums sums;
  for (size_t i = 0; i < cells_.loops(); ++i) {
    sums.sum_ns += cells_.loop(i).word(row.first);
    for (size_t b = 0; b < kBuckets; ++b)
      sums.buckets[b] += cells_.loop(i).word(static_cast<uint16_t>(row.first + 1 + b));
  }
  family.metric.push_back(histogram(sums));
}

void Exporter::add_commands(const Row& row, MetricFamily& family) const {
  for (size_t c = 0; c < cells_.commands().size(); ++c) {
    const auto command = static_cast<uint16_t>(c);
    if (row.kind == Kind::command_counter) {
      const uint64_t requests = cells_.requests(command);
      if (requests == 0) continue;
      family.metric.push_back(sample(family.type, static_cast<double>(requests)));
    } else {
      Sums sums;
      uint64_t count = 0;
      for (size_t i = 0; i < cells_.loops(); ++i) {
        const Cells::CommandCells& cell = cells_.loop(i).command(command);
        sums.sum_ns += cell.sum_ns.load(std::memory_order_relaxed);
        for (size_t b = 0; b < kBuckets; ++b)
          count += sums.buckets[b] += cell.buckets[b].load(std::memory_order_relaxed);
      }
      if (count == 0) continue;
      family.metric.push_back(histogram(sums));
    }
    const CommandLabel& label = cells_.commands()[c];
    family.metric.back().label = {{"protocol", std::string(value_text(label.protocol))}, {"command", label.name}};
  }
}

std::string Exporter::text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, Collect());
  return std::move(out).str();
}

}  // namespace cachetted::metrics
