// A listening socket on loop 0.
#include "server/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "server/daemon.h"
#include "server/log.h"

namespace cachetted::server {
namespace {

constexpr int kBacklog = 4096;
constexpr int kAcceptsAtOnce = 128;
constexpr int kFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;

std::string why(const std::string& address) {
  int error = errno;
  std::string text = "cannot listen on " + address + ": " + std::strerror(error);
  if (error == EADDRINUSE) text += " (another daemon? see `ss -ltnp`)";
  return text;
}

// A socket file that a daemon left behind may be taken away; one that answers, or another file, may not.
std::string clear_stale(const std::string& path, const sockaddr_un& a) {
  struct stat st;
  if (lstat(path.c_str(), &st) != 0) return "";
  if (!S_ISSOCK(st.st_mode)) return "cannot listen on unix:" + path + ": a file that is no socket is in the way";
  int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool alive = connect(probe, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0;
  close(probe);
  if (alive) return "cannot listen on unix:" + path + ": another process listens there";
  unlink(path.c_str());
  return "";
}

}  // namespace

Listener::~Listener() {
  if (fd_ >= 0) close(fd_);
  if (reserve_ >= 0) close(reserve_);
}

std::string Listener::bind() {
  reserve_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
  text_ = address_.place();
  return address_.kind == config::Address::Kind::unix_socket ? bind_unix() : bind_tcp();
}

std::string Listener::bind_unix() {
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  address_.path.copy(a.sun_path, sizeof a.sun_path - 1);
  if (std::string stale = clear_stale(address_.path, a); !stale.empty()) return stale;
  fd_ = socket(AF_UNIX, SOCK_STREAM | kFlags, 0);
  if (fd_ < 0 || ::bind(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0 || listen(fd_, kBacklog) != 0)
    return why(text_);
  return "";
}

std::string Listener::bind_tcp() {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  int error = getaddrinfo(address_.host.c_str(), std::to_string(address_.port).c_str(), &hints, &found);
  if (error != 0) return "cannot listen on " + text_ + ": " + gai_strerror(error);
  fd_ = socket(found->ai_family, SOCK_STREAM | kFlags, 0);
  int on = 1;
  bool bound = fd_ >= 0 && setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
               ::bind(fd_, found->ai_addr, found->ai_addrlen) == 0 && listen(fd_, kBacklog) == 0;
  freeaddrinfo(found);
  if (!bound) return why(text_);
  config::Address in_use = address_;  // port 0 took any
  sockaddr_storage a{};
  socklen_t n = sizeof a;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&a), &n);
  in_use.port = ntohs(a.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(a).sin6_port
                                              : reinterpret_cast<sockaddr_in&>(a).sin_port);
  text_ = in_use.place();
  return "";
}

void Listener::start(uv_loop_t* loop) {
  uv_poll_init(loop, &poll_, fd_);
  poll_.data = this;
  polling_ = true;
  uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* p, int, int) { static_cast<Listener*>(p->data)->accept_some(); });
}

void Listener::stop() {
  if (!polling_) return;
  polling_ = false;
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), nullptr);
  close(std::exchange(fd_, -1));
  if (address_.kind == config::Address::Kind::unix_socket) unlink(address_.path.c_str());
}

void Listener::accept_some() {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    int fd = accept4(fd_, nullptr, nullptr, kFlags);
    if (fd >= 0) {
      daemon_.connected(fd, address_, protocol_);
    } else if (errno == EMFILE || errno == ENFILE) {
      return turn_away_for_want_of_files();
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

// Without this a client that cannot be accepted would stay in the queue, and the loop would turn round it for ever.
void Listener::turn_away_for_want_of_files() {
  log::every("no-files", std::chrono::seconds(1), log::Level::error,
             "connection refused: no file descriptors left; raise the limit (LimitNOFILE, ulimit -n) or lower "
             "limits.max_connections");
  close(reserve_);
  int fd = accept4(fd_, nullptr, nullptr, kFlags);
  if (fd >= 0) close(fd);
  reserve_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace cachetted::server
