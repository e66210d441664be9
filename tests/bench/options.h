// What one run of the load generator is asked to do: the command line as plain values.
// Read once at the start, then immutable. To add an option: a member here, a row in options.cc.
#pragma once

#include <cstdint>
#include <string>

namespace cachetted::bench {

enum class Mode { closed, open, preload, idle };
enum class Protocol { resp, text, meta };

struct Options {
  Mode mode = Mode::closed;
  Protocol protocol = Protocol::resp;
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  std::string unix_path;  // not empty: used instead of host and port
  uint32_t connections = 50;
  uint32_t depth = 1;   // requests in flight per connection (closed loop)
  uint32_t refill = 0;  // closed loop: send again once so few are in flight (0: whole bursts)
  uint64_t keys = 100'000;
  uint32_t key_bytes = 10;
  uint32_t value_bytes = 100;
  std::string value;    // of all keys; empty: each has its own
  uint32_t writes = 1;  // writes to ...
  uint32_t reads = 10;  // ... reads
  uint32_t multi = 1;   // keys of one read
  double zipf = 0;      // 0: uniform; else theta, 0 < theta < 1
  uint64_t seed = 1;
  double seconds = 4;         // how long requests are sent; ignored when ops is set
  uint64_t ops = 0;           // how many requests are sent; 0: as many as fit in `seconds`
  double rate = 0;            // open loop: requests a second
  bool spin = false;          // open loop: poll instead of sleeping until the next send
  bool verify = false;        // check that every value belongs to its key
  double stall_seconds = 10;  // give up after so long without a byte while replies are owed
};

// Throws std::invalid_argument with the text for the user. `help` is set when --help was asked for.
Options parse_options(int argc, char** argv, bool& help);
std::string help_text();

}  // namespace cachetted::bench
