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

// What N gave the item that it made; where T, behind it, has changed that since, as N asked for it.
int64_t made_expiry(const Request& r, std::string_view token, bool t_seen, int64_t now_ms) {
  int64_t ttl = 0;
  if (t_seen) return r.op == Op::get ? r.expiry2 : r.expiry;
  if (!asks(r, 'T') || !read_signed(token.substr(1), ttl)) return r.reply.expiry;
  Clock clock;
  clock.now_ms = now_ms;
  return expiry_of(ttl, clock);
}

// What the flags ask back, each with a blank before it: of the letters in `told` those that were asked for, in the
// order of the request, which is also the order in which N, T and t take effect.
void put_flags(const Request& r, std::string_view told, int64_t now_ms, Output& out) {
  const Value& v = r.reply.value;
  bool made = (v.marks & kMade) != 0;
  bool read = r.op == Op::get && v.found;  // then an item's key is shown as it was stored, else as it was asked for
  int64_t expiry = made ? kNever : r.reply.expiry;
  bool t_seen = false;
  for (size_t i = 1; i < r.args.size(); ++i) {
    std::string_view token = r.args[i];
    char letter = token[0];
    if (letter == 'T') {
      expiry = r.op == Op::get ? r.expiry : r.expiry2;
      t_seen = true;
    }
    if (letter == 'N' && made) expiry = made_expiry(r, token, t_seen, now_ms);
    if (told.find(letter) == told.npos) continue;
    char* p = out.reserve(2 * kMaxKey + kHeadRoom);  // an opaque has 31 bytes at most
    *p++ = ' ';
    *p++ = letter;
    switch (letter) {
      case 'k':
        if (read ? (v.marks & kCoded) != 0 : asks(r, 'b')) {
          p = put(read ? put_base64(p, r.key) : put(p, r.args[0]), " b");
        } else {
          p = put(p, read ? r.key : r.args[0]);
        }
        break;
      case 'O': p = put(p, token.substr(1)); break;
      case 'c': p = put_number(p, v.cas); break;
      case 'f': p = put_number(p, v.flags); break;
      case 's': p = put_number(p, v.size); break;
      case 'h': *p++ = (v.marks & kWasRead) != 0 ? '1' : '0'; break;
      case 'l': p = put_number(p, r.reply.number); break;
      case 't': p = put_number(p, seconds_left(expiry, now_ms)); break;
      default: break;
    }
    out.commit(p);
  }
}

void short_reply(const Request& r, std::string_view word, std::string_view told, Output& out) {
  out.append(word);
  put_flags(r, told, 0, out);
  out.append("\r\n");
}

// VA and the value's size, or HD; then the flags.
void meta_line(const Request& r, bool with_value, size_t size, std::string_view told, int64_t now_ms, Output& out) {
  if (with_value) {
    out.append("VA ");
    out.append_number(static_cast<int64_t>(size));
  } else {
    out.append("HD");
  }
  put_flags(r, told, now_ms, out);
}

bool quiet(const Request& r) { return r.wire == kSpecial; }

// NF, EX, NS: what all meta writes say alike; never silenced.
bool failed(const Request& r, std::string_view told, Output& out) {
  Status s = r.reply.status;
  if (s == Status::ok) return false;
  short_reply(r, s == Status::miss ? "NF" : s == Status::changed ? "EX" : "NS", told, out);
  return true;
}

void error(const Reply& a, Output& out) {
  Status s = a.status;
  if (s == Status::not_integer) return line(out, "CLIENT_ERROR cannot increment or decrement non-numeric value");
  if (s == Status::out_of_memory) return line(out, "SERVER_ERROR out of memory storing object");
  if (s == Status::too_large) return line(out, "SERVER_ERROR object too large for cache");
  if (s == Status::invalid) return line(out, a.text);
  const bool client = s == Status::ttl_rejected || s == Status::unencodable;
  out.append(client ? "CLIENT_ERROR " : "SERVER_ERROR ");
  std::string_view text = a.text.empty() ? "request failed" : a.text;
  if (s == Status::store_error && text.starts_with("ERR ")) text.remove_prefix(4);  // a Redis server's word for no word
  line(out, text);
}

}  // namespace

void compose(const Request& r, int64_t now_ms, Output& out) {
  if (r.noreply) return;
  const auto& c = static_cast<const Command&>(*r.row);
  if (r.wire == kFaulty) return line(out, kBadFormat);
  bool answered = r.reply.status == Status::too_large && r.op == Op::append;  // NOT_STORED
  if (is_error(r.reply.status) && !answered) return error(r.reply, out);
  if (r.op == Op::local) return out.append(r.reply.value.view());  // bytes made already
  c.compose(r, now_ms, out);
}

void compose_ok(const Request&, int64_t, Output& out) { line(out, "OK"); }

void compose_values(const Request& r, int64_t, Output& out) {
  const Reply& a = r.reply;
  bool with_cas = r.wire == kSpecial;
  if (r.op == Op::get) {
    if (a.status == Status::ok) value(r.key, a.value, with_cas, out);
  } else {
    for (size_t i = 0; i < a.items.size(); ++i)
      if (a.items[i].found) value(r.args[i], a.items[i], with_cas, out);
    if (!a.text.empty()) {  // some could not be read
      out.append("SERVER_ERROR ");
      return line(out, a.text);
    }
  }
  out.append("END\r\n");
}

void compose_stored(const Request& r, int64_t, Output& out) {
  bool cas = r.has(kIfUnchanged);
  Status s = r.reply.status;
  line(out, s == Status::ok            ? "STORED"
            : s == Status::changed     ? "EXISTS"
            : s == Status::miss && cas ? "NOT_FOUND"
                                       : "NOT_STORED");
}

void compose_counter(const Request& r, int64_t, Output& out) {
  if (r.reply.status == Status::miss) return line(out, "NOT_FOUND");
  char* p = out.reserve(32);
  out.commit(put(put_number(p, static_cast<uint64_t>(r.reply.number)), "\r\n"));
}

void compose_touched(const Request& r, int64_t, Output& out) {
  line(out, r.reply.status == Status::ok ? "TOUCHED" : "NOT_FOUND");
}

void compose_deleted(const Request& r, int64_t, Output& out) {
  line(out, r.reply.number > 0 ? "DELETED" : "NOT_FOUND");
}

void compose_inspected(const Request& r, int64_t, Output& out) {
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

void compose_meta_get(const Request& r, int64_t now_ms, Output& out) {
  const Value& v = r.reply.value;
  if (r.reply.status != Status::ok) {
    if (!quiet(r)) short_reply(r, "EN", "kO", out);
    return;
  }
  bool with_value = asks(r, 'v');
  meta_line(r, with_value, v.size, "kOcfshlt", now_ms, out);
  if ((v.marks & kLeased) != 0) out.append(" Z");
  if ((v.marks & kStale) != 0) out.append(" X");
  if ((v.marks & kWon) != 0) out.append(" W");
  out.append("\r\n");
  if (with_value) block(v, out);
}

// What was not stored has a cas of 0.
void compose_meta_set(const Request& r, int64_t, Output& out) {
  if (!failed(r, "kOc", out) && !quiet(r)) short_reply(r, "HD", "kOcs", out);
}

void compose_meta_delete(const Request& r, int64_t, Output& out) {
  if (!failed(r, "kO", out) && !quiet(r)) short_reply(r, "HD", "kO", out);
}

void compose_meta_counter(const Request& r, int64_t now_ms, Output& out) {
  if (failed(r, "kO", out) || quiet(r)) return;
  char digits[24];
  std::string_view sum(digits, static_cast<size_t>(put_number(digits, static_cast<uint64_t>(r.reply.number)) - digits));
  bool with_value = asks(r, 'v');
  meta_line(r, with_value, sum.size(), "kOct", now_ms, out);
  out.append("\r\n");
  if (with_value) line(out, sum);
}

}  // namespace cachetted::memcache
