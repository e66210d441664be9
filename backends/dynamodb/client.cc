// Implements client.h.
#include "backends/dynamodb/client.h"

#include <algorithm>
#include <utility>

#include "config/config.h"
#include "core/clock.h"
#include "metrics/metrics.h"

namespace cachetted::dynamodb {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kFirstBackoffMs = 25, kMostBackoffMs = 1000;
constexpr unsigned kMostTokens = 500, kRetryCost = 5;  // as AWS's own clients have it in their standard mode

}  // namespace

Client::Client(Table& table, Host& host, Http& http, uint32_t connections, std::function<bool()> gather)
    : table_(table),
      host_(host),
      http_(http),
      connections_(connections),
      gather_(std::move(gather)),
      tokens_(kMostTokens),
      random_(steady_ns() ^ reinterpret_cast<uintptr_t>(this)) {}

std::string Client::down() const { return table_.state() == Table::State::down ? table_.reason() : ""; }

void Client::call(Call c) {
  if (const std::string why = down(); !why.empty()) return fail(c, Answered::unreachable, why);
  queue_.push_back(std::move(c));
}

void Client::pump() {
  if (pumping_) return;
  pumping_ = true;
  // Single calls and gathered ones take turns.
  while (in_flight_ < connections_ && table_.state() == Table::State::ready) {
    if (queue_.empty() || !gathered_) {
      gathered_ = true;
      if (gather_()) continue;
      if (queue_.empty()) break;
    }
    gathered_ = false;
    Call c = std::move(queue_.front());
    queue_.pop_front();
    begin(std::move(c));
  }
  gathered_ = false;
  pumping_ = false;
}

void Client::begin(Call c) {
  const uint64_t now = steady_ns();
  const auto with = table_.credentials();
  if (now >= c.deadline || with == nullptr)
    return fail(c, Answered::unreachable, table_.endpoint.place + ": no answer within timeouts.request");
  const auto left = static_cast<int64_t>((c.deadline - now + kMs - 1) / kMs);
  c.sent_at = now;
  ++in_flight_;
  host_.cells().add(metrics::metric::dynamodb_calls(c.op));
  auto shared = std::make_shared<Call>(std::move(c));
  std::string body = shared->body;
  Http::Ask ask = table_.endpoint.ask(shared->op, std::move(body), *with, left, host_.config().timeouts.connect_ms);
  ask.once = shared->once;
  http_.ask(std::move(ask), [this, shared, with](Http::Answer& a) { on_answer(shared, with, a); });
}

bool Client::pay() {
  if (tokens_ < kRetryCost) return false;
  tokens_ -= kRetryCost;
  host_.cells().add(metrics::metric::upstream_retries());
  return true;
}

uint64_t Client::backoff_ms(unsigned tries) {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  return random_ % (std::min(kMostBackoffMs, kFirstBackoffMs << std::min(tries, 10U)) + 1);
}

void Client::on_answer(const std::shared_ptr<Call>& shared, const std::shared_ptr<const Credentials>& with,
                       Http::Answer& a) {
  Call& c = *shared;
  --in_flight_;
  const uint64_t now = steady_ns();
  host_.cells().observe(metrics::metric::upstream_latency(), now - c.sent_at);
  Outcome o;
  o.answered = read_answer(a, table_.endpoint, parser_, o.json, o.why);
  // Every call asks for what it costs: an answer without it is somebody else's.
  if (o.answered == Answered::done && o.json["ConsumedCapacity"].error() != simdjson::SUCCESS) {
    o.answered = Answered::lost;
    o.why = table_.endpoint.place + ": it answers something else";
  }
  c.uncertain = o.uncertain = c.uncertain || is_uncertain(o.answered);
  if (a.timed_out) host_.cells().add(metrics::metric::upstream_timeouts());
  bool again = false;
  switch (o.answered) {
    case Answered::done:
      table_.note_answer();
      tokens_ = std::min(tokens_ + 1, kMostTokens);
      count_capacity(o, c.op);
      break;
    case Answered::throttled:
      note_throttle(o.why);
      again = true;
      break;
    case Answered::failed:
    case Answered::lost:
      again = !c.once;
      if (o.answered == Answered::lost) table_.doubt();
      break;
    case Answered::unreachable:
    case Answered::no_table:
      table_.doubt();
      again = true;
      break;
    case Answered::stale_token:
      table_.doubt(with);
      if (now < c.deadline) {
        wait_for_keys(shared, with);
        return pump();
      }
      break;
    case Answered::refused: table_.doubt(); break;
    case Answered::conflict: again = true; break;
    case Answered::condition:
    case Answered::invalid: break;
  }
  if (again) {
    const uint64_t wait = backoff_ms(c.tries++);
    if (now + wait * kMs < c.deadline && pay()) {
      http_.after(wait, [this, shared] { call(std::move(*shared)); });
      return pump();
    }
  }
  c.done(o);
  pump();
}

void Client::note_throttle(std::string_view why) {
  constexpr uint64_t kTellEvery = 10'000 * kMs;
  host_.cells().add(metrics::metric::dynamodb_throttles());
  const uint64_t now = steady_ns();
  if (now < tell_at_) return;
  tell_at_ = now + kTellEvery;
  host_.report(true,
               "backend 'dynamodb' is throttled: raise the capacity of table '" + table_.name +
                   "' or let it be paid per request; a single hot key stays so. " + std::string(why),
               5);
}

// Until the keeper has found others than these, or the time is over.
void Client::wait_for_keys(const std::shared_ptr<Call>& c, const std::shared_ptr<const Credentials>& stale) {
  constexpr uint64_t kLookMs = 20;
  http_.after(kLookMs, [this, c, stale] {
    if (table_.credentials() == stale && steady_ns() < c->deadline) return wait_for_keys(c, stale);
    call(std::move(*c));
  });
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ConsumedCapacity.html
void Client::count_capacity(const Outcome& o, Operation op) {
  constexpr double kThousandths = 1000;
  const Json all = o.json["ConsumedCapacity"];  // of one table, or of each in a batch
  double units = read(all["CapacityUnits"], 0.0);
  read_each(all, [&](Json one) { units += read(one["CapacityUnits"], 0.0); });
  const bool reads = op == Operation::BatchGetItem || op == Operation::Scan;
  host_.cells().add(metrics::metric::dynamodb_capacity(reads ? metrics::Access::read : metrics::Access::write),
                    static_cast<uint64_t>(units * kThousandths));
}

void Client::fail(Call& c, Answered how, std::string why) {
  Outcome o;
  o.answered = how;
  o.uncertain = c.uncertain;
  o.why = std::move(why);
  c.done(o);
}

void Client::beat(uint64_t now) {
  const std::string why = down();
  std::deque<Call> waiting;
  waiting.swap(queue_);
  for (Call& c : waiting) {
    if (!why.empty()) {
      fail(c, Answered::unreachable, why);
    } else if (now >= c.deadline) {
      const std::string reason = table_.reason();
      fail(c, Answered::unreachable, reason.empty() ? "no answer within timeouts.request" : reason);
    } else {
      queue_.push_back(std::move(c));
    }
  }
  pump();
}

}  // namespace cachetted::dynamodb
