// A request's commands. Times to live go out relative (PX), so that a server whose clock differs keeps them as long as
// was meant; an instant that the client named goes out as one (PXAT).
#include <algorithm>
#include <charconv>

#include "backends/redis/redis.h"
#include "codecs/envelope.h"
#include "config/config.h"

namespace cachetted::redis {
namespace {

constexpr std::string_view kClearCount = "1000";  // keys looked at in one SCAN of CACHETTE CLEAR

struct Digits {
  explicit Digits(int64_t n) { size = static_cast<size_t>(std::to_chars(text, text + sizeof text, n).ptr - text); }
  static Digits of_unsigned(uint64_t n) {
    Digits d(0);
    d.size = static_cast<size_t>(std::to_chars(d.text, d.text + sizeof d.text, n).ptr - d.text);
    return d;
  }
  operator std::string_view() const { return {text, size}; }
  char text[24];
  size_t size;
};

// Words of a command whose number varies. What is added must outlive it.
struct Words {
  std::string_view all[24];
  size_t n = 0;
  Words(std::initializer_list<std::string_view> first) {
    for (std::string_view w : first) add(w);
  }
  void add(std::string_view w) { all[n++] = w; }
  operator std::span<const std::string_view>() const { return {all, n}; }
};

// An expiry in the words of SET and GETEX.
struct ExpiryWords {
  ExpiryWords(const Request& r, int64_t expiry, int64_t now)
      : unit(expiry <= now || r.has(kAbsolute) ? "PXAT" : "PX"),
        amount(expiry <= now      ? kPast
               : r.has(kAbsolute) ? expiry
                                  : expiry - now) {}
  std::string_view unit;
  Digits amount;
};

// A value as it is stored. In an envelope of the pipeline's there is room for the flags.
struct Stored {
  Stored(std::string_view value, uint32_t flags) : bytes(value) {
    if (!needs_envelope(value, flags)) [[likely]]
      return;
    const bool packed = looks_packed(value);
    if (packed && flags == 0) return;
    const Opened inner = packed ? open_envelope(value) : Opened{value};
    whole = make_envelope(flags, inner.codec, inner.compression);
    whole += inner.value;
    bytes = whole;
  }
  std::string whole;
  std::string_view bytes;
};

std::string escape_glob(std::string_view s) {
  std::string out;
  for (char c : s) {
    if (c == '*' || c == '?' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

// As the scripts take it: '' for none, 0 where it has passed.
std::string RedisBackend::ttl_word(int64_t expiry) const {
  if (expiry == kNever) return "";
  return std::to_string(std::max<int64_t>(0, expiry - host_.clock().now_ms));
}

int64_t RedisBackend::left(int64_t expiry) const { return std::max<int64_t>(1, expiry - host_.clock().now_ms); }

void RedisBackend::Composer::owe() {
  if (group != nullptr) {
    c.owe(group, kQueued, false);
  } else {
    c.owe(&r, r.steps, reads);
  }
  ++r.steps;
}

void RedisBackend::Composer::send_all(std::span<const std::string_view> words) {
  size_t bytes = 0;
  for (std::string_view w : words) bytes += w.size();
  resp::CommandWriter out(c.stream().reserve(resp::command_room(words.size(), bytes)), words.size());
  for (std::string_view w : words) out.word(w);
  c.stream().commit(out.end());
  owe();
}

// Within MULTI by its text: an unknown digest there would leave a transaction half done.
void RedisBackend::Composer::script(Script s, std::span<const std::string_view> keys,
                                    std::span<const std::string_view> words) {
  std::vector<std::string_view> all = {group != nullptr ? "EVAL" : "EVALSHA",
                                       group != nullptr ? text_of(s) : digest_of(s)};
  Digits n(static_cast<int64_t>(keys.size()));
  all.push_back(n);
  all.insert(all.end(), keys.begin(), keys.end());
  all.insert(all.end(), words.begin(), words.end());
  send_all(all);
}

// A word over proto-max-bulk-len, for which the server would end the connection. True: refused.
bool RedisBackend::too_large(Request& r) const {
  if (most_bulk_ > host_.config().limits.max_value) [[likely]]
    return false;
  bool over = r.value.size() > most_bulk_ || r.key.size() > most_bulk_;
  for (std::string_view w : r.args) over |= w.size() > most_bulk_;
  if (over) {
    r.reply.status = Status::store_error;
    r.reply.text =
        host_.arena().concat({"ERR ", store_.url().text(), ": a word of the command is over its proto-max-bulk-len of ",
                              std::to_string(most_bulk_), " bytes"});
  }
  return over;
}

void RedisBackend::compose(Link& l, Request& r) {
  r.steps = 0;
  if (r.op == Op::group) return compose_group(l, r);
  if (too_large(r)) return;
  Composer out{*this, *l.connection, r, nullptr, false};
  if (r.op == Op::get && r.options == 0 && r.wants == 0) [[likely]] {
    out.reads = true;
    return out.send("GET", r.key);
  }
  compose_one(out);
}

// One contiguous block: nobody's commands come in between on the shared connection.
void RedisBackend::compose_group(Link& l, Request& r) {
  Connection& c = *l.connection;
  if (!l.no_transactions.empty()) {
    r.reply.status = Status::store_error;
    r.reply.text = host_.arena().copy(l.no_transactions);
    return;
  }
  Composer out{*this, c, r, &r, false};
  out.send("MULTI");
  for (Request* child = r.children; child != nullptr; child = child->next) {
    if (child->op == Op::local || child->reply.status != Status::pending) continue;
    child->steps = 0;
    if (too_large(*child)) continue;
    Composer one{*this, c, *child, &r, false};
    compose_one(one);
  }
  resp::CommandWriter exec(c.stream().reserve(resp::command_room(1, 4)), 1);
  exec.word("EXEC");
  c.stream().commit(exec.end());
  c.owe(&r, kExec, false);
}

void RedisBackend::compose_one(Composer& out) {
  Request& r = out.r;
  auto fixed = [&](std::string_view command) { out.send(command, r.key); };
  auto all_args = [&](std::string_view command) {
    std::vector<std::string_view> words{command};
    words.insert(words.end(), r.args.begin(), r.args.end());
    out.send_all(words);
  };
  out.reads = row(r.op).access == Access::read;
  Digits a(r.number), b(r.number2);
  std::string_view unit = r.has(kBitUnits) ? "BIT" : "BYTE";
  switch (r.op) {
    case Op::get: return compose_get(out);
    case Op::get_many:
      if (!r.has(kTouch)) return all_args("MGET");
      out.reads = false;
      for (size_t i = 0; i < r.args.size(); ++i) {
        int64_t expiry = r.expiries != nullptr ? r.expiries[i] : r.expiry;
        ExpiryWords e(r, expiry, host_.clock().now_ms);
        expiry == kNever ? out.send("GETEX", r.args[i], "PERSIST") : out.send("GETEX", r.args[i], e.unit, e.amount);
      }
      return;
    case Op::set: return compose_set(out);
    case Op::set_many: return compose_set_many(out);
    case Op::append: return compose_append(out);
    case Op::add_integer: return compose_edit(out, Words{"INCRBY", r.key, a});
    case Op::add_float: return compose_edit(out, Words{"INCRBYFLOAT", r.key, r.value});
    case Op::add_unsigned: return compose_count(out);
    case Op::length: return compose_peek(out, Words{"STRLEN", r.key});
    case Op::get_range: return compose_peek(out, Words{"GETRANGE", r.key, a, b});
    case Op::set_range: return compose_edit(out, Words{"SETRANGE", r.key, a, r.value});
    case Op::get_bit: return compose_peek(out, Words{"GETBIT", r.key, a});
    case Op::set_bit: return compose_edit(out, Words{"SETBIT", r.key, a, b});
    case Op::count_bits:
      if (r.has(kErrorIfFound)) return fixed("EXISTS");
      if (!r.has(kStartGiven)) return compose_peek(out, Words{"BITCOUNT", r.key});
      return compose_peek(out, Words{"BITCOUNT", r.key, a, b, unit});
    case Op::find_bit: {
      if (r.has(kErrorIfFound)) return fixed("EXISTS");
      Words w{"BITPOS", r.key, r.cas != 0 ? "1" : "0"};
      if (r.has(kStartGiven)) w.add(a);
      if (r.has(kEndGiven)) w.add(b), w.add(unit);
      return compose_peek(out, w);
    }
    case Op::common:
      out.send("TYPE", r.key);
      out.send("TYPE", r.value);
      return out.send("MGET", r.key, r.value);
    case Op::remove: return all_args(r.has(kLazily) ? "UNLINK" : "DEL");
    case Op::invalidate:
      if (r.has(kClear)) {  // keeps it, without its value
        Stored empty({}, r.flags);
        Words w{"SET", r.key, empty.bytes, "XX"};
        ExpiryWords e(r, r.expiry, host_.clock().now_ms);
        if (r.expiry != kNever) w.add(e.unit), w.add(e.amount);
        if (!r.has(kIfUnchanged)) return out.send_all(w);
        std::string digits, half;
        cas_words(r.cas, digits, half);
        Words s{digits, half};
        for (std::string_view word : std::span<const std::string_view>(w)) s.add(word);
        return out.script(Script::cas, s);
      }
      if (r.has(kIfUnchanged)) {
        std::string digits, half;
        cas_words(r.cas, digits, half);
        return out.script(Script::cas, Words{digits, half, "DEL", r.key});
      }
      return fixed("DEL");
    case Op::exists: return all_args(r.has(kTouch) ? "TOUCH" : "EXISTS");
    case Op::type: return fixed("TYPE");
    case Op::expire: return compose_expire(out);
    case Op::expiry: return fixed(r.has(kAbsolute) ? "PEXPIRETIME" : "PTTL");
    case Op::rename: return compose_move(out, Words{r.has(kIfAbsent) ? "RENAMENX" : "RENAME", r.key, r.value});
    case Op::copy: {
      Words w{"COPY", r.key, r.value};
      Digits db(static_cast<int64_t>(store_database(r.db2)));
      if (r.db2 != r.db) w.add("DB"), w.add(db);
      if (r.has(kReplace)) w.add("REPLACE");
      return compose_move(out, w);
    }
    case Op::random_key: return out.send("RANDOMKEY");
    case Op::keys: return out.send("KEYS", r.value);
    case Op::scan: {
      if (r.has(kNothing) && r.key.empty()) {
        r.reply.status = Status::ok;
        return;
      }
      Words w{"SCAN", b, "COUNT", a};
      if (r.value != "*") w.add("MATCH"), w.add(r.value);
      if (!r.key.empty()) w.add("TYPE"), w.add(r.key);
      Digits cursor = Digits::of_unsigned(static_cast<uint64_t>(r.number2));
      w.all[1] = cursor;
      return out.send_all(w);
    }
    case Op::count: return out.send("DBSIZE");
    case Op::flush: {
      Words w{r.has(kAllDatabases) ? "FLUSHALL" : "FLUSHDB"};
      if (r.has(kLazily)) w.add("ASYNC");
      return out.send_all(w);
    }
    case Op::inspect:
      out.send("OBJECT", "ENCODING", r.key);
      out.send("MEMORY", "USAGE", r.key);
      out.send("OBJECT", "IDLETIME", r.key);
      out.send("PEXPIRETIME", r.key);
      if ((r.wants & kWantCas) != 0) return fixed("GET");
      if ((r.wants & kWantFlags) != 0) out.send("GETRANGE", r.key, "0", "19");
      return;
    case Op::flush_expired: return out.send("PING");  // the server removes them by itself
    case Op::clear: {
      std::string pattern = escape_glob(r.value) + ":*";
      if (out.group != nullptr) return out.script(Script::clear, {}, Words{pattern});
      return out.send("SCAN", "0", "MATCH", pattern, "COUNT", kClearCount);
    }
    case Op::raw: return compose_raw(out);
    case Op::move:
    case Op::swap:
    case Op::watch:
    case Op::group:
    case Op::local:  // not in caps()
      r.reply.status = Status::unsupported;
      r.reply.text =
          host_.arena().concat({"'", row(r.op).name, "' is not supported by the '", store_.name(), "' backend"});
      return;
  }
}

void RedisBackend::compose_get(Composer& out) {
  Request& r = out.r;
  bool touches = r.has(kTouch) || r.has(kPersist) || r.has(kDeleteAfter);
  out.reads = !touches;
  if ((r.wants & kWantExpiry) != 0) out.send("PTTL", r.key);
  if (r.has(kErrorIfFound) || !touches) return out.send("GET", r.key);
  if (r.has(kDeleteAfter)) return out.send("GETDEL", r.key);
  if (r.has(kPersist)) return out.send("GETEX", r.key, "PERSIST");
  ExpiryWords e(r, r.expiry, host_.clock().now_ms);
  out.send("GETEX", r.key, e.unit, e.amount);
}

void RedisBackend::compose_set(Composer& out) {
  Request& r = out.r;
  Stored stored(r.value, r.flags);
  if (stored.bytes.size() > most_bulk_) {
    r.reply.status = Status::too_large;
    return;
  }
  if ((r.wants & kWantCas) != 0) r.reply.value.cas = cas_of(stored.bytes);
  if (!r.has(kReturnOld)) r.reply.value.size = static_cast<uint32_t>(r.value.size());
  int64_t now = host_.clock().now_ms;
  ExpiryWords e(r, r.expiry, now);
  if (r.options == 0 || r.options == kAbsolute) [[likely]] {
    if (r.expiry == kNever) return out.send("SET", r.key, stored.bytes);
    return out.send("SET", r.key, stored.bytes, e.unit, e.amount);
  }
  Words w{"SET", r.key, stored.bytes};
  bool keep = r.has(kKeepTtl) && !r.has(kIfAbsent);
  if (r.has(kIfAbsent)) w.add("NX");
  if (r.has(kIfPresent)) w.add("XX");
  if (r.has(kReturnOld)) w.add("GET");
  if (keep) w.add("KEEPTTL");
  if (r.expiry != kNever && !keep) w.add(e.unit), w.add(e.amount);
  if (r.has(kIfUnchanged)) {
    std::string digits, half;
    cas_words(r.cas, digits, half);
    Words s{digits, half};
    for (std::string_view word : std::span<const std::string_view>(w)) s.add(word);
    return out.script(Script::cas, s);
  }
  // A key that this makes has a time to live, one that is there keeps its own.
  if (keep && r.expiry != kNever && !r.has(kIfPresent)) {
    Digits ttl(left(r.expiry));
    Words s{ttl};
    for (std::string_view word : std::span<const std::string_view>(w)) s.add(word);
    return out.script(Script::keep, s);
  }
  out.send_all(w);
}

void RedisBackend::compose_set_many(Composer& out) {
  Request& r = out.r;
  size_t n = r.args.size() / 2;
  std::vector<Stored> values;
  values.reserve(n);  // each stays in its place
  for (size_t i = 0; i < n; ++i) values.emplace_back(r.args[i * 2 + 1], 0);
  auto stored = [&](size_t i) { return values[i].bytes; };
  std::vector<std::string_view> words;
  if (r.expiry == kNever && r.expiries == nullptr) {
    words.push_back(r.has(kIfAbsent) ? "MSETNX" : "MSET");
    for (size_t i = 0; i < n; ++i) words.insert(words.end(), {r.args[i * 2], stored(i)});
    return out.send_all(words);
  }
  std::vector<std::string_view> keys;
  std::vector<std::string> ttls;
  ttls.reserve(n);
  words.push_back(r.has(kIfAbsent) ? "1" : "0");
  for (size_t i = 0; i < n; ++i) {
    keys.push_back(r.args[i * 2]);
    words.push_back(stored(i));
    int64_t expiry = r.expiries != nullptr ? r.expiries[i] : r.expiry;
    ttls.push_back(ttl_word(expiry));
  }
  words.insert(words.end(), ttls.begin(), ttls.end());
  out.script(Script::set_many, keys, words);
}

void RedisBackend::compose_append(Composer& out) {
  Request& r = out.r;
  bool plain = !r.has(kPrepend) && !r.has(kIfPresent) && !r.has(kIfUnchanged);
  if (plain && r.expiry == kNever && !store_.envelopes()) return out.send("APPEND", r.key, r.value);
  std::string ttl = ttl_word(r.expiry), digits, half;
  if (r.has(kIfUnchanged)) cas_words(r.cas, digits, half);
  std::string envelope = needs_envelope(r.value, r.flags) ? make_envelope(r.flags) : "";
  out.script(Script::append, {{r.key}},
             Words{r.value, r.has(kPrepend) ? "1" : "0", Digits(r.number), r.has(kIfPresent) ? "1" : "0", ttl, digits,
                   half, envelope, (r.wants & kWantCas) != 0 ? "1" : "0"});
}

void RedisBackend::compose_count(Composer& out) {
  Request& r = out.r;
  Digits by = Digits::of_unsigned(static_cast<uint64_t>(r.number)),
         initial = Digits::of_unsigned(static_cast<uint64_t>(r.number2));
  std::string ttl = ttl_word(r.expiry), digits, half;
  if (r.has(kIfUnchanged)) cas_words(r.cas, digits, half);
  std::string_view how = !r.has(kTouch) ? "" : r.expiry2 == kNever ? "PERSIST" : "PEXPIRE";
  Digits amount(r.expiry2 - host_.clock().now_ms);  // 0 or less deletes
  out.script(Script::count, {{r.key}},
             Words{by, r.has(kSubtract) ? "1" : "0", r.has(kVivify) ? std::string_view(initial) : "", ttl, how, amount,
                   digits, half});
}

void RedisBackend::compose_expire(Composer& out) {
  Request& r = out.r;
  if (r.has(kPersist)) {
    out.send("PERSIST", r.key);
    if (!r.has(kIfTtl)) out.send("EXISTS", r.key);  // none to take away is no miss
    return;
  }
  bool past = r.expiry <= host_.clock().now_ms, instant = past || r.has(kAbsolute);
  Digits amount(past ? kPast : instant ? r.expiry : left(r.expiry));
  Words w{instant ? "PEXPIREAT" : "PEXPIRE", r.key, amount};
  if (r.has(kIfNoTtl)) w.add("NX");
  if (r.has(kIfTtl)) w.add("XX");
  if (r.has(kIfLater)) w.add("GT");
  if (r.has(kIfSooner)) w.add("LT");
  out.send_all(w);
}

// A key gets another name, or a second one, and there lives no longer than that allows. (To another database the script
// cannot follow it.)
void RedisBackend::compose_move(Composer& out, std::span<const std::string_view> words) {
  Request& r = out.r;
  if (r.expiry == kNever || (r.op == Op::copy && r.db2 != r.db)) return out.send_all(words);
  Digits ttl(left(r.expiry));
  std::vector<std::string_view> all{ttl};
  all.insert(all.end(), words.begin(), words.end());
  out.script(Script::move, {{r.key, r.value}}, all);
}

// A command on a part of the value, which may lie in an envelope.
void RedisBackend::compose_peek(Composer& out, std::span<const std::string_view> words) {
  store_.envelopes() ? out.script(Script::peek, words) : out.send_all(words);
}

// A command that changes the value itself, which may lie in an envelope, and which may make the key.
void RedisBackend::compose_edit(Composer& out, std::span<const std::string_view> words) {
  Request& r = out.r;
  if (r.op == Op::set_range && !r.value.empty()) {
    auto offset = static_cast<uint64_t>(r.number);
    if (offset > r.cas || r.value.size() > r.cas - offset) r.reply.status = Status::too_large;
  }
  if (r.op == Op::set_bit && static_cast<uint64_t>(r.number >> 3) >= r.cas) r.reply.status = Status::too_large;
  if (r.reply.status != Status::pending) return;
  bool makes = r.expiry != kNever;
  if (!makes && !store_.envelopes()) return out.send_all(words);
  std::string ttl = makes ? std::to_string(left(r.expiry)) : "";
  std::vector<std::string_view> all{ttl};
  all.insert(all.end(), words.begin(), words.end());
  out.script(Script::edit, all);
}

// As it came. With passthrough_ttl a key that it makes gets the default: whether it is there is asked before.
void RedisBackend::compose_raw(Composer& out) {
  Request& r = out.r;
  if (r.args.empty()) {
    r.reply.status = Status::invalid;
    r.reply.text = "ERR a command without words";
    return;
  }
  out.reads = r.has(kNothing);
  for (size_t i = 0; r.expiries != nullptr && i < r.args.size(); ++i)
    if (r.expiries[i] != kNever) out.send("EXISTS", r.args[i]);
  out.send_all(r.args);
  if (r.steps == 1) return;
  r.echo = true;
  keep_words(r);
}

}  // namespace cachetted::redis
