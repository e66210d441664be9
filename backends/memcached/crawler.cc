// Implements crawler.h.
#include "backends/memcached/crawler.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "config/config.h"
#include "core/clock.h"
#include "protocol/memcache/frame.h"

namespace cachetted::memcached {
namespace {

using memcache::Code;
using upstream::Connection;
using upstream::Due;
using upstream::Fit;

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kAgainNs = 50 * kMs;

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// What stands between key= and the next blank, where %XX is a byte.
std::string_view decode_key(std::string_view line, std::string& room) {
  line.remove_prefix(sizeof "key=" - 1);
  line = line.substr(0, line.find(' '));
  if (line.find('%') == line.npos) return line;
  room.clear();
  for (size_t i = 0; i < line.size(); ++i) {
    bool coded = line[i] == '%' && i + 2 < line.size() && hex(line[i + 1]) >= 0 && hex(line[i + 2]) >= 0;
    room.push_back(coded ? static_cast<char>(hex(line[i + 1]) << 4 | hex(line[i + 2])) : line[i]);
    if (coded) i += 2;
  }
  return room;
}

// Whether the item had expired before this second: the crawler tells some that a get would not find.
bool is_over(std::string_view line, int64_t now_ms) {
  size_t at = line.find(" exp=");
  if (at == line.npos) return false;
  int64_t exp = -1;
  at += sizeof " exp=" - 1;
  std::from_chars(line.data() + at, line.data() + line.size(), exp);
  return exp > 0 && exp < now_ms / 1000;
}

}  // namespace

Crawler::Crawler(const ServerList& list, Host& host) : host_(host) {
  for (const ServerList::Server& server : list.servers) {
    auto l = std::make_unique<Link>();
    l->server = static_cast<unsigned>(links_.size());
    l->connection =
        std::make_unique<Connection>(*this, host, server.url, nullptr, std::make_unique<memcache::Framer>());
    links_.push_back(std::move(l));
  }
}

Crawler::~Crawler() = default;

Crawler::Link& Crawler::link_of(const Connection& c) {
  for (auto& l : links_)
    if (l->connection.get() == &c) return *l;
  return *links_.front();
}

void Crawler::walk(OnKey on_key, OnEnd on_end) {
  waiting_.push_back({std::move(on_key), std::move(on_end)});
  if (walking_.empty()) begin();
}

void Crawler::begin() {
  walking_.swap(waiting_);
  failure_.clear();
  left_ = links_.size();
  for (auto& l : links_) {
    l->walking = true;
    l->busy_since = l->again_at = 0;
  }
  for (auto& l : links_) ask(*l);
}

void Crawler::ask(Link& l) {
  Connection& c = *l.connection;
  l.again_at = 0;
  c.demand();
  if (!l.walking) return;  // it failed at once
  if (!c.accepts()) return end(l, c.reason());
  const std::string_view line = l.by_hash ? "lru_crawler metadump hash\r\n" : "lru_crawler metadump all\r\n";
  char* p = c.stream().reserve(line.size());
  c.stream().commit(std::copy(line.begin(), line.end(), p));
  c.owe(&l.asked, 0, false);
  c.flush();
}

// Of one server; the walk is over with its last one.
void Crawler::end(Link& l, const std::string& failure) {
  if (!std::exchange(l.walking, false)) return;
  if (failure_.empty()) failure_ = failure;
  if (--left_ != 0) return;
  std::vector<Visitor> all;
  all.swap(walking_);
  const std::string why = std::move(failure_);  // the next walk has its own
  if (!waiting_.empty()) begin();
  for (Visitor& v : all) v.on_end(why);
}

void Crawler::beat(uint64_t now) {
  for (auto& l : links_) {
    l->connection->beat(now, false);
    if (l->again_at != 0 && now >= l->again_at) ask(*l);
  }
}

void Crawler::tell(const Link& l, std::string_view line) {
  if (is_over(line, host_.clock().now_ms)) return;
  std::string room;
  std::string_view key = decode_key(line, room);
  for (Visitor& v : walking_) v.on_key(l.server, key);
}

std::string Crawler::greeting(Connection& c, size_t& replies) {
  return link_of(c).greeting.begin(host_.config().memcached, replies);
}

std::string Crawler::on_greeting(Connection& c, size_t index, std::string_view reply) {
  return link_of(c).greeting.on_reply(index, reply);
}

Fit Crawler::suits(const Due&, std::string_view reply) {
  const Code code = memcache::code_of(reply);
  if (code == Code::listed) return Fit::part;
  return code == Code::end || code == Code::busy || code == Code::refused ? Fit::whole : Fit::no;
}

void Crawler::on_reply(Connection& c, const Due&, std::string_view reply, uint64_t) {
  Link& l = link_of(c);
  Code code = memcache::code_of(reply);
  if (code == Code::listed) return tell(l, reply);
  if (code == Code::end) return end(l, "");
  const std::string name = c.url().text() + ": ";
  const std::string line(reply.substr(0, reply.find('\r')));
  if (code == Code::refused && std::exchange(l.by_hash, false)) return ask(l);
  if (code == Code::refused) return end(l, name + "it does not list its keys (lru_crawler metadump): " + line);
  uint64_t now = steady_ns();
  if (l.busy_since == 0) l.busy_since = now;
  if (now - l.busy_since > static_cast<uint64_t>(host_.config().timeouts.stall_ms) * kMs)
    return end(l, name + "its crawler is busy with another walk");
  l.again_at = now + kAgainNs;
}

void Crawler::on_oversized(const Due&, const Framing::Oversize&) {}

void Crawler::on_failed(Connection& c, Request&, size_t, std::string_view reason) {
  end(link_of(c), std::string(reason));
}

void Crawler::on_change(Connection&) {}

}  // namespace cachetted::memcached
