// CLIENT LIST and CLIENT KILL: they ask every loop about its own sessions. The request stays in flight until the last
// loop has answered; its session takes no other command meanwhile.
#include <algorithm>
#include <atomic>
#include <optional>

#include "core/number.h"
#include "server/daemon.h"
#include "server/resp_dialogue.h"

namespace cachetted::server {
namespace {

using resp::is;

// Which sessions are meant.
struct Filter {
  std::vector<uint64_t> ids;
  std::optional<std::string> address, local_address, user;
  bool nobody = false;  // a type that no client here has
  uint64_t skip = 0;    // this session's own id
  std::atomic<int> loops_left{0};
  std::mutex lock;  // guards the two below
  std::vector<std::pair<uint64_t, std::string>> lines;
  int64_t killed = 0;

  bool wants(const Session& s, const RespDialogue& d) const {
    if (nobody || s.id == skip) return false;
    if (!ids.empty() && std::find(ids.begin(), ids.end(), s.id) == ids.end()) return false;
    if (address && s.peer_address() != *address) return false;
    if (local_address && s.local_address() != *local_address) return false;
    return !user || d.user() == *user;
  }
};

// Every client here is a normal one; the other types exist and are empty. False for a type that does not exist.
bool read_type(std::string_view type, Filter& f) {
  if (is(type, "normal")) return true;
  f.nobody = true;
  return is(type, "master") || is(type, "replica") || is(type, "slave") || is(type, "pubsub");
}

// Runs `each` on every session of every loop, then `done` on the home loop.
void ask_all(Loop& home, std::shared_ptr<Filter> f, std::function<void(Session&, RespDialogue&)> each,
             std::function<void()> done) {
  Daemon& daemon = home.daemon();
  f->loops_left = static_cast<int>(daemon.loops());
  for (unsigned i = 0; i < daemon.loops(); ++i) {
    Loop& loop = daemon.loop(i);
    loop.post([&home, &loop, f, each, done] {
      for (Session* s : std::vector<Session*>(loop.sessions())) {
        auto* d = dynamic_cast<RespDialogue*>(&s->dialogue());
        if (d != nullptr && !s->closed() && f->wants(*s, *d)) each(*s, *d);
      }
      if (--f->loops_left == 0) home.post(done);
    });
  }
}

}  // namespace

// Answers a request that stayed in flight, on its own loop, by bytes that outlive the tick.
void RespDialogue::finish_later(Request* r, const Compose& compose) {
  Output out;
  out.lend(Blob::create(Output::kBlob));
  resp::Writer w(out, r->wire);
  compose(w);
  Blob* blob = Blob::create(out.size());
  struct Slice {
    char* base;
    size_t size;
  } slice;
  while (out.slices(&slice, 1) == 1) {
    std::memcpy(blob->data() + blob->size, slice.base, slice.size);
    blob->size += static_cast<uint32_t>(slice.size);
    out.consume(slice.size);
  }
  r->reply.value.blob = blob;
  reply_fixed(*r, blob->view());
  session_.answered(r);
}

void RespDialogue::client_list(const resp::Args& args, Request* r) {
  auto f = std::make_shared<Filter>();
  auto refuse = [&](std::string_view error) {
    reply_error(*r, error);
    session_.answered(r);
  };
  if (args.size() == 4 && is(args[2], "TYPE")) {
    if (!read_type(args[3], *f))
      return refuse(loop_.arena().concat({"ERR Unknown client type '", resp::c_string(args[3]), "'"}));
  } else if (args.size() > 3 && is(args[2], "ID")) {
    for (uint32_t i = 3; i < args.size(); ++i) {
      auto id = parse_integer(args[i]);
      if (!id || *id <= 0) return refuse("ERR Invalid client ID");
      f->ids.push_back(static_cast<uint64_t>(*id));
    }
  } else if (args.size() != 2) {
    return refuse("ERR syntax error");
  }
  ask_all(
      loop_, f,
      [f](Session& s, RespDialogue& d) {
        std::string line = d.describe() + "\n";
        std::lock_guard lock(f->lock);
        f->lines.emplace_back(s.id, std::move(line));
      },
      [this, f, r] {
        std::sort(f->lines.begin(), f->lines.end());
        std::string text;
        for (auto& [id, line] : f->lines) text += line;
        finish_later(r, [&](resp::Writer& w) { w.verbatim(text); });
      });
}

// The old form, CLIENT KILL addr:port, replies OK or an error; the new one, with filters, a count.
void RespDialogue::client_kill(const resp::Args& args, Request* r) {
  auto f = std::make_shared<Filter>();
  auto refuse = [&](std::string_view error) {
    reply_error(*r, error);
    session_.answered(r);
  };
  bool old_form = args.size() == 3;
  bool skip_self = !old_form;
  if (old_form) {
    f->address = args[2];
  } else {
    for (uint32_t i = 2; i < args.size(); i += 2) {
      if (i + 1 >= args.size()) return refuse("ERR syntax error");
      std::string_view name = args[i], value = args[i + 1];
      if (is(name, "ID")) {
        auto id = parse_integer(value);
        if (!id || *id <= 0) return refuse("ERR client-id should be greater than 0");
        f->ids.push_back(static_cast<uint64_t>(*id));
      } else if (is(name, "TYPE")) {
        if (!read_type(value, *f))
          return refuse(loop_.arena().concat({"ERR Unknown client type '", resp::c_string(value), "'"}));
      } else if (is(name, "ADDR")) {
        f->address = value;
      } else if (is(name, "LADDR")) {
        f->local_address = value;
      } else if (is(name, "USER")) {
        const auto& users = loop_.config().auth.users;
        bool known =
            value == "default" || std::any_of(users.begin(), users.end(), [&](auto& u) { return u.name == value; });
        if (!known) return refuse(loop_.arena().concat({"ERR No such user '", resp::c_string(value), "'"}));
        f->user = value;
      } else if (is(name, "SKIPME") && (is(value, "yes") || is(value, "no"))) {
        skip_self = is(value, "yes");
      } else {
        return refuse("ERR syntax error");
      }
    }
  }
  if (skip_self) f->skip = session_.id;
  uint64_t self = session_.id;
  ask_all(
      loop_, f,
      [f, self](Session& s, RespDialogue&) {
        if (s.id == self) {
          s.close_after_replies(metrics::CutReason::killed);  // its client still learns the count
        } else {
          s.kill(metrics::CutReason::killed);
        }
        std::lock_guard lock(f->lock);
        ++f->killed;
      },
      [this, f, r, old_form] {
        finish_later(r, [&](resp::Writer& w) {
          if (!old_form) {
            w.integer(f->killed);
          } else if (f->killed > 0) {
            w.simple("OK");
          } else {
            w.error("ERR No such client");
          }
        });
      });
}

}  // namespace cachetted::server
