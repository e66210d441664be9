// To add a command: write its row in commands.cc (a decode function in decode.cc turns its words into a Request, a
// compose function in replies.cc its Reply into bytes), then a transcript in tests/transcripts/resp/, then `make docs`.
// The table is immutable after start; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/arena.h"
#include "core/clock.h"
#include "core/request.h"
#include "protocol/resp/args.h"
#include "protocol/resp/compose.h"

namespace cachetted::resp {

// Command flags, named as COMMAND names them.
enum Flag : uint32_t {
  kWrite = 1 << 0,
  kReadonly = 1 << 1,
  kDenyoom = 1 << 2,
  kAdmin = 1 << 3,
  kFast = 1 << 4,
  kNoAuth = 1 << 5,   // allowed before authentication
  kNoMulti = 1 << 6,  // refused or run at once inside MULTI
  kLoading = 1 << 7,
  kStale = 1 << 8,
  kNoscript = 1 << 9,
  kBarrier = 1 << 10,    // may take many turns: the session's next command waits for it
  kContainer = 1 << 11,  // has subcommands, rows named "parent|sub"
  kExactName = 1 << 12,  // cachetted's own: no such command in redis-server
};

// Which piece of the daemon answers a command that no backend sees.
enum class Local : uint8_t {
  none,
  ping,
  echo,
  quit,
  hello,
  auth,
  select,
  reset,
  time,
  lastsave,
  readonly,
  wait,
  multi,
  exec,
  discard,
  watch,
  unwatch,
  command,
  command_count,
  command_info,
  command_docs,
  command_list,
  command_getkeys,
  command_help,
  client,
  client_id,
  client_getname,
  client_setname,
  client_setinfo,
  client_info,
  client_list,
  client_kill,
  client_no_evict,
  client_no_touch,
  client_reply,
  client_unpause,
  client_help,
  config,
  config_get,
  config_set,
  config_resetstat,
  config_help,
  info,
  slowlog,
  slowlog_get,
  slowlog_len,
  slowlog_reset,
  slowlog_help,
  latency,
  latency_latest,
  latency_history,
  latency_reset,
  latency_doctor,
  latency_help,
  memory,
  memory_help,
  object,
  object_help,
  cachette,
  cachette_help,
  cachette_status,
  http,
};

struct DecodeContext {
  const Clock& clock;
  Arena& arena;
  uint16_t databases;
  uint64_t max_value;
};

struct Command;
// Fills `r` from the words; false when they are wrong: r.reply then holds the error.
using Decode = bool (*)(const Args& args, Request& r, DecodeContext& c);
// Composes the reply, or the next piece of a long one; false when there is more (r.reply.composed says where it
// stands).
using Compose = bool (*)(Request& r, Writer& w);

struct Command : CommandRow {
  int arity;  // words including the name; negative: at least so many
  uint32_t flags;
  int first_key, last_key, step;  // as COMMAND has them; 0: no keys
  Op op;
  Local local;
  Decode decode;
  Compose compose;
  std::string_view group, since, summary, complexity;
};

// All rows, sorted by name. Subcommands are rows of their own, named "client|id".
std::span<const Command> commands();
// Assigns each row its metric label, beginning at `first`; once, from main, before any thread.
void label_commands(uint16_t first);

// By label: whether a row, or the container that it is in, is one of these lower-case names. Empty when none is.
std::vector<bool> find_labels(std::span<const std::string> names);

// Without regard to case; null when there is none.
const Command* find_command(std::string_view name);
// Stands for what find_command does not know; labelled behind the last row.
const Command& unknown_row();
// Stands for every command that is passed on to a store that speaks RESP (Op::raw); labelled behind unknown_row().
const Command& passed_on_row();
const Command* find_subcommand(const Command& container, std::string_view name);

// Fails a request with a whole error text ("ERR syntax error"), for decode functions. Always false.
bool fail(Request& r, std::string_view text);
bool fail_arity(Request& r, const Command& c, Arena& arena);

// Whether redis-server has a command of this name that stands in no row here (foreign.cc).
bool is_foreign_command(std::string_view name);

// The error of a name that find_command does not know, as redis-server words it.
std::string_view unknown_command(const Args& args, Arena& arena);

// As far as redis-server's error texts show a word: they print it as a C string.
inline std::string_view c_string(std::string_view word) { return word.substr(0, word.find('\0')); }

// Whether a word is this name, in any case.
bool is(std::string_view word, std::string_view name);

// The reply of one request: its row's compose, or an error, or nothing. False when more is to come.
bool compose(Request& r, Output& out);

}  // namespace cachetted::resp
