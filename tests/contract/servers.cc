// Starts the real servers of the contract: on a free loopback port, in a temporary folder, ended by their process id.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "tests/contract/backends.h"

namespace cachetted::contract {
namespace {

uint16_t bound_port(int fd) {
  sockaddr_in a{};
  socklen_t n = sizeof a;
  getsockname(fd, reinterpret_cast<sockaddr*>(&a), &n);
  return ntohs(a.sin_port);
}

sockaddr_in loopback(uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  a.sin_port = htons(port);
  return a;
}

uint16_t free_port() {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in a = loopback(0);
  bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a);
  uint16_t port = bound_port(fd);
  close(fd);
  return port;
}

bool answers(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in a = loopback(port);
  bool ok = connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0;
  close(fd);
  return ok;
}

class Process final : public Server {
 public:
  explicit Process(const char* binary) : port(free_port()), folder_(std::filesystem::temp_directory_path() / name()) {
    std::filesystem::create_directories(folder_);
    std::string p = std::to_string(port), dir = folder_.string();
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    execlp(binary, binary, "--port", p.c_str(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir",
           dir.c_str(), nullptr);
    _exit(127);
  }
  ~Process() override {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }
  bool ready() const {
    for (int i = 0; i < 2000; ++i) {
      if (waitpid(pid_, nullptr, WNOHANG) != 0) return false;
      if (answers(port)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }
  const uint16_t port;

 private:
  static std::string name() {
    return "cachetted-contract-" + std::to_string(getpid()) + "-" + std::to_string(++count_);
  }
  static inline int count_ = 0;
  std::filesystem::path folder_;
  pid_t pid_ = 0;
};

std::unique_ptr<Server> start(const char* binary, std::string& url, std::string_view scheme, std::string& why) {
  for (int i = 0; i < 5; ++i) {
    auto p = std::make_unique<Process>(binary);
    if (!p->ready()) continue;
    url = std::string(scheme) + "://127.0.0.1:" + std::to_string(p->port);
    return p;
  }
  why = std::string(binary) + " does not start: is it installed?";
  return nullptr;
}

}  // namespace

std::unique_ptr<Server> start_redis(config::Config& c, std::string& why) {
  return start("redis-server", c.store.redis_url, "redis", why);
}
std::unique_ptr<Server> start_valkey(config::Config& c, std::string& why) {
  return start("valkey-server", c.store.valkey_url, "valkey", why);
}

}  // namespace cachetted::contract
