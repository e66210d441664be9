// Lines are made here by the caller, stamped and written by spdlog's queue thread through DescriptorSink.
#include "server/log.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>

namespace cachetted::log {
namespace {

constexpr std::string_view kLevels[] = {"trace", "debug", "info", "warning", "error", "off"};

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::trace: return spdlog::level::trace;
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
    case Level::off: return spdlog::level::off;
  }
  return spdlog::level::off;
}

// Writes whole lines to a descriptor that it does not own. Only the queue's thread waits in it, and at stop no longer
// than kPatience.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  static constexpr std::chrono::milliseconds kPatience{1000};

  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}
  void hurry() { hurried_.store(true, std::memory_order_relaxed); }
  uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    spdlog::memory_buf_t line;
    formatter_->format(msg, line);
    if (!write_all({line.data(), line.size()})) lost_.fetch_add(1, std::memory_order_relaxed);
  }
  void flush_() override {}

  // In pieces that a pipe with room takes whole, so that write() itself does not wait.
  bool write_all(std::string_view rest) {
    while (!rest.empty()) {
      if (!writable()) return false;
      const ssize_t n = ::write(descriptor_, rest.data(), std::min<size_t>(rest.size(), PIPE_BUF));
      if (n > 0)
        rest.remove_prefix(static_cast<size_t>(n));
      else if (n < 0 && errno != EINTR && errno != EAGAIN)
        return false;
    }
    return true;
  }

  bool writable() {
    for (;;) {
      pollfd waited{descriptor_, POLLOUT, 0};
      const int n = ::poll(&waited, 1, patience_over_ ? 0 : 50);
      if (n > 0) return (waited.revents & (POLLERR | POLLNVAL | POLLHUP)) == 0;
      if (patience_over_) return false;
      if (!hurried_.load(std::memory_order_relaxed)) continue;
      const auto now = std::chrono::steady_clock::now();
      if (deadline_ == decltype(deadline_){}) deadline_ = now + kPatience;
      patience_over_ = now >= deadline_;
    }
  }

  int descriptor_;
  std::atomic<bool> hurried_{false};
  std::atomic<uint64_t> lost_{0};
  std::chrono::steady_clock::time_point deadline_{};
  bool patience_over_ = false;
};

enum class Layout : uint8_t { text, journal, json };

class LevelFlag final : public spdlog::custom_flag_formatter {
 public:
  explicit LevelFlag(Layout layout) : layout_(layout) {}
  void format(const spdlog::details::log_msg& msg, const std::tm&, spdlog::memory_buf_t& line) override {
    static constexpr std::string_view kTexts[3][5] = {{"trace", "debug", "info ", "warn ", "error"},
                                                      {"<7>", "<7>", "<6>", "<4>", "<3>"},
                                                      {"trace", "debug", "info", "warning", "error"}};
    const std::string_view text = kTexts[static_cast<int>(layout_)][std::min<int>(msg.level, spdlog::level::err)];
    line.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<LevelFlag>(layout_); }

 private:
  Layout layout_;
};

std::unique_ptr<spdlog::formatter> formatter_of(Layout layout) {
  static constexpr const char* kPatterns[] = {"%Y-%m-%dT%H:%M:%S.%eZ %* %v", "%*%v",
                                              R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%*",%v})"};
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<LevelFlag>('*', layout).set_pattern(kPatterns[static_cast<int>(layout)]);
  return formatter;
}

// systemd names the journal's stream by device and inode, so that a redirected stderr is told apart.
bool is_journal(int descriptor) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat found {};
  if (!stream || ::fstat(descriptor, &found) != 0) return false;
  return std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino) == stream;
}

// Length of the UTF-8 character that `text` begins with (RFC 3629); 0: none.
size_t utf8_length(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const size_t length = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;   // longer than needed
  if (lead == 0xED && byte(1) >= 0xA0) return 0;  // a surrogate
  if (lead == 0xF0 && byte(1) < 0x90) return 0;   // longer than needed
  if (lead == 0xF4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
  return length;
}

void append_escaped(std::string& line, std::string_view text, Format format, bool quotes) {
  const bool cut = text.size() > kMaxValue;
  text = text.substr(0, kMaxValue);
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    const auto c = static_cast<unsigned char>(text[0]);
    if (c == '\n')
      line += "\\n";
    else if (c == '\r')
      line += "\\r";
    else if (c == '\t')
      line += "\\t";
    else if (quotes && (c == '"' || c == '\\'))
      line.append({'\\', text[0]});
    else if (length > 0 && c >= 0x20 && c != 0x7F)
      line += text.substr(0, length);
    else if (format == Format::text)
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", c);
    else if (length > 0)
      fmt::format_to(std::back_inserter(line), "\\u{:04x}", c);
    else
      line += "\\ufffd";
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  if (cut) line += "...";
}

void append_text(std::string& line, std::string_view text, Format format) {
  const bool bare = format == Format::text && !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
                      return static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' || c == '\\' ||
                             static_cast<unsigned char>(c) >= 0x7F;
                    });
  if (!bare) line += '"';
  append_escaped(line, text, format, !bare);
  if (!bare) line += '"';
}

void append_field(std::string& line, const Field& field, Format format) {
  if (format == Format::json) {
    line += ',';
    append_text(line, field.key, format);
    line += ':';
  } else {
    fmt::format_to(std::back_inserter(line), " {}=", field.key);
  }
  std::visit(
      [&](auto value) {
        using T = decltype(value);
        if constexpr (std::is_same_v<T, std::string_view>) {
          append_text(line, value, format);
        } else if constexpr (std::is_same_v<T, double>) {
          if (std::isfinite(value))
            fmt::format_to(std::back_inserter(line), "{}", value);
          else
            append_text(line, fmt::format("{}", value), format);  // JSON knows no infinity
        } else {
          fmt::format_to(std::back_inserter(line), "{}", value);
        }
      },
      field.value);
}

struct Repeated {
  std::chrono::steady_clock::time_point told;
  std::chrono::milliseconds interval;
  uint64_t untold = 0;
  Level level;
  std::string message;
};

// The process has one stderr, hence one log. Never destroyed: a thread may log while the process ends.
struct Log {
  std::atomic<spdlog::logger*> current;  // direct or queued
  std::atomic<Level> level{Level::info};
  std::atomic<Format> format{Format::text};
  std::shared_ptr<DescriptorSink> sink;
  std::shared_ptr<spdlog::logger> direct, queued;
  std::mutex pool_mutex;  // guards pool, overrun
  std::shared_ptr<spdlog::details::thread_pool> pool;
  uint64_t overrun = 0;
  std::mutex repeated_mutex;
  std::map<std::string, Repeated, std::less<>> repeated;

  Log() { open(Options{}); }
  void open(const Options& options) {
    level = options.level;
    format = options.format;
    sink = std::make_shared<DescriptorSink>(options.descriptor);
    sink->set_formatter(formatter_of(options.format == Format::json   ? Layout::json
                                     : is_journal(options.descriptor) ? Layout::journal
                                                                      : Layout::text));
    direct = std::make_shared<spdlog::logger>("cachetted", sink);
    adopt(*direct);
    current = direct.get();
  }
  static void adopt(spdlog::logger& logger) {
    logger.set_level(spdlog::level::trace);  // write() has checked
    logger.set_error_handler([](const std::string&) {});
  }
};

Log& the_log() {
  static Log* const log = new Log;
  return *log;
}

void write_line(Level level, std::string_view message, std::span<const Field> fields, uint64_t repeated) {
  Log& log = the_log();
  const Format format = log.format.load(std::memory_order_relaxed);
  std::string line;
  if (format == Format::json) {
    line += "\"msg\":\"";
    append_escaped(line, message, format, true);
    line += '"';
  } else {
    append_escaped(line, message, format, false);
  }
  for (const Field& field : fields) append_field(line, field, format);
  if (repeated > 0) append_field(line, Field("repeated", repeated), format);
  log.current.load(std::memory_order_acquire)
      ->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

void tell(bool all) {
  Log& log = the_log();
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(log.repeated_mutex);
  for (auto& [kind, entry] : log.repeated) {
    if (entry.untold == 0 || (!all && now - entry.told < entry.interval)) continue;
    if (enabled(entry.level)) write_line(entry.level, entry.message, {}, entry.untold);
    entry.told = now;
    entry.untold = 0;
  }
}

}  // namespace

std::optional<Level> level_of(std::string_view name) {
  for (size_t i = 0; i < std::size(kLevels); ++i) {
    if (kLevels[i] == name) return static_cast<Level>(i);
  }
  if (name == "warn") return Level::warning;
  return std::nullopt;
}

std::optional<Format> format_of(std::string_view name) {
  if (name == "text") return Format::text;
  if (name == "json") return Format::json;
  return std::nullopt;
}

void start(const Options& options) {
  stop();
  Log& log = the_log();
  log.open(options);
  const std::lock_guard lock(log.pool_mutex);
  log.overrun = 0;
  log.pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1, [] {
    sigset_t all;  // signals are loop 0's; a reader that went away is an error of write()
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
  });
  log.queued = std::make_shared<spdlog::async_logger>("cachetted", log.sink, log.pool,
                                                      spdlog::async_overflow_policy::overrun_oldest);
  Log::adopt(*log.queued);
  log.current.store(log.queued.get(), std::memory_order_release);
}

void stop() {
  Log& log = the_log();
  std::shared_ptr<spdlog::details::thread_pool> pool;
  {
    const std::lock_guard lock(log.pool_mutex);
    pool = log.pool;
  }
  if (!pool) return;
  tell(true);
  log.current.store(log.direct.get(), std::memory_order_release);
  log.sink->hurry();
  {
    const std::lock_guard lock(log.pool_mutex);
    log.overrun = log.pool->overrun_counter();
    log.pool.reset();
  }
  pool.reset();  // its thread writes what is queued, and ends
}

void set_level(Level level) { the_log().level.store(level, std::memory_order_relaxed); }
bool enabled(Level level) { return level >= the_log().level.load(std::memory_order_relaxed) && level != Level::off; }

uint64_t dropped() {
  Log& log = the_log();
  const std::lock_guard lock(log.pool_mutex);
  return log.sink->lost() + (log.pool ? log.pool->overrun_counter() : log.overrun);
}

void write(Level level, std::string_view message, Fields fields) {
  if (enabled(level)) write_line(level, message, {fields.begin(), fields.size()}, 0);
}

bool every(std::string_view kind, std::chrono::milliseconds interval, Level level, std::string_view message,
           Fields fields) {
  if (!enabled(level)) return false;
  Log& log = the_log();
  const auto now = std::chrono::steady_clock::now();
  uint64_t untold = 0;
  {
    const std::lock_guard lock(log.repeated_mutex);
    auto found = log.repeated.find(kind);
    if (found == log.repeated.end()) {
      log.repeated.emplace(kind, Repeated{now, interval, 0, level, std::string(message)});
    } else if (now - found->second.told < interval) {
      ++found->second.untold;
      return false;
    } else {
      untold = std::exchange(found->second.untold, 0);
      found->second.told = now;
    }
  }
  write_line(level, message, {fields.begin(), fields.size()}, untold);
  return true;
}

void tell_repeated() { tell(false); }

}  // namespace cachetted::log
