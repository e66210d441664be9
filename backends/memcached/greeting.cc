// Implements greeting.h.
#include "backends/memcached/greeting.h"

#include "config/config.h"
#include "core/number.h"
#include "protocol/memcache/frame.h"

namespace cachetted::memcached {
namespace {

using memcache::Code;

// Of the set that brings the credentials: any will do. It is stored as expired, so that a server that asks for none
// shows them to nobody.
constexpr std::string_view kKey = "cachetted:credentials";

}  // namespace

std::string_view stat(std::string_view stats, std::string_view name) {
  const std::string line = "STAT " + std::string(name) + " ";
  for (size_t at = stats.find(line); at != stats.npos; at = stats.find(line, at + 1)) {
    if (at != 0 && stats[at - 1] != '\n') continue;
    std::string_view value = stats.substr(at + line.size());
    return value.substr(0, value.find('\r'));
  }
  return "";
}

// `mn` tells whether the server knows the meta commands, under a name and with a number of any kind.
std::string Greeting::begin(const config::Memcached& c, size_t& replies) {
  steps_.clear();
  user_ = c.user;
  std::string out;
  if (!c.user.empty()) {
    std::string block = c.user + " " + c.password;
    out.append("set ").append(kKey).append(" 0 -1 ").append(std::to_string(block.size())).append("\r\n");
    out.append(block).append("\r\n");
    steps_.push_back(Step::authenticate);
  }
  out.append("version\r\nmn\r\nstats settings\r\n");
  steps_.insert(steps_.end(), {Step::version, Step::meta, Step::settings});
  replies = steps_.size();
  return out;
}

std::string Greeting::on_reply(size_t index, std::string_view reply) {
  Code code = memcache::code_of(reply);
  std::string line(reply.substr(0, reply.find('\r')));
  // Of a refusal memcached may tell but the last, which is of what came behind the credentials.
  if (code == Code::refused && line.find("unauthenticated") != line.npos && user_.empty())
    return "it asks for a user and a password (memcached.user, memcached.password): " + line;
  switch (steps_[index]) {
    case Step::authenticate:
      return code == Code::authenticated ? "" : "it refuses user '" + user_ + "' or the password: " + line;
    case Step::version:
      if (code != Code::version) return "it is not ready: " + line;
      version_ = line.substr(line.find(' ') + 1);
      return "";
    case Step::meta:
      return code == Code::done ? ""
                                : "it is too old: version " + version_ + " has no meta commands, 1.6.12 has: " + line;
    case Step::settings:
      if (auto n = parse_unsigned(stat(reply, "item_size_max")); n && *n > 0) item_size_ = *n;
      return "";
  }
  return "";
}

}  // namespace cachetted::memcached
