// To add a backend: make backends/<name>/, derive from Backend, list what it does natively in caps(), answer every
// request of submit() by exactly one host.complete(), and add its row to backends/registry.cc and its folder to
// backends/meson.build. docs/adding-a-backend.md walks through one. What caps() lacks the pipeline refuses.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "core/arena.h"
#include "core/clock.h"
#include "core/request.h"

struct uv_loop_s;

namespace cachetted {

namespace config {
struct Config;
}
namespace metrics {
class Cells;
}

// What a backend does by itself.
struct Caps {
  uint64_t ops = 0;              // bit per Op
  bool isolated_groups = false;  // a group runs with nobody in between: WATCH can be offered
  bool databases = false;        // more than database 0
  bool marks = false;            // remembers what Mark names, and takes a cas that the client gives
  // Of an operation that it lacks, what goes behind "is not supported by the '...' backend"; null: nothing.
  std::string_view (*why)(Op) = nullptr;
  bool has(Op op) const { return (ops >> static_cast<int>(op) & 1) != 0; }
};

// The requests of one tick, in the order in which their sessions sent them.
using Batch = std::span<Request* const>;

// A command of the store's own protocol that cachetted passes on without knowing what it does.
struct Foreign {
  std::string name;                           // lower case; of a subcommand "object|freq"
  int arity = 0;                              // words including the name; negative: at least so many
  bool write = false;                         // it may change a key
  bool reads = false;                         // it changes nothing, whatever happens
  int first_key = 0, last_key = 0, step = 0;  // as COMMAND has them, last_key from the end where negative; first_key 0:
                                              // no keys, or none in fixed places
  std::string refused;                        // why it may not be passed on; empty: it may
};

// What a loop offers its backends. Every call on the loop's own thread.
class Host {
 public:
  virtual ~Host() = default;
  // Marks the request answered: its reply slot is filled. Legal inside submit(). Exactly once a request; it
  // neither writes, parses nor frees, so the backend may go on using its own state.
  virtual void complete(Request& r) = 0;
  // Bytes for small replies, valid until the end of the tick.
  virtual Arena& arena() = 0;
  virtual const Clock& clock() const = 0;
  // Something came in from outside: the first of a turn sets the clock.
  virtual void note_input() = 0;
  // Runs a task on the loop's thread, soon; the one call that any thread may make: how a worker gets its answer back.
  virtual void post(std::function<void()> task) = 0;
  // The loop itself, for a backend's own sockets and timers.
  virtual uv_loop_s* event_loop() = 0;
  virtual const config::Config& config() const = 0;
  virtual metrics::Cells& cells() = 0;
  // A line for the operator: what happened to the store, and what to do. Of one of its servers at most one a second.
  virtual void report(bool trouble, std::string_view text, unsigned server = 0) = 0;
  virtual void count_evictions(uint64_t n) = 0;
  virtual void count_expiries(uint64_t n) = 0;
};

// Of a request that caps() lacks: fills the reply.
inline void answer_unsupported(Request& r, const Caps& caps, std::string_view backend, Arena& arena) {
  r.reply.status = Status::unsupported;
  r.reply.text = arena.concat({"'", row(r.op).name, "' is not supported by the '", backend, "' backend",
                               caps.why != nullptr ? caps.why(r.op) : std::string_view()});
}

// One per loop; what is shared between loops lives in what it references.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual Caps caps() const = 0;
  // Takes requests from the front, at least one, and returns how many: complete() for each of these exactly once, now
  // or later, also on failure. Who works inside submit() stops within milliseconds; the rest is offered again next
  // turn.
  virtual size_t submit(Batch batch) = 0;
  // Work that no request waits for or that is too long for one turn (sweeping, KEYS): at most half a millisecond.
  // Called once a tick, and at least ten times a second; true asks for another turn at once.
  virtual bool advance() { return false; }
  // Forgets a watch, at once: its session goes away or it was used up.
  virtual void unwatch(Watch&) {}
  // A command that has no operation here, for Op::raw, by its words; null: the store does not know it, or speaks
  // another protocol than its client. Valid until the next call.
  virtual const Foreign* find_foreign(std::span<const std::string_view>) { return nullptr; }
};

// What all loops share of one store, made before they start. Thread-safe.
class Store {
 public:
  virtual ~Store() = default;
  virtual Backend* open(Host& host, unsigned loop,
                        unsigned loops) = 0;  // caller owns; called in main's thread, before the loop turns
  // For gauges and INFO; any thread.
  struct Figures {
    uint64_t keys = 0, keys_expiring = 0, bytes = 0, limit = 0;
  };
  virtual Figures figures() const { return {}; }
  // Why requests fail now, for /readyz; empty: they do not. Never a password.
  virtual std::string trouble() const { return {}; }
  // Writes that need room are being refused.
  virtual bool full() const { return false; }
  virtual Figures figures(uint16_t db) const { return db == 0 ? figures() : Figures{}; }
};

}  // namespace cachetted
