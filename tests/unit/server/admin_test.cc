// The admin server over raw sockets: its pages, what is refused and how, slow and hostile clients, and that it writes
// nothing anywhere.
#include "server/admin.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace cachetted::server {
namespace {

using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Client {
 public:
  explicit Client(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(socket_); }
  bool connected() const { return connected_; }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  void half_close() { ::shutdown(socket_, SHUT_WR); }
  // All until the server closes.
  std::string rest() {
    std::string all;
    char piece[65536];
    for (ssize_t n; (n = ::recv(socket_, piece, sizeof piece, 0)) > 0;) all.append(piece, static_cast<size_t>(n));
    return all;
  }

 private:
  int socket_;
  bool connected_;
};

class AdminTest : public ::testing::Test {
 protected:
  AdminTest() {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(admin_.start("127.0.0.1:0"), "");
    EXPECT_NE(admin_.port(), 0);
  }
  ~AdminTest() override {
    admin_.stop();
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
    EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  }
  std::string ask(const std::string& request, bool half_close = false) {
    Client client(admin_.port());
    client.send(request);
    if (half_close) client.half_close();
    return client.rest();
  }
  std::string get(const std::string& path) { return ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"); }

  std::string metrics_ = "cachetted_loops 2\n";
  std::atomic<bool> stuck_{false}, draining_{false};
  Admin admin_{{
      .metrics = [this] { return metrics_; },
      .health = [this] { return stuck_ ? std::string("loop 1 has not turned for 9.0 s") : std::string(); },
      .ready = [this] { return std::string(draining_ ? "draining" : "starting"); },
      .summary = [] { return std::string("backend: memory\n"); },
  }};
};

TEST_F(AdminTest, ServesItsPages) {
  const std::string metrics = get("/metrics");
  EXPECT_THAT(
      metrics,
      StartsWith(
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: 18\r\n"));
  EXPECT_THAT(metrics, EndsWith("\r\n\r\ncachetted_loops 2\n"));
  EXPECT_THAT(get("/metrics?name=x"), EndsWith("\r\n\r\ncachetted_loops 2\n"));
  EXPECT_THAT(get("/healthz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\nok\n")));
  EXPECT_THAT(get("/"), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("cachetted " CACHETTED_VERSION),
                              HasSubstr("/readyz"), EndsWith("\nbackend: memory\n")));
}

TEST_F(AdminTest, SaysWhyNot) {
  stuck_ = true;
  EXPECT_THAT(get("/healthz"),
              AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("\r\n\r\nloop 1 has not turned for 9.0 s\n")));
  EXPECT_THAT(get("/readyz"), AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("\r\n\r\nstarting\n")));
  draining_ = true;
  EXPECT_THAT(get("/readyz"), EndsWith("\r\n\r\ndraining\n"));
  EXPECT_THAT(get("/nothing"), AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("/healthz")));
  EXPECT_THAT(get("/metrics/"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/../../etc/passwd"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/%2e%2e/%2e%2e/etc/passwd"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(AdminTest, OnlyReads) {
  EXPECT_THAT(ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Length: 18\r\n"), EndsWith("\r\n\r\n")));
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"}) {
    EXPECT_THAT(ask(std::string(method) + " /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: GET, HEAD\r\n")))
        << method;
  }
  // A body is not waited for, however long it says to be.
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000000\r\n\r\nab"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"),
              StartsWith("HTTP/1.1 405 "));
}

TEST_F(AdminTest, OldAndPersistentClients) {
  EXPECT_THAT(ask("GET /healthz HTTP/1.0\r\n\r\n"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("ok\n")));
  const std::string kept =
      ask("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");  // ends: it is closed all the same
  EXPECT_THAT(kept, AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Connection: close\r\n"), EndsWith("ok\n")));
  EXPECT_THAT(ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminTest, GarbageIsRefusedAndTheServerStays) {
  const auto refused = AnyOf(StartsWith("HTTP/1.1 4"), StartsWith("HTTP/1.1 5"));
  EXPECT_THAT(ask(std::string("\0\xff\x01\x02\r\n\r\n", 8)), refused);
  EXPECT_THAT(ask("*1\r\n$4\r\nPING\r\n\r\n"), refused);
  EXPECT_THAT(ask("BREW /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), refused);
  EXPECT_THAT(ask("GET / HTTP/9.9\r\nHost: x\r\n\r\n"), refused);
  EXPECT_THAT(ask("GET / HT", true), refused);
  EXPECT_EQ(ask("", true), "");
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminTest, SizesAreBounded) {
  EXPECT_THAT(ask("GET /" + std::string(2 * Admin::kMaxRequest, 'a') + " HTTP/1.1\r\n\r\n"),
              Not(StartsWith("HTTP/1.1 2")));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nX: " + std::string(1 << 20, 'a') + "\r\n\r\n"), Not(StartsWith("HTTP/1.1 2")));
  EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(Admin::kMaxRequest / 2, 'a') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminTest, ALargePageArrivesWhole) {
  metrics_ = std::string(8 << 20, 'm');
  const std::string page = get("/metrics");
  EXPECT_EQ(page.size() - page.find("\r\n\r\n") - 4, metrics_.size());
}

TEST_F(AdminTest, ManyClientsAtOnce) {
  std::vector<std::thread> clients;
  std::atomic<int> answered{0};
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      for (int n = 0; n < 20; ++n) answered += get(n % 2 ? "/metrics" : "/healthz").starts_with("HTTP/1.1 200 ");
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 160);
}

TEST_F(AdminTest, ASlowClientIsCutOffAndHoldsUpNobody) {
  Client slow(admin_.port());
  slow.send("GET / HTTP/1.1\r\nX: ");
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
  const std::string rest = slow.rest();  // ends, after kRequestTimeoutMs
  EXPECT_THAT(rest, Not(StartsWith("HTTP/1.1 2")));
}

TEST_F(AdminTest, StopsBesideOpenConnectionsAndStartsAgain) {
  const uint16_t port = admin_.port();
  const Client open(port);
  admin_.stop();
  EXPECT_EQ(admin_.port(), 0);
  EXPECT_FALSE(Client(port).connected());
  EXPECT_EQ(admin_.start("127.0.0.1:" + std::to_string(port)), "");
  EXPECT_EQ(admin_.port(), port);
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminTest, AnAddressThatCannotBeUsedIsExplained) {
  Admin second({});
  const std::string taken = "127.0.0.1:" + std::to_string(admin_.port());
  EXPECT_EQ(second.start(taken), "admin: cannot listen on " + taken + ": Address already in use");
  EXPECT_EQ(second.start("203.0.113.7:9379"),
            "admin: cannot listen on 203.0.113.7:9379: Cannot assign requested address");
  EXPECT_EQ(second.start("127.0.0.1:70000"), "admin: '127.0.0.1:70000': the port must be 0 to 65535");
  for (const char* wrong : {"9379", "", ":9379", "127.0.0.1", "127.0.0.1:80,127.0.0.1:81", "+8080", "unix:/tmp/x"}) {
    EXPECT_EQ(second.start(wrong), "admin: '" + std::string(wrong) + "' is not host:port");
  }
  EXPECT_THAT(second.start("127.0.0.1:80s"), HasSubstr("the port must be"));
  EXPECT_EQ(second.port(), 0);
}

TEST(Admin, APageThatFailsIsA500AndALineInTheLog) {
  ::testing::internal::CaptureStderr();
  Admin admin({.metrics = []() -> std::string { throw std::runtime_error("no numbers"); },
               .health = {},
               .ready = {},
               .summary = {}});
  ASSERT_EQ(admin.start("127.0.0.1:0"), "");
  Client client(admin.port());
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 500 "));
  admin.stop();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("error admin page failed error=\"no numbers\""));
}

}  // namespace
}  // namespace cachetted::server
