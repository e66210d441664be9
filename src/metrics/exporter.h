// What /metrics answers: the loops' cells summed at scrape, plus values asked for at that moment. Collect() may be
// called by any thread, by several at once; pull() only before the first Collect().
#pragma once
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "metrics/metrics.h"

namespace cachetted::metrics {

class Exporter : public prometheus::Collectable {
 public:
  // Source of a number that no loop counts, in the unit of the cell (nanoseconds for seconds); runs on the scraping
  // thread. What the loops counted in the same cell is added. A pulled_* metric without a source, and with nothing
  // counted, is not shown.
  using Source = std::function<uint64_t()>;

  explicit Exporter(
      const CellSet& cells);  // registers the sources of cachetted_loops and cachetted_uptime_seconds itself
  void pull(CounterCell cell, Source source) { sources_[cell.word] = std::move(source); }
  void pull(GaugeCell cell, Source source) { sources_[cell.word] = std::move(source); }

  std::vector<prometheus::MetricFamily> Collect() const override;
  std::string text() const;  // Prometheus text format 0.0.4

  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  void add_series(const Row& row, prometheus::MetricFamily& family) const;
  void add_peak(const Row& row, prometheus::MetricFamily& family) const;
  void add_histogram(const Row& row, prometheus::MetricFamily& family) const;
  void add_commands(const Row& row, prometheus::MetricFamily& family) const;

  const CellSet& cells_;
  std::unordered_map<uint16_t, Source> sources_;
};

std::string_view compiler_text();  // such as "gcc 12.2.0"

}  // namespace cachetted::metrics
