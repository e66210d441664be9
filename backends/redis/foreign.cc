// What is passed on as it is: commands of the server's own COMMAND table that change no state of the shared connection
// or of the server. https://redis.io/docs/latest/commands/command/
#include <algorithm>

#include "backends/redis/redis.h"
#include "config/config.h"

namespace cachetted::redis {
namespace {

using resp::Element;
using resp::take_element;
using resp::take_whole;

constexpr std::string_view kAdmin = "it is an administrator's: send it to the server itself";
constexpr std::string_view kState = "it changes the state of a connection that others share";
constexpr std::string_view kServer = "it changes the state of the whole server: send it there";
constexpr std::string_view kBlocks = "it blocks its connection, which others share";
constexpr std::string_view kPubsub = "publish and subscribe are not in this version";

struct Bound {
  std::string_view name, why;
};
// Beside those with the flags admin, blocking and pubsub.
constexpr Bound kBounds[] = {
    {"asking", kState},  {"auth", kState},           {"client", kState},   {"discard", kState},   {"exec", kState},
    {"hello", kState},   {"migrate", kServer},       {"monitor", kState},  {"move", kServer},     {"multi", kState},
    {"psync", kState},   {"quit", kState},           {"readonly", kState}, {"readwrite", kState}, {"replconf", kState},
    {"reset", kState},   {"restore-asking", kAdmin}, {"select", kState},   {"swapdb", kServer},   {"sync", kState},
    {"unwatch", kState}, {"wait", kBlocks},          {"waitaof", kBlocks}, {"watch", kState},
};
// Subcommands that may pass; the container's others may not.
constexpr Bound kPassing[] = {
    {"script", " load exists "},
    {"function", " load delete dump restore list stats "},
};

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

// Of each command: name, arity, flags, first key, last key, step, and since Redis 7 categories, tips, key
// specifications and subcommands, which are told in the same way and named "parent|sub".
void RedisBackend::read_command_table(std::string_view reply) {
  foreign_.clear();
  read_commands(reply);
}

void RedisBackend::read_commands(std::string_view& reply) {
  for (int64_t n = take_element(reply).number; n > 0 && !reply.empty(); --n) {
    std::string_view one = take_whole(reply);
    int64_t fields = take_element(one).number;
    if (fields < 6) continue;
    std::string name = lower(take_element(one).text);
    Foreign f;
    f.name = name;
    f.arity = static_cast<int>(take_element(one).number);
    for (int64_t flags = take_element(one).number; flags > 0; --flags) {
      std::string_view flag = take_element(one).text;
      if (flag == "write") f.write = true;
      if (flag == "readonly") f.reads = true;
      if (flag == "admin") f.refused = kAdmin;
      if (flag == "blocking") f.refused = kBlocks;
      if (flag == "pubsub") f.refused = kPubsub;
    }
    f.first_key = static_cast<int>(take_element(one).number);
    f.last_key = static_cast<int>(take_element(one).number);
    f.step = static_cast<int>(take_element(one).number);
    for (const Bound& b : kBounds)
      if (b.name == name) f.refused = b.why;
    foreign_.emplace(std::move(name), std::move(f));
    if (fields < 10) continue;
    for (int i = 0; i < 3; ++i) take_whole(one);
    read_commands(one);
  }
}

const Foreign* RedisBackend::find_foreign(std::span<const std::string_view> words) {
  std::string name = lower(words[0]);
  if (!no_commands_.empty()) {
    found_ = {};
    found_.refused = "the server does not tell its commands: " + no_commands_;
    return &found_;
  }
  auto at = foreign_.find(name);
  if (at == foreign_.end() || name.find('|') != name.npos) return nullptr;
  found_ = at->second;
  if (words.size() > 1) {
    auto sub = foreign_.find(name + "|" + lower(words[1]));
    if (sub != foreign_.end()) {
      std::string container = std::move(found_.refused);
      found_ = sub->second;
      if (!container.empty()) found_.refused = std::move(container);
    }
  }
  if (found_.refused == kBlocks && name.starts_with("xread")) {  // only with BLOCK
    found_.refused.clear();
    for (std::string_view w : words.subspan(1)) {
      std::string option = lower(w);
      if (option == "streams") break;  // names follow
      if (option == "block") found_.refused = kBlocks;
    }
  }
  for (const Bound& p : kPassing) {
    if (p.name != name || words.size() < 2) continue;
    found_.refused = p.why.find(" " + lower(words[1]) + " ") == p.why.npos ? kServer : std::string_view();
    found_.reads = false;
  }
  const config::Commands& c = host_.config().commands;
  if (listed(c.allow, name) && (found_.refused == kAdmin || found_.refused == kServer)) found_.refused.clear();
  return &found_;
}

}  // namespace cachetted::redis
