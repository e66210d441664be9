// A RESP client's conversation: from bytes to a request under way.
#include "server/resp_dialogue.h"

#include <algorithm>

#include "server/daemon.h"
#include "server/log.h"
#include "server/slow_requests.h"

namespace cachetted::server {

using resp::Args;
using resp::Command;
using resp::Parser;

RespDialogue::RespDialogue(Session& session)
    : session_(session), loop_(session.loop()), authenticated_(!session.loop().config().auth.required) {}

RespDialogue::~RespDialogue() {
  if (watch_ != nullptr) loop_.backend().unwatch(*watch_);
}

size_t RespDialogue::consume(std::string_view in) {
  size_t at = 0;
  wanted_ = 0;
  while (at < in.size() && session_.may_parse()) {
    Parser& p = partial_ != nullptr ? *partial_ : loop_.parser();
    const config::Limits& limits = loop_.config().limits;
    switch (p.parse(in.substr(at), authenticated_, loop_.arena(), std::max(limits.max_value, limits.max_key))) {
      case Parser::Result::complete:
        dispatch(p.args(), p.largest());
        at += p.consumed();
        p.reset();
        partial_.reset();
        break;
      case Parser::Result::blank:
        at += p.consumed();
        p.reset();
        partial_.reset();
        break;
      case Parser::Result::swallowed:
        at += p.consumed();
        if (partial_ == nullptr) {
          partial_ = std::make_unique<Parser>(std::move(p));
          loop_.parser() = Parser();
        }
        return at;
      case Parser::Result::oversized: {
        at += p.consumed();
        Request* r = begin(resp::unknown_row());
        refuse_size(*r, "value", p.refused(), limits.max_value, "limits.max_value");
        refuse(r);
        p.reset();
        partial_.reset();
        break;
      }
      case Parser::Result::incomplete:
        wanted_ = p.wanted();
        if (partial_ != nullptr) return at;
        // A command of few words is as soon parsed again; of a long one the place is kept.
        if (p.args().size() > 64) {
          partial_ = std::make_unique<Parser>(std::move(p));
          loop_.parser() = Parser();
        } else {
          p.reset();
        }
        return at;
      case Parser::Result::error: {
        std::string text = "ERR " + p.error();
        p.reset();
        log::every("protocol-error", std::chrono::seconds(1), log::Level::info,
                   "connection closed after a protocol error", {{"client", session_.peer_address()}, {"error", text}});
        Request* r = begin(resp::unknown_row());
        reply_error(*r, text);
        session_.answered(r);
        session_.close_after_replies(metrics::CutReason::protocol_error);
        return in.size();
      }
    }
  }
  return at;
}

Request* RespDialogue::begin(const Command& row) {
  Request* r = session_.begin();
  r->row = &row;
  r->wire = static_cast<uint8_t>(version_);
  r->db = db_;
  if (replies_ != Replies::on) [[unlikely]] {
    r->noreply = true;
    if (replies_ == Replies::skip_next) replies_ = Replies::on;
  }
  return r;
}

// As processCommand in redis-server: name, arity, rights, transaction, in this order.
void RespDialogue::dispatch(const Args& args, size_t largest) {
  Request* r = begin(resp::unknown_row());
  const Command* c = identify(args, *r);
  if (c == nullptr) return refuse(r);
  last_ = c;
  if (!authenticated_ && (c->flags & resp::kNoAuth) == 0) {
    bool exec = c->local == resp::Local::exec;
    return refuse(r, exec ? "EXECABORT Transaction discarded because of: NOAUTH Authentication required."
                          : "NOAUTH Authentication required.");
  }
  const config::Limits& limits = loop_.config().limits;
  if (largest > std::min(limits.max_key, limits.max_value) && !check_sizes(*c, args, *r)) return refuse(r);
  if (in_multi_ && (c->flags & resp::kNoMulti) == 0) {
    enqueue(*c, args, *r);
    return session_.answered(r);
  }
  run(*c, args, r);
}

const Command* RespDialogue::identify(const Args& args, Request& r) {
  Arena& arena = loop_.arena();
  const Command* c = resp::find_command(args[0]);
  if (c == nullptr) return identify_foreign(args, r);
  if ((c->flags & resp::kContainer) != 0 && args.size() > 1) {
    const Command* sub = resp::find_subcommand(*c, args[1]);
    if (sub == nullptr) {
      std::string name(c->name);
      for (char& ch : name) ch = static_cast<char>(std::toupper(ch));
      reply_error(r, arena.concat({"ERR unknown subcommand '", resp::c_string(args[1]).substr(0, 128), "'. Try ", name,
                                   " HELP."}));
      return nullptr;
    }
    c = sub;
    // What the store's own server knows better.
    if (c->op == Op::inspect && loop_.caps().has(Op::raw) && !c->name.starts_with("cachette"))
      return identify_foreign(args, r);
  }
  r.row = c;
  int words = static_cast<int>(args.size());
  const std::vector<bool>& denied = loop_.denied();
  if (c->arity > 0 ? words != c->arity : words < -c->arity) {
    resp::fail_arity(r, *c, arena);
  } else if (!denied.empty() && denied[c->label] && authenticated_) [[unlikely]] {
    deny(c->name.substr(0, c->name.find('|')), r);
  } else {
    return c;
  }
  if (c->local == resp::Local::exec) {  // a refused EXEC ends the transaction all the same
    abandon_transaction();
    give_up_watch(r);
    reply_error(r, "EXECABORT Transaction discarded because of: " + std::string(r.reply.text.substr(4)));
  }
  return nullptr;
}

// What no row answers: passed on where the store speaks RESP and may be asked it.
const Command* RespDialogue::identify_foreign(const Args& args, Request& r) {
  Arena& arena = loop_.arena();
  std::string name(args[0].substr(0, 128));
  for (char& ch : name) ch = static_cast<char>(std::tolower(ch));
  auto unsupported = [&](std::string_view how, std::string_view why) {
    r.reply.status = Status::unsupported;
    r.reply.text = arena.concat({"command '", name, how, loop_.config().backend, "' backend", why});
    return nullptr;
  };
  auto* words = arena.array<std::string_view>(args.size());
  for (uint32_t i = 0; i < args.size(); ++i) words[i] = args[i];
  r.args = {words, args.size()};
  const Foreign* f = loop_.caps().has(Op::raw) ? loop_.backend().find_foreign(r.args) : nullptr;
  const std::vector<std::string>& denied = loop_.config().commands.deny;
  if (f != nullptr && std::find(denied.begin(), denied.end(), name) != denied.end()) {
    deny(name, r);
    return nullptr;
  }
  if (f != nullptr && !f->refused.empty()) return unsupported("' is not passed on to the '", ": " + f->refused);
  if (f == nullptr) {
    bool known = resp::is_foreign_command(args[0]);
    if (known && !loop_.caps().has(Op::raw)) return unsupported("' is not supported by the '", "");
    std::string trouble = known ? loop_.daemon().store().trouble() : "";
    if (!trouble.empty()) {
      r.reply.status = Status::unavailable;
      r.reply.text = arena.copy(trouble);
      return nullptr;
    }
    reply_error(r, resp::unknown_command(args, arena));
    return nullptr;
  }
  int n = static_cast<int>(args.size());
  if (f->arity > 0 ? n != f->arity : n < -f->arity) {
    reply_error(r, arena.concat({"ERR wrong number of arguments for '", f->name, "' command"}));
    return nullptr;
  }
  if (f->reads) r.options |= kNothing;
  if (f->write && f->first_key > 0 && f->first_key < n && f->step > 0) {
    r.key = args[static_cast<uint32_t>(f->first_key)];
    r.number = f->first_key;
    r.number2 = std::min(n - 1, f->last_key < 0 ? n + f->last_key : f->last_key);
    r.cas = static_cast<uint64_t>(f->step);
  }
  r.row = &resp::passed_on_row();
  return &resp::passed_on_row();
}

bool RespDialogue::check_sizes(const Command& c, const Args& args, Request& r) {
  const config::Limits& limits = loop_.config().limits;
  if (c.first_key > 0) {
    auto n = static_cast<int>(args.size());
    int last = c.last_key < 0 ? n + c.last_key : c.last_key;
    for (int i = c.first_key; i <= last && i < n; i += c.step) {
      size_t size = args[static_cast<uint32_t>(i)].size();
      if (size > limits.max_key) return refuse_size(r, "key", size, limits.max_key, "limits.max_key");
    }
  }
  for (uint32_t i = 0; i < args.size(); ++i)
    if (args[i].size() > limits.max_value)
      return refuse_size(r, "value", args[i].size(), limits.max_value, "limits.max_value");
  return true;
}

bool RespDialogue::refuse_size(Request& r, const char* what, size_t size, uint64_t limit, const char* option) {
  reply_error(r, "ERR " + std::string(what) + " of " + std::to_string(size) + " bytes is over the limit of " +
                     std::to_string(limit) + " (" + option + ")");
  return false;
}

void RespDialogue::deny(std::string_view name, Request& r) {
  reply_error(r, loop_.arena().concat({"ERR command '", name, "' is denied (commands.deny)"}));
}

void RespDialogue::refuse(Request* r) {
  if (in_multi_) multi_broken_ = true;
  session_.answered(r);
}

void RespDialogue::refuse(Request* r, std::string_view error) {
  reply_error(*r, error);
  refuse(r);
}

void RespDialogue::run(const Command& c, const Args& args, Request* r) {
  if ((c.flags & resp::kBarrier) != 0) {
    session_.wait_for_replies();
    barrier_word_ = args[args.size() - 1].substr(0, 128);
  }
  if (c.local == resp::Local::none) {
    if (decode(c, args, *r)) return session_.submit(r);
    return session_.answered(r);
  }
  answer_local(c, args, r);
}

uint32_t RespDialogue::databases() const { return loop_.caps().databases ? loop_.config().limits.databases : 1; }

bool RespDialogue::decode(const Command& c, const Args& args, Request& r) {
  const config::Limits& limits = loop_.config().limits;
  resp::DecodeContext context{loop_.clock(), loop_.arena(), static_cast<uint16_t>(databases()), limits.max_value};
  r.op = c.op;
  r.db = db_;
  return c.decode(args, r, context);
}

void RespDialogue::finished(Request& r) {
  if (r.watch != nullptr && r.op != Op::watch) {  // EXEC, or what gave the watch up
    loop_.backend().unwatch(*r.watch);
    delete r.watch;
    r.watch = nullptr;
  }
  note_slow(session_, r, barrier_word_, name_);
  if (!barrier_word_.empty()) [[unlikely]]
    barrier_word_.clear();  // nothing else was in flight beside a barrier
}

// --- replies made here ---

void RespDialogue::reply(Request& r, const Compose& compose) {
  Output& out = loop_.scratch_output();
  if (!out.lent()) out.lend(Blob::create(Output::kBlob));
  resp::Writer w(out, version_);
  compose(w);
  size_t size = out.size();
  char* bytes = loop_.arena().allocate(size);
  struct Slice {
    char* base;
    size_t size;
  } slices[16];
  for (size_t at = 0; at < size;) {
    unsigned n = out.slices(slices, 16);
    size_t part = 0;
    for (unsigned i = 0; i < n; ++i) {
      std::memcpy(bytes + at + part, slices[i].base, slices[i].size);
      part += slices[i].size;
    }
    out.consume(part);
    at += part;
  }
  reply_fixed(r, {bytes, size});
}

void RespDialogue::reply_error(Request& r, std::string_view error) {
  r.reply.status = Status::invalid;
  r.reply.text = loop_.arena().copy(error);
}

void RespDialogue::reply_fixed(Request& r, std::string_view wire) {
  r.reply.status = Status::ok;
  r.reply.value.data = wire.data();
  r.reply.value.size = static_cast<uint32_t>(wire.size());
}

void RespDialogue::reply_help(Request& r, std::string_view container, std::initializer_list<std::string_view> lines) {
  reply(r, [&](resp::Writer& w) {
    std::string title;
    for (char c : container) title += static_cast<char>(std::toupper(c));
    title += " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:";
    w.array(lines.size() + 3);
    w.simple(title);
    for (std::string_view l : lines) w.simple(l);
    w.simple("HELP");
    w.simple("    Prints this help.");
  });
}

}  // namespace cachetted::server
