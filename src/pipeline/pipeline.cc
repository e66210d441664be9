// The order of the stages.
#include "pipeline/pipeline.h"

#include "core/clock.h"

namespace cachetted {

Pipeline::Pipeline(std::shared_ptr<const config::Config> config, metrics::Cells& cells, Host& host, Feed& feed)
    : cells_(cells), host_(host), feed_(feed), random_(steady_ns() | 1) {
  reconfigure(std::move(config));
}

Pipeline::~Pipeline() = default;

// What caps() lacks never reaches submit(). Names the command as the client knows it.
bool Pipeline::refuse(Request& r) {
  r.reply.status = Status::unsupported;
  r.reply.text =
      host_.arena().concat({"command '", r.row != nullptr ? r.row->name : row(r.op).name, "' is not supported by the '",
                            rules_->config->backend, "' backend", caps_.why != nullptr ? caps_.why(r.op) : ""});
  return false;
}

Pipeline::Forward Pipeline::forward(Request& r) {
  if (!caps_.has(r.op)) [[unlikely]]
    return refuse(r), Forward::answered;
  if (r.op == Op::get && r.options == 0 && !rules_->convert) [[likely]]
    return Forward::submit;  // nothing of a plain read is policy
  if (r.op == Op::group) return forward_group(r);
  if (!apply_ttl(r)) return Forward::answered;
  return convert(r, plan(r, false));
}

bool Pipeline::backward(Request& r) {
  if (decode_later(r)) [[unlikely]]
    return false;
  observe(r);
  return true;
}

void Pipeline::observe(Request& r) {
  if (r.op == Op::group) {
    for (Request* c = r.children; c != nullptr; c = c->next) observe(*c);
  } else if (r.op == Op::get) {
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
