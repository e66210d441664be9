// memcached's commands. To add one: write its row in commands.cc (a decode function turns its words into a Request, a
// compose function in replies.cc its Reply into bytes), then a transcript in tests/transcripts/memcache/, then `make
// docs`. The table is immutable after start; any thread. The meta commands are decoded in meta.cc.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "core/arena.h"
#include "core/clock.h"
#include "core/output.h"
#include "core/request.h"
#include "protocol/memcache/words.h"

namespace cachetted::memcache {

inline constexpr uint8_t kAnyWords = 255;

// What follows a command's line.
enum class Block : uint8_t { none, text, meta };

// Which piece of the daemon answers a command that no backend sees.
enum class Local : uint8_t { none, version, verbosity, stats, flush_all, mn, quit, shutdown };

// Request::wire of a memcached command.
enum Wire : uint8_t {
  kPlain = 0,
  kSpecial = 1,  // gets, gats: with cas; meta: quiet
  kFaulty = 4,   // of many keys one is too long: those before it are read all the same, and not told
};

struct DecodeContext {
  const Clock& clock;
  Arena& arena;
  uint64_t max_value;  // bytes
  uint64_t max_key = kMaxKey;
};

struct Command;
// Fills `r` from the words, and for storing commands from the block; false when they are wrong: r.reply then holds the
// error.
using Decode = bool (*)(const Words& words, std::string_view block, Request& r, DecodeContext& c);
using Compose = void (*)(const Request& r, int64_t now_ms, Output& out);

struct Command : CommandRow {
  Block block;
  bool noreply;         // the last word may be `noreply`
  uint8_t least, most;  // words with the name, `noreply` counted; else the answer is ERROR
  Op op;
  Local local;
  Decode decode;
  Compose compose;
  std::string_view syntax, summary;
};

std::span<const Command> commands();
// Assigns each row its metric label, beginning at `first`; once, from main, before any thread.
void label_commands(uint16_t first);
const Command* find_command(std::string_view name);
// Stands for what find_command does not know; labelled behind the last row.
const Command& unknown_row();

// What the line of a storing command says about its block, before that is there.
struct Head {
  std::string_view error;  // else empty; what follows such a line is no block but the next command
  uint64_t length = 0;     // bytes of the block without its end
};
Head read_head(const Command& c, const Words& words);

// Fails a request with a whole line ("CLIENT_ERROR bad data chunk"). Always false.
bool fail(Request& r, std::string_view line);
inline constexpr std::string_view kBadFormat = "CLIENT_ERROR bad command line format";
inline constexpr std::string_view kBadBlock = "CLIENT_ERROR bad data chunk";
inline constexpr std::string_view kBadTime = "CLIENT_ERROR invalid exptime argument";

// A time of the protocol, cut to 32 bits as memcached cuts it: 0 never, negative expired, over 30 days a Unix time.
int64_t expiry_of(int64_t exptime, const Clock& clock);
inline bool ends_in_noreply(const Words& words) { return words.back() == "noreply"; }

// The reply of one request: its row's compose, or an error, or nothing.
void compose(const Request& r, int64_t now_ms, Output& out);

}  // namespace cachetted::memcache
