// The whole process: start-up in order, connections to loops, reload, shutdown.
#include "server/daemon.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <random>
#include <stdexcept>

#include "backends/registry.h"
#include "metrics/process.h"
#include "protocol/memcache/commands.h"
#include "protocol/resp/commands.h"
#include "server/log.h"
#include "server/loop.h"
#include "server/memcache_dialogue.h"
#include "server/resp_dialogue.h"
#include "server/session.h"

namespace cachetted::server {
namespace {

constexpr uint64_t kLateNs = 2'000'000'000;  // a loop that has not turned for so long is not healthy

unsigned loops_for(const config::Config& c) {
  unsigned n = c.threads != 0 ? c.threads : std::thread::hardware_concurrency();
  return std::clamp(n, 1u, 64u);  // no more than the memory table has shards
}

metrics::CommandLabels make_labels() {
  metrics::CommandLabels labels;
  resp::label_commands(0);
  for (const resp::Command& c : resp::commands()) labels.push_back({metrics::Protocol::resp, std::string(c.name)});
  labels.push_back({metrics::Protocol::resp, std::string(resp::unknown_row().name)});
  labels.push_back({metrics::Protocol::resp, std::string(resp::passed_on_row().name)});
  memcache::label_commands(static_cast<uint16_t>(labels.size()));
  for (const memcache::Command& c : memcache::commands())
    labels.push_back({metrics::Protocol::memcache, std::string(c.name)});
  labels.push_back({metrics::Protocol::memcache, "unknown"});
  return labels;
}

std::string random_hex(size_t digits) {
  std::random_device random;
  std::string s;
  while (s.size() < digits) s += "0123456789abcdef"[random() & 15];
  return s;
}

// One descriptor a connection, and some for listeners, logs and the like.
void raise_file_limit(uint32_t connections) {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  rlim_t want = connections + 64;
  if (limit.rlim_cur >= want) return;
  limit.rlim_cur = std::min(want, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < want) {
    log::warn("fewer files may be open than limits.max_connections needs",
              {{"allowed", limit.rlim_cur}, {"needed", want}});
  }
}

metrics::ErrorKind kind_of(const Request& r) {
  const Reply& reply = r.reply;
  using metrics::ErrorKind;
  std::string_view t = reply.text;
  switch (reply.status) {
    case Status::not_integer:
    case Status::not_float:
    case Status::overflow:
    case Status::not_finite: return ErrorKind::not_integer;
    case Status::too_large: return ErrorKind::too_large;
    case Status::out_of_memory: return ErrorKind::out_of_memory;
    case Status::ttl_rejected: return ErrorKind::ttl_rejected;
    case Status::unencodable:
    case Status::undecodable: return ErrorKind::codec;
    case Status::unsupported: return ErrorKind::unsupported;
    case Status::unavailable: return ErrorKind::unavailable;
    case Status::store_error: return ErrorKind::store;
    case Status::invalid: break;
    case Status::pending:
    case Status::ok:
    case Status::miss:
    case Status::not_stored:
    case Status::changed:
    case Status::aborted:
    case Status::no_such_key:
    case Status::same_key:
    case Status::out_of_range: return ErrorKind::other;
  }
  if (t.starts_with("ERR unknown ")) return ErrorKind::unknown_command;
  if (t == "ERROR")  // `stats` takes any number of words: there it is one that is not known
    return r.row->name == "unknown" || r.row->name == "stats" ? ErrorKind::unknown_command : ErrorKind::wrong_arity;
  if (t.starts_with("ERROR: ")) return ErrorKind::unsupported;
  if (t.starts_with("ERR wrong number")) return ErrorKind::wrong_arity;
  if (t.starts_with("ERR syntax") || t.starts_with("CLIENT_ERROR bad ")) return ErrorKind::syntax;
  if (t.find("NOAUTH ") != t.npos || t.starts_with("WRONGPASS") || t.find(" unauthenticated") != t.npos ||
      t.find(" authentication ") != t.npos)
    return ErrorKind::no_auth;
  if (t.starts_with("ERR Protocol")) return ErrorKind::protocol;
  if (t.starts_with("ERR value of") || t.starts_with("ERR key of") || t.starts_with("CLIENT_ERROR key of"))
    return ErrorKind::too_large;
  if (t.starts_with("CLIENT_ERROR ")) return ErrorKind::wrong_type_argument;
  if (t.starts_with("ERR value") || t.starts_with("ERR invalid") || t.starts_with("ERR bit"))
    return ErrorKind::wrong_type_argument;
  return ErrorKind::other;
}

// One a second of each kind. Of the texts only those that repeat no value of the client's.
void log_sample(const Request& r, metrics::ErrorKind kind) {
  using metrics::ErrorKind;
  const auto& session = static_cast<const Session&>(*r.owner);
  if (session.closed()) return;
  bool plain = kind == ErrorKind::unknown_command || kind == ErrorKind::wrong_arity || kind == ErrorKind::syntax;
  std::string_view text = plain ? r.reply.text : "";
  log::every(metrics::value_text(kind), std::chrono::seconds(1), log::Level::debug, "error reply",
             {{"client", session.peer_address()},
              {"command", r.row->name},
              {"kind", metrics::value_text(kind)},
              {"error", text.substr(0, text.find(", with args"))}});
}

}  // namespace

Daemon::Daemon(config::Loaded loaded, config::Sources sources)
    : config_(std::make_shared<config::Config>(std::move(loaded.config))),
      sources_(std::move(sources)),
      run_id_(random_hex(40)),
      started_ms_(wall_ms()),
      started_ns_(steady_ns()) {
  unsigned n = loops_for(*config_);
  metrics::CommandLabels labels = make_labels();
  cells_ = std::make_unique<metrics::CellSet>(std::move(labels), n);
  watchdog_ = std::make_unique<notify::Watchdog>(n);
  loop_connections_ = std::make_unique<std::atomic<uint32_t>[]>(n);
}

Daemon::~Daemon() {
  if (admin_ != nullptr) admin_->stop();
  for (auto& l : listeners_) l->stop();  // where start() failed, they still listen
  loops_.clear();
}

std::shared_ptr<const config::Config> Daemon::config() const {
  std::lock_guard lock(config_lock_);
  return config_;
}

std::string Daemon::start() {
  raise_file_limit(config_->limits.max_connections);
  unsigned n = static_cast<unsigned>(cells_->loops());
  try {
    store_ = find_backend(config_->backend)->make(*config_, n);
    make_metrics();
    for (unsigned i = 0; i < n; ++i) loops_.push_back(std::make_unique<Loop>(*this, i));
    if (std::string error = listen(); !error.empty()) return error;
    for (auto& l : loops_) l->open_backend();
  } catch (const std::exception& e) {
    return e.what();
  }
  for (auto& l : loops_) l->start();
  ready_.store(true, std::memory_order_release);
  notify::ready(summary());
  return "";
}

std::string Daemon::listen() {
  using metrics::Protocol;
  const std::pair<Protocol, const std::vector<config::Address>&> all[] = {
      {Protocol::resp, config_->listen.resp}, {Protocol::memcache, config_->listen.memcache}};
  for (auto& [protocol, addresses] : all) {
    for (const config::Address& a : addresses) {
      auto l = std::make_unique<Listener>(*this, a, protocol);
      if (std::string error = l->bind(); !error.empty()) return error;
      l->start(loops_[0]->uv());
      listeners_.push_back(std::move(l));
    }
  }
  if (config_->listen.admin) {
    Admin::Routes routes;
    routes.metrics = [this] { return exporter_->text(); };
    routes.health = [this] { return watchdog_->late(steady_ns(), kLateNs); };
    routes.ready = [this] {
      if (draining()) return std::string("draining");
      return ready_.load(std::memory_order_acquire) ? store_->trouble() : std::string("starting");
    };
    routes.summary = [this] { return summary(); };
    admin_ = std::make_unique<Admin>(std::move(routes));
    if (std::string error = admin_->start(config_->listen.admin->text()); !error.empty()) return error;
  }
  return "";
}

void Daemon::make_metrics() {
  using metrics::metric::keys, metrics::metric::keys_expiring, metrics::metric::memory, metrics::MemoryKind;
  exporter_ = std::make_unique<metrics::Exporter>(*cells_);
  exporter_->pull(keys(), [this] { return store_->figures().keys; });
  exporter_->pull(keys_expiring(), [this] { return store_->figures().keys_expiring; });
  exporter_->pull(memory(MemoryKind::entries), [this] { return store_->figures().bytes; });
  exporter_->pull(memory(MemoryKind::resident), [] { return metrics::resident_bytes(); });
  exporter_->pull(memory(MemoryKind::limit), [this] { return store_->figures().limit; });
  exporter_->pull(metrics::metric::log_dropped(), [] { return log::dropped(); });
}

std::string Daemon::listeners_text(metrics::Protocol protocol) const {
  std::string text;
  for (const auto& l : listeners_)
    if (l->protocol() == protocol) text += (text.empty() ? "" : ", ") + l->text();
  return text;
}

std::string Daemon::summary() const {
  auto c = config();
  std::string text = "cachetted " CACHETTED_VERSION "\n";
  for (auto [name, protocol] :
       {std::pair("RESP     ", metrics::Protocol::resp), {"memcache ", metrics::Protocol::memcache}})
    if (std::string all = listeners_text(protocol); !all.empty()) text += name + all + "\n";
  if (c->listen.admin) text += "admin    http://" + c->listen.admin->text() + "/  (/metrics /healthz /readyz)\n";
  text += "backend  " + c->backend + ", " + std::to_string(loops_.size()) + (loops_.size() == 1 ? " loop" : " loops") +
          "\n";
  text += "TTL      " + describe_policy(c->ttl) + "\n";
  const bool codec_idle = c->backend == "pickle" && !c->values.codec.empty();
  text += "values   " + describe_values(c->values) +
          (codec_idle ? " (the pickle file has Python's own values: the codec is not applied)" : "") + "\n";
  for (const config::Route& r : c->routes)
    text += "  " + r.prefix + "*: " + describe_policy(r.ttl) + "; " + describe_values(r.values) + "\n";
  return text;
}

std::string Daemon::policy_text() const { return describe_policy(config()->ttl); }

std::string Daemon::example() const {
  for (const config::Address& a : config()->listen.resp) {
    if (a.kind == config::Address::Kind::unix_socket) return "redis-cli -s " + a.path + " set greeting hello";
    std::string host = a.host == "127.0.0.1" || a.host == "localhost" ? "" : "-h " + a.host + " ";
    return "redis-cli " + host + "-p " + std::to_string(a.port) + " set greeting hello";
  }
  return "(nothing listens for clients: set listen.resp)";
}

std::unique_ptr<Dialogue> Daemon::make_dialogue(Session& s, metrics::Protocol protocol) {
  if (protocol == metrics::Protocol::memcache) return std::make_unique<MemcacheDialogue>(s);
  return std::make_unique<RespDialogue>(s);
}

void Daemon::connected(int fd, const config::Address& at, metrics::Protocol protocol) {
  uint32_t limit = loops_[0]->config().limits.max_connections;
  if (connections_.load(std::memory_order_relaxed) >= limit) {
    std::string_view text = protocol == metrics::Protocol::resp ? "-ERR max number of clients reached\r\n"
                                                                : "ERROR Too many open connections\r\n";
    [[maybe_unused]] ssize_t ignored = send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
    cells_->loop(0).add(metrics::metric::connections_rejected(protocol));
    log::every(
        "max-connections", std::chrono::seconds(1), log::Level::warning,
        "connection refused: limits.max_connections is reached; raise it or look for clients that leak connections",
        {{"limit", limit}});
    return;
  }
  unsigned best = 0;
  for (unsigned i = 1; i < loops(); ++i)
    if (loop_connections_[i].load(std::memory_order_relaxed) < loop_connections_[best].load(std::memory_order_relaxed))
      best = i;
  loop_connections_[best].fetch_add(1, std::memory_order_relaxed);
  connections_.fetch_add(1, std::memory_order_relaxed);
  if (best == 0) {
    loops_[0]->accept(fd, at, protocol);
  } else {
    loops_[best]->post([loop = loops_[best].get(), fd, at, protocol] { loop->accept(fd, at, protocol); });
  }
}

void Daemon::connection_closed(unsigned loop) {
  loop_connections_[loop].fetch_sub(1, std::memory_order_relaxed);
  connections_.fetch_sub(1, std::memory_order_relaxed);
}

void Daemon::count_error(metrics::Cells& cells, const Request& r) {
  metrics::ErrorKind kind = kind_of(r);
  cells.add(metrics::metric::errors(protocol_of(r), kind));
  if (log::enabled(log::Level::debug)) log_sample(r, kind);
}

// --- reload ---

void Daemon::apply(std::shared_ptr<const config::Config> next) {
  config_ = next;
  // Whatever is in force by then: a loop may have taken it already.
  for (auto& l : loops_) l->post([this, loop = l.get()] { loop->reconfigure(config()); });
}

std::string Daemon::change_options(const std::vector<std::pair<std::string, std::string>>& values) {
  std::lock_guard lock(config_lock_);
  config::Config next = *config_;
  if (auto fault = config::set_options(next, values, available())) return fault->text;
  apply(std::make_shared<config::Config>(std::move(next)));
  log::set_level(static_cast<log::Level>(config_->log.level));
  return "";
}

std::string Daemon::reload() {
  config::Loaded loaded = config::load(sources_, available());
  if (!loaded.faults.empty()) {
    cells_->loop(0).add(metrics::metric::config_reloads(metrics::ReloadResult::refused));
    for (const config::Fault& f : loaded.faults)
      log::error("reload refused, the old configuration stays", {{"fault", f.where + ": " + f.text}});
    return loaded.faults.front().text;
  }
  std::lock_guard lock(config_lock_);
  auto level = static_cast<log::Level>(loaded.config.log.level);
  log::set_level(std::min(level, static_cast<log::Level>(config_->log.level)));  // the report is for both
  size_t applied = 0;
  for (const config::Change& c : config::changes(*config_, loaded.config)) {
    if (c.reloadable) {
      log::info("option changed", {{"option", c.path}, {"from", c.before}, {"to", c.after}});
      ++applied;
    } else {
      log::warn("option changed in the file but needs a restart",
                {{"option", c.path}, {"in_force", c.before}, {"in_file", c.after}});
    }
  }
  apply(std::make_shared<config::Config>(config::with_reloadable(*config_, loaded.config)));
  cells_->loop(0).add(metrics::metric::config_reloads(metrics::ReloadResult::applied));
  log::info("configuration reloaded", {{"changes", applied}});
  log::set_level(level);
  return "";
}

// --- signals ---

void Daemon::drain() {
  draining_.store(true);
  notify::stopping();
  log::info("draining: no new connections, replies in flight are sent", {{"connections", connections()}});
  loops_[0]->post([this] {
    for (auto& l : listeners_) l->stop();
  });
  for (auto& l : loops_) l->post([loop = l.get()] { loop->drain(); });
}

void Daemon::wait() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&set, s);
  for (int signal = 0; signal != SIGTERM && signal != SIGINT;) {
    sigwait(&set, &signal);
    if (signal != SIGHUP) continue;
    notify::reloading();
    reload();
    notify::ready(summary());
  }
  drain();
  for (auto& l : loops_) l->join();
  log::info("stopped");
}

}  // namespace cachetted::server
