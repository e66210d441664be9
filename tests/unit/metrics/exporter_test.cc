// The exported text: accepted by promtool without a remark, with the numbers that were counted, and no series that
// nobody used.
#include "metrics/exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/clock.h"
#include "promtool.h"

namespace cachetted::metrics {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

const CommandLabels kExported = {
    {Protocol::resp, "get"}, {Protocol::resp, "set"}, {Protocol::resp, "unknown"}, {Protocol::memcache, "gets"}};

// Every metric with something in it.
void count_everything(CellSet& set, Exporter& exporter) {
  for (size_t i = 0; i < set.loops(); ++i) {
    Cells& cells = set.loop(i);
    for (uint16_t c = 0; c < kExported.size(); ++c) {
      cells.requests(c, 7);
      for (uint64_t ns = 1; ns < 60'000'000'000; ns *= 3) cells.latency(c, ns);
    }
    for (const Row& row : rows()) {
      for (size_t s = 0; s < row.series.size(); ++s) {
        if (row.kind == Kind::counter || row.kind == Kind::gauge)
          cells.add(CounterCell{static_cast<uint16_t>(row.first + s)}, 3 + s);
      }
    }
    cells.loop_turn(2'500'000, steady_ns());
  }
  for (const Row& row : rows()) {
    for (size_t s = 0; s < row.series.size(); ++s) {
      if (row.kind == Kind::pulled_counter || row.kind == Kind::pulled_gauge) {
        exporter.pull(CounterCell{static_cast<uint16_t>(row.first + s)}, [] { return uint64_t{12'345'678'901}; });
      }
    }
  }
}

void expect_clean(const std::string& text) {
  const testing::Folder folder;
  const testing::Outcome outcome = testing::run("promtool check metrics < " + folder.write("metrics.txt", text));
  EXPECT_EQ(outcome.status, 0) << outcome.said;
  EXPECT_EQ(outcome.said, "") << "promtool lint";
}

TEST(Exporter, PromtoolHasNothingToSay) {
  SKIP_WITHOUT_PROMTOOL();
  CellSet set(kExported, 2);
  Exporter exporter(set);
  expect_clean(exporter.text());
  count_everything(set, exporter);
  expect_clean(exporter.text());
}

TEST(Exporter, EveryRowIsExportedOnceItHasANumber) {
  CellSet set(kExported, 2);
  Exporter exporter(set);
  count_everything(set, exporter);
  const std::string text = exporter.text();
  for (const Row& row : rows()) EXPECT_THAT(text, HasSubstr("# TYPE " + std::string(row.name) + " ")) << row.name;
}

TEST(Exporter, SumsTheLoops) {
  CellSet set(kExported, 3);
  const Exporter exporter(set);
  for (size_t i = 0; i < 3; ++i) {
    set.loop(i).requests(1, 10 + i);
    set.loop(i).add(metric::errors(Protocol::resp, ErrorKind::wrong_arity));
    set.loop(i).raise(metric::connections(Protocol::memcache), i);
    set.loop(i).loop_turn(1'000'000 * (i + 1), steady_ns());
  }
  const std::string text = exporter.text();
  EXPECT_THAT(text, HasSubstr("cachetted_requests_total{protocol=\"resp\",command=\"set\"} 33\n"));
  EXPECT_THAT(text, HasSubstr("cachetted_errors_total{protocol=\"resp\",kind=\"wrong_arity\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("cachetted_connections{protocol=\"memcache\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("cachetted_loop_turn_max_seconds 0.003\n"));
  EXPECT_THAT(text, HasSubstr("cachetted_loop_lag_seconds_count 3\n"));
  EXPECT_THAT(text, HasSubstr("cachetted_loops 3\n"));
  EXPECT_THAT(text, HasSubstr("cachetted_build_info{version=\"" CACHETTED_VERSION "\",compiler=\""));
}

TEST(Exporter, HistogramIsCumulativeInSeconds) {
  CellSet set(kExported, 2);
  const Exporter exporter(set);
  set.loop(0).latency(0, 1'000);           // at most 1 us
  set.loop(1).latency(0, 3'000, 2);        // at most 4 us
  set.loop(0).latency(0, 20'000'000'000);  // over 2^24 us
  const std::string series = "cachetted_request_duration_seconds_", labels = "{protocol=\"resp\",command=\"get\"";
  const std::string text = exporter.text();
  EXPECT_THAT(text, HasSubstr(series + "count" + labels + "} 4\n"));
  EXPECT_THAT(text, ContainsRegex(series + "sum.*command=\"get\"} 20.00000[67]"));
  EXPECT_THAT(text, HasSubstr(series + "bucket" + labels + ",le=\"1e-06\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(series + "bucket" + labels + ",le=\"2e-06\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(series + "bucket" + labels + ",le=\"4e-06\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(series + "bucket" + labels + ",le=\"16.777216\"} 3\n"));
  EXPECT_THAT(text, HasSubstr(series + "bucket" + labels + ",le=\"+Inf\"} 4\n"));
}

TEST(Exporter, UnusedCommandsAndAbsentSourcesMakeNoSeries) {
  CellSet set(kExported, 1);
  Exporter exporter(set);
  EXPECT_THAT(exporter.text(), Not(HasSubstr("command=")));
  EXPECT_THAT(exporter.text(), Not(HasSubstr("cachetted_keys")));
  EXPECT_THAT(exporter.text(), HasSubstr("cachetted_hits_total{protocol=\"resp\"} 0\n")) << "a counter begins at 0";
  set.loop(0).requests(3);
  exporter.pull(metric::keys(), [] { return uint64_t{42}; });
  exporter.pull(metric::memory(MemoryKind::resident), [] { return uint64_t{1} << 33; });
  EXPECT_THAT(exporter.text(), HasSubstr("{protocol=\"memcache\",command=\"gets\"} 1\n"));
  EXPECT_THAT(exporter.text(), Not(HasSubstr("command=\"get\"")));
  EXPECT_THAT(exporter.text(), HasSubstr("cachetted_keys 42\n"));
  EXPECT_THAT(exporter.text(), HasSubstr("cachetted_memory_bytes{kind=\"resident\"} 8589934592\n"));
  EXPECT_THAT(exporter.text(), Not(HasSubstr("kind=\"limit\"")));
}

TEST(Exporter, ASourceAddsToWhatTheLoopsCount) {
  CellSet set({}, 1);
  Exporter exporter(set);
  set.loop(0).add(metric::evictions(), 5);
  EXPECT_THAT(exporter.text(), HasSubstr("cachetted_evictions_total 5\n"));
  exporter.pull(metric::evictions(), [] { return uint64_t{100}; });
  EXPECT_THAT(exporter.text(), HasSubstr("cachetted_evictions_total 105\n"));
}

TEST(Exporter, ScrapesBesideALoopThatCounts) {
  CellSet set(kExported, 1);
  const Exporter exporter(set);
  std::atomic<bool> scraped{false};
  std::thread loop([&] {
    while (!scraped) {
      set.loop(0).requests(0);
      set.loop(0).latency(0, 12'345);
      set.loop(0).loop_turn(100, steady_ns());
    }
  });
  std::thread other([&] { EXPECT_FALSE(exporter.text().empty()); });
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(exporter.text().empty());
  scraped = true;
  loop.join();
  other.join();
}

}  // namespace
}  // namespace cachetted::metrics
