// Sockets and buffers of the load generator.
#include "tests/bench/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace cachetted::bench {
namespace {

constexpr uint64_t kReadSize = 64 * 1024;
constexpr uint64_t kMaxOwed = 1 << 22;  // an open loop that is so far behind has lost

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

int connect_unix(const Options& options) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (options.unix_path.size() >= sizeof address.sun_path)
    throw std::runtime_error("path of the unix socket is too long");
  std::memcpy(address.sun_path, options.unix_path.data(), options.unix_path.size());
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect to " + options.unix_path);
  return fd;
}

int connect_tcp(const Options& options, uint32_t source) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  if (inet_pton(AF_INET, options.host.c_str(), &address.sin_addr) != 1) {
    throw std::runtime_error("--host '" + options.host + "' is no IPv4 address");
  }
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source > 0) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + source);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof own) != 0) fail("bind");
  }
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("connect to " + options.host + ":" + std::to_string(options.port));
  }
  return fd;
}

}  // namespace

uint64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}

int open_connection(const Options& options, uint32_t source) {
  int fd = options.unix_path.empty() ? connect_tcp(options, source) : connect_unix(options);
  if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) fail("fcntl");
  return fd;
}

Connection::Connection(int fd) : fd_(fd), out_(4096), in_(kReadSize), owed_(64) {}

Connection::~Connection() { close(fd_); }

void Connection::append(const Wire& wire, const Expected& request) {
  const uint64_t most = wire.size(request.op);
  if (out_end_ + most > out_.size()) {
    std::memmove(out_.data(), out_.data() + out_begin_, out_end_ - out_begin_);
    out_end_ -= out_begin_;
    out_begin_ = 0;
    if (out_end_ + most > out_.size()) out_.resize(2 * (out_end_ + most));
  }
  out_end_ += wire.compose(out_.data() + out_end_, request.op, request.key);
  if (in_flight() == owed_.size()) grow_owed();
  owed_[tail_++ & (owed_.size() - 1)] = request;
}

void Connection::grow_owed() {
  if (owed_.size() >= kMaxOwed) throw std::runtime_error("over four million replies are owed on one connection");
  std::vector<Expected> larger(2 * owed_.size());
  for (uint64_t i = head_; i != tail_; ++i) larger[i & (larger.size() - 1)] = owed_[i & (owed_.size() - 1)];
  owed_.swap(larger);
}

bool Connection::flush() {
  while (out_begin_ != out_end_) {
    ssize_t sent = send(fd_, out_.data() + out_begin_, out_end_ - out_begin_, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return false;
      fail("send");
    }
    out_begin_ += static_cast<uint64_t>(sent);
  }
  out_begin_ = out_end_ = 0;
  return true;
}

bool Connection::receive() {
  if (in_end_ == in_.size()) in_.resize(2 * in_.size());  // a reply that is larger than the buffer
  ssize_t got = recv(fd_, in_.data() + in_end_, in_.size() - in_end_, 0);
  if (got == 0) throw std::runtime_error("the server closed a connection");
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) return false;
    fail("recv");
  }
  in_end_ += static_cast<uint64_t>(got);
  return true;
}

void Connection::keep_rest() {
  if (in_begin_ != in_end_ && in_flight() == 0) throw std::runtime_error("the server sent more than it was asked for");
  if (in_begin_ == 0 && in_end_ != 0) return;
  std::memmove(in_.data(), in_.data() + in_begin_, in_end_ - in_begin_);
  in_end_ -= in_begin_;
  in_begin_ = 0;
}

}  // namespace cachetted::bench
