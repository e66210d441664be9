// Replies to reply slots. suits() has taken a reply apart and compared its token before anything of it is used.
#include <algorithm>
#include <charconv>
#include <cstring>

#include "backends/memcached/memcached.h"
#include "config/config.h"
#include "core/bytes.h"
#include "core/edit.h"
#include "core/output.h"

namespace cachetted::memcached {
namespace {

using memcache::Code;
using memcache::MetaReply;

struct Known {
  std::string_view begin;
  Status status;
};
// What memcached says of a value, in neutral terms; whatever else it says is passed on.
constexpr Known kKnown[] = {
    {"CLIENT_ERROR cannot increment or decrement", Status::not_integer},
    {"SERVER_ERROR object too large", Status::too_large},
    {"SERVER_ERROR out of memory", Status::out_of_memory},
};

constexpr std::string_view kServerError = "SERVER_ERROR ";

template <class Number>
Number field(std::string_view line, std::string_view name) {
  Number n = 0;
  if (size_t at = line.find(name); at != line.npos)
    std::from_chars(line.data() + at + name.size(), line.data() + line.size(), n);
  return n;
}

// Whether the reply to a command with a token can be one to it.
bool suits_key(const Request& r, Code code) {
  if (r.op == Op::get) return code == Code::miss || code == ((r.wants & kWantNoValue) != 0 ? Code::done : Code::value);
  if (r.op == Op::add_unsigned) return code != Code::done;
  const bool value = r.op == Op::get_many || r.op == Op::get_range || r.op == Op::get_bit || r.op == Op::count_bits ||
                     r.op == Op::find_bit || r.op == Op::inspect;
  return value ? code == Code::value || code == Code::miss : code != Code::value;
}

}  // namespace

Fit MemcachedBackend::suits(const Due& due, std::string_view reply) {
  reply_ = memcache::read_meta(reply);
  whole_ = reply;
  const Code code = reply_.code;
  if (code == Code::refused) return Fit::whole;
  auto whole_if = [](bool good) { return good ? Fit::whole : Fit::no; };
  if (due.token != 0) {
    if (code > Code::exists || reply_.token != due.token) return Fit::no;
    return whole_if(due.request == nullptr || (due.part & kOfWork) != 0 || suits_key(*due.request, code));
  }
  if (reply_.token != 0) return Fit::no;
  if (due.request == nullptr) return whole_if(code == Code::done || code == Code::miss || code == Code::exists);
  if (due.request->op == Op::flush) return whole_if(code == Code::done);
  if (due.request->op == Op::inspect) return whole_if(code == Code::item || code == Code::miss);
  return whole_if(code == Code::done || code == Code::stats);
}

// To take the token of a stale item by a read that does not ask for one would keep it from those who do: it is made
// stale once more. `cas`, not 0: unless it has been changed. The read's own command says which item.
std::string MemcachedBackend::line_to_give_back(std::string_view command, uint64_t cas) {
  command.remove_prefix(3);
  const std::string key(command.substr(0, command.find(' ')));
  const bool coded = command.substr(key.size(), 3) == " b ";
  return "md " + key + (coded ? " b" : "") + (cas != 0 ? " C" + std::to_string(cas) : "") + " I\r\n";
}

void MemcachedBackend::on_reply(Connection& c, const Due& due, std::string_view, uint64_t begin) {
  Request& r = *due.request;
  if (reply_.won && !r.has(kLease)) [[unlikely]] {
    std::string line = line_to_give_back(c.stream().piece(begin, due.end), reply_.cas);
    if (Work* w = work_of(r)) {
      w->tokens.emplace_back(link_of(c).server, std::move(line));
    } else {
      send_line(link_of(c), nullptr, 0, line);
    }
  }
  if ((due.part & kOfWork) != 0) [[unlikely]]
    return on_answer(link_of(c), *work_of(r), due.part, reply_);
  const bool last = --r.steps == 0;
  if (reply_.code == Code::refused) [[unlikely]] {
    auto [status, text] = refusal(link_of(c), reply_.text);
    if (r.op == Op::get_many) {
      fail_item(r, r.reply.items[due.part], text);
    } else if (!is_error(r.reply.status)) {
      r.reply.status = status;
      r.reply.text = keep_text(r, host_.arena(), text, last);
    }
  } else if (!is_error(r.reply.status)) {
    decode(r, due.part, reply_);
  }
  if (!last) return;
  if (r.op == Op::get_many) settle_get_many(r);
  finish(r);
}

// A refusal in neutral terms, and its text.
std::pair<Status, std::string> MemcachedBackend::refusal(const Link& l, std::string_view line) const {
  for (const Known& k : kKnown)
    if (line.starts_with(k.begin)) return {k.status, ""};
  if (!line.starts_with(kServerError)) return {Status::invalid, std::string(line)};
  return {Status::store_error,
          "ERR " + l.connection->url().text() + ": " + std::string(line.substr(kServerError.size()))};
}

void MemcachedBackend::put_value(Value& v, const MetaReply& m, bool last) {
  v.found = true;
  v.flags = m.flags;
  v.cas = m.cas;
  v.size = static_cast<uint32_t>(m.value.size());
  if (last && m.value.size() < Output::kByRef) [[likely]] {
    v.data = host_.arena().copy(m.value).data();
    return;
  }
  v.blob = Blob::copy_of(m.value);
  v.data = v.blob->data();
}

void MemcachedBackend::decode_get(Request& r, const MetaReply& m) {
  Reply& a = r.reply;
  a.status = m.code == Code::miss ? Status::miss : Status::ok;
  if (m.code == Code::miss) return;
  put_value(a.value, m, true);
  if (r.options == 0 && r.wants == 0) [[likely]]
    return;
  if ((r.wants & kWantNoValue) != 0) a.value.size = m.size;
  if (m.ttl >= 0) a.expiry = host_.clock().now_ms + m.ttl * 1000;
  a.number = m.idle;
  uint8_t marks = 0;
  if (m.hit) marks |= kWasRead;
  if (m.stale) marks |= kStale;
  if (m.leased) marks |= kLeased;
  if (m.won) marks |= kWon;
  if (r.has(kVivify) && m.won && !m.stale && m.ttl < 0) {  // one that ages has an expiry
    marks |= kMade;
    a.expiry = r.expiry2;
  }
  if (r.coded) marks |= kCoded;  // shown as it was asked for
  a.value.marks = marks;
}

void MemcachedBackend::decode_counter(Request& r, const MetaReply& m) {
  uint64_t sum = 0;
  std::from_chars(m.value.data(), m.value.data() + m.value.size(), sum);
  r.reply.number = static_cast<int64_t>(sum);
  r.reply.value.cas = m.cas;
  if (m.ttl >= 0) r.reply.expiry = host_.clock().now_ms + m.ttl * 1000;
}

// The size that `me` tells, and then all else.
void MemcachedBackend::decode_item(Request& r, const MetaReply& m) {
  Reply& a = r.reply;
  a.status = m.code == Code::miss ? Status::miss : Status::ok;
  if (m.code == Code::item) {
    const size_t behind_key = std::min(m.text.rfind(" exp="), m.text.size());
    a.value.size = field<uint32_t>(m.text.substr(behind_key), " size=");
  } else if (m.code == Code::value) {
    if (a.value.size == 0) a.value.size = static_cast<uint32_t>(r.key.size() + m.value.size() + kItemRoom);
    a.number = m.idle;
    a.value.cas = m.cas;
    if (m.hit) a.value.marks |= kWasRead;
    if (r.coded) a.value.marks |= kCoded;
    a.text = encoding_name(m.value);
    a.value.flags = m.flags;
    if (m.ttl < 0) return;
    a.cursor = m.ttl * 1000;
    a.expiry = host_.clock().now_ms + a.cursor;
  }
}

void MemcachedBackend::decode(Request& r, uint32_t part, const MetaReply& m) {
  Reply& a = r.reply;
  auto by_code = [&] {
    a.status = m.code == Code::miss         ? Status::miss
               : m.code == Code::exists     ? Status::changed
               : m.code == Code::not_stored ? Status::not_stored
                                            : Status::ok;
    return a.status == Status::ok;
  };
  switch (r.op) {
    case Op::get: return decode_get(r, m);
    case Op::get_many: {
      Value& v = a.items[part];
      v = Value{};
      if (m.code == Code::value) put_value(v, m, false);
      return;
    }
    case Op::set:
      a.value.cas = m.cas;
      if (by_code()) a.value.size = static_cast<uint32_t>(r.value.size());
      return;
    case Op::append:
      a.value.cas = m.cas;
      by_code();
      return;
    case Op::add_unsigned:
      if (by_code()) decode_counter(r, m);
      return;
    case Op::length:
      if (by_code()) a.number = m.size;
      return;
    case Op::get_bit:
    case Op::count_bits:
    case Op::find_bit:
      if (by_code()) a.number = number_of_part(r, m.value);
      return;
    case Op::get_range:
      if (by_code()) {
        MetaReply part_of = m;
        part_of.value = byte_range(m.value, r.number, r.number2);
        put_value(a.value, part_of, true);
      }
      return;
    case Op::invalidate:
      if (by_code()) a.number = 1;
      return;
    case Op::remove:
    case Op::exists:
      a.number += m.code == Code::done;
      a.status = Status::ok;
      return;
    case Op::type:
    case Op::expire: by_code(); return;
    case Op::expiry:
      if (!by_code() || m.ttl < 0) return;
      a.number = m.ttl * 1000;
      a.expiry = host_.clock().now_ms + a.number;
      return;
    case Op::inspect: return decode_item(r, m);
    case Op::set_many:
    case Op::flush: a.status = Status::ok; return;
    case Op::add_integer:
    case Op::add_float:
    case Op::set_range:
    case Op::set_bit:
    case Op::common:
    case Op::rename:
    case Op::copy:
    case Op::move:
    case Op::random_key:
    case Op::keys:
    case Op::scan:
    case Op::count:
    case Op::swap:
    case Op::flush_expired:
    case Op::clear:
    case Op::watch:
    case Op::raw:
    case Op::group:
    case Op::local: return;  // have no one plain reply
  }
}

// --- what does not come ---

void MemcachedBackend::on_failed(Connection& c, Request& r, size_t dues, std::string_view reason) {
  if (Work* w = work_of(r)) {
    w->due -= dues;
    w->fail(Status::unavailable, std::string(kUnavailable) + std::string(reason));
    return go_on(*w);
  }
  r.steps -= static_cast<uint32_t>(dues);
  if (r.op == Op::get_many) {
    const unsigned server = link_of(c).server;
    for (Value& v : r.reply.items)
      if (v.marks == kUnanswered && v.flags == server) fail_item(r, v, std::string(kUnavailable) + std::string(reason));
    if (r.steps == 0) settle_get_many(r);
  } else if (!is_error(r.reply.status)) {
    r.reply.status = Status::unavailable;
    r.reply.text = keep_text(r, host_.arena(), std::string(kUnavailable) + std::string(reason), r.steps == 0);
  }
  if (r.steps == 0) finish(r);
}

void MemcachedBackend::on_oversized(const Due& due, const Framing::Oversize& size) {
  Request& r = *due.request;
  const std::string why = "ERR a value of " + std::to_string(size.value) + " bytes, over the limit of " +
                          std::to_string(host_.config().limits.max_value) + " (limits.max_value)";
  if (Work* w = work_of(r)) {
    --w->due;
    w->fail(Status::store_error, why);
    return go_on(*w);
  }
  const bool last = --r.steps == 0;
  if (r.op == Op::get_many) {
    fail_item(r, r.reply.items[due.part], why);
    if (last) settle_get_many(r);
  } else if (!is_error(r.reply.status)) {
    r.reply.status = Status::store_error;
    r.reply.text = keep_text(r, host_.arena(), why, last);
  }
  if (last) finish(r);
}

// One reason is enough: that of the first. Until the reply is settled, no other text stands there.
void MemcachedBackend::fail_item(Request& r, Value& v, std::string_view why) {
  v = Value{};
  v.marks = kFailed;
  if (!r.reply.text.empty()) return;
  if (why.starts_with("ERR ")) why.remove_prefix(4);
  char* at = r.reply.kept->data() + r.reply.kept->capacity - kReason;
  r.reply.text = {at, why.copy(at, kReason)};
}

// All that could be had is there. Where nothing could, that is an error; else the rest is what memcached.partial says.
void MemcachedBackend::settle_get_many(Request& r) {
  Reply& a = r.reply;
  size_t failed = 0;
  for (const Value& v : a.items) failed += (v.marks & kFailed) != 0;
  const bool all = failed != 0 && failed == a.items.size();
  a.status = all ? Status::unavailable : Status::ok;
  if (failed == 0 || (!all && host_.config().memcached.partial == config::Partial::miss)) {
    for (Value& v : a.items) v.marks = 0;
    a.text = {};
  }
  if (all) a.items = {};
}

}  // namespace cachetted::memcached
