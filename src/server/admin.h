// The admin HTTP server (civetweb): /metrics, /healthz, /readyz and a summary at /. It only reads. Runs on kThreads
// threads of its own, on which the callbacks are called, so they must be thread-safe and must not wait for a loop.
// Made, started and stopped by main's thread.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace cachetted::server {

class Admin {
 public:
  struct Routes {
    std::function<std::string()> metrics;  // Prometheus text
    std::function<std::string()> health;   // empty: every loop turns; else the reason why not, answered with status 503
    std::function<std::string()>
        ready;  // empty: requests are welcome; else why not (starting, draining), answered with status 503
    std::function<std::string()> summary;  // lines for people: listeners, backend, TTL policy
  };
  static constexpr int kThreads = 2;
  static constexpr int kMaxRequest = 8192;        // bytes of request line and headers
  static constexpr int kRequestTimeoutMs = 5000;  // a client slower than this is cut off

  explicit Admin(Routes routes);
  ~Admin();  // stops

  // `address` is "host:port" ("127.0.0.1:9379", "[::1]:9379"); port 0 takes a free one. Empty when it listens, else why
  // not.
  std::string start(const std::string& address);
  void stop();
  uint16_t port() const;  // the port listened on; 0 when stopped

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

}  // namespace cachetted::server
