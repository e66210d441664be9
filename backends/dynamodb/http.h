// HTTP by libcurl's multi interface, driven by the loop: its sockets are watched by uv_poll, its time-outs by one
// uv_timer. Connections are kept alive and used again; over TLS HTTP/2 where the server offers it. The loop's thread
// only. Nothing here knows DynamoDB, but that requests can be signed as AWS wants it (SigV4).
#pragma once
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/dynamodb/curl.h"
#include "config/config.h"

struct uv_loop_s;
struct uv_timer_s;

namespace cachetted::dynamodb {

class Http {
 public:
  struct Ask {
    std::string url;
    std::vector<std::string> headers;  // "Name: value"
    std::string body;                  // not empty: POST
    const char* method = nullptr;      // null: as the body says
    int64_t timeout_ms = 1000;         // of all of it
    int64_t connect_ms = 500;
    std::string sign;  // "aws:amz:eu-west-1:dynamodb"; empty: it is not signed
    std::string id, secret;
    bool direct = false;  // by no proxy, whatever the environment says
    // libcurl sends a request once more where a kept connection was closed without an answer; this one ends there.
    bool once = false;
    size_t most = 32 << 20;  // bytes of the answer's body
  };
  struct Answer {
    std::string fault;  // why none came; empty: one did
    bool sent = false;  // with a fault: the server may have seen the request
    bool timed_out = false;
    long status = 0;
    int64_t date_ms = 0;  // the server's clock, of its header; 0: it does not say
    std::string body;     // followed by room for simdjson
  };
  using Done = std::function<void(Answer&)>;

  // `turn` is called before anything that a socket brings; `made` for each connection that is made.
  Http(const Curl& curl, uv_loop_s* loop, const config::Tls& tls, std::function<void()> turn,
       std::function<void()> made);
  ~Http();  // what is under way is forgotten
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  // Calls done() once, later. send() begins what was asked; it is also begun by the loop, a turn later.
  void ask(Ask a, Done done);
  void send();
  // Calls it once, so many milliseconds later at the earliest.
  void after(uint64_t ms, std::function<void()> what);
  // co_await of an Exchange asks, and leaves the answer in it.
  struct Exchange {
    Http& http;
    Ask asked;
    Answer answer = {};
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      http.ask(std::move(asked), [this, h](Answer& a) {
        answer = std::move(a);
        h.resume();
      });
    }
    void await_resume() {}
  };
  // Connections that are open.
  size_t connections() const { return sockets_.size(); }

 private:
  struct Transfer;
  struct Socket;
  struct Timer;

  static int on_socket(CURL*, curl_socket_t fd, int what, void* http, void*);
  static int on_close(void* http, curl_socket_t fd);
  static int on_timeout(CURLM*, long ms, void* http);
  void act(curl_socket_t fd, int events);
  void take_done();
  void prepare(Transfer& t);

  const Curl& curl_;
  uv_loop_s* loop_;
  const config::Tls tls_;
  std::function<void()> turn_, made_;
  CURLM* multi_ = nullptr;
  uv_timer_s* timer_ = nullptr;  // owned; freed when libuv lets go of it
  std::vector<std::unique_ptr<Transfer>> idle_;
  absl::flat_hash_set<Transfer*> busy_;
  absl::flat_hash_set<Timer*> timers_;
  absl::flat_hash_map<curl_socket_t, Socket*> sockets_;
  bool asked_ = false, acting_ = false;
};

}  // namespace cachetted::dynamodb
