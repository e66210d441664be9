// Cells: what is counted is what is read, per series, while another thread reads; and no two loops share a cache line.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "metrics/metrics.h"

namespace cachetted::metrics {
namespace {

const CommandLabels kCommands = {{Protocol::resp, "get"}, {Protocol::resp, "set"}, {Protocol::memcache, "get"}};

TEST(Buckets, HoldWhatIsAtMostTheirBound) {
  EXPECT_EQ(bucket_of(0), 0u);
  EXPECT_EQ(bucket_of(1), 0u);
  EXPECT_EQ(bucket_of(1000), 0u);
  for (unsigned k = 1; k < kBounds; ++k) {
    const uint64_t bound = (uint64_t{1} << k) * 1000;
    EXPECT_EQ(bucket_of(bound), k) << k;
    EXPECT_EQ(bucket_of(bound + 1), k + 1) << k;
  }
  EXPECT_EQ(bucket_of(UINT64_MAX / 2), kBuckets - 1);
}

TEST(Table, EverySeriesHasACellOfItsOwn) {
  std::set<int> words;
  size_t expected = 0;
  for (const Row& row : rows()) {
    const size_t n = words_of(row.kind, row.series.size());
    expected += n;
    for (size_t i = 0; i < n; ++i) words.insert(static_cast<int>(row.first + i));
  }
  EXPECT_EQ(words.size(), expected);
  EXPECT_EQ(expected, static_cast<size_t>(kWords));
  EXPECT_EQ(*words.rbegin(), kWords - 1);
}

TEST(Table, TextOfLabelsFollowsTheCells) {
  const auto row = std::find_if(rows().begin(), rows().end(), [](const Row& r) { return r.id == "errors"; });
  ASSERT_NE(row, rows().end());
  const auto labels_at = [&](CounterCell cell) { return row->series.at(cell.word - row->first); };
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(labels_at(metric::errors(Protocol::resp, ErrorKind::unknown_command)),
            (Pairs{{"protocol", "resp"}, {"kind", "unknown_command"}}));
  EXPECT_EQ(labels_at(metric::errors(Protocol::memcache, ErrorKind::other)),
            (Pairs{{"protocol", "memcache"}, {"kind", "other"}}));
  EXPECT_EQ(value_text(ErrorKind::no_auth), "no_auth");
  EXPECT_EQ(value_text(TtlBound::max), "max");
}

TEST(Cells, CountPerSeriesAndCommand) {
  CellSet set(kCommands, 2);
  set.loop(0).add(metric::hits(Protocol::resp), 3);
  set.loop(1).add(metric::hits(Protocol::resp));
  set.loop(1).add(metric::hits(Protocol::memcache), 10);
  EXPECT_EQ(set.total(metric::hits(Protocol::resp)), 4u);
  EXPECT_EQ(set.total(metric::hits(Protocol::memcache)), 10u);
  EXPECT_EQ(set.total(metric::misses(Protocol::resp)), 0u);

  set.loop(0).requests(1);
  set.loop(1).requests(1, 16);
  EXPECT_EQ(set.requests(0), 0u);
  EXPECT_EQ(set.requests(1), 17u);

  set.loop(0).latency(2, 1500, 4);
  const Cells::CommandCells& cell = set.loop(0).command(2);
  EXPECT_EQ(cell.sum_ns.load(), 6000u);
  EXPECT_EQ(cell.buckets[1].load(), 4u);
}

TEST(Cells, GaugesAddUpOverLoopsAlsoWhenOneFalls) {
  CellSet set({}, 2);
  set.loop(0).raise(metric::connections(Protocol::resp), 5);
  set.loop(1).raise(metric::connections(Protocol::resp));
  set.loop(0).lower(metric::connections(Protocol::resp), 3);
  EXPECT_EQ(set.total(metric::connections(Protocol::resp)), 3u);
  set.loop(0).set(metric::queue(), 7);
  set.loop(0).set(metric::queue(), 2);
  EXPECT_EQ(set.total(metric::queue()), 2u);
}

TEST(Cells, PeakIsForgottenAfterTwoWindows) {
  constexpr uint64_t kWindow = Cells::kPeakWindowNs, kStart = 1000 * kWindow;
  Cells cells(0);
  const PeakCell cell = metric::loop_turn_max();
  EXPECT_EQ(cells.value(cell, kStart), 0u);
  cells.peak(cell, 500, kStart);
  cells.peak(cell, 300, kStart + 1);
  EXPECT_EQ(cells.value(cell, kStart + 2), 500u);
  EXPECT_EQ(cells.value(cell, kStart - 2), 500u) << "the reader's clock may be behind";
  cells.peak(cell, 200, kStart + kWindow);  // the window before still counts
  EXPECT_EQ(cells.value(cell, kStart + kWindow + 1), 500u);
  cells.peak(cell, 100, kStart + 2 * kWindow);
  EXPECT_EQ(cells.value(cell, kStart + 2 * kWindow + 1), 200u);
  EXPECT_EQ(cells.value(cell, kStart + 3 * kWindow + 1), 100u) << "a loop that no longer turns";
  EXPECT_EQ(cells.value(cell, kStart + 4 * kWindow), 0u);
  cells.peak(cell, 50, kStart + 9 * kWindow);  // after a long sleep nothing old comes back
  EXPECT_EQ(cells.value(cell, kStart + 9 * kWindow), 50u);
}

TEST(Cells, LoopsShareNoCacheLine) {
  static_assert(alignof(Cells) >= 64 && sizeof(Cells) % 64 == 0);
  CellSet set(kCommands, 3);
  for (size_t i = 0; i < set.loops(); ++i) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(&set.loop(i)) % 64, 0u);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(&set.loop(i).command(0)) % 64, 0u);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(&set.loop(i).command(1)) % 64, 0u);
  }
}

TEST(Cells, AReaderBesideTheWritersSeesOnlyGrowthAndTheFullSumAtTheEnd) {
  constexpr size_t kLoops = 3;
  constexpr uint64_t kTurns = 20000;
  CellSet set(kCommands, kLoops);
  std::atomic<size_t> running{kLoops};
  std::vector<std::thread> writers;
  for (size_t i = 0; i < kLoops; ++i) {
    writers.emplace_back([&, i] {
      Cells& cells = set.loop(i);
      for (uint64_t n = 0; n < kTurns; ++n) {
        cells.requests(0);
        cells.latency(0, n * 100);
        cells.add(metric::hits(Protocol::resp), 2);
        cells.loop_turn(n, n * Cells::kPeakWindowNs / 100);
      }
      --running;
    });
  }
  uint64_t last = 0;
  while (running > 0) {
    const uint64_t now = set.total(metric::hits(Protocol::resp));
    EXPECT_GE(now, last);
    last = now;
    EXPECT_LE(set.loop(0).value(metric::loop_turn_max(), 0), kTurns);
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(set.total(metric::hits(Protocol::resp)), 2 * kLoops * kTurns);
  EXPECT_EQ(set.requests(0), kLoops * kTurns);
  uint64_t observed = 0;
  for (size_t i = 0; i < kLoops; ++i) {
    for (const auto& bucket : set.loop(i).command(0).buckets) observed += bucket.load();
  }
  EXPECT_EQ(observed, kLoops * kTurns);
}

}  // namespace
}  // namespace cachetted::metrics
