// The loops of the load generator.
#include "tests/bench/load.h"

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace cachetted::bench {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

uint64_t cpu_ns() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<uint64_t>(t.tv_sec) * kSecond + static_cast<uint64_t>(t.tv_nsec);
}

const char* name_of(Mode mode) { return mode == Mode::closed ? "closed" : mode == Mode::open ? "open" : "preload"; }

const char* name_of(Protocol protocol) {
  return protocol == Protocol::resp ? "resp" : protocol == Protocol::text ? "text" : "meta";
}

}  // namespace

Load::Load(const Options& options)
    : options_(options),
      keys_(options.keys, options.key_bytes, options.value_bytes, options.value),
      wire_(options, keys_),
      chooser_(options.keys, options.writes, options.reads, options.zipf, options.seed) {}

Load::~Load() {
  if (epoll_ >= 0) close(epoll_);
}

void Load::open_all() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) throw std::runtime_error("epoll_create1 failed");
  for (uint32_t i = 0; i < options_.connections; ++i) {
    connections_.push_back(std::make_unique<Connection>(open_connection(options_)));
    epoll_event event{EPOLLIN, {.ptr = connections_.back().get()}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_.back()->fd(), &event) != 0)
      throw std::runtime_error("epoll_ctl failed");
  }
}

void Load::run() {
  open_all();
  cpu_ns_ = cpu_ns();
  started_ns_ = now_ns();
  limit_ = options_.mode == Mode::preload ? options_.keys : options_.ops != 0 ? options_.ops : UINT64_MAX;
  deadline_ns_ = limit_ == UINT64_MAX ? started_ns_ + static_cast<uint64_t>(options_.seconds * 1e9) : UINT64_MAX;
  if (options_.mode == Mode::open)
    run_open();
  else
    run_closed();
  ended_ns_ = now_ns();
  cpu_ns_ = cpu_ns() - cpu_ns_;
}

bool Load::more_to_send(uint64_t now) const { return issued_ < limit_ && now < deadline_ns_; }

void Load::append_next(Connection& connection, uint64_t sent_ns) {
  ++issued_;
  if (options_.mode == Mode::preload) {
    connection.append(wire_, {next_key_++, sent_ns, Op::write});
    return;
  }
  Chooser::Choice choice = chooser_.next();
  connection.append(wire_, {choice.key, sent_ns, choice.write ? Op::write : options_.multi > 1 ? Op::multi : Op::read});
}

void Load::flush(Connection& connection) {
  bool all_sent = connection.flush();
  if (all_sent != connection.waits_for_room) return;
  connection.waits_for_room = !all_sent;
  epoll_event event{all_sent ? EPOLLIN : EPOLLIN | EPOLLOUT, {.ptr = &connection}};
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd(), &event) != 0) throw std::runtime_error("epoll_ctl failed");
}

void Load::fill(Connection& connection, uint64_t now) {
  if (connection.in_flight() > options_.refill || !more_to_send(now)) return;
  while (connection.in_flight() < options_.depth && issued_ < limit_) append_next(connection, now);
  flush(connection);
}

void Load::count(const Expected& expected, const Outcome& outcome, uint64_t now) {
  ++answered_;
  latency_.record(now - expected.sent_ns);
  values_ += expected.op == Op::multi ? wire_.multi() : 1;
  writes_ += expected.op == Op::write;
  hits_ += outcome.hits;
  misses_ += outcome.misses;
  if (!outcome.error.empty() && errors_++ == 0) first_error_ = outcome.error;
}

void Load::take(Connection& connection) {
  if (!connection.receive()) return;
  const uint64_t now = now_ns();
  connection.take_replies(wire_,
                          [&](const Expected& expected, const Outcome& outcome) { count(expected, outcome, now); });
  if (options_.mode != Mode::open) fill(connection, now);
}

// Waits for events at most `timeout_ns` (and lets them all be dealt with).
void Load::poll(int64_t timeout_ns) {
  epoll_event events[256];
  timespec timeout{timeout_ns / static_cast<int64_t>(kSecond), timeout_ns % static_cast<int64_t>(kSecond)};
  int ready = epoll_pwait2(epoll_, events, 256, &timeout, nullptr);
  if (ready < 0 && errno != EINTR) throw std::runtime_error(std::string("epoll_pwait2: ") + std::strerror(errno));
  for (int i = 0; i < ready; ++i) {
    Connection& connection = *static_cast<Connection*>(events[i].data.ptr);
    if (events[i].events & EPOLLOUT) flush(connection);
    if (events[i].events & ~static_cast<uint32_t>(EPOLLOUT)) take(connection);
  }
}

void Load::run_closed() {
  for (auto& connection : connections_) fill(*connection, now_ns());
  const auto stall = static_cast<int64_t>(options_.stall_seconds * 1e9);
  while (answered_ < issued_) {
    const uint64_t before = answered_;
    const uint64_t began = now_ns();
    poll(stall);
    if (answered_ == before && now_ns() - began >= static_cast<uint64_t>(stall)) {
      throw std::runtime_error(std::to_string(issued_ - answered_) + " replies are owed and nothing comes");
    }
  }
}

void Load::run_open() {
  const double interval = 1e9 / options_.rate;
  const auto stall = static_cast<uint64_t>(options_.stall_seconds * 1e9);
  uint64_t heard = started_ns_;
  uint64_t turn = 0;
  std::vector<Connection*> dirty;
  flush_turn_.assign(connections_.size(), 0);
  while (true) {
    uint64_t now = now_ns();
    uint64_t due = started_ns_ + static_cast<uint64_t>(interval * static_cast<double>(issued_));
    ++turn;
    while (due <= now && issued_ < limit_ && due < deadline_ns_) {
      const uint64_t at = issued_ % connections_.size();
      if (flush_turn_[at] != turn) dirty.push_back(connections_[at].get());
      flush_turn_[at] = turn;
      lag_.record(now - due);
      append_next(*connections_[at], due);
      due = started_ns_ + static_cast<uint64_t>(interval * static_cast<double>(issued_));
    }
    for (Connection* connection : dirty) flush(*connection);
    dirty.clear();
    const bool sending = issued_ < limit_ && due < deadline_ns_;
    if (!sending && answered_ == issued_) return;
    const uint64_t before = answered_;
    now = now_ns();
    const uint64_t wait = sending ? (due > now ? due - now : 0) : kSecond / 10;
    poll(options_.spin ? 0 : static_cast<int64_t>(std::min(wait, stall)));
    if (answered_ != before || answered_ == issued_)
      heard = now_ns();
    else if (now_ns() - heard >= stall)
      throw std::runtime_error("replies are owed and nothing comes");
  }
}

std::string Load::json() const {
  const double seconds = static_cast<double>(ended_ns_ - started_ns_) / 1e9;
  const double ops = static_cast<double>(answered_);
  const double cpu = static_cast<double>(cpu_ns_) / 1e9;
  auto us = [](uint64_t ns) { return static_cast<double>(ns) / 1e3; };
  char text[1024];
  std::snprintf(text, sizeof text,
                "{\"mode\":\"%s\",\"protocol\":\"%s\",\"ops\":%llu,\"values\":%llu,\"writes\":%llu,\"hits\":%llu,"
                "\"misses\":%llu,\"errors\":%llu,\"seconds\":%.6f,\"ops_per_sec\":%.1f,\"own_cpu_seconds\":%.6f,"
                "\"own_cpu_us_per_op\":%.4f,\"latency_us\":{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p99.9\":%.1f,"
                "\"max\":%.1f},\"send_lag_us\":{\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f}}",
                name_of(options_.mode), name_of(options_.protocol), static_cast<unsigned long long>(answered_),
                static_cast<unsigned long long>(values_), static_cast<unsigned long long>(writes_),
                static_cast<unsigned long long>(hits_), static_cast<unsigned long long>(misses_),
                static_cast<unsigned long long>(errors_), seconds, ops / seconds, cpu, ops > 0 ? cpu * 1e6 / ops : 0,
                us(latency_.percentile(50)), us(latency_.percentile(90)), us(latency_.percentile(99)),
                us(latency_.percentile(99.9)), us(latency_.max()), us(lag_.percentile(50)), us(lag_.percentile(99)),
                us(lag_.max()));
  return text;
}

}  // namespace cachetted::bench
