// MULTI, EXEC, DISCARD, WATCH, UNWATCH. Queued commands are kept as RESP, parsed again at EXEC, and leave as the
// children of one group request. A Watch belongs to the dialogue until EXEC, DISCARD or UNWATCH hands it to a request,
// which lets go of it when done.
#include "server/daemon.h"
#include "server/resp_dialogue.h"

namespace cachetted::server {
namespace {

constexpr size_t kMaxQueue = 256 << 20;  // bytes that one transaction takes up, as commands and as requests

void append_resp(std::string& to, const resp::Args& args) {
  to += '*' + std::to_string(args.size()) + "\r\n";
  for (uint32_t i = 0; i < args.size(); ++i) {
    to += '$' + std::to_string(args[i].size()) + "\r\n";
    to += args[i];
    to += "\r\n";
  }
}

}  // namespace

void RespDialogue::enqueue(const resp::Command& c, const resp::Args& args, Request& r) {
  size_t bytes = queue_.size() + (queued_ + 1) * sizeof(Request);
  for (uint32_t i = 0; i < args.size(); ++i) bytes += args[i].size() + 16;
  if (bytes > kMaxQueue) {
    multi_broken_ = true;
    return reply_error(r, "ERR a transaction may hold " + std::to_string(kMaxQueue) + " bytes of commands");
  }
  if ((c.flags & resp::kDenyoom) != 0 && loop_.daemon().store().full()) {
    multi_broken_ = true;
    r.reply.status = Status::out_of_memory;
    return;
  }
  if (c.local == resp::Local::client_list || c.local == resp::Local::client_kill) {
    multi_broken_ = true;
    return reply_error(r, "ERR this command asks other connections and cannot be part of a transaction");
  }
  if (c.local == resp::Local::select && loop_.caps().has(Op::raw)) {
    multi_broken_ = true;
    return reply_error(r, "ERR SELECT inside MULTI is not supported by the '" + loop_.config().backend + "' backend");
  }
  append_resp(queue_, args);
  ++queued_;
  r.row = &resp::unknown_row();  // what is counted now is no run of the command
  reply_fixed(r, "+QUEUED\r\n");
}

void RespDialogue::multi(Request& r) {
  if (in_multi_) return reply_error(r, "ERR MULTI calls can not be nested");
  in_multi_ = true;
  reply_ok(r);
}

void RespDialogue::abandon_transaction() {
  in_multi_ = multi_broken_ = false;
  queued_ = 0;
  std::string().swap(queue_);
}

void RespDialogue::discard(Request& r) {
  if (!in_multi_) return reply_error(r, "ERR DISCARD without MULTI");
  abandon_transaction();
  give_up_watch(r);
  reply_ok(r);
}

// The watch ends with r: when its reply is out, so behind a WATCH that is still under way.
void RespDialogue::give_up_watch(Request& r) { r.watch = watch_.release(); }

void RespDialogue::watch(const resp::Args& args, Request* r) {
  if (in_multi_) {
    reply_error(*r, "ERR WATCH inside MULTI is not allowed");
    return session_.answered(r);
  }
  const Caps& caps = loop_.caps();
  if (!caps.isolated_groups || !caps.has(Op::group) || !caps.has(Op::watch)) {
    reply_error(*r, "ERR WATCH is not supported by the '" + loop_.config().backend + "' backend");
    return session_.answered(r);
  }
  if (watch_ == nullptr) watch_ = std::make_unique<Watch>();
  decode(static_cast<const resp::Command&>(*r->row), args, *r);
  r->watch = watch_.get();
  session_.submit(r);
}

void RespDialogue::exec(Request* r) {
  if (!in_multi_) {
    reply_error(*r, "ERR EXEC without MULTI");
    return session_.answered(r);
  }
  if (multi_broken_) {
    abandon_transaction();
    reply_error(*r, "EXECABORT Transaction discarded because of previous errors.");
    give_up_watch(*r);
    return session_.answered(r);
  }
  std::string_view queue = loop_.arena().copy(queue_);
  uint32_t queued = queued_;
  if (watch_ != nullptr)
    before_ = std::make_unique<Before>(
        Before{version_, db_, authenticated_, replies_, user_, name_, library_name_, library_version_});
  abandon_transaction();
  r->op = Op::group;
  r->number = queued;
  give_up_watch(*r);
  Request** link = &r->children;
  resp::Parser parser;
  for (uint32_t i = 0; i < queued; ++i) {
    parser.parse(queue, true, loop_.arena());
    resp::Args args = parser.args();
    Request* child = loop_.borrow();
    child->owner = &session_;
    child->wire = static_cast<uint8_t>(version_);
    child->db = db_;
    *link = child;
    link = &child->next;
    const resp::Command* c = identify(args, *child);
    child->row = c != nullptr ? c : &resp::unknown_row();
    if (c == nullptr) {  // passed on when it was queued, and refused since
      child->op = Op::local;
    } else if (c->local == resp::Local::none) {
      decode(*c, args, *child);
    } else {
      answer_queued(*c, args, *child);
      if (before_ != nullptr) settling_ = r;
    }
    queue.remove_prefix(parser.consumed());
    parser.reset();
  }
  if (settling_ != r) {
    before_.reset();
  } else {
    session_.wait_for_replies();  // what is sent next goes by what these have changed
  }
  session_.submit(r);
}

// A watched key was changed: what the commands about the connection did is undone.
void RespDialogue::executed(const Request& r) {
  const std::unique_ptr<Before> before = std::move(before_);
  if (r.reply.status == Status::ok) return;
  version_ = before->version;
  db_ = before->db;
  authenticated_ = before->authenticated;
  replies_ = before->replies;
  user_ = std::move(before->user);
  name_ = std::move(before->name);
  library_name_ = std::move(before->library_name);
  library_version_ = std::move(before->library_version);
}

}  // namespace cachetted::server
