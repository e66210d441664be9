// The table of commands, and the text protocol's decode functions.
#include "protocol/memcache/commands.h"

#include <algorithm>
#include <array>
#include <limits>

#include "protocol/memcache/decode.h"

namespace cachetted::memcache {
namespace {

constexpr uint8_t kAny = kAnyWords;
constexpr std::string_view kStoreSyntax = "<key> <flags> <exptime> <bytes> [noreply]";

constexpr Command retrieval(std::string_view name, Decode decode, std::string_view syntax, std::string_view summary) {
  return {{name}, Block::none, false, 2, kAny, Op::get, Local::none, decode, compose_values, syntax, summary};
}
constexpr Command storage(std::string_view name, Op op, std::string_view summary,
                          std::string_view syntax = kStoreSyntax) {
  uint8_t least = name == "cas" ? 6 : 5, most = least + 1;
  return {{name}, Block::text, true, least, most, op, Local::none, decode_store, compose_stored, syntax, summary};
}
constexpr Command keyed(std::string_view name, uint8_t least, uint8_t most, Op op, Decode decode, Compose compose,
                        std::string_view syntax, std::string_view summary) {
  return {{name}, Block::none, true, least, most, op, Local::none, decode, compose, syntax, summary};
}
constexpr Command meta(std::string_view name, Op op, Decode decode, Compose compose, std::string_view syntax,
                       std::string_view summary) {
  Block block = op == Op::set ? Block::meta : Block::none;
  uint8_t least = op == Op::inspect ? 1 : 2;
  return {{name}, block, false, least, kAny, op, Local::none, decode, compose, syntax, summary};
}
// compose_ok is for flush_all, where it goes to the store.
constexpr Command local(std::string_view name, Local what, bool noreply, uint8_t least, uint8_t most,
                        std::string_view syntax, std::string_view summary) {
  return {{name}, Block::none, noreply, least, most, Op::local, what, nullptr, compose_ok, syntax, summary};
}

// clang-format off
std::array kCommands = {
    storage("add", Op::set, "store where the key is not there"),
    storage("append", Op::append, "add bytes behind the value"),
    storage("cas", Op::set, "store where the item is unchanged", "<key> <flags> <exptime> <bytes> <cas> [noreply]"),
    keyed("decr", 3, 4, Op::add_unsigned, decode_counter, compose_counter, "<key> <number> [noreply]", "subtract from a counter, down to 0"),
    keyed("delete", 2, 4, Op::remove, decode_delete, compose_deleted, "<key> [noreply]", "delete"),
    local("flush_all", Local::flush_all, true, 1, 3, "[delay] [noreply]", "drop every key, at once or after some seconds"),
    retrieval("gat", decode_touching_get, "<exptime> <key>+", "read values and give them a new expiry"),
    retrieval("gats", decode_touching_get, "<exptime> <key>+", "the same, with cas"),
    retrieval("get", decode_get, "<key>+", "read values"),
    retrieval("gets", decode_get, "<key>+", "the same, with cas"),
    keyed("incr", 3, 4, Op::add_unsigned, decode_counter, compose_counter, "<key> <number> [noreply]", "add to a counter, round 2^64"),
    meta("ma", Op::add_unsigned, decode_meta_counter, compose_meta_counter, "<key> <flag>*", "meta: count"),
    meta("md", Op::invalidate, decode_meta_delete, compose_meta_delete, "<key> <flag>*", "meta: delete, or mark stale"),
    meta("me", Op::inspect, decode_inspect, compose_inspected, "<key> [b]", "meta: what is known of an item"),
    meta("mg", Op::get, decode_meta_get, compose_meta_get, "<key> <flag>*", "meta: read"),
    local("mn", Local::mn, false, 1, kAny, "", "meta: answers MN, after all replies before it"),
    meta("ms", Op::set, decode_meta_set, compose_meta_set, "<key> <bytes> <flag>*", "meta: store"),
    storage("prepend", Op::append, "add bytes before the value"),
    local("quit", Local::quit, false, 1, kAny, "", "closes the connection"),
    storage("replace", Op::set, "store where the key is there"),
    storage("set", Op::set, "store"),
    local("shutdown", Local::shutdown, false, 1, kAny, "", "refused"),
    local("stats", Local::stats, false, 1, kAny, "[items | settings | slabs | sizes | reset]", "figures of the daemon"),
    keyed("touch", 3, 4, Op::expire, decode_touch, compose_touched, "<key> <exptime> [noreply]", "give a key a new expiry"),
    local("verbosity", Local::verbosity, true, 2, 3, "<level> [noreply]", "accepted, and without effect"),
    local("version", Local::version, false, 1, kAny, "", "the version"),
};
// clang-format on

Command unknown{{"unknown"}, Block::none, false, 1, kAny, Op::local, Local::none, nullptr, nullptr, "", ""};

// The first eight bytes of a word; they tell all commands apart.
uint64_t packed(std::string_view s) {
  uint64_t n = 0;
  for (char c : s.substr(0, 8)) n = n << 8 | static_cast<unsigned char>(c);
  return n;
}

// Sorted by packed name: found in five steps, with one comparison of text.
struct Index {
  std::array<uint64_t, kCommands.size()> names;
  std::array<const Command*, kCommands.size()> rows;
  Index() {
    std::array<const Command*, kCommands.size()> all;
    for (size_t i = 0; i < all.size(); ++i) all[i] = &kCommands[i];
    std::sort(all.begin(), all.end(), [](auto* a, auto* b) { return packed(a->name) < packed(b->name); });
    for (size_t i = 0; i < all.size(); ++i) {
      names[i] = packed(all[i]->name);
      rows[i] = all[i];
    }
  }
};

bool decode_keys(const Words& words, size_t first, Request& r, DecodeContext& c) {
  size_t n = words.size() - first;
  for (size_t i = 0; i < n; ++i) {
    if (words[first + i].size() <= kMaxKey) continue;
    if (i == 0) return fail(r, kBadFormat);
    r.wire = kFaulty;
    n = i;
  }
  r.echo = true;
  if (n == 1) {
    r.op = Op::get;
    r.key = words[first];
    return true;
  }
  auto* keys = c.arena.array<std::string_view>(n);
  for (size_t i = 0; i < n; ++i) keys[i] = words[first + i];
  r.op = Op::get_many;
  r.args = {keys, n};
  return true;
}

bool one_key(std::string_view key, Request& r) {
  if (key.size() > kMaxKey) return fail(r, kBadFormat);
  r.key = key;
  return true;
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

void label_commands(uint16_t first) {
  for (Command& c : kCommands) c.label = first++;
  unknown.label = first;
}

const Command* find_command(std::string_view name) {
  static const Index index;
  uint64_t n = packed(name);
  auto it = std::lower_bound(index.names.begin(), index.names.end(), n);
  if (it == index.names.end() || *it != n) return nullptr;
  const Command* c = index.rows[static_cast<size_t>(it - index.names.begin())];
  return c->name == name ? c : nullptr;
}

const Command& unknown_row() { return unknown; }

bool fail(Request& r, std::string_view line) {
  r.op = Op::local;
  r.reply.status = Status::invalid;
  r.reply.text = line;
  return false;
}

int64_t expiry_of(int64_t exptime, const Clock& clock) {
  constexpr int64_t kMonth = 60 * 60 * 24 * 30;
  auto seconds = static_cast<int32_t>(exptime);
  if (seconds == 0) return kNever;
  if (seconds < 0) return kPast;
  return *make_expiry(seconds, TimeUnit::seconds, seconds <= kMonth, clock.now_ms);
}

Head read_head(const Command& c, const Words& words) {
  Head h;
  bool meta = c.block == Block::meta;
  if (meta ? words.size() < 2 : words.size() < c.least || words.size() > c.most) {
    h.error = "ERROR";
    return h;
  }
  uint64_t number = 0;
  int64_t time = 0, length = 0;
  size_t at = meta ? 2 : 4;
  if (words[1].size() > kMaxKey || words.size() <= at) {
    h.error = kBadFormat;
  } else if (meta && words.size() > kMaxMetaWords) {
    h.error = "CLIENT_ERROR options flags too long";
  } else if (!meta && !(read_unsigned(words[2], number) && read_signed(words[3], time))) {
    h.error = kBadFormat;
  } else if (!read_signed(words[at], length)) {
    h.error = kBadFormat;
  } else if (c.least == 6 && !read_unsigned(words[5], number)) {
    h.error = kBadFormat;
  }
  auto bytes = static_cast<int32_t>(length);
  if (h.error.empty() && (bytes < 0 || bytes > std::numeric_limits<int32_t>::max() - 2)) h.error = kBadFormat;
  if (h.error.empty()) h.length = static_cast<uint64_t>(bytes);
  return h;
}

bool decode_get(const Words& words, std::string_view, Request& r, DecodeContext& c) {
  r.wire = words[0].size() == 4 ? kSpecial : kPlain;
  r.wants = words[0].size() == 4 ? uint8_t{kWantCas} : uint8_t{0};
  return decode_keys(words, 1, r, c);
}

bool decode_touching_get(const Words& words, std::string_view, Request& r, DecodeContext& c) {
  int64_t time = 0;
  if (!read_signed(words[1], time)) return fail(r, kBadTime);
  r.wire = words[0].size() == 4 ? kSpecial : kPlain;
  r.wants = words[0].size() == 4 ? uint8_t{kWantCas} : uint8_t{0};
  r.options = kTouch;
  r.expiry = expiry_of(time, c.clock);
  return decode_keys(words, 2, r, c);
}

// Head and block were found good.
bool decode_store(const Words& words, std::string_view block, Request& r, DecodeContext& c) {
  uint64_t flags = 0;
  int64_t time = 0;
  read_unsigned(words[2], flags);
  read_signed(words[3], time);
  r.key = words[1];
  r.value = block;
  r.flags = static_cast<uint32_t>(flags);
  r.expiry = expiry_of(time, c.clock);
  switch (words[0][0]) {
    case 'a':
      if (words[0] == "add") {
        r.options = kIfAbsent;
        break;
      }
      [[fallthrough]];
    case 'p':  // the old item's flags and expiry stay
      r.options = kIfPresent | kKeepTtl | (words[0][0] == 'p' ? kPrepend : 0);
      r.expiry = kNever;
      r.number = static_cast<int64_t>(c.max_value);
      break;
    case 'r': r.options = kIfPresent; break;
    case 'c':
      r.options = kIfUnchanged;
      read_unsigned(words[5], r.cas);
      break;
    default: break;
  }
  return true;
}

bool decode_counter(const Words& words, std::string_view, Request& r, DecodeContext&) {
  if (!one_key(words[1], r)) return false;
  uint64_t by = 0;
  if (!read_unsigned(words[2], by)) return fail(r, "CLIENT_ERROR invalid numeric delta argument");
  r.number = static_cast<int64_t>(by);
  r.options = words[0][0] == 'd' ? kSubtract : 0;
  return true;
}

bool decode_touch(const Words& words, std::string_view, Request& r, DecodeContext& c) {
  if (!one_key(words[1], r)) return false;
  int64_t time = 0;
  if (!read_signed(words[2], time)) return fail(r, kBadTime);
  r.expiry = expiry_of(time, c.clock);
  return true;
}

// An old form had a time, of which 0 is let pass.
bool decode_delete(const Words& words, std::string_view, Request& r, DecodeContext& c) {
  if (words.size() > 2) {
    bool zero = words[2] == "0", quiet = ends_in_noreply(words);
    if (words.size() == 3 ? !zero && !quiet : !zero || !quiet)
      return fail(r, "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]");
  }
  if (!one_key(words[1], r)) return false;
  auto* key = c.arena.array<std::string_view>(1);
  key[0] = r.key;
  r.args = {key, 1};
  return true;
}

}  // namespace cachetted::memcache
