// What describes the daemon to a RESP client: INFO, CONFIG, SLOWLOG, LATENCY, CACHETTE STATUS, in redis-server 7.0's
// shapes. Called by the dialogue on its loop's thread; reads the other loops' counters, changes none.
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "backends/registry.h"
#include "config/options.h"
#include "config/units.h"
#include "core/bytes.h"
#include "core/number.h"
#include "metrics/process.h"
#include "server/baseline.h"
#include "server/daemon.h"
#include "server/resp_dialogue.h"

namespace cachetted::server {

using resp::Args;
using resp::Command;
using resp::is;
using resp::Local;
using resp::Writer;

// resp_commands.cc: the COMMAND family (an error's text, or empty when the reply is composed), and what a container's
// HELP says between its first and last lines (null when `what` is none).
std::string_view compose_commands(const Command& c, const Args& args, Writer& w);
const std::initializer_list<std::string_view>* help_lines(Local what);

namespace {

namespace metric = metrics::metric;
using config::Config;

std::string decimals(double v, int digits) {
  char text[64];
  return std::string(text, static_cast<size_t>(std::snprintf(text, sizeof text, "%.*f", digits, v)));
}

// --- counters ---

constexpr size_t kErrorKinds = metrics::value_count<metrics::ErrorKind>();

enum Total : size_t {
  kAccepted,
  kRejected,
  kHits,
  kMisses,
  kRead,
  kWritten,
  kExpired,
  kEvicted,
  kCommands,
  kErrors,
  kFirstKind,                               // errors by kind
  kFirstCommand = kFirstKind + kErrorKinds  // of each command, two: how often, and nanoseconds
};

// What the loops have counted in all, protocols added up; by Total.
Totals count(const metrics::CellSet& cells) {
  Totals t(kFirstCommand + 2 * cells.commands().size());
  for (size_t p = 0; p < metrics::value_count<metrics::Protocol>(); ++p) {
    auto protocol = static_cast<metrics::Protocol>(p);
    t[kAccepted] += cells.total(metric::connections_opened(protocol));
    t[kRejected] += cells.total(metric::connections_rejected(protocol));
    t[kHits] += cells.total(metric::hits(protocol));
    t[kMisses] += cells.total(metric::misses(protocol));
    t[kRead] += cells.total(metric::read_bytes(protocol));
    t[kWritten] += cells.total(metric::written_bytes(protocol));
    for (size_t k = 0; k < kErrorKinds; ++k) {
      uint64_t n = cells.total(metric::errors(protocol, static_cast<metrics::ErrorKind>(k)));
      t[kFirstKind + k] += n;
      t[kErrors] += n;
    }
  }
  t[kExpired] = cells.total(metric::expiries());
  t[kEvicted] = cells.total(metric::evictions());
  for (size_t c = 0; c < cells.commands().size(); ++c) {
    uint64_t* of_command = &t[kFirstCommand + 2 * c];
    for (size_t l = 0; l < cells.loops(); ++l) {
      const auto& cell = cells.loop(l).command(static_cast<uint16_t>(c));
      of_command[0] += cell.requests.load(std::memory_order_relaxed);
      of_command[1] += cell.sum_ns.load(std::memory_order_relaxed);
    }
    t[kCommands] += of_command[0];
  }
  return t;
}

// --- INFO ---

// As redis-server writes amounts for people.
std::string human(uint64_t bytes) {
  static constexpr struct {
    int shift;
    char unit;
  } kUnits[] = {{40, 'T'}, {30, 'G'}, {20, 'M'}, {10, 'K'}};
  for (auto [shift, unit] : kUnits) {
    if (bytes >> shift != 0)
      return decimals(static_cast<double>(bytes) / static_cast<double>(uint64_t{1} << shift), 2) + unit;
  }
  return std::to_string(bytes) + "B";
}

// The port of the first TCP listener, as it is in use; 0 when there is none.
std::string tcp_port(const Daemon& d) {
  std::string all = d.listeners_text(metrics::Protocol::resp);
  for (size_t at = 0; at < all.size();) {
    size_t end = std::min(all.find(", ", at), all.size());
    std::string one = all.substr(at, end - at);
    if (!one.starts_with("unix:")) return one.substr(one.rfind(':') + 1);
    at = end + 2;
  }
  return "0";
}

// What evicts in fact: without limits.max_memory nothing does.
const char* eviction_policy(const Config& c) {
  return c.limits.max_memory != 0 && c.eviction == config::Eviction::s3fifo ? "allkeys-lfu" : "noeviction";
}

struct InfoContext {
  Daemon& daemon;
  const Config& config;
  const Totals& totals;
};

// The text of a section, line by line.
class Lines {
 public:
  void add(std::string_view name, std::string_view value) {
    text_ += name;
    text_ += ':';
    text_ += value;
    text_ += "\r\n";
  }
  void add(std::string_view name, uint64_t n) { add(name, std::to_string(n)); }
  void add_zeros(std::initializer_list<std::string_view> names) {
    for (std::string_view name : names) add(name, 0);
  }
  void add_seconds(std::string_view name, timeval t) {
    add(name, decimals(static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6, 6));
  }
  void add_amount(const std::string& name, uint64_t bytes) {
    add(name, bytes);
    add(name + "_human", human(bytes));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

uint64_t uptime_seconds(const Daemon& d) {
  return static_cast<uint64_t>(std::max<int64_t>(wall_ms() - d.started_ms(), 0) / 1000);
}

void info_server(const InfoContext& i, Lines& l) {
  utsname os{};
  uname(&os);
  uint64_t uptime = uptime_seconds(i.daemon);
  l.add("redis_version", kRedisVersion);
  l.add("cachetted_version", CACHETTED_VERSION);
  l.add("redis_mode", "standalone");
  l.add("os", std::string(os.sysname) + " " + os.release + " " + os.machine);
  l.add("arch_bits", sizeof(void*) * 8);
  l.add("multiplexing_api", "epoll");
  l.add("compiler", metrics::compiler_text());
  l.add("process_id", static_cast<uint64_t>(getpid()));
  l.add("run_id", i.daemon.run_id());
  l.add("tcp_port", tcp_port(i.daemon));
  l.add("server_time_usec", static_cast<uint64_t>(wall_us()));
  l.add("uptime_in_seconds", uptime);
  l.add("uptime_in_days", uptime / 86400);
}

void info_clients(const InfoContext& i, Lines& l) {
  l.add("connected_clients", i.daemon.connections());
  l.add("maxclients", i.config.limits.max_connections);
  l.add_zeros({"cluster_connections", "blocked_clients", "tracking_clients", "clients_in_timeout_table"});
}

void info_memory(const InfoContext& i, Lines& l) {
  Store::Figures f = i.daemon.store().figures();
  uint64_t resident = metrics::resident_bytes();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  struct sysinfo machine {};
  sysinfo(&machine);
  l.add_amount("used_memory", f.bytes);
  l.add_amount("used_memory_rss", resident);
  l.add_amount("used_memory_peak", std::max(static_cast<uint64_t>(usage.ru_maxrss) * 1024, resident));
  l.add_amount("total_system_memory", uint64_t{machine.totalram} * machine.mem_unit);
  l.add_amount("maxmemory", f.limit);
  l.add("maxmemory_policy", eviction_policy(i.config));
}

void info_persistence(const InfoContext& i, Lines& l) {
  l.add_zeros({"loading", "async_loading", "rdb_changes_since_last_save", "rdb_bgsave_in_progress"});
  l.add("rdb_last_save_time", static_cast<uint64_t>(i.daemon.started_ms() / 1000));
  l.add("rdb_last_bgsave_status", "ok");
  for (auto name : {"rdb_last_bgsave_time_sec", "rdb_current_bgsave_time_sec"}) l.add(name, "-1");
  l.add_zeros({"aof_enabled", "aof_rewrite_in_progress", "aof_rewrite_scheduled"});
  for (auto name : {"aof_last_rewrite_time_sec", "aof_current_rewrite_time_sec"}) l.add(name, "-1");
  for (auto name : {"aof_last_bgrewrite_status", "aof_last_write_status"}) l.add(name, "ok");
}

void info_stats(const InfoContext& i, Lines& l) {
  static constexpr std::pair<std::string_view, Total> kFields[] = {
      {"total_connections_received", kAccepted},
      {"total_commands_processed", kCommands},
      {"total_net_input_bytes", kRead},
      {"total_net_output_bytes", kWritten},
      {"rejected_connections", kRejected},
      {"expired_keys", kExpired},
      {"evicted_keys", kEvicted},
      {"keyspace_hits", kHits},
      {"keyspace_misses", kMisses},
      {"total_error_replies", kErrors},
  };
  for (auto [name, total] : kFields) l.add(name, i.totals[total]);
  l.add_zeros({"pubsub_channels", "pubsub_patterns", "latest_fork_usec", "total_forks"});
}

void info_replication(const InfoContext& i, Lines& l) {
  l.add("role", "master");
  l.add("connected_slaves", 0);
  l.add("master_replid", i.daemon.run_id());
  l.add("master_repl_offset", 0);
  l.add("second_repl_offset", "-1");
  l.add("repl_backlog_active", 0);
}

void info_cpu(const InfoContext&, Lines& l) {
  rusage self{};
  getrusage(RUSAGE_SELF, &self);
  l.add_seconds("used_cpu_sys", self.ru_stime);
  l.add_seconds("used_cpu_user", self.ru_utime);
}

void info_commands(const InfoContext& i, Lines& l) {
  const metrics::CommandLabels& labels = i.daemon.cells().commands();
  for (size_t c = 0; c < labels.size(); ++c) {
    uint64_t calls = i.totals[kFirstCommand + 2 * c], ns = i.totals[kFirstCommand + 2 * c + 1];
    if (calls == 0 || labels[c].protocol != metrics::Protocol::resp) continue;
    l.add("cmdstat_" + labels[c].name,
          "calls=" + std::to_string(calls) + ",usec=" + std::to_string(ns / 1000) +
              ",usec_per_call=" + decimals(static_cast<double>(ns) / 1000 / static_cast<double>(calls), 2));
  }
}

void info_errors(const InfoContext& i, Lines& l) {
  for (size_t k = 0; k < kErrorKinds; ++k) {
    uint64_t n = i.totals[kFirstKind + k];
    std::string kind(metrics::value_text(static_cast<metrics::ErrorKind>(k)));
    if (n != 0) l.add("errorstat_" + kind, "count=" + std::to_string(n));
  }
}

void info_keyspace(const InfoContext& i, Lines& l) {
  uint64_t left = i.daemon.store().figures().keys;
  for (uint32_t db = 0; db < i.config.limits.databases && left > 0; ++db) {
    Store::Figures f = i.daemon.store().figures(static_cast<uint16_t>(db));
    if (f.keys == 0) continue;
    left -= std::min(left, f.keys);
    l.add("db" + std::to_string(db),
          "keys=" + std::to_string(f.keys) + ",expires=" + std::to_string(f.keys_expiring) + ",avg_ttl=0");
  }
}

void info_cachetted(const InfoContext& i, Lines& l) {
  l.add("backend", i.config.backend);
  l.add("codec", config::get_option_text(i.config, "codec"));
  l.add("ttl_policy", describe_policy(i.config.ttl));
  l.add("routes", i.config.routes.size());
  l.add("threads", i.daemon.loops());
  l.add("listeners", i.daemon.listeners_text(metrics::Protocol::resp));
  l.add("draining", i.daemon.draining());
}

struct InfoSection {
  std::string_view title;
  bool by_default;
  void (*write)(const InfoContext&, Lines&);
};

// In the order in which they are shown, however they were asked for.
constexpr InfoSection kInfo[] = {
    {"Server", true, info_server},
    {"Clients", true, info_clients},
    {"Memory", true, info_memory},
    {"Persistence", true, info_persistence},
    {"Stats", true, info_stats},
    {"Replication", true, info_replication},
    {"CPU", true, info_cpu},
    {"Modules", true, [](const InfoContext&, Lines&) {}},
    {"Commandstats", false, info_commands},
    {"Errorstats", true, info_errors},
    {"Cluster", true, [](const InfoContext&, Lines& l) { l.add("cluster_enabled", 0); }},
    {"Keyspace", true, info_keyspace},
    {"Cachetted", true, info_cachetted},
};

bool wants(const InfoSection& s, const Args& args) {
  if (args.size() == 1) return s.by_default;
  for (uint32_t i = 1; i < args.size(); ++i) {
    if (is(args[i], s.title) || is(args[i], "all") || is(args[i], "everything")) return true;
    if (s.by_default && is(args[i], "default")) return true;
  }
  return false;
}

std::string info(Daemon& d, const Args& args) {
  auto config = d.config();
  Totals totals = Baseline<count>::totals(d.cells());
  InfoContext context{d, *config, totals};
  std::string text;
  for (const InfoSection& s : kInfo) {
    if (!wants(s, args)) continue;
    Lines lines;
    s.write(context, lines);
    text += (text.empty() ? "# " : "\r\n# ") + std::string(s.title) + "\r\n" + lines.text();
  }
  return text;
}

// --- CONFIG ---

std::string hosts(const Config& c) {
  std::string text;
  for (const config::Address& a : c.listen.resp) {
    if (a.kind == config::Address::Kind::tcp) text += (text.empty() ? "" : " ") + a.host;
  }
  return text;
}

// redis-server's names that clients and tools read; with a path, CONFIG SET takes a whole number of that option's unit.
struct Alias {
  std::string_view name;
  std::string (*value)(const Config&, const Daemon&);
  const char* path = nullptr;
  const char* suffix = "";  // makes the number a value of the option
  uint64_t unit = 1;        // of the option's range in one of the number
};

#define READS(expression) \
  [](const Config& c [[maybe_unused]], const Daemon& d [[maybe_unused]]) -> std::string { return expression; }
constexpr Alias kAliases[] = {
    {"appendonly", READS("no")},
    {"bind", READS(hosts(c))},
    {"databases", READS(std::to_string(c.limits.databases))},
    {"io-threads", READS(std::to_string(d.loops()))},
    {"maxclients", READS(std::to_string(c.limits.max_connections)), "limits.max_connections"},
    {"maxmemory", READS(std::to_string(c.limits.max_memory))},
    {"maxmemory-policy", READS(eviction_policy(c))},
    {"port", READS(tcp_port(d))},
    {"proto-max-bulk-len", READS(std::to_string(c.limits.max_value))},
    {"requirepass", READS("")},
    {"save", READS("")},
    {"slowlog-log-slower-than", READS(std::to_string(c.slowlog.threshold_us)), "slowlog.threshold", "us"},
    {"slowlog-max-len", READS(std::to_string(c.slowlog.length)), "slowlog.length"},
    {"timeout", READS(std::to_string(c.timeouts.idle_ms / 1000)), "timeouts.idle", "s", 1'000'000},
};
#undef READS

const Alias* find_alias(std::string_view name) {
  auto found =
      std::find_if(std::begin(kAliases), std::end(kAliases), [name](const Alias& a) { return is(name, a.name); });
  return found == std::end(kAliases) ? nullptr : found;
}

// The name to show an option by, or empty: a pattern without wildcards is echoed as it was typed, as redis-server does.
std::string matching_name(const Args& patterns, std::string_view name) {
  for (uint32_t i = 2; i < patterns.size(); ++i) {
    std::string_view p = patterns[i];
    if (p.find_first_of("[*?") == p.npos) {
      if (is(p, name)) return std::string(p);
    } else if (glob_match(config::lower_case(p), name)) {
      return std::string(name);
    }
  }
  return "";
}

void config_get(const Daemon& d, const Args& args, Writer& w) {
  auto config = d.config();
  std::vector<std::pair<std::string, std::string>> found;
  for (const Alias& a : kAliases) {
    if (std::string name = matching_name(args, a.name); !name.empty()) found.emplace_back(name, a.value(*config, d));
  }
  for (const config::Option& o : config::options()) {
    if (o.type == config::Type::users || o.type == config::Type::secret) continue;
    if (std::string name = matching_name(args, o.path); !name.empty()) {
      found.emplace_back(name, config::get_option_text(*config, o.path));
    }
  }
  w.map(found.size());
  for (const auto& [name, value] : found) {
    w.bulk(name);
    w.bulk(value);
  }
}

// A redis-server number as its option's text; its fault otherwise.
std::string alias_text(const Alias& a, const config::Option& o, std::string_view number, std::string& fault) {
  auto n = parse_integer(number);
  int64_t least = o.off != nullptr ? -1 : o.zero != nullptr ? 0 : static_cast<int64_t>(o.min / a.unit);
  auto most = static_cast<int64_t>(o.max / a.unit);
  if (!n) {
    fault = "argument couldn't be parsed into an integer";
  } else if (*n < least || *n > most) {
    fault = "argument must be between " + std::to_string(least) + " and " + std::to_string(most) + " inclusive";
  } else {
    return *n < 0 ? "off" : std::to_string(*n) + a.suffix;
  }
  return "";
}

std::string set_failed(std::string_view name, std::string_view why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " + std::string(why);
}

// CONFIG SET, all or nothing; an error's text, or empty. Checked in redis-server's order: names first, then values.
std::string config_set(Daemon& d, const Args& args) {
  if (args.size() % 2 != 0) return "ERR syntax error";
  std::vector<std::string_view> names;
  std::vector<std::pair<std::string, std::string>> values;
  std::vector<const Alias*> aliases;
  for (uint32_t i = 2; i < args.size(); i += 2) {
    std::string_view name = args[i].substr(0, args[i].find('\0'));
    const Alias* a = find_alias(name);
    const config::Option* o = a == nullptr         ? config::find_option(name)
                              : a->path != nullptr ? config::find_option(a->path)
                                                   : nullptr;
    if (a == nullptr && o == nullptr)
      return "ERR Unknown option or number of arguments for CONFIG SET - '" + std::string(name) + "'";
    if (o == nullptr || !o->reloadable) return set_failed(name, "can't set immutable config");
    if (std::any_of(values.begin(), values.end(), [o](auto& v) { return v.first == o->path; })) {
      return set_failed(name, "duplicate parameter");
    }
    names.push_back(a != nullptr ? a->name : o->path);
    values.emplace_back(o->path, args[i + 1]);
    aliases.push_back(a);
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (aliases[i] == nullptr) continue;
    std::string fault;
    values[i].second = alias_text(*aliases[i], *config::find_option(values[i].first), values[i].second, fault);
    if (!fault.empty()) return set_failed(names[i], fault);
  }
  Config tried = *d.config();
  if (auto fault = config::set_options(tried, values, available())) {  // its place is the path that it is about
    size_t i = 0;
    while (i + 1 < values.size() && values[i].first != fault->where) ++i;
    return set_failed(names[i], fault->text);
  }
  std::string fault = d.change_options(values);
  return fault.empty() ? "" : set_failed(names.back(), fault);
}

// --- SLOWLOG, CACHETTE STATUS ---

void compose_slowlog(const std::vector<Slowlog::Entry>& entries, Writer& w) {
  w.array(entries.size());
  for (const Slowlog::Entry& e : entries) {
    w.array(6);
    w.integer(static_cast<int64_t>(e.id));
    w.integer(e.at_s);
    w.integer(static_cast<int64_t>(e.spent_us));
    w.array(e.words.size());
    for (const std::string& word : e.words) w.bulk(word);
    w.bulk(e.client);
    w.bulk(e.name);
  }
}

void compose_status(Daemon& d, Writer& w) {
  auto config = d.config();
  Store::Figures f = d.store().figures();
  auto text = [&w](std::string_view name, std::string_view value) {
    w.bulk(name);
    w.bulk(value);
  };
  auto number = [&w](std::string_view name, uint64_t n) {
    w.bulk(name);
    w.integer(static_cast<int64_t>(n));
  };
  w.map(14);
  text("version", CACHETTED_VERSION);
  text("backend", config->backend);
  text("codec", config::get_option_text(*config, "codec"));
  text("ttl", describe_policy(config->ttl));
  text("values", describe_values(config->values));
  w.bulk("routes");
  w.array(config->routes.size());
  for (const config::Route& r : config->routes) {
    w.map(3);
    text("prefix", r.prefix);
    text("ttl", describe_policy(r.ttl));
    text("values", describe_values(r.values));
  }
  number("loops", d.loops());
  number("connections", d.connections());
  number("keys", f.keys);
  number("memory_bytes", f.bytes);
  number("memory_limit_bytes", f.limit);
  number("uptime_seconds", uptime_seconds(d));
  text("listeners", d.listeners_text(metrics::Protocol::resp));
  w.bulk("draining");
  w.boolean(d.draining());
}

constexpr std::string_view kDoctor =
    "No latency events are kept here. How long commands took is in the histograms of /metrics at the admin address "
    "(cachetted_request_duration_seconds, cachetted_loop_lag_seconds), and SLOWLOG GET lists the slowest recent "
    "ones.\n";

}  // namespace

bool RespDialogue::answer_server(const Command& c, const Args& args, Request& r) {
  Daemon& d = loop_.daemon();
  const Local what = c.local;
  if (what == Local::info) {
    reply(r, [&](Writer& w) { w.verbatim(info(d, args)); });
  } else if (what == Local::config_get) {
    reply(r, [&](Writer& w) { config_get(d, args, w); });
  } else if (what == Local::config_set) {
    std::string error = config_set(d, args);
    loop_.reconfigure(d.config());  // in force for this client's next command; the other loops follow
    error.empty() ? reply_ok(r) : reply_error(r, error);
  } else if (what == Local::config_resetstat) {
    Baseline<count>::renew(d.cells());
    reply_ok(r);
  } else if (what >= Local::command && what <= Local::command_getkeys) {
    std::string_view error;
    reply(r, [&](Writer& w) { error = compose_commands(c, args, w); });
    if (!error.empty()) reply_error(r, error);
  } else if (what == Local::slowlog_get) {
    std::optional<int64_t> count = args.size() == 2 ? 10 : parse_integer(args[2]);
    if (args.size() > 3) {
      reply_error(r, "ERR unknown subcommand or wrong number of arguments for '" + std::string(args[1].substr(0, 128)) +
                         "'. Try SLOWLOG HELP.");
    } else if (!count || *count < -1) {
      reply_error(r, "ERR count should be greater than or equal to -1");
    } else {
      reply(r, [&](Writer& w) {
        compose_slowlog(d.slowlog().newest(*count < 0 ? SIZE_MAX : static_cast<size_t>(*count)), w);
      });
    }
  } else if (what == Local::slowlog_len) {
    reply(r, [&](Writer& w) { w.integer(static_cast<int64_t>(d.slowlog().size())); });
  } else if (what == Local::slowlog_reset) {
    d.slowlog().clear();
    reply_ok(r);
  } else if (what == Local::latency_latest || what == Local::latency_history) {
    reply_fixed(r, "*0\r\n");
  } else if (what == Local::latency_reset) {
    reply_fixed(r, ":0\r\n");
  } else if (what == Local::latency_doctor) {
    reply(r, [](Writer& w) { w.verbatim(kDoctor); });
  } else if (what == Local::cachette_status) {
    reply(r, [&](Writer& w) { compose_status(d, w); });
  } else if (const auto* lines = help_lines(what)) {
    reply_help(r, c.name.substr(0, c.name.find('|')), *lines);
  } else {
    return false;
  }
  return true;
}

}  // namespace cachetted::server
