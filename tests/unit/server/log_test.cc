// The log's lines as another program reads them: text, journal priorities, JSON; and a reader that does not read.
#include "server/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace cachetted::log {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::StartsWith;

// A file that the log writes to.
class LogTest : public ::testing::Test {
 protected:
  LogTest() { descriptor_ = ::mkstemp(path_); }
  ~LogTest() override {
    stop();
    ::close(descriptor_);
    ::unlink(path_);
    ::unsetenv("JOURNAL_STREAM");
  }
  void begin(Format format, Level level = Level::info) {
    start({.level = level, .format = format, .descriptor = descriptor_});
  }
  std::vector<std::string> lines() {
    stop();
    std::ifstream file(path_);
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  }
  // What Python's json module, a strict reader, makes of the lines, without their time.
  std::string parsed() {
    stop();
    const std::string command =
        "python3 -c \"import json,sys\nfor line in open(sys.argv[1],'rb'):\n o=json.loads(line.decode('utf-8'))\n "
        "o.pop('ts'); print(json.dumps(o,sort_keys=True))\" " +
        std::string(path_) + " 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    std::string said;
    for (int c; (c = std::fgetc(pipe)) != EOF;) said += static_cast<char>(c);
    ::pclose(pipe);
    return said;
  }

  char path_[64] = "/tmp/cachetted-log-XXXXXX";
  int descriptor_ = -1;
};

TEST_F(LogTest, TextHasTimeLevelMessageAndFields) {
  begin(Format::text, Level::trace);
  info("listening", {{"address", "127.0.0.1:7379"}, {"loops", 2}, {"unix", false}, {"ratio", 0.5}});
  warn("slow");
  error("failed", {{"why", "no such file"}, {"empty", ""}, {"equals", "a=b"}});
  trace("fine");
  const auto all = lines();
  ASSERT_THAT(all, SizeIs(4));
  const std::string time = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z ";
  EXPECT_THAT(all[0], MatchesRegex(time + "info  listening address=127.0.0.1:7379 loops=2 unix=false ratio=0.5"));
  EXPECT_THAT(all[1], MatchesRegex(time + "warn  slow"));
  EXPECT_THAT(all[2], MatchesRegex(time + "error failed why=\"no such file\" empty=\"\" equals=\"a=b\""));
  EXPECT_THAT(all[3], MatchesRegex(time + "trace fine"));
}

TEST_F(LogTest, NoBytesOfAClientMakeASecondLineOrAnEscapeSequence) {
  begin(Format::text);
  info("a\nb\x1b[31m", {{"key", std::string_view("x\r\ny\0z\xff\" \\ \xc3\xa9", 13)}});
  const auto all = lines();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_THAT(all[0], HasSubstr("a\\nb\\x1b[31m key=\"x\\r\\ny\\x00z\\xff\\\" \\\\ \xc3\xa9\""));
}

TEST_F(LogTest, JournalGetsPrioritiesAndNoTime) {
  struct stat found {};
  ASSERT_EQ(::fstat(descriptor_, &found), 0);
  ::setenv("JOURNAL_STREAM", (std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino)).c_str(), 1);
  begin(Format::text, Level::debug);
  debug("d");
  info("i", {{"a", 1}});
  warn("w");
  error("e");
  EXPECT_EQ(lines(), (std::vector<std::string>{"<7>d", "<6>i a=1", "<4>w", "<3>e"}));
}

TEST_F(LogTest, AnotherStreamIsNotTheJournal) {
  ::setenv("JOURNAL_STREAM", "1:1", 1);
  begin(Format::text);
  info("i");
  EXPECT_THAT(lines().at(0), StartsWith("20"));
}

TEST_F(LogTest, JsonIsReadBackAsItWas) {
  begin(Format::json, Level::debug);
  info("quote \" back \\ line \n tab \t end",
       {{"n", -5}, {"u", std::numeric_limits<uint64_t>::max()}, {"yes", true}, {"half", 0.5}});
  warn("w", {{"infinite", INFINITY}, {"bell", "\a"}, {"odd \"key\"", "v"}, {"utf", "h\xc3\xa9 \xf0\x9f\x98\x80"}});
  debug("bad utf-8", {{"v", "a\xff\xc3(\xed\xa0\x80\xc0\x80\xf5z\xe2\x82"}});
  EXPECT_EQ(parsed(),
            "{\"half\": 0.5, \"level\": \"info\", \"msg\": \"quote \\\" back \\\\ line \\n tab \\t end\", \"n\": -5, "
            "\"u\": 18446744073709551615, \"yes\": true}\n"
            "{\"bell\": \"\\u0007\", \"infinite\": \"inf\", \"level\": \"warning\", \"msg\": \"w\", \"odd "
            "\\\"key\\\"\": \"v\", "
            "\"utf\": \"h\\u00e9 \\ud83d\\ude00\"}\n"
            "{\"level\": \"debug\", \"msg\": \"bad utf-8\", \"v\": "
            "\"a\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffdz\\ufffd\\ufffd\"}\n");
}

TEST_F(LogTest, JsonOfEveryByteIsStillJson) {
  begin(Format::json);
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  info(bytes, {{"v", bytes}});
  EXPECT_THAT(parsed(), HasSubstr("\"level\": \"info\""));
}

TEST_F(LogTest, LongValuesAreCut) {
  begin(Format::json);
  info("long", {{"v", std::string(100'000, 'x')}});
  const auto all = lines();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_LT(all[0].size(), 2 * kMaxValue);
  EXPECT_THAT(all[0], HasSubstr("xxx...\""));
}

TEST_F(LogTest, LevelsFilter) {
  begin(Format::text, Level::warning);
  EXPECT_FALSE(enabled(Level::info));
  info("not this");
  set_level(Level::debug);
  debug("but this");
  set_level(Level::off);
  error("nor this");
  const auto all = lines();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_THAT(all[0], HasSubstr("debug but this"));
}

TEST_F(LogTest, NamesOfLevelsAndFormats) {
  EXPECT_EQ(level_of("info"), Level::info);
  EXPECT_EQ(level_of("warn"), Level::warning);
  EXPECT_EQ(level_of("warning"), Level::warning);
  EXPECT_EQ(level_of("off"), Level::off);
  EXPECT_EQ(level_of("loud"), std::nullopt);
  EXPECT_EQ(format_of("json"), Format::json);
  EXPECT_EQ(format_of("xml"), std::nullopt);
}

TEST_F(LogTest, RepeatedEventsAreToldOnceWithTheirNumber) {
  constexpr std::chrono::hours kLong{1};
  begin(Format::text);
  EXPECT_TRUE(every("test_a", kLong, Level::warning, "bad request", {{"client", "x"}}));
  for (int i = 0; i < 9; ++i) EXPECT_FALSE(every("test_a", kLong, Level::warning, "bad request"));
  EXPECT_TRUE(every("test_b", kLong, Level::info, "another kind"));
  EXPECT_FALSE(every("test_c", kLong, Level::debug, "below the level"));
  tell_repeated();           // the hour is not over
  const auto all = lines();  // stop() tells
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_THAT(all[0], HasSubstr("warn  bad request client=x"));
  EXPECT_THAT(all[1], HasSubstr("info  another kind"));
  EXPECT_THAT(all[2], HasSubstr("warn  bad request repeated=9"));
}

TEST_F(LogTest, RepeatedEventsComeBackAfterTheInterval) {
  constexpr std::chrono::milliseconds kShort{20};
  begin(Format::text);
  uint64_t events = 0, written = 0;
  while (written < 3) {
    ++events;
    written += every("test_d", kShort, Level::warning, "flood");
  }
  const auto all = lines();
  uint64_t told = 0;
  for (const std::string& line : all) {
    const size_t at = line.find("repeated=");
    told += at == std::string::npos ? 1 : std::stoull(line.substr(at + 9)) + 1;
  }
  EXPECT_EQ(told, events) << "each event is a line or counted by one";
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  begin(Format::text);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 500; ++i) {
        info("message", {{"thread", t}, {"i", i}, {"end", "."}});
        if (i % 100 == 0) set_level(Level::info);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto all = lines();
  for (const std::string& line : all)
    EXPECT_THAT(line, MatchesRegex("20[^ ]*Z info  message thread=[0-3] i=[0-9]+ end=\\."));
  EXPECT_EQ(all.size() + dropped(), 2000u);
}

TEST_F(LogTest, AReaderThatDoesNotReadHoldsNobodyAndCostsLinesOnly) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  start({.descriptor = ends[1]});
  for (int i = 0; i < 20'000; ++i)
    info("flood", {{"i", i}, {"filler", std::string(100, 'x')}});  // many times the pipe and the queue
  EXPECT_GT(dropped(), 0u);
  stop();  // returns although nothing reads
  EXPECT_GT(dropped(), 15'000u);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(LogTest, AClosedReaderIsNoTrouble) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  start({.descriptor = ends[1]});
  for (int i = 0; i < 10; ++i) info("nobody");
  stop();
  EXPECT_EQ(dropped(), 10u);
  ::close(ends[1]);
}

TEST_F(LogTest, WritesAtOnceWhenNotStarted) {
  begin(Format::text);
  info("queued");
  stop();
  info("direct");
  EXPECT_THAT(lines(), SizeIs(2));
}

}  // namespace
}  // namespace cachetted::log
