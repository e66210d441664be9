// Replies to reply slots. A reply lies in the connection's buffer, whole: small values are copied into the tick's
// arena, large ones into a blob.
#include <algorithm>
#include <charconv>
#include <cstring>

#include "backends/redis/redis.h"
#include "codecs/envelope.h"
#include "config/config.h"
#include "core/common.h"
#include "core/number.h"
#include "core/output.h"

namespace cachetted::redis {
namespace {

using resp::Element;
using resp::take_element;
using resp::take_whole;

struct Known {
  std::string_view text;
  Status status;
};
// What redis-server says of a value or a key, in neutral terms; whatever else it says is passed on.
constexpr Known kKnown[] = {
    {"ERR value is not an integer or out of range", Status::not_integer},
    {"ERR value is not a valid float", Status::not_float},
    {"ERR increment or decrement would overflow", Status::overflow},
    {"ERR increment would produce NaN or Infinity", Status::not_finite},
    {"ERR no such key", Status::no_such_key},
    {"ERR string exceeds maximum allowed size (proto-max-bulk-len)", Status::too_large},
};
constexpr Known kScriptStatus[] = {
    {"ok", Status::ok},
    {"made", Status::ok},
    {"miss", Status::miss},
    {"changed", Status::changed},
    {"not_stored", Status::not_stored},
    {"too_large", Status::too_large},
    {"not_integer", Status::not_integer},
};

constexpr uint64_t kLoadAgainNs = 100'000'000;

uint64_t unsigned_of(std::string_view s) {
  uint64_t n = 0;
  std::from_chars(s.data(), s.data() + s.size(), n);
  return n;
}

std::vector<std::string_view> words_of(std::string_view command) {
  std::vector<std::string_view> words;
  int64_t n = take_element(command).number;
  for (; n > 0; --n) words.push_back(take_element(command).text);
  return words;
}

}  // namespace

void RedisBackend::put_value(Value& v, const Request& r, std::string_view stored, bool last) {
  Opened o = open_envelope(stored);
  if (o.packed() || needs_envelope(o.value, 0)) [[unlikely]]
    o.value = stored;  // the pipeline opens it
  v.found = true;
  v.flags = o.flags;
  v.size = static_cast<uint32_t>(o.value.size());
  if ((r.wants & kWantCas) != 0) v.cas = cas_of(stored);
  if (last && o.value.size() < Output::kByRef) [[likely]] {
    v.data = host_.arena().copy(o.value).data();
    return;
  }
  v.blob = Blob::copy_of(o.value);
  v.data = v.blob->data();
}

// True: the step failed. The first error of a request is its answer.
bool RedisBackend::decode_error(Request& r, const Element& e, bool last) {
  if (!e.error()) return false;
  if (is_error(r.reply.status)) return true;
  for (const Known& k : kKnown) {
    if (e.text != k.text) continue;
    r.reply.status = k.status;
    return true;
  }
  r.reply.status = Status::store_error;
  r.reply.text = keep_text(r, host_.arena(), e.text, last);
  return true;
}

void RedisBackend::on_reply(Connection& c, const Due& due, std::string_view reply, uint64_t begin) {
  Request& r = *due.request;
  if (r.op != Op::raw) reply = resp::without_attributes(reply);
  if (r.op == Op::group) {
    if (due.part != kExec) return;  // +QUEUED, or an error, after which EXEC fails
    decode_group(c, r, reply);
    host_.complete(r);
    return;
  }
  if (reply[0] == '-' && compose_again(c, r, due, reply, begin)) return;
  if (r.op == Op::clear && reply[0] == '*') return go_on_clearing(c, r, due, reply, begin);
  decode(c, r, due.part, reply, r.steps == 1);
  finish_step(r);
}

void RedisBackend::finish_step(Request& r) {
  if (--r.steps == 0) host_.complete(r);
}

// A script that the server has forgotten (SCRIPT FLUSH) is sent again by its text, and true: another reply will come.
// But not where its session has sent more meanwhile, which has run already: the order of its commands would not hold.
bool RedisBackend::compose_again(Connection& c, Request& r, const Due& due, std::string_view reply, uint64_t begin) {
  if (r.op == Op::raw || !reply.starts_with("-NOSCRIPT")) return false;
  std::vector<std::string_view> words = words_of(c.stream().piece(begin, due.end));
  std::optional<Script> s;
  if (words.size() > 1 && words[0] == "EVALSHA") s = find_script(words[1]);
  if (!s) return false;
  if (r.next != nullptr) {
    uint64_t& last = loaded_[static_cast<size_t>(*s)];
    if (host_.clock().steady - last < kLoadAgainNs) return false;
    last = host_.clock().steady;
    send_unasked(c, {"SCRIPT", "LOAD", text_of(*s)});
    return false;
  }
  words[0] = "EVAL";
  words[1] = text_of(*s);
  uint32_t steps = std::exchange(r.steps, due.part);  // it is the same step of the request
  Composer out{*this, c, r, nullptr, false};
  out.send_all(words);
  r.steps = steps;
  list(c);
  return true;
}

// A page of SCAN: its keys are deleted, and the next page is asked for.
void RedisBackend::go_on_clearing(Connection& c, Request& r, const Due& due, std::string_view reply, uint64_t begin) {
  take_element(reply);
  std::string_view cursor = take_element(reply).text;
  int64_t n = take_element(reply).number;
  std::vector<std::string_view> words{"UNLINK"};
  for (; n > 0; --n) words.push_back(take_element(reply).text);
  Composer out{*this, c, r, nullptr, false};
  if (words.size() > 1) out.send_all(words);
  if (cursor != "0") {
    std::vector<std::string_view> next = words_of(c.stream().piece(begin, due.end));
    next[1] = cursor;
    out.send_all(next);
  }
  list(c);
  r.reply.status = Status::ok;
  finish_step(r);
}

// What EXISTS said of one of the keys of a command that is passed on. Where it was not there, its time to live follows
// the command, which has been sent; where the command made none of it, that changes nothing.
void RedisBackend::give_default(Connection& c, const Request& r, uint32_t part, std::string_view reply) {
  if (reply != ":0\r\n") return;
  size_t i = 0;
  for (;; ++i)
    if (r.expiries[i] != kNever && part-- == 0) break;
  send_unasked(c, {"PEXPIRE", r.args[i], std::to_string(left(r.expiries[i])), "NX"});
}

// Nobody waits for the answer.
void RedisBackend::send_unasked(Connection& c, std::initializer_list<std::string_view> words) {
  size_t bytes = 0;
  for (std::string_view w : words) bytes += w.size();
  resp::CommandWriter out(c.stream().reserve(resp::command_room(words.size(), bytes)), words.size());
  for (std::string_view w : words) out.word(w);
  c.stream().commit(out.end());
  c.owe(nullptr, 0, false);
  list(c);
}

void RedisBackend::on_oversized(const Due& due, const Framing::Oversize& size) {
  Request& r = *due.request;
  const uint64_t most = host_.config().limits.max_value;
  std::string how = size.value > most ? "a value of " + std::to_string(size.value) + " bytes, over the limit of " +
                                            std::to_string(most) + " (limits.max_value)"
                                      : "a reply of " + std::to_string(size.reply) + " bytes, over the limit of 1 GiB";
  r.reply.status = Status::store_error;
  r.reply.text =
      keep_text(r, host_.arena(), "ERR " + store_.url().text() + ": " + how, r.op == Op::group || r.steps == 1);
  if (r.op != Op::group) return finish_step(r);
  if (due.part == kExec) host_.complete(r);
}

void RedisBackend::decode_group(Connection& c, Request& g, std::string_view reply) {
  Element all = take_element(reply);
  if (all.error()) {
    g.reply.status = Status::store_error;
    g.reply.text = host_.arena().copy(all.text);
    return;
  }
  g.reply.status = all.null ? Status::aborted : Status::ok;
  for (Request* r = g.children; r != nullptr; r = r->next) {
    if (r->op == Op::local || r->reply.status != Status::pending) continue;
    for (uint32_t part = 0; part < r->steps && !reply.empty(); ++part)
      decode(c, *r, part, take_whole(reply), part + 1 == r->steps);
    if (r->reply.status == Status::pending) {  // by the rules never
      r->reply.status = Status::store_error;
      r->reply.text = "ERR the store left out a reply of the transaction";
    }
  }
}

void RedisBackend::decode_script(Request& r, std::string_view reply) {
  take_element(reply);
  std::string_view word = take_element(reply).text;
  r.reply.status = Status::invalid;
  for (const Known& k : kScriptStatus)
    if (k.text == word) r.reply.status = k.status;
  Value& v = r.reply.value;
  if (r.reply.status != Status::ok) {
    v.cas = 0;
    return;
  }
  if (r.op == Op::append) {
    r.reply.number = take_element(reply).number;
    v.size = static_cast<uint32_t>(r.reply.number);
    v.cas = cas_of_digest(take_element(reply).text);
  } else if (r.op == Op::add_unsigned) {
    r.reply.number = static_cast<int64_t>(unsigned_of(take_element(reply).text));
    v.cas = cas_of_digest(take_element(reply).text);
    int64_t ms = take_element(reply).number;
    r.reply.expiry = ms < 0 ? kNever : host_.clock().now_ms + ms;
    if (word == "made") v.marks = kMade;
  } else if (r.op == Op::invalidate) {
    r.reply.number = 1;
  }
}

void RedisBackend::decode(Connection& c, Request& r, uint32_t part, std::string_view reply, bool last) {
  std::string_view rest = reply;
  Reply& a = r.reply;
  if (r.op == Op::raw) {
    if (!last) return give_default(c, r, part, reply);
    Element e{.type = reply[0], .text = reply.substr(1, reply.size() - 3)};
    if (reply[0] == '-' && decode_error(r, e, true)) {
      a.status = Status::store_error;
      a.text = host_.arena().copy(e.text);
      return;
    }
    a.status = Status::ok;
    a.value.size = static_cast<uint32_t>(reply.size());
    if (reply.size() < Output::kByRef) {
      a.value.data = host_.arena().copy(reply).data();
    } else {
      a.value.blob = Blob::create(reply.size());
      std::memcpy(a.value.blob->data(), reply.data(), reply.size());
      a.value.data = a.value.blob->data();
    }
    return;
  }
  Element e = take_element(rest);
  if (r.op == Op::inspect && part > 0 && e.error()) return;  // what the server does not tell, as IDLETIME under LFU
  if (decode_error(r, e, last)) return;
  if (is_error(a.status)) return;  // an earlier step failed
  int64_t now = host_.clock().now_ms;
  auto ok_if = [&](bool yes, Status no) { a.status = yes ? Status::ok : no; };
  switch (r.op) {
    case Op::get:
      if ((r.wants & kWantExpiry) != 0 && part == 0) {
        a.expiry = e.number > 0 ? now + e.number : kNever;
        return;
      }
      ok_if(!e.null, Status::miss);
      if (!e.null) put_value(a.value, r, e.text, last);
      if (r.coded) a.value.marks |= kCoded;  // shown as it was asked for: how it was stored nobody knows
      return;
    case Op::get_many:
      if (!r.has(kTouch)) {
        a.items = {host_.arena().array<Value>(static_cast<size_t>(e.number)), static_cast<size_t>(e.number)};
      } else if (a.items.empty()) {  // one reply a key, maybe over many ticks
        a.kept = Blob::create(r.args.size() * sizeof(Value) + 8);
        a.items = {reinterpret_cast<Value*>(a.kept->data()), r.args.size()};
      }
      if (part == 0)
        for (Value& v : a.items) new (&v) Value;
      a.status = Status::ok;
      if (r.has(kTouch)) {
        if (!e.null) put_value(a.items[part], r, e.text, false);
        return;
      }
      for (Value& v : a.items) {
        Element one = take_element(rest);
        if (!one.null) put_value(v, r, one.text, true);
      }
      return;
    case Op::set:
      if (e.aggregate()) return decode_script(r, reply);
      if (r.has(kReturnOld)) {
        ok_if(r.has(kIfAbsent) ? e.null : !(r.has(kIfPresent) && e.null), Status::not_stored);
        if (!e.null) put_value(a.value, r, e.text, last);
      } else {
        ok_if(!e.null, Status::not_stored);
      }
      if (a.status != Status::ok) a.value.cas = 0;
      return;
    case Op::set_many: ok_if(e.type == '+' || e.number == 1, Status::not_stored); return;
    case Op::append:
      if (e.aggregate()) return decode_script(r, reply);
      a.number = e.number;
      a.status = Status::ok;
      return;
    case Op::add_unsigned: return decode_script(r, reply);
    case Op::add_float:
      a.text = keep_text(r, host_.arena(), e.text, last);
      a.status = Status::ok;
      return;
    case Op::get_range:
      a.status = Status::ok;
      put_value(a.value, r, e.text, last);
      return;
    case Op::common: {
      if (part < 2) {
        if (e.text == "string" || e.text == "none") return;
        a.status = Status::invalid;
        a.text = "ERR The specified keys must contain string values";
        return;
      }
      Element left = take_element(rest), right = take_element(rest);
      return answer_common(r, host_.arena(), open_envelope(left.text).value, open_envelope(right.text).value);
    }
    case Op::count_bits:
    case Op::find_bit:
      if (r.has(kErrorIfFound)) {
        ok_if(e.number == 1, Status::miss);
        return;
      }
      a.number = e.number;
      a.status = Status::ok;
      return;
    case Op::invalidate:
      if (e.aggregate()) return decode_script(r, reply);
      ok_if(r.has(kClear) ? !e.null : e.number == 1, Status::miss);
      return;
    case Op::type:
      ok_if(e.text != "none", Status::miss);
      a.text = keep_text(r, host_.arena(), e.text, last);
      return;
    case Op::expire:
      if (part == 1 || !r.has(kPersist) || r.has(kIfTtl)) {
        bool asked = (r.options & (kIfNoTtl | kIfTtl | kIfLater | kIfSooner)) != 0;
        ok_if(e.number == 1, asked ? Status::not_stored : Status::miss);
      }
      return;
    case Op::expiry:
      ok_if(e.number != -2, Status::miss);
      if (e.number < 0) return;
      a.expiry = r.has(kAbsolute) ? e.number : now + e.number;
      a.number = r.has(kAbsolute) ? remaining_ms(e.number, now) : e.number;
      return;
    case Op::rename:
      if (part == 0) ok_if(!r.has(kIfAbsent) || e.number == 1, Status::not_stored);
      return;
    case Op::copy:
      if (part == 0) ok_if(e.number == 1, Status::not_stored);
      return;
    case Op::random_key:
      ok_if(!e.null, Status::miss);
      if (e.null) return;
      a.value.found = true;
      a.value.size = static_cast<uint32_t>(e.text.size());
      a.value.data = host_.arena().copy(e.text).data();
      return;
    case Op::scan:
      a.cursor = static_cast<int64_t>(unsigned_of(take_element(rest).text));
      e = take_element(rest);
      [[fallthrough]];
    case Op::keys: {
      auto names = std::make_unique<Listing>();
      for (int64_t n = e.number; n > 0; --n) names->add(take_element(rest).text);
      a.listing = names.release();
      a.status = Status::ok;
      return;
    }
    case Op::inspect:
      if (part == 0) {
        ok_if(!e.null, Status::miss);
        if (!e.null) a.text = keep_text(r, host_.arena(), e.text, last);
      } else if (part == 1) {
        a.value.size = static_cast<uint32_t>(e.number);
      } else if (part == 2) {
        a.number = e.number;
      } else if (part == 3 && e.number > 0) {
        a.cursor = remaining_ms(e.number, now);
        a.expiry = e.number;
      } else if (part == 4) {
        a.value.flags = open_envelope(e.text).flags;
        if ((r.wants & kWantCas) != 0) a.value.cas = cas_of(e.text);
      }
      return;
    case Op::clear:  // of one UNLINK, or the script's
      a.number += e.number;
      a.status = Status::ok;
      return;
    case Op::add_integer:  // as text where a script's number could not hold it
      a.number = e.type == ':' ? e.number : parse_integer(e.text).value_or(0);
      a.status = Status::ok;
      return;
    case Op::length:
    case Op::set_range:
    case Op::get_bit:
    case Op::set_bit:
    case Op::remove:
    case Op::exists:
    case Op::count:
      a.number = e.number;
      a.status = Status::ok;
      return;
    case Op::flush_expired:
    case Op::flush: a.status = Status::ok; return;
    case Op::raw:
    case Op::move:
    case Op::swap:
    case Op::watch:
    case Op::group:
    case Op::local: return;
  }
}

}  // namespace cachetted::redis
