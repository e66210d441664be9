// sd_notify(3), and the watchdog's bookkeeping.
#include "server/notify.h"

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include <cstdio>

#include "core/clock.h"

namespace cachetted::notify {
namespace {

bool send(const std::string& message) {
#ifdef HAVE_LIBSYSTEMD
  return sd_notify(0, message.c_str()) > 0;
#else
  return false;
#endif
}

// One line of the message: a line break inside would begin another assignment.
std::string status_line(std::string_view text) {
  std::string line = "STATUS=";
  for (char c : text) line += c == '\n' ? ' ' : c;
  return line;
}

}  // namespace

bool ready(std::string_view text) { return send("READY=1\n" + status_line(text)); }
bool reloading() { return send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(steady_ns() / 1000)); }
bool stopping() { return send("STOPPING=1\nSTATUS=draining"); }
bool status(std::string_view text) { return send(status_line(text)); }

uint64_t watchdog_usec() {
#ifdef HAVE_LIBSYSTEMD
  uint64_t usec = 0;
  if (sd_watchdog_enabled(0, &usec) > 0) return usec;
#endif
  return 0;
}

Watchdog::Watchdog(size_t loops) : beats_(std::make_unique<Beat[]>(loops)), seen_(loops, 0), usec_(watchdog_usec()) {}

bool Watchdog::tick() {
  bool all = true;
  for (size_t i = 0; i < seen_.size(); ++i) {
    const uint64_t turns = beats_[i].turns.load(std::memory_order_relaxed);
    all &= turns != seen_[i];
    seen_[i] = turns;
  }
  if (all && usec_ > 0) send("WATCHDOG=1");
  return all;
}

std::string Watchdog::late(uint64_t now_ns, uint64_t limit_ns) const {
  std::string reason;
  for (size_t i = 0; i < seen_.size(); ++i) {
    const uint64_t at = beats_[i].at_ns.load(std::memory_order_relaxed);
    if (at == 0 || now_ns <= at || now_ns - at <= limit_ns) continue;
    char text[96];
    std::snprintf(text, sizeof text, "%sloop %zu has not turned for %.1f s", reason.empty() ? "" : "; ", i,
                  static_cast<double>(now_ns - at) / 1e9);
    reason += text;
  }
  return reason;
}

}  // namespace cachetted::notify
