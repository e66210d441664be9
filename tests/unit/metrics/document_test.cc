// The generated texts: complete, accepted by promtool, the alerts fire when they should, and the copies in the tree are
// fresh.
#include "metrics/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "metrics/metrics.h"
#include "promtool.h"

namespace cachetted::metrics {
namespace {

using ::testing::HasSubstr;

std::filesystem::path source_root() {
#ifdef CACHETTED_SOURCE_ROOT
  return CACHETTED_SOURCE_ROOT;
#else
  return std::filesystem::path(__FILE__).parent_path() / "../../..";
#endif
}

TEST(Document, NamesFollowTheConvention) {
  std::set<std::string_view> names;
  for (const Row& row : rows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " twice";
    EXPECT_TRUE(std::regex_match(std::string(row.name), std::regex("cachetted_[a-z]+(_[a-z]+)*"))) << row.name;
    const bool counts =
        row.kind == Kind::counter || row.kind == Kind::pulled_counter || row.kind == Kind::command_counter;
    EXPECT_EQ(row.name.ends_with("_total"), counts) << row.name;
    if (row.unit == "seconds" || row.unit == "bytes") {
      EXPECT_THAT(std::string(row.name), HasSubstr("_" + std::string(row.unit)));
    }
    EXPECT_TRUE(row.help.ends_with('.')) << row.name;
    EXPECT_TRUE(row.action.ends_with('.')) << row.name;
  }
}

TEST(Document, ReferenceHasEveryMetricAndAlert) {
  const std::string page = reference_page();
  for (const Row& row : rows()) {
    EXPECT_THAT(page, HasSubstr("\n## " + std::string(row.name) + "\n"));
    EXPECT_THAT(page, HasSubstr(std::string(row.help)));
    EXPECT_THAT(page, HasSubstr(std::string(row.action)));
  }
  for (const Alert& alert : alerts()) EXPECT_THAT(page, HasSubstr("**Alert " + std::string(alert.name) + "**"));
  EXPECT_THAT(page, HasSubstr("labels `bound` (min, max)"));
}

// Each expression speaks of its own metric, and of no metric that is not in the table.
TEST(Document, AlertsSpeakOfMetricsThatExist) {
  std::set<std::string> known;
  for (const Row& row : rows()) {
    known.emplace(row.name);
    if (row.kind == Kind::histogram || row.kind == Kind::command_histogram)
      known.insert(std::string(row.name) + "_bucket");
  }
  const std::regex metric_name("cachetted_[a-z_]+");
  for (const Alert& alert : alerts()) {
    const auto row = std::find_if(rows().begin(), rows().end(), [&](const Row& r) { return r.id == alert.id; });
    ASSERT_NE(row, rows().end()) << alert.name;
    const std::string expression(alert.expression);
    EXPECT_THAT(expression, HasSubstr(std::string(row->name)));
    for (std::sregex_iterator it(expression.begin(), expression.end(), metric_name), end; it != end; ++it) {
      EXPECT_TRUE(known.count(it->str())) << alert.name << ": " << it->str();
    }
  }
}

TEST(Document, PromtoolAcceptsTheRules) {
  SKIP_WITHOUT_PROMTOOL();
  const testing::Folder folder;
  const testing::Outcome outcome =
      testing::run("promtool check rules --lint-fatal " + folder.write("alerts.yml", alert_rules()));
  EXPECT_EQ(outcome.status, 0) << outcome.said;
  EXPECT_THAT(outcome.said, HasSubstr("SUCCESS: " + std::to_string(alerts().size()) + " rules found"));
}

// promtool's own evaluation of the rules over made-up series: one test a rule, the first line of which must set it off
// at minute 40, and the second of which must not.
struct Firing {
  const char* alert;
  std::vector<std::pair<const char*, const char*>> bad, good;  // series and its values at 1 min
};

const Firing kFirings[] = {
    {"CachettedAbsent", {}, {{"cachetted_build_info{instance=\"a\"}", "1x50"}}},
    {"CachettedRestarting",
     {{"cachetted_uptime_seconds{instance=\"a\"}", "0+60x10 0+60x10 0+60x10 0+60x10"}},
     {{"cachetted_uptime_seconds{instance=\"a\"}", "0+60x50"}}},
    {"CachettedBackendUnavailable",
     {{"cachetted_errors_total{instance=\"a\",protocol=\"resp\",kind=\"unavailable\"}", "0+1x50"}},
     {{"cachetted_errors_total{instance=\"a\",protocol=\"resp\",kind=\"unavailable\"}", "9x50"}}},
    {"CachettedStoreDown",
     {{"cachetted_upstream_down{instance=\"a\"}", "1x60"}},
     {{"cachetted_upstream_down{instance=\"a\"}", "0x60"}}},
    {"CachettedStoreSlow",
     {{"cachetted_upstream_timeouts_total{instance=\"a\"}", "0+10x60"}},
     {{"cachetted_upstream_timeouts_total{instance=\"a\"}", "5x60"}}},
    {"CachettedDynamodbThrottled",
     {{"cachetted_dynamodb_throttles_total{instance=\"a\"}", "0+120x60"}},
     {{"cachetted_dynamodb_throttles_total{instance=\"a\"}", "0+1x60"}}},
    {"CachettedOutOfMemory",
     {{"cachetted_errors_total{instance=\"a\",protocol=\"resp\",kind=\"out_of_memory\"}", "0+1x50"}},
     {{"cachetted_errors_total{instance=\"a\",protocol=\"resp\",kind=\"syntax\"}", "0+1x50"}}},
    {"CachettedErrorRatio",
     {{"cachetted_errors_total{instance=\"a\",protocol=\"resp\",kind=\"syntax\"}", "0+10x50"},
      {"cachetted_requests_total{instance=\"a\",protocol=\"resp\",command=\"get\"}", "0+100x50"}},
     {{"cachetted_errors_total{instance=\"a\",protocol=\"resp\",kind=\"syntax\"}", "0+1x50"},
      {"cachetted_requests_total{instance=\"a\",protocol=\"resp\",command=\"get\"}", "0+100x50"}}},
    {"CachettedSlowRequests",
     {{"cachetted_request_duration_seconds_bucket{instance=\"a\",le=\"0.065536\"}", "0x50"},
      {"cachetted_request_duration_seconds_bucket{instance=\"a\",le=\"0.131072\"}", "0+100x50"},
      {"cachetted_request_duration_seconds_bucket{instance=\"a\",le=\"+Inf\"}", "0+100x50"}},
     {{"cachetted_request_duration_seconds_bucket{instance=\"a\",le=\"0.000064\"}", "0+100x50"},
      {"cachetted_request_duration_seconds_bucket{instance=\"a\",le=\"+Inf\"}", "0+100x50"}}},
    {"CachettedConnectionsRejected",
     {{"cachetted_connections_rejected_total{instance=\"a\",protocol=\"resp\"}", "0x35 5x15"}},
     {{"cachetted_connections_rejected_total{instance=\"a\",protocol=\"resp\"}", "5x50"}}},
    {"CachettedSlowReadersCut",
     {{"cachetted_connections_cut_total{instance=\"a\",reason=\"output_buffer\"}", "0x35 1x15"}},
     {{"cachetted_connections_cut_total{instance=\"a\",reason=\"idle\"}", "0+1x50"}}},
    {"CachettedHitRatioLow",
     {{"cachetted_hits_total{instance=\"a\",protocol=\"resp\"}", "0+10x50"},
      {"cachetted_misses_total{instance=\"a\",protocol=\"resp\"}", "0+90x50"},
      {"cachetted_evictions_total{instance=\"a\"}", "0+1x50"}},
     {{"cachetted_hits_total{instance=\"a\",protocol=\"resp\"}", "0+10x50"},
      {"cachetted_misses_total{instance=\"a\",protocol=\"resp\"}", "0+90x50"},
      {"cachetted_evictions_total{instance=\"a\"}", "0x50"}}},
    {"CachettedLoopLag",
     {{"cachetted_loop_lag_seconds_bucket{instance=\"a\",le=\"0.016384\"}", "0x50"},
      {"cachetted_loop_lag_seconds_bucket{instance=\"a\",le=\"+Inf\"}", "0+100x50"}},
     {{"cachetted_loop_lag_seconds_bucket{instance=\"a\",le=\"0.000256\"}", "0+100x50"},
      {"cachetted_loop_lag_seconds_bucket{instance=\"a\",le=\"+Inf\"}", "0+100x50"}}},
    {"CachettedLoopHeld",
     {{"cachetted_loop_turn_max_seconds{instance=\"a\"}", "0.9x50"}},
     {{"cachetted_loop_turn_max_seconds{instance=\"a\"}", "0.1x50"}}},
    {"CachettedMemoryOverLimit",
     {{"cachetted_memory_bytes{instance=\"a\",kind=\"resident\"}", "1100x50"},
      {"cachetted_memory_bytes{instance=\"a\",kind=\"limit\"}", "1000x50"}},
     {{"cachetted_memory_bytes{instance=\"a\",kind=\"resident\"}", "1100x50"},
      {"cachetted_memory_bytes{instance=\"a\",kind=\"limit\"}", "0x50"}}},
    {"CachettedReloadRefused",
     {{"cachetted_config_reloads_total{instance=\"a\",result=\"refused\"}", "0x35 1x15"}},
     {{"cachetted_config_reloads_total{instance=\"a\",result=\"applied\"}", "0x35 1x15"}}},
    {"CachettedTtlRejected",
     {{"cachetted_ttl_rejected_total{instance=\"a\"}", "0x35 1x15"}},
     {{"cachetted_ttl_rejected_total{instance=\"a\"}", "1x50"}}},
    {"CachettedJournalBroken",
     {{"cachetted_journal_refusing{instance=\"a\"}", "1x50"}},
     {{"cachetted_journal_refusing{instance=\"a\"}", "0x50"}}},
    {"CachettedSnapshotFails",
     {{"cachetted_snapshot_failures_total{instance=\"a\"}", "0x35 1x15"}},
     {{"cachetted_snapshot_failures_total{instance=\"a\"}", "1x50"}}},
    {"CachettedPickleCorrupt",
     {{"cachetted_corrupt_files_total{instance=\"a\"}", "0x35 1x15"}},
     {{"cachetted_corrupt_files_total{instance=\"a\"}", "1x50"}}},
    {"CachettedLogDropped",
     {{"cachetted_log_dropped_total{instance=\"a\"}", "0x35 1x15"}},
     {{"cachetted_log_dropped_total{instance=\"a\"}", "1x50"}}},
};

TEST(Document, EveryAlertFiresWhenItShouldAndOnlyThen) {
  SKIP_WITHOUT_PROMTOOL();
  ASSERT_EQ(std::size(kFirings), alerts().size());
  const testing::Folder folder;
  const std::string rules = folder.write("alerts.yml", alert_rules());
  // What fires, by promtool's table of expected and got: the ALERTS series is queried instead, so that no text need be
  // repeated here.
  std::string file = "rule_files: [" + rules + "]\nevaluation_interval: 1m\ntests:\n";
  for (const Firing& firing : kFirings) {
    for (const bool bad : {true, false}) {
      const auto& series = bad ? firing.bad : firing.good;
      file += "  - interval: 1m\n    input_series:" + std::string(series.empty() ? " []\n" : "\n");
      for (const auto& [name, values] : series) {
        file += "      - series: '" + std::string(name) + "'\n        values: '" + values + "'\n";
      }
      file += "    promql_expr_test:\n      - expr: 'count(ALERTS{alertname=\"" + std::string(firing.alert) +
              "\",alertstate=\"firing\"}) or vector(0)'\n        eval_time: 40m\n        exp_samples:\n          - "
              "labels: '{}'\n"
              "            value: " +
              (bad ? "1\n" : "0\n");
    }
  }
  const testing::Outcome outcome = testing::run("promtool test rules " + folder.write("test.yml", file));
  EXPECT_EQ(outcome.status, 0) << outcome.said;
}

TEST(Document, CopiesInTheTreeAreFresh) {
  EXPECT_EQ(testing::read_file(source_root() / "conf/alerts.yml"), alert_rules()) << "run `make docs`";
  EXPECT_EQ(testing::read_file(source_root() / "docs/reference/metrics.md"), reference_page()) << "run `make docs`";
}

}  // namespace
}  // namespace cachetted::metrics
