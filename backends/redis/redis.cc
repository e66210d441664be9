// The store and its connections: one a database and RESP version, made when first asked for. A session's requests all
// go to one of them, so that it reads what it wrote.
#include "backends/redis/redis.h"

#include <algorithm>
#include <stdexcept>

#include "config/config.h"
#include "core/clock.h"
#include "core/number.h"
#include "metrics/metrics.h"

namespace cachetted::redis {
namespace {

constexpr uint64_t kBeatNs = 50'000'000;

constexpr uint64_t kIdleNs = 1'000'000'000;  // then a connection is asked whether it still is one

enum class Step : uint8_t { hello, auth, name, select, script, exec, multi, discard, limit, ping, commands };

void append(std::string& to, std::initializer_list<std::string_view> words) {
  size_t bytes = 0;
  for (std::string_view w : words) bytes += w.size();
  size_t at = to.size();
  to.resize(at + resp::command_room(words.size(), bytes));
  resp::CommandWriter out(to.data() + at, words.size());
  for (std::string_view w : words) out.word(w);
  to.resize(static_cast<size_t>(out.end() - to.data()));
}

}  // namespace

Caps native_caps() {
  Caps c;
  c.isolated_groups = true;
  c.databases = true;
  for (int i = 0; i < kOpCount; ++i) c.ops |= uint64_t{1} << i;
  for (Op op : {Op::local, Op::move, Op::swap, Op::watch}) c.ops &= ~(uint64_t{1} << static_cast<int>(op));
  return c;
}

// --- the store ---

RedisStore::RedisStore(std::string name, const std::string& url, const config::Config& c)
    : name_(std::move(name)), url_(config::parse_redis_url(url)), envelopes_(!c.listen.memcache.empty()) {
  if (url_.tls) tls_ = upstream::make_tls_context(c.tls);
}

Backend* RedisStore::open(Host& host, unsigned loop, unsigned loops) {
  reasons_.resize(loops, "connecting to " + url_.text());
  return new RedisBackend(*this, host, loop);
}

void RedisStore::note(unsigned loop, std::string reason) {
  std::lock_guard lock(lock_);
  reasons_[loop] = std::move(reason);
}

std::string RedisStore::trouble() const {
  std::lock_guard lock(lock_);
  for (const std::string& reason : reasons_)
    if (!reason.empty()) return "backend '" + name_ + "' is unavailable: " + reason;
  return "";
}

// --- one loop's part ---

RedisBackend::RedisBackend(RedisStore& store, Host& host, unsigned loop) : store_(store), host_(host), loop_(loop) {
  Request first;
  link_for(first).connection->open();
}

RedisBackend::~RedisBackend() = default;

uint32_t RedisBackend::store_database(uint16_t db) const { return db == 0 ? store_.url().database : db; }

RedisBackend::Link& RedisBackend::link_for(const Request& r) {
  uint32_t database = store_database(r.db);
  int version = r.wire == 3 ? 3 : 2;
  for (auto& l : links_)
    if (l->database == database && l->version == version) return *l;
  auto l = std::make_unique<Link>();
  l->connection =
      std::make_unique<Connection>(*this, host_, store_.url(), store_.tls(), std::make_unique<resp::Framer>());
  l->database = database;
  l->version = version;
  links_.push_back(std::move(l));
  return *links_.back();
}

RedisBackend::Link& RedisBackend::link_of(const Connection& c) {
  for (auto& l : links_)
    if (l->connection.get() == &c) return *l;
  return *links_.front();
}

// To be flushed before the tick is over.
void RedisBackend::list(Link& l) {
  if (l.listed) return;
  l.listed = true;
  unflushed_.push_back(&l);
}

void RedisBackend::flush() {
  for (Link* l : unflushed_) {
    l->listed = false;
    l->connection->flush();
  }
  unflushed_.clear();
}

size_t RedisBackend::submit(Batch batch) {
  const Connection& first = *links_.front()->connection;
  for (Request* r : batch) {
    Link& l = link_for(*r);
    Connection& c = *l.connection;
    if (first.accepts()) c.demand();  // which may fail at once
    if (!first.accepts() || !c.accepts()) [[unlikely]] {
      fail(*r, !first.accepts() ? first.reason() : c.reason());
      continue;
    }
    if (c.crowded()) [[unlikely]] {
      host_.cells().add(metrics::metric::upstream_refused());
      fail(*r, "it does not keep up: over four times limits.output_buffer of requests wait for it");
      continue;
    }
    compose(l, *r);
    if (r->steps == 0) {  // refused while it was composed
      host_.complete(*r);
      continue;
    }
    r->late = !r->whole;
    keep_words(*r);
    list(l);
  }
  flush();
  return batch.size();
}

bool RedisBackend::advance() {
  if (!unflushed_.empty()) flush();
  uint64_t now = steady_ns();
  if (now < beat_at_) return false;
  beat_at_ = now + kBeatNs;
  uint64_t in_flight = 0, unsent = 0, open = 0;
  for (auto& l : links_) {
    l->connection->beat(now, l == links_.front());
    if (l->connection->idle_since(now) >= kIdleNs) send_unasked(*l->connection, {"PING"});
    in_flight += l->connection->in_flight();
    unsent += l->connection->stream().unsent();
    open += l->connection->is_open();
  }
  host_.cells().set(metrics::metric::upstream_in_flight(), in_flight);
  host_.cells().set(metrics::metric::upstream_unsent(), unsent);
  host_.cells().set(metrics::metric::upstream_open(), open);
  host_.cells().set(metrics::metric::upstream_down(), !links_.front()->connection->accepts());
  flush();
  return false;
}

void RedisBackend::on_failed(Connection&, Request& r, size_t, std::string_view reason) { fail(r, reason); }

void RedisBackend::fail(Request& r, std::string_view reason) {
  r.reply.status = Status::unavailable;
  r.reply.text = host_.arena().concat({"backend '", store_.name(), "' is unavailable: ", reason});
  host_.complete(r);
}

void RedisBackend::on_change(Connection& c) {
  bool up = c.is_open();
  host_.cells().add(up ? metrics::metric::upstream_connects(metrics::ConnectResult::made)
                       : metrics::metric::upstream_connects(metrics::ConnectResult::lost));
  if (&c != links_.front()->connection.get()) return;
  const std::string server = "backend '" + store_.name() + "' ";
  if (!up && c.accepts())
    return host_.report(false, server + "lost a connection, which is made again at once: " + c.reason());
  store_.note(loop_, up ? "" : c.reason());
  if (std::exchange(told_, c.reason()) == c.reason()) return;  // of all attempts, what is new
  if (up) {
    host_.report(false, server + "is connected: " + store_.url().text());
  } else {
    host_.report(true, server + "is unavailable, requests fail until it is back; see that the server runs and lets " +
                           "cachetted in: " + c.reason());
  }
}

// --- the greeting ---

std::string RedisBackend::greeting(Connection& c, size_t& replies) {
  Link& l = link_of(c);
  const config::StoreUrl& url = store_.url();
  std::string out;
  auto add = [&](Step step, std::initializer_list<std::string_view> words) {
    append(out, words);
    l.steps.push_back(static_cast<uint8_t>(step));
  };
  l.steps.clear();
  std::string_view user = url.user.empty() ? std::string_view("default") : std::string_view(url.user);
  if (l.version == 3) {
    url.password.empty() ? add(Step::hello, {"HELLO", "3"})
                         : add(Step::hello, {"HELLO", "3", "AUTH", user, url.password});
  } else if (!url.password.empty()) {
    url.user.empty() ? add(Step::auth, {"AUTH", url.password}) : add(Step::auth, {"AUTH", url.user, url.password});
  }
  add(Step::name, {"CLIENT", "SETNAME", "cachetted"});
  if (l.database != 0) add(Step::select, {"SELECT", std::to_string(l.database)});
  add(Step::exec, {"EXEC"});  // an error, which tells whether it is allowed
  add(Step::multi, {"MULTI"});
  add(Step::discard, {"DISCARD"});
  for (unsigned i = 0; i < kScripts; ++i) add(Step::script, {"SCRIPT", "LOAD", text_of(static_cast<Script>(i))});
  add(Step::ping, {"PING"});
  if (&l == links_.front().get()) {
    add(Step::limit, {"CONFIG", "GET", "proto-max-bulk-len"});
    add(Step::commands, {"COMMAND"});
  }
  replies = l.steps.size();
  return out;
}

std::string RedisBackend::on_greeting(Connection& c, size_t index, std::string_view reply) {
  Link& l = link_of(c);
  auto step = static_cast<Step>(l.steps[index]);
  reply = resp::without_attributes(reply);
  std::string_view rest = reply;
  resp::Element e = resp::take_element(rest);
  std::string text(e.text);
  auto begins = [&](std::initializer_list<std::string_view> all) {
    return std::any_of(all.begin(), all.end(), [&](std::string_view s) { return e.text.starts_with(s); });
  };
  if (e.error() && begins({"ERR max number of clients", "DENIED"})) return "it takes no connection: " + text;
  if (e.error() && begins({"NOAUTH"})) return "it asks for a password: " + text;
  switch (step) {
    case Step::hello: return e.error() ? "it refuses HELLO 3: " + text : "";
    case Step::auth: return e.error() ? "it refuses the password: " + text : "";
    case Step::select: return e.error() ? "it refuses the database: " + text : "";
    case Step::ping:  // under some rules it answers others all the same
      return e.text == "PONG" || begins({"MISCONF", "NOPERM"}) ? "" : "it is not ready: " + text;
    case Step::exec: l.no_transactions = begins({"NOPERM", "ERR unknown"}) ? text : ""; return "";
    case Step::multi:
      if (e.error()) l.no_transactions = text;
      return "";
    case Step::limit:
      most_bulk_ = kMostBulk;
      if (e.aggregate() && !e.null && resp::take_element(rest).text == "proto-max-bulk-len")
        if (auto n = parse_integer(resp::take_element(rest).text); n && *n > 0) most_bulk_ = static_cast<uint64_t>(*n);
      return "";
    case Step::commands:
      no_commands_ = e.error() ? text : "";
      if (!e.error()) read_command_table(reply);
      return e.error() || !foreign_.empty() ? "" : "what it answers to COMMAND is no table of commands";
    case Step::name:  // an old server, or one with rules of its own, does without these
    case Step::discard:
    case Step::script: return "";
  }
  return "";
}

}  // namespace cachetted::redis
