// What systemd would receive, by a socket of the test's own; and which loops the watchdog takes for stuck.
#include "server/notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace cachetted::notify {
namespace {

using ::testing::MatchesRegex;

class NotifyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(folder_), nullptr);
    path_ = std::string(folder_) + "/notify";
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
    if (!status("probe")) {
      const char* required = std::getenv("REQUIRE_ALL");
      if (required && std::string(required) == "1") FAIL() << "built without libsystemd";
      GTEST_SKIP() << "built without libsystemd";
    }
    EXPECT_EQ(received(), "STATUS=probe");
  }
  void TearDown() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    ::close(socket_);
    ::unlink(path_.c_str());
    ::rmdir(folder_);
  }
  std::string received() {
    char text[1024];
    const ssize_t n = ::recv(socket_, text, sizeof text, 0);
    return n < 0 ? "" : std::string(text, static_cast<size_t>(n));
  }
  static void watched(const char* usec) {
    ::setenv("WATCHDOG_USEC", usec, 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  }

  char folder_[64] = "/tmp/cachetted-notify-XXXXXX";
  std::string path_;
  int socket_ = -1;
};

TEST_F(NotifyTest, TellsReadyReloadingAndStopping) {
  EXPECT_TRUE(ready("resp 127.0.0.1:7379"));
  EXPECT_EQ(received(), "READY=1\nSTATUS=resp 127.0.0.1:7379");
  EXPECT_TRUE(reloading());
  EXPECT_THAT(received(), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  EXPECT_TRUE(stopping());
  EXPECT_EQ(received(), "STOPPING=1\nSTATUS=draining");
}

TEST_F(NotifyTest, AStatusIsOneLine) {
  EXPECT_TRUE(status("a\nWATCHDOG=trigger"));
  EXPECT_EQ(received(), "STATUS=a WATCHDOG=trigger");
}

TEST_F(NotifyTest, SilentWithoutASocket) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(ready("x"));
  EXPECT_FALSE(stopping());
  EXPECT_EQ(received(), "");
}

TEST_F(NotifyTest, WatchdogIsFedOnlyWhileEveryLoopTurns) {
  watched("2000000");
  Watchdog watchdog(3);
  EXPECT_EQ(watchdog.interval_ns(), 1'000'000'000u);
  for (size_t loop = 0; loop < 3; ++loop) watchdog.beat(loop, 1);
  EXPECT_TRUE(watchdog.tick());
  EXPECT_EQ(received(), "WATCHDOG=1");

  watchdog.beat(0, 2);
  watchdog.beat(2, 2);  // loop 1 is stuck
  EXPECT_FALSE(watchdog.tick());
  EXPECT_EQ(received(), "");

  for (size_t loop = 0; loop < 3; ++loop) watchdog.beat(loop, 3);  // and comes back
  EXPECT_TRUE(watchdog.tick());
  EXPECT_EQ(received(), "WATCHDOG=1");
  EXPECT_FALSE(watchdog.tick()) << "nobody has turned since";
}

TEST_F(NotifyTest, NotWatchedMeansNothingIsSent) {
  Watchdog watchdog(1);
  EXPECT_EQ(watchdog.interval_ns(), 0u);
  watchdog.beat(0, 1);
  EXPECT_TRUE(watchdog.tick());
  EXPECT_EQ(received(), "");

  ::setenv("WATCHDOG_USEC", "1000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);  // another process is meant
  EXPECT_EQ(watchdog_usec(), 0u);
}

TEST(Watchdog, NamesTheLoopsThatAreLate) {
  constexpr uint64_t kSecond = 1'000'000'000;
  Watchdog watchdog(3);
  EXPECT_EQ(watchdog.late(100 * kSecond, kSecond), "") << "none has begun";
  watchdog.beat(0, 100 * kSecond);
  watchdog.beat(1, 97 * kSecond);
  watchdog.beat(2, 99 * kSecond);
  EXPECT_EQ(watchdog.late(100 * kSecond, 2 * kSecond), "loop 1 has not turned for 3.0 s");
  EXPECT_EQ(watchdog.late(100 * kSecond, kSecond / 2),
            "loop 1 has not turned for 3.0 s; loop 2 has not turned for 1.0 s");
  EXPECT_EQ(watchdog.late(99 * kSecond, 5 * kSecond), "") << "a loop's clock may be ahead of the reader's";
}

TEST(Watchdog, LoopsBeatBesideTheReaders) {
  Watchdog watchdog(2);
  std::atomic<bool> done{false};
  std::thread loops[2];
  for (size_t i = 0; i < 2; ++i) {
    loops[i] = std::thread([&, i] {
      for (uint64_t now = 1; !done; ++now) watchdog.beat(i, now);
    });
  }
  std::thread reader([&] {
    for (int i = 0; i < 1000; ++i) watchdog.late(1'000'000'000, 10'000'000'000);
  });
  while (!watchdog.tick()) std::this_thread::yield();
  reader.join();
  done = true;
  for (std::thread& loop : loops) loop.join();
}

}  // namespace
}  // namespace cachetted::notify
