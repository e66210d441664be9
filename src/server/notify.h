// Messages to systemd: ready, reloading, stopping, and the watchdog, fed only while every loop turns. Without
// NOTIFY_SOCKET, or built without libsystemd, they do nothing. The free functions are main's.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cachetted::notify {

// True when the message was taken. `status` is what `systemctl status` shows.
bool ready(std::string_view status);
bool reloading();  // to be followed by ready()
bool stopping();
bool status(std::string_view text);

// Microseconds after which systemd restarts a silent daemon (WatchdogSec); 0 when it does not watch this process.
uint64_t watchdog_usec();

// Knows which loops turn. beat() is for each loop, once a turn; the rest may be called by any one thread at a time, but
// late() by any. A loop without work must turn too: each has a timer of interval_ns() / 4 or shorter.
class Watchdog {
 public:
  explicit Watchdog(size_t loops);

  void beat(size_t loop, uint64_t now_ns) {
    Beat& beat = beats_[loop];
    beat.turns.store(beat.turns.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    beat.at_ns.store(now_ns, std::memory_order_relaxed);
  }

  // Called by a timer of loop 0 every interval_ns(). Sends WATCHDOG=1 when every loop has turned since the last call,
  // else nothing, so that a loop which stays stuck gets the daemon restarted. (A stuck loop 0 stops the timer itself.)
  // True when every loop had turned.
  bool tick();

  // Half of what systemd allows, or 0 when it does not watch.
  uint64_t interval_ns() const { return usec_ * 1000 / 2; }

  // For /healthz: empty, or which loop has not turned for `limit_ns`. Loops that have not begun yet are not late.
  std::string late(uint64_t now_ns, uint64_t limit_ns) const;

 private:
  struct alignas(64) Beat {
    std::atomic<uint64_t> turns{0}, at_ns{0};
  };
  std::unique_ptr<Beat[]> beats_;
  std::vector<uint64_t> seen_;
  uint64_t usec_;
};

}  // namespace cachetted::notify
