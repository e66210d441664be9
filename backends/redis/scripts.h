// What Redis has no command for, as Lua scripts: sent by digest (EVALSHA), loaded when a connection begins, and by
// their text within MULTI and where the server has forgotten them. Each is one atomic step. Immutable; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/digest.h"

namespace cachetted::redis {

enum class Script : uint8_t {
  // KEYS[1]; the words of a command that reads a part of its value. Runs it on the value inside an envelope; writes
  // nothing. Replies what the command replies.
  peek,
  // KEYS[1]; ttl in ms of a key that this makes, or ''; the words of a command that changes its value. Runs it on the
  // value inside an envelope, and lets integers end in blanks. Replies what the command replies, but a sum of over 53
  // bits as text. Counters go through it too (docs/decisions/0008): tried natively first, a fallback would come after
  // what was sent meanwhile.
  edit,
  // KEYS[1]; ttl in ms; the words of a command. Where the command makes the key, it gets the ttl.
  keep,
  // KEYS: from and to; ttl in ms; the words of a command. Where the command is done, `to` lives no longer than that.
  move,
  // KEYS[1]; value, 1: before the old one, most bytes in all, 1: only where there is one, ttl of a new key or '',
  // cas (two words, '' for none), envelope of a new value, 1: with the digest. Replies {status, length, digest or ''}.
  append,
  // KEYS[1]; number, 1: subtract, initial value or '', its ttl or '', expiry words ('' or PERSIST or PEXPIRE), its
  // amount, cas (two words). memcached's counters. Replies {status, sum, digest, ms left before that}.
  count,
  // KEYS[1]; cas (two words); the words of a command. Runs it where the value has this cas. Replies {status}.
  cas,
  // KEYS: the keys; 1: only where none is there; a value for each; a ttl in ms for each, or ''. Replies 1 or 0.
  set_many,
  // A pattern. Deletes what matches, at once; replies how many. Within MULTI only: elsewhere it goes in pieces.
  clear,
};
inline constexpr unsigned kScripts = 9;

std::string_view text_of(Script s);
std::string_view digest_of(Script s);  // SHA-1, 40 hex digits
// The script with this digest, where it is one of ours.
std::optional<Script> find_script(std::string_view digest);

// The same token as cas_of's (backends/digest.h), of a digest that the server made.
uint64_t cas_of_digest(std::string_view hex);
// A token as the scripts compare it: 15 hex digits, and half the sixteenth.
void cas_words(uint64_t cas, std::string& digits, std::string& half);

}  // namespace cachetted::redis
