// Implements server.h.
#include "backends/mongodb/server.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "backends/mongodb/collection.h"
#include "core/clock.h"

namespace cachetted::mongodb {
namespace {

constexpr std::chrono::milliseconds kProbe{200};    // between two attempts to reach a server that is down
constexpr std::chrono::milliseconds kLook{2000};    // between two looks at one that is up
constexpr uint64_t kIndexAgainNs = 60'000'000'000;  // between two attempts to make an index that was refused
constexpr std::chrono::milliseconds kIndexWait{500};
constexpr uint64_t kSweepShare = 4;  // a sweep that took long is followed by so many times as long a rest

void start_driver() {
  static const bool once = [] {
    mongoc_init();
    // Every fault comes as an error too, which is told in our own log.
    mongoc_log_set_handler([](mongoc_log_level_t, const char*, const char*, void*) {}, nullptr);
    return true;
  }();
  static_cast<void>(once);
}

// What the driver tells of a command never has the URL's password, but it may have the lines of several servers.
std::string one_line(const char* message) {
  std::string s(message);
  std::replace_if(
      s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return s;
}

// Of an index: whatever documents there are.
bool denies(uint32_t code) {
  enum : uint32_t { kUnauthorized = 13, kOptionsConflict = 85, kKeySpecsConflict = 86 };
  return code == kUnauthorized || code == kOptionsConflict || code == kKeySpecsConflict || code == kIndexNotUnique;
}

// The server cannot do it now, but it or another one will. By the names of its errors: HostUnreachable, HostNotFound,
// MaxTimeMSExpired, NetworkTimeout, ShutdownInProgress, PrimarySteppedDown, ExceededTimeLimit, SocketException,
// LegacyNotPrimary, NotWritablePrimary, InterruptedAtShutdown, InterruptedDueToReplStateChange,
// NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary.
bool passes(uint32_t code) {
  constexpr uint32_t kCodes[] = {6, 7, 50, 89, 91, 189, 262, 9001, 10058, 10107, 11600, 11602, 13435, 13436};
  return std::find(std::begin(kCodes), std::end(kCodes), code) != std::end(kCodes);
}

struct Uri {
  ~Uri() {
    if (uri != nullptr) mongoc_uri_destroy(uri);
  }
  mongoc_uri_t* uri = nullptr;
};

// The driver tells what it does not understand, which may be a part of the password.
std::string without_secrets(std::string said, const std::string& url) {
  if (said.starts_with("Password") || said.starts_with("Username"))
    return "user and password must have % and two digits for each of % : / ? # [ ] @";
  const size_t begin = url.find("://"), end = url.rfind('@');
  if (begin == url.npos || end == url.npos || end < begin) return said;
  const std::string user = url.substr(begin + 3, end - begin - 3);
  for (const std::string& secret : {user, user.substr(std::min(user.size(), user.find(':') + 1))})
    for (size_t at = 0; !secret.empty() && (at = said.find(secret, at)) != said.npos; at += 3)
      said.replace(at, secret.size(), "***");
  return said;
}

// null with `why`.
mongoc_uri_t* parse(const std::string& url, std::string& why) {
  start_driver();
  bson_error_t e{};
  mongoc_uri_t* uri = mongoc_uri_new_with_error(url.c_str(), &e);
  if (uri == nullptr) {
    why = "mongodb_url: the driver cannot parse it: " + without_secrets(one_line(e.message), url);
    return nullptr;
  }
  if (!mongoc_write_concern_is_acknowledged(mongoc_uri_get_write_concern(uri)))
    why = "mongodb_url: w=0 is not possible: without an answer nobody can tell what a write did; use w=1 or more";
  for (const char* option : {MONGOC_URI_TLSCAFILE, MONGOC_URI_TLSCERTIFICATEKEYFILE}) {
    const char* file = mongoc_uri_get_option_as_utf8(uri, option, nullptr);
    if (file != nullptr && access(file, R_OK) != 0)
      why = std::string("mongodb_url: ") + option + ": " + file + ": " + std::strerror(errno);
  }
  if (why.empty()) return uri;
  mongoc_uri_destroy(uri);
  return nullptr;
}

// For the operator: which servers these are.
std::string names_of(const mongoc_uri_t* uri) {
  if (const char* srv = mongoc_uri_get_srv_hostname(uri); srv != nullptr) return srv;
  std::string names;
  for (const mongoc_host_list_t* host = mongoc_uri_get_hosts(uri); host != nullptr; host = host->next)
    names.append(names.empty() ? "" : ",").append(host->host_and_port);
  return names;
}

bool of_several(const mongoc_uri_t* uri) {
  const mongoc_host_list_t* hosts = mongoc_uri_get_hosts(uri);
  return mongoc_uri_get_replica_set(uri) != nullptr || mongoc_uri_get_srv_hostname(uri) != nullptr ||
         hosts == nullptr || hosts->next != nullptr;
}

// What the URL does not say.
void complete(mongoc_uri_t* uri, const config::Timeouts& t) {
  auto set = [&](const char* option, int64_t ms) {
    const int64_t most = INT32_MAX;
    if (!mongoc_uri_has_option(uri, option))
      mongoc_uri_set_option_as_int32(uri, option, static_cast<int32_t>(std::min(ms, most)));
  };
  // Where another member may take over, a request waits for it as long as it may.
  set(MONGOC_URI_SERVERSELECTIONTIMEOUTMS, of_several(uri) ? t.request_ms : t.connect_ms);
  set(MONGOC_URI_CONNECTTIMEOUTMS, t.connect_ms);
  set(MONGOC_URI_SOCKETTIMEOUTMS, t.request_ms);
  if (mongoc_uri_get_appname(uri) == nullptr) mongoc_uri_set_appname(uri, "cachetted");
}

}  // namespace

std::string url_fault(const config::Config& c) {
  if (c.store.mongodb_url.empty()) return "";
  std::string why;
  Uri u{parse(c.store.mongodb_url, why)};
  return why;
}

Server::Server(const config::Config& c)
    : sweep_every_ms(c.mongodb.sweep_ms), database_(c.store.database_name), collection_(c.store.table_name) {
  std::string why;
  uri_ = parse(c.store.mongodb_url, why);
  if (uri_ == nullptr) throw std::runtime_error(why);
  complete(uri_, c.timeouts);
  names_ = names_of(uri_);
  several_ = of_several(uri_);
  reads_elsewhere_ = mongoc_read_prefs_get_mode(mongoc_uri_get_read_prefs_t(uri_)) != MONGOC_READ_PRIMARY;
  bson_error_t e{};
  pool_ = mongoc_client_pool_new_with_error(uri_, &e);
  if (pool_ == nullptr) {
    mongoc_uri_destroy(uri_);
    throw std::runtime_error("mongodb_url: the driver refuses it: " + one_line(e.message));
  }
  mongoc_apm_callbacks_t* events = mongoc_apm_callbacks_new();
  mongoc_apm_set_topology_changed_cb(events, [](const mongoc_apm_topology_changed_t* event) {
    auto* server = static_cast<Server*>(mongoc_apm_topology_changed_get_context(event));
    server->changes_.fetch_add(1, std::memory_order_relaxed);
  });
  mongoc_client_pool_set_apm_callbacks(pool_, events, this);
  mongoc_apm_callbacks_destroy(events);
  mongoc_client_pool_set_error_api(pool_, MONGOC_ERROR_API_VERSION_2);
  mongoc_client_pool_max_size(pool_, c.workers.threads + 1);
  keeper_ = std::thread([this] { keep(); });
}

Server::~Server() {
  closing_.store(true, std::memory_order_relaxed);
  {
    std::lock_guard lock(lock_);
    stop_ = true;
  }
  change_.notify_all();
  keeper_.join();
  mongoc_client_pool_destroy(pool_);
  mongoc_uri_destroy(uri_);
}

// --- whether it can be reached ---

std::string Server::reason() const {
  std::lock_guard lock(lock_);
  if (!tried_.load(std::memory_order_relaxed)) return "connecting";
  return down_.load(std::memory_order_relaxed) ? reason_ : "";
}

void Server::note_up() {
  std::lock_guard lock(lock_);
  if (tried_.exchange(true) && !down_.load(std::memory_order_relaxed)) return;
  connects_.fetch_add(1, std::memory_order_relaxed);
  index_waited_ = false;
  down_.store(false, std::memory_order_release);
}

void Server::note_down(std::string reason) {
  std::lock_guard lock(lock_);
  if (!down_.load(std::memory_order_relaxed)) losses_.fetch_add(1, std::memory_order_relaxed);
  reason_ = std::move(reason);
  tried_.store(true, std::memory_order_relaxed);
  down_.store(true, std::memory_order_release);
  indexed_.store(false, std::memory_order_release);  // who knows what comes back
  index_tried_ = index_waited_ = false;
  change_.notify_all();
}

// https://www.mongodb.com/docs/manual/reference/error-codes/
Failure Server::failure_of(const bson_error_t& e, bool primary) {
  enum : uint32_t { kUnauthorized = 13, kAuthenticationFailed = 18, kObjectTooLarge = 10334, kKeyTooLong = 17280 };
  const std::string said = one_line(e.message);
  const Failure unavailable{Status::unavailable, std::string(kUnavailable) + names_ + ": " + said, e.code};
  const bool denied = e.domain == MONGOC_ERROR_CLIENT && e.code == MONGOC_ERROR_CLIENT_AUTHENTICATE;
  if (e.domain == MONGOC_ERROR_SERVER_SELECTION || denied) {
    if (primary) note_down(names_ + ": " + said);
    return unavailable;
  }
  if (e.domain == MONGOC_ERROR_STREAM || e.domain == MONGOC_ERROR_PROTOCOL) {
    std::lock_guard lock(lock_);
    doubt_ = true;
    change_.notify_all();
    return unavailable;
  }
  if (e.domain != MONGOC_ERROR_SERVER && e.domain != MONGOC_ERROR_WRITE_CONCERN)
    return {Status::store_error, "ERR backend 'mongodb': " + said, e.code};
  if (passes(e.code)) return unavailable;
  if (e.code == kUnauthorized || e.code == kAuthenticationFailed)
    return {Status::store_error, "ERR backend 'mongodb' refuses the user of mongodb_url: " + said, e.code};
  if (e.code == kObjectTooLarge || e.code == kKeyTooLong)
    return {Status::store_error, "ERR too large for the 'mongodb' backend: " + said, e.code};
  if (e.domain == MONGOC_ERROR_WRITE_CONCERN)
    return {Status::store_error, "ERR backend 'mongodb': it was done, but not as the write concern asks: " + said,
            e.code};
  return {Status::store_error, "ERR backend 'mongodb': " + said, e.code};
}

// --- the index ---

std::string Server::index_fault() {
  if (indexed_.load(std::memory_order_acquire)) [[likely]]
    return "";
  if (!down()) {
    std::unique_lock lock(lock_);
    if (!index_waited_) change_.wait_for(lock, kIndexWait, [this] { return index_tried_ || stop_; });
    index_waited_ = true;
  }
  return index_trouble();
}

std::string Server::index_trouble() const {
  if (indexed_.load(std::memory_order_acquire)) return "";
  std::lock_guard lock(lock_);
  return index_fault_.empty() ? "it could not be made yet" : index_fault_;
}

std::string Server::sweep_trouble() const {
  std::lock_guard lock(lock_);
  return sweep_fault_;
}

// Again and again, since somebody may drop the collection: where the index is there that is one small question.
void Server::see_to_index(Collection& c) {
  const bool there = indexed_.load(std::memory_order_relaxed);
  bool tried = false;
  {
    std::lock_guard lock(lock_);
    tried = index_tried_;
  }
  if (there && (c.index_is_unique() || c.failure().status == Status::unavailable)) return;
  if (there || !tried || steady_ns() >= index_due_) make_index(c);
}

void Server::make_index(Collection& c) {
  constexpr int kTries = 5;  // others may write duplicates meanwhile
  std::string fault;
  index_due_ = steady_ns() + kIndexAgainNs;
  for (int i = 0; i < kTries; ++i) {
    if (c.make_index()) return settle_index(true, "");
    fault = c.failure().text;
    int64_t removed = 0;
    // Or it takes longer than a reply may, and the server goes on.
    const bool lost = c.failure().status == Status::unavailable;
    if (lost) index_due_ = 0;
    if (lost || denies(c.failure().code) || !c.remove_duplicates(removed) || removed == 0) break;
  }
  settle_index(false, std::move(fault));
}

void Server::settle_index(bool there, std::string fault) {
  indexed_.store(there, std::memory_order_release);
  std::lock_guard lock(lock_);
  index_tried_ = true;
  index_fault_ = std::move(fault);
  change_.notify_all();
}

// --- the keeper ---

void Server::keep() {
  Collection c(*this);
  uint64_t sweep_at = 0;
  int64_t swept_every = 0;
  for (;;) {
    if (c.ping()) {
      note_up();
      see_to_index(c);
      const int64_t every = sweep_every_ms.load(std::memory_order_relaxed);
      const uint64_t now = steady_ns();
      if (std::exchange(swept_every, every) != every) sweep_at = now + static_cast<uint64_t>(every) * 1'000'000;
      if (every != 0 && now >= sweep_at) {
        sweep(c);
        const uint64_t took = steady_ns() - now;
        sweep_at = steady_ns() + std::max(static_cast<uint64_t>(every) * 1'000'000, took * kSweepShare);
      }
    } else if (!down() && c.failure().status == Status::unavailable) {
      note_down(c.failure().text.substr(kUnavailable.size()));
    }
    std::unique_lock lock(lock_);
    if (down()) doubt_ = false;  // it was the keeper's own
    std::chrono::milliseconds pause = down() ? kProbe : kLook;
    if (const int64_t every = sweep_every_ms.load(std::memory_order_relaxed); every != 0)
      pause = std::min(pause, std::chrono::milliseconds(every));
    change_.wait_for(lock, pause, [this] { return stop_ || doubt_; });
    doubt_ = false;
    if (stop_) return;
  }
}

// What has no number as expires is not ours to delete, though it reads as expired.
void Server::sweep(Collection& c) {
  Bson dead;
  const int64_t second = wall_ms() / 1000;
  dead.document("expires", [&](Bson& e) { e.number("$lte", second); });
  int64_t removed = 0;
  const std::string fault = c.remove_all(dead, removed) ? "" : c.failure().text;
  swept_.fetch_add(static_cast<uint64_t>(removed), std::memory_order_relaxed);
  if (fault.empty()) sweeps_.fetch_add(1, std::memory_order_relaxed);
  std::lock_guard lock(lock_);
  sweep_fault_ = fault;
}

}  // namespace cachetted::mongodb
