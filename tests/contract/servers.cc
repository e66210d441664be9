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

class Process final : public Server {
 public:
  // `words`: where PORT and DIR stand for what is chosen here.
  explicit Process(std::vector<std::string> words, void (*prepare)(const std::string& folder) = nullptr)
      : port(free_port()), folder_(std::filesystem::temp_directory_path() / name()) {
    std::filesystem::create_directories(folder_);
    if (prepare != nullptr) prepare(folder_.string());
    std::vector<char*> argv;
    for (std::string& w : words) {
      if (w == "PORT") w = std::to_string(port);
      if (size_t at = w.find("DIR"); at != w.npos) w.replace(at, 3, folder_.string());
      argv.push_back(w.data());
    }
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

// Several tries, since somebody else may take the port; null with `why`.
std::unique_ptr<Process> start(const std::vector<std::string>& words, std::string& why,
                               void (*prepare)(const std::string& folder) = nullptr) {
  for (int i = 0; i < 5; ++i) {
    auto p = std::make_unique<Process>(words, prepare);
    if (p->ready()) return p;
  }
  why = words[0] + " does not start: is it installed?";
  return nullptr;
}

std::unique_ptr<Server> start_redis_like(const char* binary, std::string& url, std::string_view scheme,
                                         std::string& why) {
  auto p =
      start({binary, "--port", "PORT", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "DIR"}, why);
  if (p != nullptr) url = std::string(scheme) + "://127.0.0.1:" + std::to_string(p->port);
  return p;
}

// A folder for a pickle file; what runs there runs in the test.
class Folder final : public Server {
 public:
  explicit Folder(config::Config& c) {
    std::string name = (std::filesystem::temp_directory_path() / "cachetted-contract-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) folder_ = name;
    c.store.pickle_path = name + "/cache.pickle";
    c.timeouts.request_ms = 10'000;  // a sync takes a busy disk a moment
  }
  ~Folder() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

 private:
  std::filesystem::path folder_;
};

class Ring final : public Server {
 public:
  std::vector<std::unique_ptr<Process>> servers;
};

std::unique_ptr<Server> start_memcacheds(unsigned n, config::Config& c, std::string& why) {
  auto ring = std::make_unique<Ring>();
  for (unsigned i = 0; i < n; ++i) {
    auto p =
        start({"memcached", "-u", "root", "-t", "1", "-I", "64m", "-m", "1024", "-l", "127.0.0.1", "-p", "PORT"}, why);
    if (p == nullptr) return nullptr;
    c.store.memcached_host += (i == 0 ? "127.0.0.1:" : ",127.0.0.1:") + std::to_string(p->port);
    ring->servers.push_back(std::move(p));
  }
  return ring;
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

// One of those that tests/mongo/build or tests/dynamodb/build has built, into the folder that `variable` names.
std::unique_ptr<Process> start_built(const char* variable, const char* program, std::vector<std::string> words,
                                     std::string& why) {
  const char* folder = std::getenv(variable);
  if (folder == nullptr) {
    why = std::string(variable) + " does not name the folder where " + program + " was built";
    return nullptr;
  }
  words.insert(words.begin(), std::string(folder) + "/" + program);
  return start(words, why);
}

std::unique_ptr<Server> start_mongo(const char* program, std::vector<std::string> words, config::Config& c,
                                    std::string& why) {
  auto p = start_built("MONGO_SERVERS", program, std::move(words), why);
  if (p != nullptr) c.store.mongodb_url = "mongodb://127.0.0.1:" + std::to_string(p->port);
  c.timeouts.request_ms = c.timeouts.connect_ms = 10'000;  // FerretDB is no fast one
  return p;
}

}  // namespace

std::unique_ptr<Server> start_pickle(config::Config& c, std::string& why) { return std::make_unique<Folder>(c); }
std::unique_ptr<Server> start_pickle_always(config::Config& c, std::string& why) {
  c.pickle.fsync = config::Fsync::always;
  return std::make_unique<Folder>(c);
}

std::unique_ptr<Server> start_redis(config::Config& c, std::string& why) {
  return start_redis_like("redis-server", c.store.redis_url, "redis", why);
}

std::unique_ptr<Server> start_valkey(config::Config& c, std::string& why) {
  return start_redis_like("valkey-server", c.store.valkey_url, "valkey", why);
}
std::unique_ptr<Server> start_memcached_sasl(config::Config& c, std::string& why) {
  auto p =
      start({"env", "SASL_CONF_PATH=DIR", "memcached", "-u", "root", "-S", "-l", "127.0.0.1", "-p", "PORT", "-I", "8m"},
            why, write_sasl_database);
  if (p == nullptr) return nullptr;
  c.store.memcached_host = "127.0.0.1:" + std::to_string(p->port);
  c.timeouts.request_ms = c.timeouts.connect_ms = 10'000;  // a password takes it a moment, on a busy machine a long one
  c.memcached.auth = config::MemcachedAuth::sasl;
  c.memcached.user = "app";
  c.memcached.password = "secret";
  return p;
}
std::unique_ptr<Server> start_mongo_java(config::Config& c, std::string& why) {
  return start_mongo("java", {"PORT"}, c, why);
}
std::unique_ptr<Server> start_ferretdb(config::Config& c, std::string& why) {
  return start_mongo("ferretdb", {"PORT", "DIR"}, c, why);
}
std::unique_ptr<Server> start_dynamodb(config::Config& c, std::string& why) {
  auto p = start_built("DYNAMODB_LOCAL", "dynamodb-local", {"PORT"}, why);
  if (p == nullptr) return nullptr;
  c.store.dynamodb_url = "http://127.0.0.1:" + std::to_string(p->port);
  c.store.table_name = "cachetted-contract";
  c.dynamodb.access_key_id = c.dynamodb.secret_access_key = "local";
  c.timeouts.request_ms = c.timeouts.connect_ms = 10'000;  // its first requests take it a moment
  return p;
}
std::unique_ptr<Server> start_memcached(config::Config& c, std::string& why) { return start_memcacheds(1, c, why); }
std::unique_ptr<Server> start_ring(config::Config& c, std::string& why) { return start_memcacheds(3, c, why); }

}  // namespace cachetted::contract
