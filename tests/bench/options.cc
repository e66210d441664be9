// The load generator's options: one table, from which parsing and the help text are made.
#include "tests/bench/options.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace cachetted::bench {
namespace {

[[noreturn]] void reject(std::string_view name, std::string_view value, const std::string& allowed) {
  throw std::invalid_argument(std::string(name) + " '" + std::string(value) + "': " + allowed);
}

uint64_t whole(std::string_view name, const std::string& value, uint64_t low, uint64_t high) {
  char* end = nullptr;
  errno = 0;
  unsigned long long number = std::strtoull(value.c_str(), &end, 10);
  if (value.empty() || value[0] < '0' || value[0] > '9' || *end != 0 || errno != 0 || number < low || number > high) {
    reject(name, value, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return number;
}

double real(std::string_view name, const std::string& value, double low, double high) {
  char* end = nullptr;
  double number = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != 0 || !std::isfinite(number) || number < low || number > high) {
    reject(name, value, "a number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return number;
}

struct Row {
  std::string_view name;
  std::string_view argument;  // empty: a switch
  std::string_view help;
  std::function<void(Options&, std::string_view name, const std::string& value)> apply;
};

template <typename T>
auto whole_into(T Options::*member, uint64_t low, uint64_t high) {
  return [=](Options& o, std::string_view name, const std::string& value) {
    o.*member = static_cast<T>(whole(name, value, low, high));
  };
}

auto real_into(double Options::*member, double low, double high) {
  return [=](Options& o, std::string_view name, const std::string& value) { o.*member = real(name, value, low, high); };
}

auto set_true(bool Options::*member) {
  return [=](Options& o, std::string_view, const std::string&) { o.*member = true; };
}

void apply_mode(Options& o, std::string_view name, const std::string& value) {
  if (value == "closed")
    o.mode = Mode::closed;
  else if (value == "open")
    o.mode = Mode::open;
  else if (value == "preload")
    o.mode = Mode::preload;
  else if (value == "idle")
    o.mode = Mode::idle;
  else
    reject(name, value, "closed, open, preload or idle");
}

void apply_protocol(Options& o, std::string_view name, const std::string& value) {
  if (value == "resp")
    o.protocol = Protocol::resp;
  else if (value == "text")
    o.protocol = Protocol::text;
  else if (value == "meta")
    o.protocol = Protocol::meta;
  else
    reject(name, value, "resp, text or meta");
}

const std::vector<Row>& rows() {
  static const std::vector<Row> table = {
      {"--mode", "M",
       "closed (loop, default), open (fixed rate), preload (each key once, in order), idle (connections only)",
       apply_mode},
      {"--protocol", "P", "resp (default), text or meta (memcached)", apply_protocol},
      {"--host", "A", "IPv4 address of the server (127.0.0.1)",
       [](Options& o, std::string_view, const std::string& value) { o.host = value; }},
      {"--port", "N", "its port", whole_into(&Options::port, 1, 65535)},
      {"--unix", "PATH", "its unix socket, instead of host and port",
       [](Options& o, std::string_view, const std::string& value) { o.unix_path = value; }},
      {"--connections", "N", "connections (50)", whole_into(&Options::connections, 1, 1'000'000)},
      {"--depth", "N", "requests in flight per connection in the closed loop (1)",
       whole_into(&Options::depth, 1, 100'000)},
      {"--refill", "N", "closed loop: send again once only N are in flight (0: in whole bursts)",
       whole_into(&Options::refill, 0, 100'000)},
      {"--keys", "N", "number of keys (100000)", whole_into(&Options::keys, 1, 4'000'000'000)},
      {"--key-bytes", "N", "length of a key (10): key:000042", whole_into(&Options::key_bytes, 1, 250)},
      {"--value-bytes", "N", "length of a value (100): its key, repeated",
       whole_into(&Options::value_bytes, 1, 64 << 20)},
      {"--value-file", "FILE", "the bytes that every key has, instead",
       [](Options& o, std::string_view name, const std::string& value) {
         std::ifstream file(value, std::ios::binary);
         o.value.assign(std::istreambuf_iterator<char>(file), {});
         if (o.value.empty()) reject(name, value, "a file that is not empty");
       }},
      {"--writes", "N", "writes to ... (1)", whole_into(&Options::writes, 0, 1'000'000)},
      {"--reads", "N", "... reads (10), mixed at random", whole_into(&Options::reads, 0, 1'000'000)},
      {"--multi", "N", "keys of one read (1): MGET, or get with N keys", whole_into(&Options::multi, 1, 100'000)},
      {"--zipf", "T", "skewed choice of keys with theta T, 0 < T < 1 (0: uniform)",
       real_into(&Options::zipf, 0, 0.9999)},
      {"--seed", "N", "seed of the choice of keys and operations (1)", whole_into(&Options::seed, 0, UINT64_MAX)},
      {"--seconds", "S", "how long to send (4)", real_into(&Options::seconds, 0.001, 86'400)},
      {"--ops", "N", "how many requests to send, instead of --seconds", whole_into(&Options::ops, 1, UINT64_MAX)},
      {"--rate", "R", "requests a second in the open loop", real_into(&Options::rate, 0.001, 100'000'000)},
      {"--spin", "", "open loop: poll rather than sleep until the next send", set_true(&Options::spin)},
      {"--verify", "", "check that every value belongs to its key; the first that does not ends the run",
       set_true(&Options::verify)},
      {"--stall", "S", "give up after so long without a byte while replies are owed (10)",
       real_into(&Options::stall_seconds, 0.001, 86'400)},
  };
  return table;
}

void check_whole(const Options& o) {
  if (o.port == 0 && o.unix_path.empty()) throw std::invalid_argument("--port or --unix is needed");
  if (o.writes + o.reads == 0) throw std::invalid_argument("--writes and --reads are both 0");
  if (o.mode == Mode::open && o.rate == 0) throw std::invalid_argument("--mode open needs --rate");
  if (o.multi > 1 && o.protocol == Protocol::meta) throw std::invalid_argument("--multi is for resp and text");
  if (o.multi > o.keys) throw std::invalid_argument("--multi is greater than --keys");
  if (o.refill >= o.depth) throw std::invalid_argument("--refill must be less than --depth");
  if (o.verify && o.value_bytes < o.key_bytes) {
    throw std::invalid_argument("--verify needs values at least as long as keys");
  }
  uint64_t digits = 1;
  for (uint64_t highest = o.keys - 1; highest >= 10; highest /= 10) ++digits;
  if (digits > o.key_bytes) throw std::invalid_argument("--key-bytes is too small for --keys");
}

}  // namespace

Options parse_options(int argc, char** argv, bool& help) {
  Options options;
  help = false;
  for (int i = 1; i < argc; ++i) {
    std::string name = argv[i];
    if (name == "--help" || name == "-h") {
      help = true;
      return options;
    }
    std::string value;
    bool has_value = false;
    if (size_t equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
      has_value = true;
    }
    const Row* found = nullptr;
    for (const Row& row : rows()) {
      if (row.name == name) found = &row;
    }
    if (found == nullptr) throw std::invalid_argument("unknown option '" + name + "' (see --help)");
    if (found->argument.empty() && has_value) throw std::invalid_argument(name + " takes no value");
    if (!found->argument.empty() && !has_value) {
      if (i + 1 == argc) throw std::invalid_argument(name + " needs a value");
      value = argv[++i];
    }
    found->apply(options, found->name, value);
  }
  check_whole(options);
  return options;
}

std::string help_text() {
  std::string text = "loadgen: load for servers that speak RESP or memcached's protocols; prints one line of JSON\n\n";
  for (const Row& row : rows()) {
    std::string left = "  " + std::string(row.name) + " " + std::string(row.argument);
    left.resize(left.size() < 22 ? 22 : left.size() + 1, ' ');
    text += left + std::string(row.help) + "\n";
  }
  return text;
}

}  // namespace cachetted::bench
