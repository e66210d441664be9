// The order of the stages.
#include "pipeline/pipeline.h"

#include "core/clock.h"

namespace cachetted {

Pipeline::Pipeline(std::shared_ptr<const config::Config> config, metrics::Cells& cells, Host& host)
    : cells_(cells), host_(host), random_(steady_ns() | 1) {
  reconfigure(std::move(config));
}

// What caps() lacks never reaches submit(). Names the command as the client knows it.
bool Pipeline::refuse(Request& r) {
  r.reply.status = Status::unsupported;
  r.reply.text =
      host_.arena().concat({"command '", r.row != nullptr ? r.row->name : row(r.op).name, "' is not supported by the '",
                            config_->backend, "' backend", caps_.why != nullptr ? caps_.why(r.op) : ""});
  return false;
}

bool Pipeline::forward(Request& r) {
  if (!caps_.has(r.op)) [[unlikely]]
    return refuse(r);
  if (r.op == Op::get && r.options == 0) [[likely]]
    return true;  // nothing of a plain read is policy
  if (r.op == Op::group) {
    for (Request* c = r.children; c != nullptr; c = c->next)
      if (c->reply.status == Status::pending) forward(*c);
    return true;
  }
  return apply_ttl(r);
}

void Pipeline::backward(Request& r) {
  if (r.op == Op::group) {
    for (Request* c = r.children; c != nullptr; c = c->next) backward(*c);
    return;
  }
  observe(r);
}

void Pipeline::observe(Request& r) {
  if (r.op == Op::get) {
    bool made = (r.reply.value.marks & kMade) != 0;
    if (r.reply.status == Status::ok && !made) cells_.add(metrics::metric::hits(protocol_of(r)));
    if (r.reply.status == Status::miss || made) cells_.add(metrics::metric::misses(protocol_of(r)));
  } else if (r.op == Op::get_many) {
    uint64_t hits = 0;
    for (const Value& v : r.reply.items) hits += v.found;
    cells_.add(metrics::metric::hits(protocol_of(r)), hits);
    cells_.add(metrics::metric::misses(protocol_of(r)), r.reply.items.size() - hits);
  }
}

}  // namespace cachetted
