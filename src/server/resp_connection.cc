// Commands about the connection itself: HELLO, AUTH, SELECT, RESET, CLIENT and the small ones.
#include <algorithm>

#include "core/number.h"
#include "server/daemon.h"
#include "server/resp_dialogue.h"

namespace cachetted::server {

using resp::Args;
using resp::Command;
using resp::is;
using resp::Local;
using resp::Writer;

namespace {

bool printable(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return c >= '!' && c <= '~'; });
}

constexpr std::string_view kSyntax = "ERR syntax error";
constexpr std::string_view kPing[] = {"PING"};
constexpr std::string_view kRefused = "it refuses the database: ";  // as backends/redis says it; then the store's words

}  // namespace

// Everything that no backend sees. What changes the FIFO or stays under way comes first; the rest is answered in place.
void RespDialogue::answer_local(const Command& c, const Args& args, Request* r) {
  if (c.local == Local::exec) return exec(r);
  if (c.local == Local::watch) return watch(args, r);
  if (c.local == Local::client_list) return client_list(args, r);
  if (c.local == Local::client_kill) return client_kill(args, r);
  if (c.local == Local::http) {  // no reply, nor any of this tick: a browser's script must learn nothing
    session_.answered(r);
    return session_.kill(metrics::CutReason::protocol_error);
  }
  if (!answer_connection(c, args, *r)) answer_server(c, args, *r);
  r == settling_ ? session_.submit(r) : session_.answered(r);
}

// The same inside a transaction, where nothing may stay under way.
void RespDialogue::answer_queued(const Command& c, const Args& args, Request& r) {
  if (!answer_connection(c, args, r)) answer_server(c, args, r);
}

bool RespDialogue::answer_connection(const Command& c, const Args& args, Request& r) {
  if (c.local == Local::ping) {
    if (args.size() > 2) {
      resp::fail_arity(r, c, loop_.arena());
    } else if (args.size() == 1) {
      reply_fixed(r, "+PONG\r\n");
    } else {
      reply(r, [&](Writer& w) { w.bulk(args[1]); });
    }
  } else if (c.local == Local::echo) {
    reply(r, [&](Writer& w) { w.bulk(args[1]); });
  } else if (c.local == Local::multi) {
    multi(r);
  } else if (c.local == Local::discard) {
    discard(r);
  } else if (c.local == Local::unwatch) {
    give_up_watch(r);
    reply_ok(r);
  } else if (c.local == Local::select) {
    select(args, r);
  } else if (c.local == Local::hello) {
    hello(args, r);
  } else if (c.local == Local::auth) {
    auth(args, r);
  } else if (c.local == Local::quit) {
    reply_ok(r);
    session_.close_after_replies();
  } else if (c.local == Local::reset) {
    reset(r);
  } else if (c.local == Local::time) {
    int64_t now = wall_us();
    reply(r, [&](Writer& w) {
      w.array(2);
      w.bulk(std::to_string(now / 1'000'000));
      w.bulk(std::to_string(now % 1'000'000));
    });
  } else if (c.local == Local::lastsave) {
    reply(r, [&](Writer& w) { w.integer(loop_.daemon().started_ms() / 1000); });
  } else if (c.local == Local::readonly) {
    reply_error(r, "ERR This instance has cluster support disabled");
  } else if (c.local == Local::wait) {
    wait(args, r);
  } else if (c.local == Local::client_id) {
    reply(r, [&](Writer& w) { w.integer(static_cast<int64_t>(session_.id)); });
  } else if (c.local == Local::client_getname) {
    reply(r, [&](Writer& w) { name_.empty() ? w.null() : w.bulk(name_); });
  } else if (c.local == Local::client_setname) {
    set_name(args[2], r);
  } else if (c.local == Local::client_setinfo) {
    set_info(args, r);
  } else if (c.local == Local::client_info) {
    reply(r, [&](Writer& w) { w.verbatim(describe() + "\n"); });
  } else if (c.local == Local::client_no_evict || c.local == Local::client_no_touch) {
    is(args[2], "on") || is(args[2], "off") ? reply_ok(r) : reply_error(r, kSyntax);
  } else if (c.local == Local::client_reply) {
    set_replies(args, r);
  } else if (c.local == Local::client_unpause) {
    reply_ok(r);
  } else {
    return false;
  }
  return true;
}

void RespDialogue::select(const Args& args, Request& r) {
  auto n = parse_integer(args[1]);
  if (!n) return reply_error(r, "ERR value is not an integer or out of range");
  if (*n < INT32_MIN || *n > INT32_MAX) {
    return reply_error(r, "ERR value is out of range, value must between -2147483648 and 2147483647");
  }
  if (*n < 0 || *n >= databases()) return reply_error(r, "ERR DB index is out of range");
  if (db_ == *n) return reply_ok(r);
  change_connection();
  if (*n == 0 || !loop_.caps().has(Op::raw)) {
    db_ = static_cast<uint16_t>(*n);
    return reply_ok(r);
  }
  // Only the store knows which databases it has: it is asked on the connection for that one, which begins with a
  // SELECT.
  r.op = Op::raw;
  r.options = kNothing;
  r.args = kPing;
  r.db = static_cast<uint16_t>(*n);
  settling_ = &r;
}

// What the store has said to it. A refusal is told in the store's own words.
void RespDialogue::settle(Request& r) {
  settling_ = nullptr;
  if (r.op == Op::group) return executed(r);
  if (!is_error(r.reply.status)) {
    db_ = r.db;
  } else if (size_t at = r.reply.text.find(kRefused); at != std::string_view::npos) {
    reply_error(r, r.reply.text.substr(at + kRefused.size()));
  }
}

// A store with a connection for each database and version answers what is under way on the old one first: else what is
// sent next could overtake it.
void RespDialogue::change_connection() {
  if (loop_.caps().has(Op::raw)) session_.wait_for_replies();
}

void RespDialogue::wait(const Args& args, Request& r) {
  if (!parse_integer(args[1])) return reply_error(r, "ERR value is not an integer or out of range");
  auto timeout = parse_integer(args[2]);
  if (!timeout) return reply_error(r, "ERR timeout is not an integer or out of range");
  if (*timeout < 0) return reply_error(r, "ERR timeout is negative");
  reply_fixed(r, ":0\r\n");
}

void RespDialogue::reset(Request& r) {
  abandon_transaction();
  give_up_watch(r);
  if (db_ != 0 || version_ != 2) change_connection();
  db_ = 0;
  version_ = 2;
  name_.clear();
  user_ = "default";
  replies_ = Replies::on;
  r.noreply = false;
  authenticated_ = !loop_.config().auth.required;
  reply_fixed(r, "+RESET\r\n");
}

bool RespDialogue::log_in(std::string_view user, std::string_view password) {
  const config::Auth& auth = loop_.config().auth;
  bool open_default = user == "default" && !auth.required &&
                      std::none_of(auth.users.begin(), auth.users.end(), [](auto& u) { return u.name == "default"; });
  if (!open_default && !config::check_password(auth, user, password)) return false;
  user_ = user;
  authenticated_ = true;
  return true;
}

constexpr std::string_view kWrongPass = "WRONGPASS invalid username-password pair or user is disabled.";

void RespDialogue::auth(const Args& args, Request& r) {
  if (args.size() > 3) return reply_error(r, kSyntax);
  const auto& users = loop_.config().auth.users;
  bool default_has_password = std::any_of(users.begin(), users.end(), [](auto& u) { return u.name == "default"; });
  if (args.size() == 2 && !default_has_password) {
    return reply_error(
        r,
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your "
        "configuration is correct?");
  }
  std::string_view user = args.size() == 3 ? args[1] : "default", password = args[args.size() - 1];
  log_in(user, password) ? reply_ok(r) : reply_error(r, kWrongPass);
}

void RespDialogue::hello(const Args& args, Request& r) {
  int64_t version = 0;
  if (args.size() >= 2) {
    auto n = parse_integer(args[1]);
    if (!n) return reply_error(r, "ERR Protocol version is not an integer or out of range");
    if (*n < 2 || *n > 3) return reply_error(r, "NOPROTO unsupported protocol version");
    version = *n;
  }
  for (uint32_t i = 2; i < args.size(); ++i) {  // each takes effect before the next is looked at
    uint32_t more = args.size() - 1 - i;
    if (is(args[i], "AUTH") && more >= 2) {
      if (!log_in(args[i + 1], args[i + 2])) return reply_error(r, kWrongPass);
      i += 2;
    } else if (is(args[i], "SETNAME") && more >= 1) {
      set_name(args[++i], r);
      if (is_error(r.reply.status)) return;
    } else {
      return reply_error(r, loop_.arena().concat({"ERR Syntax error in HELLO option '", resp::c_string(args[i]), "'"}));
    }
  }
  if (!authenticated_) {
    return reply_error(
        r,
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH "
        "<user> <pass> option can be used to authenticate the client and select the RESP protocol version at "
        "the same time");
  }
  if (version != 0 && version != version_) change_connection();
  if (version != 0) version_ = static_cast<int>(version);
  reply(r, [&](Writer& w) {
    w.map(7);
    w.bulk("server");
    w.bulk("redis");
    w.bulk("version");
    w.bulk(kRedisVersion);
    w.bulk("proto");
    w.integer(version_);
    w.bulk("id");
    w.integer(static_cast<int64_t>(session_.id));
    w.bulk("mode");
    w.bulk("standalone");
    w.bulk("role");
    w.bulk("master");
    w.bulk("modules");
    w.array(0);
  });
}

void RespDialogue::set_name(std::string_view name, Request& r) {
  if (!printable(name))
    return reply_error(r, "ERR Client names cannot contain spaces, newlines or special characters.");
  name_ = name;
  reply_ok(r);
}

void RespDialogue::set_info(const Args& args, Request& r) {
  std::string* field = is(args[2], "LIB-NAME") ? &library_name_ : is(args[2], "LIB-VER") ? &library_version_ : nullptr;
  if (field == nullptr)
    return reply_error(r, loop_.arena().concat({"ERR Unrecognized option '", resp::c_string(args[2]), "'"}));
  if (!printable(args[3])) {
    std::string_view what = field == &library_name_ ? "lib-name" : "lib-ver";
    return reply_error(r,
                       loop_.arena().concat({"ERR ", what, " cannot contain spaces, newlines or special characters."}));
  }
  *field = args[3];
  reply_ok(r);
}

void RespDialogue::set_replies(const Args& args, Request& r) {
  if (is(args[2], "ON")) {
    replies_ = Replies::on;
    r.noreply = false;
    reply_ok(r);
  } else if (is(args[2], "OFF")) {
    replies_ = Replies::off;
    r.noreply = true;
    reply_ok(r);
  } else if (is(args[2], "SKIP")) {
    if (replies_ != Replies::off) replies_ = Replies::skip_next;
    r.noreply = true;
    reply_ok(r);
  } else {
    reply_error(r, kSyntax);
  }
}

// The fields of redis-server 7.0, and the library's of later ones.
std::string RespDialogue::describe() const {
  uint64_t now = steady_ns();
  auto seconds = [now](uint64_t since) { return std::to_string(now > since ? (now - since) / 1'000'000'000 : 0); };
  std::string s =
      "id=" + std::to_string(session_.id) + " addr=" + session_.peer_address() + " laddr=" + session_.local_address() +
      " fd=" + std::to_string(session_.fd()) + " name=" + name_ + " age=" + seconds(session_.created()) +
      " idle=" + seconds(session_.last_input()) + " flags=" + (in_multi_ ? "x" : "N") + " db=" + std::to_string(db_) +
      " sub=0 psub=0 ssub=0 multi=" + (in_multi_ ? std::to_string(queued_) : "-1") +
      " qbuf=" + std::to_string(session_.buffered()) +
      " qbuf-free=0 argv-mem=0 multi-mem=" + std::to_string(queue_.size()) +
      " rbs=0 rbp=0 obl=0 oll=0 omem=" + std::to_string(session_.unsent()) +
      " tot-mem=" + std::to_string(session_.buffered() + session_.unsent() + queue_.size() + sizeof(Session)) +
      " events=r cmd=" + std::string(last_ != nullptr ? last_->name : "NULL") + " user=" + user_ +
      " redir=-1 resp=" + std::to_string(version_) + " lib-name=" + library_name_ + " lib-ver=" + library_version_;
  return s;
}

}  // namespace cachetted::server
