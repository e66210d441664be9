#include "backends/dynamodb/http.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cstdlib>
#include <memory>
#include <thread>

namespace cachetted::dynamodb {
namespace {

// Takes one request and answers it: a proxy, so that a request for any host comes here.
class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&at), size), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
  }
  ~Listener() {
    if (thread_.joinable()) thread_.join();
    close(fd_);
  }
  int port() const { return port_; }
  void answer(std::string with) {
    thread_ = std::thread([this, with = std::move(with)] {
      const int client = accept(fd_, nullptr, nullptr);
      char some[4096];
      while (seen_.find("\r\n\r\n") == seen_.npos) {
        const ssize_t n = read(client, some, sizeof some);
        if (n <= 0) break;
        seen_.append(some, static_cast<size_t>(n));
      }
      EXPECT_EQ(write(client, with.data(), with.size()), static_cast<ssize_t>(with.size()));
      close(client);
    });
  }
  // Once it was answered.
  std::string header(const std::string& name) {
    thread_.join();
    const size_t begin = seen_.find("\r\n" + name + ": ");
    return begin == seen_.npos
               ? ""
               : seen_.substr(begin + name.size() + 4, seen_.find("\r\n", begin + 2) - begin - name.size() - 4);
  }

 private:
  int fd_, port_ = 0;
  std::string seen_;
  std::thread thread_;
};

class HttpTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    const Curl* curl = open_curl(why);
    ASSERT_NE(curl, nullptr) << why;
    uv_loop_init(&loop_);
    http_ = std::make_unique<Http>(
        *curl, &loop_, config::Tls{}, [] {}, [this] { ++made_; });
  }
  void TearDown() override {
    http_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
  }
  Http::Answer ask(Http::Ask a) {
    Http::Answer answer;
    bool done = false;
    http_->ask(std::move(a), [&](Http::Answer& got) {
      answer = std::move(got);
      done = true;
    });
    http_->send();
    while (!done) uv_run(&loop_, UV_RUN_ONCE);
    return answer;
  }

  uv_loop_t loop_;
  std::unique_ptr<Http> http_;
  int made_ = 0;
};

// AWS's own test vectors (aws-sig-v4-test-suite: get-vanilla, post-vanilla, post-x-www-form-urlencoded).
// https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-test-suite.html
TEST_F(HttpTest, SignsAsAwsDoes) {
  struct Vector {
    const char* method;
    const char* body;
    const char* signed_headers;
    const char* signature;
  };
  const Vector vectors[] = {
      {nullptr, "", "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"POST", "", "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {nullptr, "Param1=value1", "content-type;host;x-amz-date",
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
  };
  for (const Vector& v : vectors) {
    Listener proxy;
    setenv("http_proxy", ("http://127.0.0.1:" + std::to_string(proxy.port())).c_str(), 1);
    proxy.answer("HTTP/1.1 200 OK\r\nDate: Sun, 30 Aug 2015 12:36:00 GMT\r\nContent-Length: 2\r\n\r\n{}");
    Http::Ask a;
    a.url = "http://example.amazonaws.com/";
    a.headers = {"X-Amz-Date: 20150830T123600Z"};
    if (*v.body != 0) a.headers.push_back("Content-Type: application/x-www-form-urlencoded");
    a.body = v.body;
    a.method = v.method;
    a.sign = "aws:amz:us-east-1:service";
    a.id = "AKIDEXAMPLE";
    a.secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    a.timeout_ms = a.connect_ms = 20'000;
    const Http::Answer answer = ask(std::move(a));
    unsetenv("http_proxy");
    EXPECT_EQ(answer.fault, "");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "{}");
    EXPECT_EQ(answer.date_ms, 1'440'938'160'000);
    EXPECT_EQ(
        proxy.header("Authorization"),
        std::string("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=") +
            v.signed_headers + ", Signature=" + v.signature);
  }
}

TEST_F(HttpTest, AFaultTellsWhetherTheRequestWasSent) {
  Http::Ask a;
  {
    Listener gone;
    a.url = "http://127.0.0.1:" + std::to_string(gone.port()) + "/";
  }
  a.direct = true;
  const Http::Answer refused = ask(a);
  EXPECT_NE(refused.fault, "");
  EXPECT_FALSE(refused.sent);
  EXPECT_EQ(made_, 0);

  for (const char* half : {"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf of it", "HTTP/1.1 2"}) {
    Listener there;
    a.url = "http://127.0.0.1:" + std::to_string(there.port()) + "/";
    a.body = "some";
    there.answer(half);
    const Http::Answer cut = ask(a);
    EXPECT_NE(cut.fault, "") << half;
    EXPECT_TRUE(cut.sent) << half;
    EXPECT_FALSE(cut.timed_out) << half;
  }
}

TEST_F(HttpTest, WhatIsUnderWayIsForgottenWithIt) {
  Listener there;
  Http::Ask a;
  a.url = "http://127.0.0.1:" + std::to_string(there.port()) + "/";
  a.direct = true;
  http_->ask(std::move(a), [](Http::Answer&) { FAIL() << "nobody is there to be told"; });
  http_->after(60'000, [] { FAIL() << "nor when the time has come"; });
  http_->send();
  for (int i = 0; i < 10; ++i) uv_run(&loop_, UV_RUN_NOWAIT);
}

}  // namespace
}  // namespace cachetted::dynamodb
