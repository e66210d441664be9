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
#include <fstream>
#include <thread>
#include <vector>

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

using Words = std::vector<std::string>;

class Process final : public Server {
 public:
  // `words`: the command, of a port and a folder. `env`: NAME=value, or empty.
  template <class Command>
  explicit Process(Command command) : port(free_port()), folder_(std::filesystem::temp_directory_path() / name()) {
    std::filesystem::create_directories(folder_);
    Words words = command(std::to_string(port), folder_.string());
    std::vector<char*> argv;
    for (std::string& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execvp(argv[0], argv.data());
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

// Tries some ports; null with `why` where it starts on none.
template <class Command>
std::unique_ptr<Process> start(Command command, std::string& why) {
  for (int i = 0; i < 5; ++i) {
    auto p = std::make_unique<Process>(command);
    if (p->ready()) return p;
  }
  why = command("0", "").front() + " does not start: is it installed?";
  return nullptr;
}

std::unique_ptr<Server> start_like_redis(const char* binary, std::string& url, std::string_view scheme,
                                         std::string& why) {
  auto p = start(
      [&](const std::string& port, const std::string& folder) -> Words {
        return {binary, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder};
      },
      why);
  if (p != nullptr) url = std::string(scheme) + "://127.0.0.1:" + std::to_string(p->port);
  return p;
}

// The user app with the password secret, and how the server finds them.
void write_sasl_database(const std::string& folder) {
  std::ofstream(folder + "/memcached.conf") << "mech_list: plain\nsasldb_path: " << folder << "/sasldb\n";
  std::string make = "PATH=$PATH:/usr/sbin saslpasswd2 -p -c -a memcached -f '" + folder + "/sasldb' app";
  if (FILE* p = popen(make.c_str(), "w")) {
    fputs("secret", p);
    pclose(p);
  }
}

}  // namespace

std::unique_ptr<Server> start_redis(config::Config& c, std::string& why) {
  return start_like_redis("redis-server", c.store.redis_url, "redis", why);
}

std::unique_ptr<Server> start_valkey(config::Config& c, std::string& why) {
  return start_like_redis("valkey-server", c.store.valkey_url, "valkey", why);
}

std::unique_ptr<Server> start_memcached_sasl(config::Config& c, std::string& why) {
  auto p = start(
      [](const std::string& port, const std::string& folder) -> Words {
        if (folder.empty()) return {"memcached"};
        write_sasl_database(folder);
        return {"env", "SASL_CONF_PATH=" + folder, "memcached", "-u", "root", "-S", "-l", "127.0.0.1", "-p", port, "-I",
                "8m"};
      },
      why);
  if (p == nullptr) return nullptr;
  c.store.memcached_host = "127.0.0.1:" + std::to_string(p->port);
  c.timeouts.request_ms = c.timeouts.connect_ms = 10'000;  // a password takes it a moment, on a busy machine a long one
  c.memcached.auth = config::MemcachedAuth::sasl;
  c.memcached.user = "app";
  c.memcached.password = "secret";
  return p;
}

}  // namespace cachetted::contract
