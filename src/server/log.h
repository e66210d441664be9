// The log: one line an event, with fields, to stderr; text (with systemd priorities where stderr is the journal) or
// JSON. Any thread may log: the line is queued and written by a thread of its own, so that a slow reader of stderr
// never holds a loop; when the queue is full the oldest lines are lost and counted. Before start() and after stop()
// lines are written at once.
//   log::info("listening", {{"protocol", "resp"}, {"address", address}});
#pragma once
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

namespace cachetted::log {

enum class Level : uint8_t { trace, debug, info, warning, error, off };
enum class Format : uint8_t { text, json };

std::optional<Level> level_of(std::string_view name);    // "trace" ... "off", and "warn"
std::optional<Format> format_of(std::string_view name);  // "text", "json"

// A named value. Bytes of any kind may stand in it: they are escaped, and cut at kMaxValue.
struct Field {
  std::string_view key;
  std::variant<std::string_view, int64_t, uint64_t, double, bool> value;

  Field(std::string_view name, std::string_view text) : key(name), value(text) {}
  Field(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  Field(std::string_view name, bool flag) : key(name), value(flag) {}
  template <std::signed_integral T>
  Field(std::string_view name, T number) : key(name), value(int64_t{number}) {}
  template <std::unsigned_integral T>
  Field(std::string_view name, T number) : key(name), value(uint64_t{number}) {}
  template <std::floating_point T>
  Field(std::string_view name, T number) : key(name), value(double{number}) {}
};
using Fields = std::initializer_list<Field>;

inline constexpr size_t kMaxValue = 1024;    // bytes of one value or message that reach the log
inline constexpr size_t kQueueLines = 1024;  // about half a megabyte

struct Options {
  Level level = Level::info;
  Format format = Format::text;
  int descriptor = 2;
};

void start(const Options& options);  // before other threads log; starts the writer
void stop();                  // writes what is queued, though for a reader that takes nothing it waits a second at most
void set_level(Level level);  // at any time
bool enabled(Level level);
uint64_t dropped();  // lines lost since start

void write(Level level, std::string_view message, Fields fields = {});
inline void trace(std::string_view message, Fields fields = {}) { write(Level::trace, message, fields); }
inline void debug(std::string_view message, Fields fields = {}) { write(Level::debug, message, fields); }
inline void info(std::string_view message, Fields fields = {}) { write(Level::info, message, fields); }
inline void warn(std::string_view message, Fields fields = {}) { write(Level::warning, message, fields); }
inline void error(std::string_view message, Fields fields = {}) { write(Level::error, message, fields); }

// For what a client can cause at will, such as protocol errors: of one kind at most a line an interval. The first is
// logged at once; later ones are counted, and the next line says `repeated=N`. `kind` is a constant of the caller. True
// when a line was written.
bool every(std::string_view kind, std::chrono::milliseconds interval, Level level, std::string_view message,
           Fields fields = {});
// Logs what every() has counted and not yet told. Called by a timer of loop 0 once a second, and by stop().
void tell_repeated();

}  // namespace cachetted::log
