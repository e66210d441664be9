// The journal: what was appended is read back, whatever is cut off; damage is told from a crash.
#include <chrono>
#include <thread>
#include <vector>

#include "backends/pickle/journal.h"
#include "backends/pickle/replay.h"
#include "tests/unit/backends/pickle/folder.h"

namespace cachetted::pickle {
namespace {

using memory::Form;

// Frame n: two records, so that half of one would show.
std::string frame(int n) {
  std::string bytes;
  Frame f(bytes);
  f.set(Form::plain, 7, 1000 + n, "key" + std::to_string(n), std::string(static_cast<size_t>(n) * 3, 'v'));
  f.remove("gone" + std::to_string(n));
  Frame::seal(bytes);
  return bytes;
}

void wait_for(Journal& j, uint64_t position) {
  j.kick();
  while (j.durable() < position && !j.refusing()) std::this_thread::sleep_for(std::chrono::microseconds(50));
}

// A segment of `frames` frames, each in a write of its own, synced.
std::string segment_of(int frames) {
  Folder folder;
  {
    Journal j(folder.file("f"), config::Fsync::always, [] {});
    j.start({}, 0);
    for (int n = 0; n < frames; ++n) {
      std::string bytes = frame(n);
      wait_for(j, j.append(bytes));
    }
  }
  return read_all(segment_name(folder.file("f"), 1));
}

// The frames that are applied, by their number; fails where one is not whole.
std::vector<int> frames_in(std::string_view segment, Replayed& result, uint64_t reaches = 0) {
  std::vector<int> seen;
  bool half = false;
  result = replay_bytes(segment, reaches, [&](const Record& r) {
    if (r.kind == Record::Kind::set) {
      EXPECT_FALSE(half);
      half = true;
      seen.push_back(std::stoi(std::string(r.key.substr(3))));
      EXPECT_EQ(r.value.size(), static_cast<size_t>(seen.back()) * 3);
      EXPECT_EQ(r.flags, 7u);
      EXPECT_EQ(r.expiry, 1000 + seen.back());
    } else if (r.kind == Record::Kind::remove) {
      EXPECT_TRUE(half);
      half = false;
      EXPECT_EQ(r.key, "gone" + std::to_string(seen.back()));
    }
  });
  EXPECT_FALSE(half);
  return seen;
}

TEST(Checksum, IsCastagnolis) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c("6789", crc32c("12345")), 0xe3069283u);
}

TEST(Journal, EveryCutKeepsWhatPrecedesIt) {
  const std::string whole = segment_of(12);
  Replayed result;
  ASSERT_EQ(frames_in(whole, result).size(), 12u);
  EXPECT_EQ(result.end, Replayed::End::whole);
  size_t most = 0;
  for (size_t cut = kJournalHeader; cut < whole.size(); ++cut) {
    const std::vector<int> seen = frames_in(std::string_view(whole).substr(0, cut), result);
    for (size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], static_cast<int>(i));
    ASSERT_GE(seen.size(), most) << "a longer journal has more";
    most = seen.size();
    ASSERT_NE(result.end, Replayed::End::damaged) << result.why;
    ASSERT_EQ(result.good + result.left, cut);
    ASSERT_EQ(result.end == Replayed::End::torn, result.left != 0);
  }
  EXPECT_EQ(most, 11u);
}

TEST(Journal, AByteThatWasOnDiskAndIsAnotherIsDamage) {
  const std::string whole = segment_of(6);
  Replayed result;
  size_t last = whole.rfind(std::string(kMarkMagic)) - kFrameHeader - 1;  // what stands before was synced
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    const size_t seen = frames_in(bad, result).size();
    ASSERT_LT(seen, 6u);
    ASSERT_EQ(result.end, at < last ? Replayed::End::damaged : Replayed::End::torn) << at;
  }
}

TEST(Journal, ASegmentBeforeTheLastIsWholeOrDamaged) {
  const std::string whole = segment_of(4);
  Replayed result;
  frames_in(whole, result, whole.size());
  EXPECT_EQ(result.end, Replayed::End::whole);
  frames_in(whole.substr(0, whole.size() - 1), result, whole.size());
  EXPECT_EQ(result.end, Replayed::End::damaged);
  frames_in(whole + "rest of a write that failed", result, whole.size());
  EXPECT_EQ(result.end, Replayed::End::whole);
}

TEST(JournalThreads, LoseNothing) {
  Folder folder;
  constexpr int kThreads = 4, kEach = 2000;
  for (config::Fsync fsync : {config::Fsync::always, config::Fsync::everysec, config::Fsync::no}) {
    const std::string path = folder.file("f" + std::to_string(static_cast<int>(fsync)));
    {
      Journal j(path, fsync, [] {});
      j.start({}, 0);
      std::vector<std::thread> threads;
      for (int t = 0; t < kThreads; ++t)
        threads.emplace_back([&j, t] {
          for (int i = 0; i < kEach; ++i) {
            std::string bytes;
            Frame(bytes).set(Form::plain, 0, kNever, std::to_string(t), std::to_string(i));
            Frame::seal(bytes);
            j.append(bytes);
            j.kick();
          }
        });
      for (std::thread& t : threads) t.join();
    }
    std::vector<int> last(kThreads, -1);
    const Replayed result = replay(segment_name(path, 1), 0, [&](const Record& r) {
      if (r.kind != Record::Kind::set) return;
      int& before = last[static_cast<size_t>(std::stoi(std::string(r.key)))];
      EXPECT_EQ(std::stoi(std::string(r.value)), ++before);
    });
    EXPECT_EQ(result.end, Replayed::End::whole);
    for (int n : last) EXPECT_EQ(n, kEach - 1);
  }
}

TEST(Journal, SegmentsFollowEachOtherAndGo) {
  Folder folder;
  const std::string path = folder.file("f");
  std::string why;
  {
    Journal j(path, config::Fsync::no, [] {});
    j.start({}, 0);
    EXPECT_EQ(j.rotate(why), 1u) << "nothing is in the first one";
    std::string bytes = frame(1);
    j.append(bytes);
    EXPECT_EQ(j.changed(), 1u);
    EXPECT_EQ(j.rotate(why), 2u);
    EXPECT_EQ(j.changed(), 0u);
    bytes = frame(2);
    j.append(bytes);
    EXPECT_TRUE(j.settle(why));
    auto found = find_segments(path);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(previous_end(segment_name(path, 2)), found[0].bytes);
    j.drop(2);
    EXPECT_EQ(find_segments(path).size(), 1u);
  }
  Replayed result;
  EXPECT_EQ(frames_in(read_all(segment_name(path, 2)), result), std::vector<int>{2});
}

TEST(Journal, WhatAGapPrecedesWasDropped) {
  Folder folder;
  const std::string path = folder.file("f"), whole = segment_of(1);
  for (int n : {1, 3, 4}) write_all_of(segment_name(path, static_cast<uint64_t>(n)), whole);
  write_all_of(segment_name(path, 5), "cachetted jour");  // whose header was not written whole
  write_all_of(path + ".journal-x", "none");
  auto found = find_segments(path);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].number, 3u);
  EXPECT_EQ(found[1].number, 4u);
}

}  // namespace
}  // namespace cachetted::pickle
