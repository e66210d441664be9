// What took the store long.
#include "server/slow_requests.h"

#include "server/daemon.h"
#include "server/session.h"

namespace cachetted::server {

void note_slow_request(Session& session, const Request& r, std::string_view extra, std::string_view name) {
  Loop& loop = session.loop();
  int64_t threshold = loop.config().slowlog.threshold_us;
  if (threshold < 0 || r.reply.spent_us < threshold) return;
  Slowlog::Entry e;
  e.at_s = loop.clock().now_ms / 1000;
  e.spent_us = r.reply.spent_us;
  auto add = [&e](std::string_view w) {
    if (e.words.size() == 32) return;
    e.words.emplace_back(w.substr(0, 128));
    if (w.size() > 128) e.words.back() += "... (" + std::to_string(w.size() - 128) + " more bytes)";
  };
  add(r.row->name);
  if (!extra.empty()) add(extra);
  if (!r.late) {  // else its words are gone
    if (r.key.data() != nullptr) add(r.key);
    for (std::string_view w : r.args) add(w);
    if (r.value.data() != nullptr) add(r.value);
  }
  e.client = session.peer_address();
  e.name = name;
  loop.daemon().slowlog().add(std::move(e), loop.config().slowlog.length);
  loop.cells().add(metrics::metric::slowlog_entries());
}

}  // namespace cachetted::server
