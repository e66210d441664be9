// civetweb's C API, with its file server, CGI, CORS and keep-alive off: a fixed list of pages, each made by a callback.
#include "server/admin.h"

#include <civetweb.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <charconv>
#include <chrono>
#include <csignal>
#include <exception>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "server/log.h"

namespace cachetted::server {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kMetricsText = "text/plain; version=0.0.4; charset=utf-8";

struct Page {
  int status;
  std::string body;
  std::string_view type = kText;
};

void send(mg_connection* connection, const Page& page, bool with_body) {
  mg_disable_connection_keep_alive(connection);  // else it would read all of a body first
  mg_printf(connection,
            "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%sCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
            page.status, mg_get_response_code_text(connection, page.status), std::string(page.type).c_str(),
            page.body.size(), page.status == 405 ? "Allow: GET, HEAD\r\n" : "");
  if (with_body) mg_write(connection, page.body.data(), page.body.size());
}

// civetweb reads more into this option than an address (lists, TLS, redirects), so it gets nothing but "host:port".
std::string fault_of(const std::string& address) {
  const size_t colon = address.rfind(':');
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("-._:[]").find(c) < 6;
  };
  if (colon == std::string::npos || colon == 0 || !std::all_of(address.begin(), address.end(), allowed)) {
    return "'" + address + "' is not host:port";
  }
  unsigned port = 0;
  const char* const end = address.data() + address.size();
  const auto [rest, error] = std::from_chars(address.data() + colon + 1, end, port);
  if (error != std::errc() || rest != end || port > 65535) return "'" + address + "': the port must be 0 to 65535";
  if (address[0] == '[' && !mg_check_feature(MG_FEATURES_IPV6))
    return "'" + address + "': this civetweb was built without IPv6";
  return {};
}

// The system's words in "cannot bind to 127.0.0.1:9379: 98 (Address in use)".
std::string cause_of(const std::string& fault) {
  if (fault.find("invalid port spec") != std::string::npos) return "no such host";
  const size_t open = fault.rfind('('), close = fault.rfind(')');
  return open < close && close != std::string::npos ? fault.substr(open + 1, close - open - 1) : fault;
}

// Connects and leaves.
void knock(const std::string& address, uint16_t port) {
  std::string host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return;
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket >= 0) {
    (void)::connect(socket, found->ai_addr, found->ai_addrlen);
    pollfd waited{socket, POLLOUT, 0};
    ::poll(&waited, 1, 10);
    ::close(socket);
  }
  freeaddrinfo(found);
}

}  // namespace

struct Admin::Server {
  Routes routes;
  mg_context* context = nullptr;
  std::string address;
  std::mutex mutex;  // guards the next two
  bool starting = false;
  std::string fault;  // civetweb's first message while starting

  Page page(std::string_view path) const {
    if (path == "/metrics") return {200, routes.metrics(), kMetricsText};
    if (path == "/healthz") return verdict(routes.health());
    if (path == "/readyz") return verdict(routes.ready());
    if (path == "/") return {200, summary()};
    return {404, "Not found. Here are: / /metrics /healthz /readyz\n"};
  }

  static Page verdict(const std::string& reason) {
    return reason.empty() ? Page{200, "ok\n"} : Page{503, reason + "\n"};
  }

  std::string summary() const {
    return "cachetted " CACHETTED_VERSION
           "\n\n/metrics  numbers for Prometheus\n/healthz  200 while every event loop turns\n"
           "/readyz   200 while requests are welcome\n\n" +
           routes.summary();
  }

  int answer(mg_connection* connection) const {
    const mg_request_info* request = mg_get_request_info(connection);
    const std::string_view method = request->request_method;
    Page page{405, "Only GET and HEAD are answered here.\n"};
    if (method == "GET" || method == "HEAD") {
      try {
        page = this->page(request->local_uri ? request->local_uri : "");
      } catch (const std::exception& error) {  // must not pass through C
        page = {500, "failed; see the log\n"};
        log::every("admin", std::chrono::seconds(1), log::Level::error, "admin page failed", {{"error", error.what()}});
      }
    }
    send(connection, page, method != "HEAD");
    return page.status;
  }

  void begin() {
    const std::lock_guard lock(mutex);
    starting = true;
    fault.clear();
  }

  std::string begun() {
    const std::lock_guard lock(mutex);
    starting = false;
    return fault;
  }

  void note(const char* message) {
    const std::lock_guard lock(mutex);
    if (starting && fault.empty()) fault = message;
    if (starting) return;
    log::every("civetweb", std::chrono::seconds(1), log::Level::debug, "admin HTTP", {{"message", message}});
  }

  static Server& of(const mg_connection* connection) {
    return *static_cast<Server*>(mg_get_user_data(mg_get_context(connection)));
  }
};

Admin::Admin(Routes routes) : server_(std::make_unique<Server>()) {
  server_->routes = std::move(routes);
  mg_init_library(0);
}

Admin::~Admin() {
  stop();
  mg_exit_library();
}

std::string Admin::start(const std::string& address) {
  stop();
  if (std::string fault = fault_of(address); !fault.empty()) return "admin: " + fault;

  mg_callbacks callbacks{};
  callbacks.begin_request = [](mg_connection* connection) { return Server::of(connection).answer(connection); };
  callbacks.http_error = [](mg_connection* connection, int status, const char* message) {
    send(connection, {status, std::string(message) + "\n"}, true);
    return 0;
  };
  callbacks.log_message = [](const mg_connection* connection, const char* message) {
    Server::of(connection).note(message);
    return 1;
  };
  callbacks.init_thread = [](const mg_context*, int) -> void* {
    sigset_t all;  // signals are loop 0's
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    return nullptr;
  };

  const std::string threads = std::to_string(kThreads), request = std::to_string(kMaxRequest),
                    timeout = std::to_string(kRequestTimeoutMs);
  // clang-format off
  const char* options[] = {
      "listening_ports", address.c_str(),
      "num_threads", threads.c_str(),
      "connection_queue", "16",
      "max_request_size", request.c_str(),
      "request_timeout_ms", timeout.c_str(),
      "enable_keep_alive", "no",
      "enable_directory_listing", "no",
      "access_control_allow_origin", "",
      nullptr};
  // clang-format on
  server_->address = address;
  server_->begin();
  server_->context = mg_start(&callbacks, server_.get(), options);
  const std::string fault = server_->begun();
  if (server_->context) return {};
  return "admin: cannot listen on " + address + (fault.empty() ? "" : ": " + cause_of(fault));
}

// civetweb's accepting thread looks at its stop flag after each connection, else every two seconds: so connections are
// made till it has.
void Admin::stop() {
  if (!server_->context) return;
  std::atomic<bool> stopped{false};
  std::thread knocking([this, &stopped, port = port()] {
    while (!stopped) {
      knock(server_->address, port);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  mg_stop(server_->context);
  stopped = true;
  knocking.join();
  server_->context = nullptr;
}

uint16_t Admin::port() const {
  mg_server_port port{};
  return server_->context && mg_get_server_ports(server_->context, 1, &port) > 0 ? static_cast<uint16_t>(port.port) : 0;
}

}  // namespace cachetted::server
