// A memcached client's conversation: from bytes to a request under way.
#include "server/memcache_dialogue.h"

#include <algorithm>

#include "server/daemon.h"
#include "server/log.h"
#include "server/slow_requests.h"

namespace cachetted::server {

using memcache::Local;
using memcache::Parser;

MemcacheDialogue::MemcacheDialogue(Session& session)
    : session_(session),
      loop_(session.loop()),
      parser_(session.loop().words()),
      authenticated_(!session.loop().config().auth.required) {}

size_t MemcacheDialogue::consume(std::string_view in) {
  if (binary_) [[unlikely]]
    return refuse_binary(in);
  size_t at = 0;
  while (at < in.size() && session_.may_parse()) {
    std::string_view rest = in.substr(at);
    switch (parser_.parse(rest, loop_.config().limits.max_value, authenticated_)) {
      case Parser::Result::complete: command(); break;
      case Parser::Result::oversized: forget_value(); break;
      case Parser::Result::swallowed: break;
      case Parser::Result::incomplete: return at;
      case Parser::Result::broken: cut(rest); return in.size();
      case Parser::Result::binary:
        binary_ = true;
        session_.reset_when_quiet();
        return at + refuse_binary(rest);
    }
    at += parser_.consumed();
  }
  return at;
}

memcache::DecodeContext MemcacheDialogue::decode_context() const {
  const auto& limits = loop_.config().limits;
  return {loop_.clock(), loop_.arena(), limits.max_value, limits.max_key};
}

void MemcacheDialogue::command() {
  const Command& c = parser_.command();
  Request* r = session_.begin();
  r->row = &c;
  memcache::DecodeContext context = decode_context();
  if (parser_.decode(*r, context)) {
    if (!authenticated_) {
      authenticate(*r);
    } else if (c.local != Local::none) {
      answer_local(c, *r);
    }
  }
  if (r->op != Op::local && !loop_.caps().marks) refuse_marks(*r);
  r->op == Op::local ? session_.answered(r) : session_.submit(r);
}

// What asks for, or changes, what only a store that keeps marks remembers of an item.
void MemcacheDialogue::refuse_marks(Request& r) {
  std::string_view name = parser_.words()[0];
  std::string_view letters = name == "mg" ? "hlNR" : name == "ms" || name == "md" ? "IE" : name == "ma" ? "E" : "";
  if (letters.empty()) return;
  for (size_t i = 1; i < r.args.size(); ++i) {
    std::string_view letter = r.args[i].substr(0, 1);
    if (letters.find(letter) == letters.npos || letter.empty()) continue;
    memcache::fail(r, loop_.arena().concat({"CLIENT_ERROR flag ", letter, " is not supported by the '",
                                            loop_.config().backend, "' backend"}));
    return;
  }
}

// Asked by nobody: the client gets its one answer when the refused block has passed.
void MemcacheDialogue::forget_value() {
  Request* r = loop_.borrow();
  r->orphan = true;
  r->owner = &session_;
  memcache::DecodeContext context = decode_context();
  parser_.decode_removal(*r, context) ? loop_.submit(r) : loop_.give_back(r);
}

void MemcacheDialogue::reply(Request& r, std::string_view bytes) {
  std::string_view copy = loop_.arena().copy(bytes);
  r.op = Op::local;
  r.reply.status = Status::ok;
  r.reply.value.data = copy.data();
  r.reply.value.size = static_cast<uint32_t>(copy.size());
}

void MemcacheDialogue::cut(std::string_view in) {
  log::every("memcache-protocol-error", std::chrono::seconds(1), log::Level::info,
             "memcached connection closed: HTTP, or a line without end",
             {{"client", session_.peer_address()}, {"bytes", in.size()}});
  session_.close_after_replies(metrics::CutReason::protocol_error);
}

// As `memcached -Y`: before anything else a set, of any key, whose value is "user password". Taken as it is, and else
// without the blanks around each, which memcached does not see.
void MemcacheDialogue::authenticate(Request& r) {
  using metrics::metric::memcache_outcomes;
  auto check = [this](std::string_view user, std::string_view password) {
    return config::check_password(loop_.config().auth, user, password);
  };
  std::string_view token = parser_.block();
  size_t blank = std::min(token.find(' '), token.size());
  bool exact = blank < token.size() && check(token.substr(0, blank), token.substr(blank + 1));
  auto trim = [](std::string_view s) {
    s.remove_prefix(std::min(s.find_first_not_of(' '), s.size()));
    return s.substr(0, s.find_last_not_of(' ') + 1);
  };
  token = trim(token);
  blank = token.find(' ');
  if (!exact && blank == token.npos) {
    memcache::fail(r, "CLIENT_ERROR bad authentication token format");
    return;
  }
  authenticated_ = exact || check(token.substr(0, blank), trim(token.substr(blank)));
  loop_.cells().add(memcache_outcomes(metrics::Outcome::auth_cmds));
  if (authenticated_) return reply(r, "STORED\r\n");
  loop_.cells().add(memcache_outcomes(metrics::Outcome::auth_errors));
  memcache::fail(r, "CLIENT_ERROR authentication failure");
}

// The binary protocol: each request gets an error in its own form, with its opcode and opaque, so that such a client
// fails at once; when it is quiet the connection is reset. To close it any sooner would leave requests untold that are
// on their way: there are clients that take no notice.
// https://github.com/memcached/memcached/wiki/BinaryProtocolRevamped
size_t MemcacheDialogue::refuse_binary(std::string_view in) {
  constexpr std::string_view kText = "Unknown command";
  size_t at = 0;
  while (at < in.size() && session_.may_parse()) {
    if (binary_body_ > 0) {
      size_t part = std::min(binary_body_, in.size() - at);
      binary_body_ -= part;
      at += part;
      continue;
    }
    std::string_view header = in.substr(at, memcache::kBinaryHeader);
    if (header[0] != '\x80') {
      cut(header);
      return in.size();
    }
    if (header.size() < memcache::kBinaryHeader) break;
    std::string frame(memcache::kBinaryHeader, '\0');
    frame[0] = '\x81';
    frame[1] = header[1];
    frame[7] = '\x81';  // status 0x0081: unknown command
    frame[11] = static_cast<char>(kText.size());
    header.copy(frame.data() + 12, 4, 12);
    frame += kText;
    for (size_t i = 8; i < 12; ++i) binary_body_ = binary_body_ << 8 | static_cast<unsigned char>(header[i]);
    at += memcache::kBinaryHeader;
    Request* r = session_.begin();
    r->row = &memcache::unknown_row();
    reply(*r, frame);
    count_error(*r, "ERROR");
    session_.answered(r);
  }
  log::every("memcache-binary", std::chrono::seconds(1), log::Level::warning,
             "a client speaks memcached's binary protocol, which is not offered: set it to the text or meta protocol",
             {{"client", session_.peer_address()}});
  return at;
}

bool MemcacheDialogue::compose(Request& r, Output& out) {
  memcache::compose(r, loop_.clock().now_ms, out);
  return true;
}

// An error that the request's status does not show.
void MemcacheDialogue::count_error(const Request& r, std::string_view line) {
  Request shown;
  shown.row = r.row;
  shown.owner = &session_;
  memcache::fail(shown, line);
  loop_.daemon().count_error(loop_.cells(), shown);
}

void MemcacheDialogue::finished(Request& r) {
  if (r.wire == memcache::kFaulty && r.reply.status != Status::pending && !is_error(r.reply.status))
    count_error(r, memcache::kBadFormat);
  count_memcache(loop_.cells(), r);
  note_slow(session_, r, {}, {});
}

void MemcacheDialogue::answer_local(const Command& c, Request& r) {
  switch (c.local) {
    case Local::version: return reply(r, "VERSION " + std::string(kMemcachedVersion) + "\r\n");
    case Local::mn: return reply(r, "MN\r\n");
    case Local::stats: {
      std::string text = stats();
      if (!text.starts_with("ERROR") && !text.starts_with("CLIENT_ERROR")) return reply(r, text);
      memcache::fail(r, loop_.arena().copy(std::string_view(text).substr(0, text.size() - 2)));
      return;
    }
    case Local::flush_all: return flush_all(r);
    case Local::verbosity: return verbosity(r);
    case Local::shutdown: memcache::fail(r, "ERROR: shutdown not enabled"); return;
    case Local::quit:
      r.noreply = true;
      r.reply.status = Status::ok;
      return session_.close_after_replies();
    case Local::none: return;
  }
}

// At once in its turn among this connection's commands; later by the daemon. The newest replaces one that is to come. A
// delay ends with a whole second, one before its time, as memcached's does.
void MemcacheDialogue::flush_all(Request& r) {
  int64_t delay = 0;
  if (parser_.words().size() > (r.noreply ? 2u : 1u) && !memcache::read_signed(parser_.words()[1], delay)) {
    memcache::fail(r, memcache::kBadTime);
    return;
  }
  int64_t expiry = memcache::expiry_of(delay, loop_.clock());
  int64_t at = (expiry / 1000 - 1) * 1000;
  bool now = at <= loop_.clock().now_ms;
  // An instant before the start concerns nothing, and takes the place of one that is to come.
  bool nothing = expiry != kPast && expiry != kNever && expiry <= loop_.daemon().started_ms();
  loop_.daemon().flush_at(now ? kNever : at);
  if (now && !nothing) {
    r.op = Op::flush;
  } else {
    reply(r, "OK\r\n");
  }
}

void MemcacheDialogue::verbosity(Request& r) {
  uint64_t level = 0;
  bool only_noreply = r.noreply && parser_.words().size() == 2;
  if (!only_noreply && !memcache::read_unsigned(parser_.words()[1], level)) {
    memcache::fail(r, memcache::kBadFormat);
    return;
  }
  reply(r, "OK\r\n");
}

}  // namespace cachetted::server
