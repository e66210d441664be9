// Opens connections one after another, each from a loopback address with free ports.
#include "tests/bench/idle.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/connection.h"
#include "tests/bench/wire.h"

namespace cachetted::bench {
namespace {

constexpr uint32_t kPerSource = 20'000;  // fewer than one address has ephemeral ports

void raise_file_limit(uint64_t needed) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return;
  limit.rlim_cur = needed;
  if (limit.rlim_max < needed) limit.rlim_max = needed;  // allowed to root
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw std::runtime_error("the limit of open files is too low for " + std::to_string(needed));
  }
}

void ping(int fd, const Wire& wire, int timeout_ms) {
  const std::string& request = wire.ping();
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    throw std::runtime_error("an idle connection did not take its first request");
  }
  std::string reply;
  while (reply.size() < wire.pong_prefix().size() || reply.back() != '\n') {
    pollfd wait{fd, POLLIN, 0};
    if (poll(&wait, 1, timeout_ms) != 1) throw std::runtime_error("no reply on an idle connection");
    char bytes[512];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got <= 0) throw std::runtime_error("the server closed an idle connection");
    reply.append(bytes, static_cast<size_t>(got));
  }
  if (!reply.starts_with(wire.pong_prefix())) throw std::runtime_error("an idle connection was answered: " + reply);
}

}  // namespace

void hold_idle_connections(const Options& options) {
  raise_file_limit(options.connections + 64);
  KeySpace keys(options.keys, options.key_bytes, options.value_bytes);
  Wire wire(options, keys);
  const bool many = options.connections > kPerSource;
  std::vector<int> open;
  for (uint32_t i = 0; i < options.connections; ++i) {
    open.push_back(open_connection(options, many ? 1 + i / kPerSource : 0));
    ping(open.back(), wire, static_cast<int>(options.stall_seconds * 1000));
  }
  std::printf("{\"mode\":\"idle\",\"connections\":%zu}\n", open.size());
  std::fflush(stdout);
  for (char bytes[256]; read(STDIN_FILENO, bytes, sizeof bytes) > 0;) continue;
  for (int fd : open) {
    char byte;
    if (recv(fd, &byte, 1, MSG_PEEK) >= 0 || errno != EAGAIN) throw std::runtime_error("an idle connection was closed");
    close(fd);
  }
}

}  // namespace cachetted::bench
