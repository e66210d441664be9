// Renders the rows of metrics.def as Markdown and as a Prometheus rules file.
#include "metrics/document.h"

#include <set>
#include <sstream>

#include "metrics/metrics.h"

namespace cachetted::metrics {
namespace {

std::string_view type_text(Kind kind) {
  switch (kind) {
    case Kind::counter:
    case Kind::pulled_counter:
    case Kind::command_counter: return "counter";
    case Kind::gauge:
    case Kind::peak:
    case Kind::pulled_gauge:
    case Kind::info: return "gauge";
    case Kind::histogram:
    case Kind::command_histogram: return "histogram";
  }
  return "";
}

// "`protocol` (resp, memcache), `kind` (...)"
std::string labels_text(const Row& row) {
  if (row.kind == Kind::info) return "`version`, `compiler`";
  if (row.kind == Kind::command_counter || row.kind == Kind::command_histogram) {
    return "`protocol` (" + std::string(LabelText<Protocol>::kValues) + "), `command`";
  }
  std::string text;
  for (size_t label = 0; label < row.series.front().size(); ++label) {
    text += (label ? ", `" : "`") + row.series.front()[label].first + "` (";
    std::set<std::string> seen;
    for (const auto& series : row.series) {
      if (seen.insert(series[label].second).second) text += (seen.size() > 1 ? ", " : "") + series[label].second;
    }
    text += ")";
  }
  return text;
}

std::string quoted(std::string_view text) {  // a YAML single-quoted scalar
  std::string result = "'";
  for (char c : text) result.append(c == '\'' ? 2 : 1, c);
  return result + "'";
}

const Row& row_of(std::string_view id) {
  return *std::find_if(rows().begin(), rows().end(), [id](const Row& row) { return row.id == id; });
}

}  // namespace

std::string reference_page() {
  std::ostringstream out;
  out << "# Metrics\n\n"
         "Generated from `src/metrics/metrics.def` by `make docs`. Served as Prometheus text on the admin address, "
         "`/metrics`.\n"
         "Times are in seconds, sizes in bytes. Histograms have buckets at 1 us, 2 us, 4 us and so on to 16.8 s. "
         "Gauges of the memory backend\n"
         "are shown only where it is in use, and the metrics of a command only once it was used. `conf/alerts.yml` has "
         "the alert rules.\n";
  for (const Row& row : rows()) {
    out << "\n## " << row.name << "\n\n" << type_text(row.kind);
    if (row.kind != Kind::info) out << ", in " << row.unit;
    if (const std::string labels = labels_text(row); !labels.empty()) out << "; labels " << labels;
    out << "\n\n" << row.help << "\n\n**What to do:** " << row.action << "\n";
    for (const Alert& alert : alerts()) {
      if (alert.id != row.id) continue;
      out << "\n**Alert " << alert.name << "** (" << alert.severity;
      if (alert.duration != "0m") out << ", after " << alert.duration;
      out << "): `" << alert.expression << "`\n";
    }
  }
  return std::move(out).str();
}

std::string alert_rules() {
  std::ostringstream out;
  out << "# Prometheus alert rules, generated from src/metrics/metrics.def by `make docs`. Name this file under "
         "rule_files.\n"
         "groups:\n  - name: cachetted\n    rules:\n";
  for (const Alert& alert : alerts()) {
    out << "      - alert: " << alert.name << "\n        expr: " << quoted(alert.expression) << "\n";
    if (alert.duration != "0m") out << "        for: " << alert.duration << "\n";
    out << "        labels:\n          severity: " << alert.severity
        << "\n        annotations:\n          summary: " << quoted(alert.summary)
        << "\n          description: " << quoted(row_of(alert.id).action) << "\n";
  }
  return std::move(out).str();
}

}  // namespace cachetted::metrics
