// The keeper's work.
#include "backends/dynamodb/table.h"

#include <algorithm>
#include <utility>

#include "config/config.h"
#include "core/clock.h"

namespace cachetted::dynamodb {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kProbeMs = 200, kMostProbeMs = 2000;  // between two looks at a table that is not ready
constexpr uint64_t kIdleMs = 5000;                       // between two of one that answers nobody
constexpr int64_t kAheadMs = 300'000;                    // before their end, credentials are renewed
constexpr int64_t kRetryMs = 10'000;                     // where that failed, and they are good still

std::string in_quotes(std::string_view s) { return "\"" + std::string(s) + "\""; }

}  // namespace

Keeper::Keeper(Table& table, Host& host, Http& http, const config::Config& c)
    : table_(table), host_(host), http_(http), source_(c, http, table.endpoint.region) {
  work_ = keep();
  work_.start();
}

void Keeper::beat(uint64_t now) {
  // What is down is looked at when its time has come, whatever is doubted.
  const bool down = table_.state() == Table::State::down;
  if (now >= wake_at_ || (!down && (table_.doubted() || (renew_at_ != kPast && must_renew())))) rested_.wake();
}

bool Keeper::must_renew() const { return renew_at_ != kNever && wall_ms() >= renew_at_; }

void Keeper::rest(uint64_t ms) { wake_at_ = steady_ns() + ms * kMs; }

void Keeper::tell(Table::State s, const std::string& why) {
  table_.set(s, why);
  if (s == Table::State::starting || why == std::exchange(told_, why)) return;
  if (s == Table::State::ready)
    return host_.report(false, "backend 'dynamodb' is connected: table '" + table_.name + "' at " +
                                   table_.endpoint.place + ", region " + table_.endpoint.region +
                                   ", credentials from " + table_.credentials()->source);
  host_.cells().add(metrics::metric::upstream_connects(metrics::ConnectResult::lost));
  host_.report(true, "backend 'dynamodb' is unavailable, requests fail until it is back: " + why);
}

Task<> Keeper::keep() {
  for (;;) {
    bool good = true;
    coming_ = false;
    const bool stale = table_.take_stale();
    if (must_renew() || stale) good = co_await renew();
    if (good && stale && same_keys_) {
      good = false;
      renew_at_ = kPast;
      why_ = std::string("the session token has expired, and there is no other yet in ") + table_.credentials()->source;
    }
    const bool ready = table_.state() == Table::State::ready;
    const bool doubted = table_.take_doubt();
    const bool silent = !table_.take_answered();
    if (good && (!ready || doubted || silent)) good = co_await look();
    if (good) {
      backoff_ms_ = 0;
      tell(Table::State::ready, "");
      rest(kIdleMs);
    } else if (coming_ && table_.state() == Table::State::starting) {
      tell(Table::State::starting, why_);
      rest(kProbeMs);
    } else {
      backoff_ms_ = std::clamp(backoff_ms_ * 2, kProbeMs, kMostProbeMs);
      tell(Table::State::down, why_);
      rest(backoff_ms_);
    }
    co_await rested_;
  }
}

// False: there are none that are good.
Task<bool> Keeper::renew() {
  const bool found = co_await source_.find();
  const int64_t now = wall_ms();
  const auto old = table_.credentials();
  if (found) {
    const Credentials& c = source_.found();
    same_keys_ = old != nullptr && old->id == c.id && old->token == c.token && old->secret == c.secret;
    if (!same_keys_) table_.set(std::make_shared<const Credentials>(c));
    const int64_t end = source_.found().expiry;
    renew_at_ = end == kNever ? kNever : std::max(now + 1000, end - std::min(kAheadMs, (end - now) / 2));
    co_return true;
  }
  why_ = source_.why();
  const bool good = old != nullptr && old->expiry > now;
  renew_at_ = good ? std::min(now + kRetryMs, old->expiry) : kPast;
  if (good) host_.report(true, "backend 'dynamodb': credentials that end soon could not be renewed yet: " + why_, 1);
  co_return good;
}

Task<Answered> Keeper::ask(Operation op, std::string body) {
  const auto credentials = table_.credentials();
  const config::Timeouts& t = host_.config().timeouts;
  host_.cells().add(metrics::metric::dynamodb_calls(op));
  // Before the first answer more patience: it may be starting, too.
  const bool first = table_.state() == Table::State::starting;
  const int64_t patience = first ? t.stall_ms : std::min(t.request_ms, t.stall_ms);
  Http::Exchange call{http_, table_.endpoint.ask(op, std::move(body), *credentials, patience, t.connect_ms)};
  co_await call;
  const Answered a = read_answer(call.answer, table_.endpoint, parser_, answer_, why_);
  if (a == Answered::stale_token) renew_at_ = kPast;
  co_return a;
}

Task<bool> Keeper::look() {
  std::string body = "{\"TableName\":" + in_quotes(table_.name) + "}";
  const Answered a = co_await ask(Operation::DescribeTable, std::move(body));
  if (a == Answered::no_table) {
    const bool made = co_await make();
    co_return made;
  }
  if (a == Answered::refused && why_.find("AccessDenied") != why_.npos) {
    if (!std::exchange(told_of_rights_, true))
      host_.report(
          true,
          "backend 'dynamodb': the role may not DescribeTable, so the table is taken to be there and of the right "
          "shape: " +
              why_,
          1);
    co_return true;
  }
  if (a == Answered::throttled && table_.state() == Table::State::ready) co_return true;  // it answers
  if (a == Answered::refused) renew_at_ = kPast;                                          // others may be there by now
  if (a != Answered::done) co_return false;
  const Json description = answer_["Table"];
  if (!suits(description)) co_return false;
  std::string_view status;
  status = read(description["TableStatus"], status);
  if (status != "ACTIVE" && status != "UPDATING") {
    coming_ = status == "CREATING";
    why_ = "table '" + table_.name + "' is " + (coming_ ? "being made" : std::string(status));
    co_return false;
  }
  if (!std::exchange(asked_of_ttl_, true)) co_await see_to_ttl(made_);
  co_return true;
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
bool Keeper::suits(Json description) {
  std::string has;
  bool good = true;
  size_t n = 0;
  read_each(description["KeySchema"], [&](Json key) {
    const std::string_view name = read(key["AttributeName"], std::string_view{});
    const std::string_view kind = read(key["KeyType"], std::string_view{});
    std::string_view type;
    read_each(description["AttributeDefinitions"], [&](Json attribute) {
      if (read(attribute["AttributeName"], std::string_view{}) == name) type = read(attribute["AttributeType"], type);
    });
    has += (n++ == 0 ? "'" : " and '") + std::string(name) + "' (" + std::string(type) + ", " + std::string(kind) + ")";
    good = good && name == "key" && kind == "HASH" && type == "S";
  });
  if (good && n == 1) return true;
  why_ = "table '" + table_.name + "' has another shape: its key is " + has +
         ", where 'key' (S, HASH) is due: name another by table_name";
  return false;
}

Task<bool> Keeper::make() {
  std::string body = "{\"TableName\":" + in_quotes(table_.name) +
                     ",\"AttributeDefinitions\":[{\"AttributeName\":\"key\",\"AttributeType\":\"S\"}],"
                     "\"KeySchema\":[{\"AttributeName\":\"key\",\"KeyType\":\"HASH\"}],"
                     "\"BillingMode\":\"PAY_PER_REQUEST\"}";
  const Answered a = co_await ask(Operation::CreateTable, std::move(body));
  const bool under_way = a == Answered::invalid && why_.starts_with("ResourceInUseException");
  if (a != Answered::done && !under_way) {
    why_ = "table '" + table_.name + "' is not there and cannot be made: " + why_;
    co_return false;
  }
  if (a == Answered::done) {
    made_ = true;
    asked_of_ttl_ = false;
    host_.report(
        false,
        "backend 'dynamodb': table '" + table_.name + "' was not there and is being made, to be paid per request", 2);
  }
  std::string_view status;
  if (a == Answered::done) status = read(answer_["TableDescription"]["TableStatus"], status);
  if (status == "ACTIVE") {
    if (!std::exchange(asked_of_ttl_, true)) co_await see_to_ttl(true);
    co_return true;
  }
  coming_ = true;
  why_ = "table '" + table_.name + "' is being made";
  co_return false;
}

// The TTL of a table of ours is turned on; of somebody else's it is looked at, and told where it is off.
Task<> Keeper::see_to_ttl(bool ours) {
  std::string body = "{\"TableName\":" + in_quotes(table_.name);
  if (ours) {
    body += ",\"TimeToLiveSpecification\":{\"AttributeName\":\"expires\",\"Enabled\":true}}";
    const Answered a = co_await ask(Operation::UpdateTimeToLive, std::move(body));
    if (a == Answered::done || why_.find("already enabled") != why_.npos) co_return;
    asked_of_ttl_ = is_uncertain(a) || a == Answered::throttled || a == Answered::unreachable ? false : asked_of_ttl_;
  } else {
    body += "}";
    const Answered a = co_await ask(Operation::DescribeTimeToLive, std::move(body));
    std::string_view status;
    if (a == Answered::done) status = read(answer_["TimeToLiveDescription"]["TimeToLiveStatus"], status);
    if (status != "DISABLED") co_return;
    why_ = "it is off";
  }
  host_.report(true,
               "backend 'dynamodb': what has expired stays in table '" + table_.name +
                   "', unseen, until its TTL on the attribute expires is turned on: " + why_,
               3);
}

}  // namespace cachetted::dynamodb
