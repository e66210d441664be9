// COMMAND and its subcommands, and the HELP of every container: what the command table says, in the shapes that
// redis-server 7.0 gives it (https://redis.io/docs/reference/key-specs/, /command-tips/). Called by resp_server.cc;
// pure, any thread.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "config/units.h"
#include "core/bytes.h"
#include "protocol/resp/commands.h"

namespace cachetted::server {

using resp::Args;
using resp::Command;
using resp::is;
using resp::Local;
using resp::Writer;

std::string_view compose_commands(const Command& c, const Args& args, Writer& w);
const std::initializer_list<std::string_view>* help_lines(Local what);

namespace {

template <size_t n>
bool among(std::string_view name, const std::string_view (&names)[n]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool is_subcommand(const Command& c) { return c.name.find('|') != c.name.npos; }
bool is_subcommand_of(const Command& c, const Command& container) {
  return c.name.starts_with(container.name) && c.name.substr(container.name.size()).starts_with('|');
}
// Rows that only refuse HTTP are no commands.
bool is_listed(const Command& c) { return c.local != Local::http; }

// A name as COMMAND INFO takes it, "client|id" included; null when there is none.
const Command* find_listed(std::string_view full) {
  size_t bar = full.find('|');
  const Command* c = resp::find_command(full.substr(0, bar));
  if (c != nullptr && bar != full.npos) c = resp::find_subcommand(*c, full.substr(bar + 1));
  return c != nullptr && is_listed(*c) ? c : nullptr;
}

template <class Keep>
std::vector<const Command*> select(Keep keep) {
  std::vector<const Command*> found;
  for (const Command& c : resp::commands()) {
    if (is_listed(c) && keep(c)) found.push_back(&c);
  }
  return found;
}

std::vector<const Command*> top_level() {
  return select([](const Command& c) { return !is_subcommand(c); });
}

std::vector<const Command*> subcommands(const Command& container) {
  return select([&](const Command& c) { return is_subcommand_of(c, container); });
}

// --- what the table does not hold as it is: categories, key flags, tips ---

using Words = std::vector<std::string_view>;

Words split(std::string_view text) {
  Words words;
  while (!text.empty()) {
    size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// A container that does nothing by itself has no flags but those of its subcommands.
bool only_contains(const Command& c) { return (c.flags & resp::kContainer) != 0 && c.arity < -1; }

Words flag_names(const Command& c) {
  static constexpr struct {
    resp::Flag flag;
    std::string_view name;
  } kNames[] = {{resp::kWrite, "write"}, {resp::kReadonly, "readonly"}, {resp::kDenyoom, "denyoom"},
                {resp::kAdmin, "admin"}, {resp::kNoscript, "noscript"}, {resp::kLoading, "loading"},
                {resp::kStale, "stale"}, {resp::kFast, "fast"},         {resp::kNoAuth, "no_auth"}};
  Words names;
  if (only_contains(c)) return names;
  for (auto [flag, name] : kNames) {
    if ((c.flags & flag) != 0) names.push_back(name);
  }
  return names;
}

constexpr std::string_view kWholeKeyspace[] = {
    "cachette|clear", "cachette|explain", "cachette|flushexpired", "dbsize", "flushall", "flushdb", "swapdb"};
constexpr std::string_view kDangerous[] = {
    "cachette|clear", "cachette|flushexpired", "flushall", "flushdb", "info", "keys", "lastsave", "swapdb"};

// The ACL categories; there are no ACLs, but tools sort commands by them.
Words categories(const Command& c) {
  bool container = only_contains(c);
  bool connection =
      c.group == "connection" || c.name == "readonly" || c.name == "wait" || c.name.substr(0, 7) == "command";
  const struct {
    bool member;
    std::string_view name;
  } kAll[] = {{(c.group == "generic" && c.name != "wait" && !container) || among(c.name, kWholeKeyspace), "@keyspace"},
              {(c.flags & resp::kReadonly) != 0, "@read"},
              {(c.flags & resp::kWrite) != 0, "@write"},
              {c.group == "string", "@string"},
              {c.group == "bitmap", "@bitmap"},
              {(c.flags & resp::kAdmin) != 0, "@admin"},
              {(c.flags & resp::kFast) != 0, "@fast"},
              {(c.flags & resp::kFast) == 0, "@slow"},
              {(c.flags & resp::kAdmin) != 0 || among(c.name, kDangerous), "@dangerous"},
              {connection && !container, "@connection"},
              {c.group == "transactions", "@transaction"}};
  Words names;
  for (auto [member, name] : kAll) {
    if (member) names.push_back(name);
  }
  return names;
}

struct KeyUse {
  std::string_view name, first, second = {};  // second: of a second key with a use of its own
};

// What a command does with its keys, where it is not "RO access" of a reading and "RW access update" of a writing one.
constexpr KeyUse kKeyUses[] = {
    {"append", "RW insert"},
    {"copy", "RO access", "OW update"},
    {"del", "RM delete"},
    {"exists", "RO"},
    {"expire", "RW update"},
    {"expireat", "RW update"},
    {"getdel", "RW access delete"},
    {"memory|usage", "RO"},
    {"mset", "OW update"},
    {"msetnx", "OW insert"},
    {"object|encoding", "RO"},
    {"object|freq", "RO"},
    {"object|idletime", "RO"},
    {"object|refcount", "RO"},
    {"persist", "RW update"},
    {"pexpire", "RW update"},
    {"pexpireat", "RW update"},
    {"psetex", "OW update"},
    {"rename", "RW access delete", "OW update"},
    {"renamenx", "RW access delete", "OW insert"},
    {"set", "RW access update variable_flags"},
    {"setex", "OW update"},
    {"setnx", "OW insert"},
    {"setrange", "RW update"},
    {"strlen", "RO"},
    {"touch", "RO"},
    {"type", "RO"},
    {"unlink", "RM delete"},
    {"watch", "RO"},
};

KeyUse key_use(const Command& c) {
  auto found =
      std::find_if(std::begin(kKeyUses), std::end(kKeyUses), [&c](const KeyUse& u) { return u.name == c.name; });
  if (found != std::end(kKeyUses)) return *found;
  return {c.name, (c.flags & resp::kWrite) != 0 ? "RW access update" : "RO access"};
}

constexpr std::string_view kVarying[] = {"cachette|explain", "cachette|status", "client|info", "client|list", "info",
                                         "lastsave",         "object|idletime", "pttl",        "randomkey",   "scan",
                                         "slowlog|get",      "slowlog|len",     "time",        "ttl"};
constexpr std::string_view kVaryingOrder[] = {"command", "command|docs", "command|info", "command|list", "keys"};

// --- COMMAND INFO ---

void compose_words(const Words& words, Writer& w) {
  w.set(words.size());
  for (std::string_view word : words) w.simple(word);
}

void compose_key_spec(std::string_view use, int first, int last, int step, Writer& w) {
  w.map(3);
  w.bulk("flags");
  compose_words(split(use), w);
  w.bulk("begin_search");
  w.map(2);
  w.bulk("type");
  w.bulk("index");
  w.bulk("spec");
  w.map(1);
  w.bulk("index");
  w.integer(first);
  w.bulk("find_keys");
  w.map(2);
  w.bulk("type");
  w.bulk("range");
  w.bulk("spec");
  w.map(3);
  w.bulk("lastkey");
  w.integer(last < 0 ? last : last - first);  // from the first key, or from the end
  w.bulk("keystep");
  w.integer(step);
  w.bulk("limit");
  w.integer(0);
}

void compose_key_specs(const Command& c, Writer& w) {
  if (c.first_key == 0) return w.set(0);
  KeyUse use = key_use(c);
  if (use.second.empty()) {
    w.set(1);
    return compose_key_spec(use.first, c.first_key, c.last_key, c.step, w);
  }
  w.set(2);
  compose_key_spec(use.first, c.first_key, c.first_key, 1, w);
  compose_key_spec(use.second, c.last_key, c.last_key, 1, w);
}

void compose_info(const Command* c, Writer& w) {
  if (c == nullptr) return w.null();
  w.array(10);
  w.bulk(c->name);
  w.integer(c->arity);
  compose_words(flag_names(*c), w);
  w.integer(c->first_key);
  w.integer(c->last_key);
  w.integer(c->step);
  compose_words(categories(*c), w);
  bool varying = among(c->name, kVarying), varying_order = among(c->name, kVaryingOrder);
  w.set(varying || varying_order);
  if (varying) w.bulk("nondeterministic_output");
  if (varying_order) w.bulk("nondeterministic_output_order");
  compose_key_specs(*c, w);
  auto subs = subcommands(*c);
  subs.empty() ? w.set(0) : w.array(subs.size());
  for (const Command* sub : subs) compose_info(sub, w);
}

// COMMAND and COMMAND INFO: the named commands, a null for each that is none, or all.
void compose_infos(const Args& args, Writer& w) {
  std::vector<const Command*> shown;
  for (uint32_t i = 2; i < args.size(); ++i) shown.push_back(find_listed(args[i]));
  if (args.size() <= 2) shown = top_level();
  w.array(shown.size());
  for (const Command* c : shown) compose_info(c, w);
}

// --- COMMAND DOCS, LIST, GETKEYS ---

void compose_doc(const Command& c, Writer& w) {
  auto subs = subcommands(c);
  const std::pair<std::string_view, std::string_view> kFields[] = {
      {"summary", c.summary}, {"since", c.since}, {"group", c.group}, {"complexity", c.complexity}};
  w.bulk(c.name);
  w.map(std::size(kFields) + !subs.empty());
  for (auto [name, text] : kFields) {
    w.bulk(name);
    w.bulk(text);
  }
  if (subs.empty()) return;
  w.bulk("subcommands");
  w.map(subs.size());
  for (const Command* sub : subs) compose_doc(*sub, w);
}

void compose_docs(const Args& args, Writer& w) {
  std::vector<const Command*> shown;
  for (uint32_t i = 2; i < args.size(); ++i) {
    if (const Command* c = find_listed(args[i])) shown.push_back(c);
  }
  if (args.size() == 2) shown = top_level();
  w.map(shown.size());
  for (const Command* c : shown) compose_doc(*c, w);
}

std::string_view compose_list(const Args& args, Writer& w) {
  std::vector<const Command*> shown;
  if (args.size() == 2) {
    shown = select([](const Command&) { return true; });
  } else if (args.size() != 5 || !is(args[2], "FILTERBY")) {
    return "ERR syntax error";
  } else if (is(args[3], "PATTERN")) {
    std::string pattern = config::lower_case(args[4]);
    shown = select([&](const Command& c) { return glob_match(pattern, c.name); });
  } else if (is(args[3], "ACLCAT")) {
    shown = select([&](const Command& c) {
      Words all = categories(c);
      return std::any_of(all.begin(), all.end(), [&](std::string_view name) { return is(args[4], name.substr(1)); });
    });
  } else if (!is(args[3], "MODULE")) {  // there are no modules
    return "ERR syntax error";
  }
  w.array(shown.size());
  for (const Command* c : shown) w.bulk(c->name);
  return {};
}

std::string_view compose_keys(const Args& args, Writer& w) {
  constexpr uint32_t kAt = 2;  // where the command in question begins
  const Command* c = args[kAt].find('|') == std::string_view::npos ? find_listed(args[kAt]) : nullptr;
  auto words = static_cast<int>(args.size() - kAt);
  if (c != nullptr && (c->flags & resp::kContainer) != 0 && words > 1) c = resp::find_subcommand(*c, args[kAt + 1]);
  if (c == nullptr) return "ERR Invalid command specified";
  if (c->first_key == 0) return "ERR The command has no key arguments";
  if (c->arity > 0 ? words != c->arity : words < -c->arity)
    return "ERR Invalid number of arguments specified for command";
  int last = std::min(c->last_key < 0 ? words + c->last_key : c->last_key, words - 1);
  w.array(static_cast<size_t>((last - c->first_key) / c->step + 1));
  for (int i = c->first_key; i <= last; i += c->step) w.bulk(args[kAt + static_cast<uint32_t>(i)]);
  return {};
}

// --- HELP: of what is supported, in redis-server's words where the command is its own ---

using Help = std::initializer_list<std::string_view>;

const Help kCachetteHelp = {
    "CLEAR <namespace>",
    "    Delete every key that begins with <namespace>: and return how many there were.",
    "EXPLAIN <key>",
    "    Show the route, codec, stored size, flags and expiry of the <key>.",
    "FLUSHEXPIRED",
    "    Remove the keys whose time is over and return how many there were.",
    "STATUS",
    "    Describe the backend, the TTL policy and the state of this daemon.",
};

const Help kClientHelp = {
    "GETNAME",
    "    Return the name of the current connection.",
    "ID",
    "    Return the ID of the current connection.",
    "INFO",
    "    Return information about the current client connection.",
    "KILL <ip:port>",
    "    Kill connection made from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Kill connections. Options are:",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made from the specified address",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made to specified local address",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Kill connections by type.",
    "    * USER <username>",
    "      Kill connections authenticated by <username>.",
    "    * SKIPME (YES|NO)",
    "      Skip killing current connection (default: yes).",
    "LIST [options ...]",
    "    Return information about client connections. Options:",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Return clients of specified type.",
    "UNPAUSE",
    "    Stop the current client pause, resuming traffic.",
    "REPLY (ON|OFF|SKIP)",
    "    Control the replies sent to the current connection.",
    "SETINFO <option> <value>",
    "    Note the client library. Options are:",
    "    * LIB-NAME: its name.",
    "    * LIB-VER: its version.",
    "SETNAME <name>",
    "    Assign the name <name> to the current connection.",
    "NO-EVICT (ON|OFF)",
    "    Protect current client connection from eviction.",
    "NO-TOUCH (ON|OFF)",
    "    Whether commands of the current connection count as use of their keys (accepted, without effect).",
};

const Help kConfigHelp = {
    "GET <pattern>",
    "    Return parameters matching the glob-like <pattern> and their values.",
    "SET <directive> <value>",
    "    Set the configuration <directive> to <value>.",
    "RESETSTAT",
    "    Reset statistics reported by the INFO command.",
};

const Help kSlowlogHelp = {
    "GET [<count>]",
    "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
    "    Entries are made of:",
    "    id, timestamp, time in microseconds, arguments array, client IP and port,",
    "    client name",
    "LEN",
    "    Return the length of the slowlog.",
    "RESET",
    "    Reset the slowlog.",
};

const Help kLatencyHelp = {
    "DOCTOR",
    "    Return a human readable latency analysis report.",
    "HISTORY <event>",
    "    Return time-latency samples for the <event> class.",
    "LATEST",
    "    Return the latest latency samples for all events.",
    "RESET [<event> ...]",
    "    Reset latency data of one or more <event> classes.",
    "    (default: reset all data for all event classes)",
};

const Help kCommandHelp = {
    "(no subcommand)",
    "    Return details about all Redis commands.",
    "COUNT",
    "    Return the total number of commands in this Redis server.",
    "LIST",
    "    Return a list of all commands in this Redis server.",
    "INFO [<command-name> ...]",
    "    Return details about multiple Redis commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "DOCS [<command-name> ...]",
    "    Return documentation details about multiple Redis commands.",
    "    If no command names are given, documentation details for all",
    "    commands are returned.",
    "GETKEYS <full-command>",
    "    Return the keys from a full Redis command.",
};

const Help kMemoryHelp = {
    "USAGE <key> [SAMPLES <count>]",
    "    Return memory in bytes used by <key> and its value. Nested values are",
    "    sampled up to <count> times (default: 5, 0 means sample all).",
};

const Help kObjectHelp = {
    "ENCODING <key>",
    "    Return the kind of internal representation used in order to store the value",
    "    associated with a <key>.",
    "FREQ <key>",
    "    Return the access frequency index of the <key>. The returned integer is",
    "    proportional to the logarithm of the recent access frequency of the key.",
    "IDLETIME <key>",
    "    Return the idle time of the <key>, that is the approximated number of",
    "    seconds elapsed since the last access to the key.",
    "REFCOUNT <key>",
    "    Return the number of references of the value associated with the specified",
    "    <key>.",
};

constexpr std::pair<Local, const Help*> kHelp[] = {
    {Local::cachette_help, &kCachetteHelp}, {Local::client_help, &kClientHelp},   {Local::config_help, &kConfigHelp},
    {Local::slowlog_help, &kSlowlogHelp},   {Local::latency_help, &kLatencyHelp}, {Local::memory_help, &kMemoryHelp},
    {Local::object_help, &kObjectHelp},     {Local::command_help, &kCommandHelp},
};

}  // namespace

std::string_view compose_commands(const Command& c, const Args& args, Writer& w) {
  if (c.local == Local::command_docs) {
    compose_docs(args, w);
  } else if (c.local == Local::command_list) {
    return compose_list(args, w);
  } else if (c.local == Local::command_getkeys) {
    return compose_keys(args, w);
  } else if (c.local == Local::command_count) {
    w.integer(static_cast<int64_t>(top_level().size()));
  } else {
    compose_infos(args, w);
  }
  return {};
}

const std::initializer_list<std::string_view>* help_lines(Local what) {
  for (auto [local, lines] : kHelp) {
    if (local == what) return lines;
  }
  return nullptr;
}

}  // namespace cachetted::server
