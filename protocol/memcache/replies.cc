// Composes replies, text and meta.
#include <charconv>
#include <cstring>

#include "protocol/memcache/decode.h"

namespace cachetted::memcache {
namespace {

constexpr size_t kHeadRoom = 96;  // of a reply's line beside keys and opaques

char* put(char* p, std::string_view s) {
  std::memcpy(p, s.data(), s.size());
  return p + s.size();
}
template <class Number>
char* put_number(char* p, Number n) {
  return std::to_chars(p, p + 24, n).ptr;
}

char* put_base64(char* p, std::string_view s) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < s.size(); i += 3) {
    auto byte = [&](size_t j) { return j < s.size() ? static_cast<unsigned char>(s[j]) : 0u; };
    unsigned n = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    *p++ = digits[n >> 18];
    *p++ = digits[n >> 12 & 63];
    *p++ = i + 1 < s.size() ? digits[n >> 6 & 63] : '=';
    *p++ = i + 2 < s.size() ? digits[n & 63] : '=';
  }
  return p;
}

void line(Output& out, std::string_view text) {
  out.append(text);
  out.append("\r\n");
}

// The value's bytes and their end.
void block(const Value& v, Output& out) {
  if (v.blob != nullptr && v.size >= Output::kByRef) {
    out.append(v.blob, v.view());
    out.append("\r\n");
    return;
  }
  if (v.size + 2 <= Output::kBlob) [[likely]] {
    char* p = out.reserve(v.size + 2);
    out.commit(put(put(p, v.view()), "\r\n"));
    return;
  }
  line(out, v.view());
}

void value(std::string_view key, const Value& v, bool with_cas, Output& out) {
  char* p = out.reserve(key.size() + kHeadRoom);
  p = put(p, "VALUE ");
  p = put(p, key);
  *p++ = ' ';
  p = put_number(p, v.flags);
  *p++ = ' ';
  p = put_number(p, v.size);
  if (with_cas) {
    *p++ = ' ';
    p = put_number(p, v.cas);
  }
  out.commit(put(p, "\r\n"));
  block(v, out);
}

int64_t seconds_left(int64_t expiry, int64_t now) {
  return expiry == kNever ? -1 : seconds_up(remaining_ms(expiry, now));
}

bool asks(const Request& r, char letter) {
  for (size_t i = 1; i < r.args.size(); ++i)
    if (r.args[i][0] == letter) return true;
  return false;
}

// As memcached shows the key of an item: in base64, and said so, where it was stored with such a key.
char* put_key(char* p, const Request& r) {
  if ((r.reply.value.marks & kCoded) == 0) return put(p, r.key);
  return put(put_base64(p, r.key), " b");
}

// What N gave the item that it made; where T has changed that since, as N asked for it.
int64_t made_expiry(const Request& r, std::string_view token, int64_t now) {
  int64_t ttl = 0;
  if (!asks(r, 'T') || !read_signed(token.substr(1), ttl)) return r.reply.expiry;
  Clock clock;
  clock.now_ms = now;
  return expiry_of(ttl, clock);
}

// What is asked back by a flag, with a blank before it.
void put_flags(const Request& r, Output& out) {
  const Reply& a = r.reply;
  int64_t now = a.cursor;  // see compose()
  bool made = (a.value.marks & kMade) != 0;
  int64_t expiry = made ? kNever : a.expiry;  // as the flags before t have left it
  for (size_t i = 1; i < r.args.size(); ++i) {
    std::string_view token = r.args[i];
    char* p = out.reserve(token.size() + 2 * kMaxKey + kHeadRoom);
    char letter = token[0];
    *p++ = ' ';
    *p++ = letter;
    switch (letter) {
      case 'k': p = put_key(p, r); break;
      case 'O': p = put(p, token.substr(1)); break;
      case 'c': p = put_number(p, a.value.cas); break;
      case 'f': p = put_number(p, a.value.flags); break;
      case 's': p = put_number(p, a.value.size); break;
      case 'h': *p++ = (a.value.marks & kWasRead) != 0 ? '1' : '0'; break;
      case 'l': p = put_number(p, a.number); break;
      case 't': p = put_number(p, seconds_left(expiry, now)); break;
      case 'T': expiry = r.expiry; continue;
      case 'N': expiry = made ? made_expiry(r, token, now) : expiry; continue;
      default: continue;
    }
    out.commit(p);
  }
}

// Those flags that say what was asked, for replies without an item; of ms also what it stored: a cas of 0 for nothing.
void put_echo(const Request& r, Output& out, bool stored) {
  for (size_t i = 1; i < r.args.size(); ++i) {
    std::string_view token = r.args[i];
    if (token[0] == 'k') {
      out.append(" k");
      out.append(r.args[0]);
      if (asks(r, 'b')) out.append(" b");
    } else if (token[0] == 'O') {
      out.append(' ');
      out.append(token);
    } else if (token[0] == 'c' && stored) {
      out.append(" c");
      char* p = out.reserve(24);
      out.commit(put_number(p, r.reply.value.cas));
    } else if (token[0] == 's' && stored && r.reply.status == Status::ok) {
      out.append(" s");
      out.append_number(r.reply.value.size);
    }
  }
}

void short_reply(const Request& r, std::string_view word, Output& out, bool stored = false) {
  out.append(word);
  put_echo(r, out, stored);
  out.append("\r\n");
}

bool quiet(const Request& r) { return r.wire == kSpecial; }

// NF, EX, NS: what all meta writes say alike; never silenced.
bool failed(const Request& r, Output& out, bool stored = false) {
  Status s = r.reply.status;
  if (s == Status::ok) return false;
  short_reply(r, s == Status::miss ? "NF" : s == Status::changed ? "EX" : "NS", out, stored);
  return true;
}

void error(const Reply& a, Output& out) {
  Status s = a.status;
  if (s == Status::not_integer) return line(out, "CLIENT_ERROR cannot increment or decrement non-numeric value");
  if (s == Status::out_of_memory) return line(out, "SERVER_ERROR out of memory storing object");
  if (s == Status::too_large) return line(out, "SERVER_ERROR object too large for cache");
  if (s == Status::invalid) return line(out, a.text);
  out.append(s == Status::ttl_rejected ? "CLIENT_ERROR " : "SERVER_ERROR ");
  line(out, a.text.empty() ? "request failed" : a.text);
}

}  // namespace

void compose(Request& r, Output& out, int64_t now_ms) {
  if (r.noreply) return;
  if (r.op == Op::get || r.op == Op::add_unsigned) r.reply.cursor = now_ms;
  const auto& c = static_cast<const Command&>(*r.row);
  if (r.wire == kFaulty) return line(out, kBadFormat);
  bool answered = r.reply.status == Status::too_large && r.op == Op::append;  // NOT_STORED
  if (is_error(r.reply.status) && !answered) return error(r.reply, out);
  if (r.op == Op::local) return out.append(r.reply.value.view());  // bytes made already
  c.compose(r, out);
}

void compose_ok(Request&, Output& out) { line(out, "OK"); }

void compose_values(Request& r, Output& out) {
  const Reply& a = r.reply;
  bool with_cas = r.wire == kSpecial;
  if (r.op == Op::get) {
    if (a.status == Status::ok) value(r.key, a.value, with_cas, out);
  } else {
    for (size_t i = 0; i < a.items.size(); ++i)
      if (a.items[i].found) value(r.args[i], a.items[i], with_cas, out);
  }
  out.append("END\r\n");
}

void compose_stored(Request& r, Output& out) {
  bool cas = r.has(kIfUnchanged);
  Status s = r.reply.status;
  line(out, s == Status::ok            ? "STORED"
            : s == Status::changed     ? "EXISTS"
            : s == Status::miss && cas ? "NOT_FOUND"
                                       : "NOT_STORED");
}

void compose_counter(Request& r, Output& out) {
  if (r.reply.status == Status::miss) return line(out, "NOT_FOUND");
  char* p = out.reserve(32);
  out.commit(put(put_number(p, static_cast<uint64_t>(r.reply.number)), "\r\n"));
}

void compose_touched(Request& r, Output& out) { line(out, r.reply.status == Status::ok ? "TOUCHED" : "NOT_FOUND"); }

void compose_deleted(Request& r, Output& out) { line(out, r.reply.number > 0 ? "DELETED" : "NOT_FOUND"); }

void compose_inspected(Request& r, Output& out) {
  const Reply& a = r.reply;
  if (a.status != Status::ok) return line(out, "EN");
  char* p = out.reserve(2 * kMaxKey + 2 * kHeadRoom);
  p = put(p, "ME ");
  p = (a.value.marks & kCoded) != 0 ? put_base64(p, r.key) : put(p, r.key);
  p = put(p, " exp=");
  p = put_number(p, a.expiry == kNever ? int64_t{-1} : seconds_up(a.cursor));
  p = put(p, " la=");
  p = put_number(p, a.number);
  p = put(p, " cas=");
  p = put_number(p, a.value.cas);
  p = put(p, (a.value.marks & kWasRead) != 0 ? " fetch=yes" : " fetch=no");
  p = put(p, " cls=1 size=");
  p = put_number(p, a.value.size);
  out.commit(put(p, "\r\n"));
}

void compose_meta_get(Request& r, Output& out) {
  const Reply& a = r.reply;
  if (a.status != Status::ok) {
    if (!quiet(r)) short_reply(r, "EN", out);
    return;
  }
  bool with_value = asks(r, 'v');
  if (with_value) {
    out.append("VA ");
    out.append_number(a.value.size);
  } else {
    out.append("HD");
  }
  put_flags(r, out);
  if ((a.value.marks & kLeased) != 0) out.append(" Z");
  if ((a.value.marks & kStale) != 0) out.append(" X");
  if ((a.value.marks & kWon) != 0) out.append(" W");
  out.append("\r\n");
  if (with_value) block(a.value, out);
}

void compose_meta_set(Request& r, Output& out) {
  if (failed(r, out, true) || quiet(r)) return;
  short_reply(r, "HD", out, true);
}

void compose_meta_delete(Request& r, Output& out) {
  if (failed(r, out) || quiet(r)) return;
  short_reply(r, "HD", out);
}

void compose_meta_counter(Request& r, Output& out) {
  if (failed(r, out) || quiet(r)) return;
  const Reply& a = r.reply;
  bool with_value = asks(r, 'v');
  char digits[24];
  auto size = static_cast<size_t>(put_number(digits, static_cast<uint64_t>(a.number)) - digits);
  if (with_value) {
    out.append("VA ");
    out.append_number(static_cast<int64_t>(size));
  } else {
    out.append("HD");
  }
  bool base64 = asks(r, 'b'), made = (a.value.marks & kMade) != 0;
  int64_t expiry = made ? kNever : a.expiry;
  for (size_t i = 1; i < r.args.size(); ++i) {
    std::string_view token = r.args[i];
    char* p = out.reserve(token.size() + kMaxKey + kHeadRoom);
    *p++ = ' ';
    *p++ = token[0];
    switch (token[0]) {
      case 'k': p = put(put(p, r.args[0]), base64 ? " b" : ""); break;
      case 'O': p = put(p, token.substr(1)); break;
      case 'c': p = put_number(p, a.value.cas); break;
      case 't': p = put_number(p, seconds_left(expiry, a.cursor)); break;
      case 'T': expiry = r.expiry2; continue;
      case 'N': expiry = made ? made_expiry(r, token, a.cursor) : expiry; continue;
      default: continue;
    }
    out.commit(p);
  }
  out.append("\r\n");
  if (with_value) {
    out.append({digits, size});
    out.append("\r\n");
  }
}

}  // namespace cachetted::memcache
