// What goes out to a server, and what it owes.
#include "backends/upstream/stream.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "backends/upstream/queue.h"

namespace cachetted::upstream {
namespace {

struct Slice {
  char* base;
  size_t len;
};

void put(Stream& s, const std::string& text) {
  char* p = s.reserve(text.size());
  std::memcpy(p, text.data(), text.size());
  s.commit(p + text.size());
}

std::string unsent(const Stream& s) {
  Slice slices[64];
  unsigned n = s.slices(slices, 64);
  std::string all;
  for (unsigned i = 0; i < n; ++i) all.append(slices[i].base, slices[i].len);
  return all;
}

TEST(UpstreamStream, KeepsWhatWasSentUntilItIsReleased) {
  Stream s;
  put(s, "one");
  put(s, "two");
  EXPECT_EQ(unsent(s), "onetwo");
  s.note_sent(4);
  EXPECT_EQ(unsent(s), "wo");
  EXPECT_EQ(s.piece(0, 3), "one");
  EXPECT_EQ(s.piece(3, 6), "two");
  s.note_sent(2);
  s.release(3);
  EXPECT_EQ(s.held(), 3u);
  EXPECT_EQ(s.piece(3, 6), "two");
  s.release(6);
  EXPECT_EQ(s.held(), 0u);
  put(s, "three");
  EXPECT_EQ(unsent(s), "three");
  EXPECT_EQ(s.piece(6, 11), "three");
}

TEST(UpstreamStream, EachCommandLiesInOnePiece) {
  Stream s;
  std::string expected;
  std::vector<std::pair<uint64_t, uint64_t>> places;
  for (size_t i = 0; i < 300; ++i) {
    std::string text(i % 7 == 0 ? 100'000 : 1000 + i, static_cast<char>('a' + i % 26));
    uint64_t begin = s.end();
    put(s, text);
    places.emplace_back(begin, s.end());
    expected += text;
  }
  for (size_t i = 0; i < 300; ++i)
    EXPECT_EQ(s.piece(places[i].first, places[i].second),
              expected.substr(places[i].first, places[i].second - places[i].first));
  std::string got;
  while (s.unsent() != 0) {
    Slice slices[3];
    unsigned n = s.slices(slices, 3);
    size_t part = 0;
    for (unsigned i = 0; i < n; ++i) part += slices[i].len;
    part = part / 2 + 1;  // a short write
    std::string sent;
    for (unsigned i = 0; i < n; ++i) sent.append(slices[i].base, slices[i].len);
    got += sent.substr(0, part);
    s.note_sent(part);
    s.release(s.sent() / 2);
  }
  EXPECT_EQ(got, expected);
  s.release(s.end());
  EXPECT_EQ(s.held(), 0u);
}

TEST(UpstreamStream, ClearForgetsAllAndGoesOn) {
  Stream s;
  put(s, "lost");
  s.clear();
  EXPECT_EQ(s.unsent(), 0u);
  uint64_t begin = s.end();
  put(s, "new");
  EXPECT_EQ(unsent(s), "new");
  EXPECT_EQ(s.piece(begin, s.end()), "new");
}

TEST(UpstreamQueue, GrowsAndKeepsItsOrder) {
  Queue q;
  uint64_t in = 0, out = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 40; ++i) q.push({.end = ++in});
    for (int i = 0; i < (round % 2 == 0 ? 10 : 60) && !q.empty(); ++i) {
      EXPECT_EQ(q.front().end, ++out);
      q.pop();
    }
  }
  EXPECT_EQ(q.size(), in - out);
  for (size_t i = 0; i < q.size(); ++i) EXPECT_EQ(q.at(i).end, out + i + 1);
  EXPECT_EQ(q.take().size(), in - out);
  EXPECT_TRUE(q.empty());
}

}  // namespace
}  // namespace cachetted::upstream
