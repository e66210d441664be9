// Stores, edits and deletes.
#include <algorithm>
#include <random>

#include "backends/digest.h"
#include "backends/dynamodb/dynamodb.h"
#include "core/clock.h"
#include "core/edit.h"

namespace cachetted::dynamodb {
namespace {

constexpr size_t kMostInTransaction = 100;  // items

std::string put_request(std::string_view key, std::string_view value, int64_t expiry, uint32_t flags) {
  std::string json = "{\"PutRequest\":{\"Item\":";
  put_attributes(json, key, value, expiry, flags);
  return json + "}}";
}

}  // namespace

// --- one item ---

// With whatever other writes there are; to be awaited.
void DynamoBackend::write(Work& w, std::string_view key, std::string json) {
  begin_step(w);
  writes_.push_back({&w, key, std::move(json)});
}

// Where the condition holds. False: r is answered.
Task<bool> DynamoBackend::put(Work& w, Request& r, std::string_view key, std::string_view value, int64_t expiry,
                              uint32_t flags, Expression& condition, bool& done) {
  std::string body = begin_body() + ",\"Item\":";
  put_attributes(body, key, value, expiry, flags);
  condition.put(body, "ConditionExpression");
  condition.put_words(body);
  body += '}';
  ask_once(w, Operation::PutItem, std::move(body));
  co_await w;
  done = w.outcome.answered == Answered::done;
  co_return good(w, r);
}

Task<bool> DynamoBackend::drop(Work& w, Request& r, std::string_view key, Expression& condition, bool& done) {
  std::string body = begin_body() + ",\"Key\":";
  put_key(body, key);
  condition.put(body, "ConditionExpression");
  condition.put_words(body);
  body += '}';
  ask_once(w, Operation::DeleteItem, std::move(body));
  co_await w;
  done = w.outcome.answered == Answered::done;
  co_return good(w, r);
}

void DynamoBackend::stored(Request& r, std::string_view value, int64_t expiry, uint32_t flags) {
  finish(r, Status::ok);
  r.reply.expiry = expiry;
  if (r.has(kReturnOld)) return;
  r.reply.value.size = static_cast<uint32_t>(value.size());
  if ((r.wants & kWantCas) != 0) r.reply.value.cas = token_of(value, flags);
}

std::string DynamoBackend::begin_transaction() {
  constexpr size_t kMostToken = 36;
  std::random_device random;
  std::string token;
  for (int i = 0; i < 4; ++i) token += std::to_string(random());
  return "{\"ReturnConsumedCapacity\":\"TOTAL\",\"ClientRequestToken\":\"" + token.substr(0, kMostToken) +
         "\",\"TransactItems\":[";
}

// --- SET and its like ---

// On a condition that one call can tell; the rest by steps.
Task<> DynamoBackend::set(Work& w, Request& r) {
  const uint32_t conditions = r.options & kWriteConditions;
  if (!check_key(r, r.key) || !check_size(r, r.key, r.value.size())) co_return;
  if (conditions == 0) {
    write(w, r.key, put_request(r.key, r.value, r.expiry, r.flags));
    co_await w;
    if (good(w, r)) stored(r, r.value, r.expiry, r.flags);
    co_return;
  }
  if (conditions != kIfAbsent && conditions != kIfPresent) {
    Task<> steps = set_by_steps(w, r);
    co_await steps;
    co_return;
  }
  Expression condition;
  conditions == kIfAbsent ? condition.dead(wall_ms()) : condition.live(wall_ms());
  bool done = false;
  const bool asked = co_await put(w, r, r.key, r.value, r.expiry, r.flags, condition, done);
  if (!asked) co_return;
  if (!done) co_return finish(r, Status::not_stored);
  stored(r, r.value, r.expiry, r.flags);
}

// The old value that is told is the one that was replaced.
Task<> DynamoBackend::set_by_steps(Work& w, Request& r) {
  for (int i = 0;; ++i) {
    const bool in_time = co_await may_try(w, r, i);
    if (!in_time) co_return;
    Found old;
    const bool known = co_await find(w, r, r.key, old);
    if (!known) co_return;
    if (r.has(kIfUnchanged) && (!old || token_of(old.view(), old.flags) != r.cas))
      co_return finish(r, old ? Status::changed : Status::miss);
    if (r.has(old ? kIfAbsent : kIfPresent)) {
      finish(r, Status::not_stored);
      if (r.has(kReturnOld)) put_item(r, r.reply.value, old);
      co_return;
    }
    const int64_t expiry = old && r.has(kKeepTtl) ? old.expiry : r.expiry;
    Expression condition;
    old ? condition.unchanged(old) : condition.dead(wall_ms());
    bool done = false;
    const bool asked = co_await put(w, r, r.key, r.value, expiry, r.flags, condition, done);
    if (!asked) co_return;
    if (!done) continue;
    stored(r, r.value, expiry, r.flags);
    if (r.has(kReturnOld)) put_item(r, r.reply.value, old);
    co_return;
  }
}

Task<> DynamoBackend::set_many(Work& w, Request& r) {
  for (size_t i = 0; i < r.args.size(); i += 2)
    if (!check_key(r, r.args[i]) || !check_size(r, r.args[i], r.args[i + 1].size())) co_return;
  absl::flat_hash_set<std::string_view> seen;  // of a key named twice the last value counts
  for (size_t i = r.args.size(); i > 0; i -= 2)
    if (seen.insert(r.args[i - 2]).second)
      write(
          w, r.args[i - 2],
          put_request(r.args[i - 2], r.args[i - 1], r.expiries != nullptr ? r.expiries[i / 2 - 1] : r.expiry, r.flags));
  co_await w;
  if (good(w, r)) finish(r, Status::ok);
}

// One transaction: all of them are stored, or none. Its token makes it one, however often it is asked for.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
Task<> DynamoBackend::set_many_if_absent(Work& w, Request& r) {
  std::string body = begin_transaction();
  absl::flat_hash_set<std::string_view> seen;
  for (size_t i = r.args.size(); i > 0; i -= 2) {
    const std::string_view key = r.args[i - 2], value = r.args[i - 1];
    if (!check_key(r, key) || !check_size(r, key, value.size())) co_return;
    if (!seen.insert(key).second) continue;
    body += body.back() == '[' ? "{\"Put\":{\"TableName\":\"" : ",{\"Put\":{\"TableName\":\"";
    body += store_.table().name + "\",\"Item\":";
    put_attributes(body, key, value, r.expiries != nullptr ? r.expiries[i / 2 - 1] : r.expiry, 0);
    Expression absent;
    absent.dead(wall_ms()).put(body, "ConditionExpression");
    absent.put_words(body);
    body += "}}";
  }
  body += "]}";
  if (seen.size() > kMostInTransaction) {
    finish(r, Status::store_error);
    r.reply.text = host_.arena().concat({"ERR MSETNX of ", std::to_string(seen.size()),
                                         " keys: the 'dynamodb' backend stores at most ",
                                         std::to_string(kMostInTransaction), " all at once"});
    co_return;
  }
  ask(w, Operation::TransactWriteItems, std::move(body));
  co_await w;
  if (good(w, r)) finish(r, w.outcome.answered == Answered::done ? Status::ok : Status::not_stored);
}

// What changes a value that is there: it is read, changed here, and stored if the old one still stands there. The TTL
// stays the item's own unless the request names another.
Task<> DynamoBackend::edit_value(Work& w, Request& r) {
  if (!check_key(r, r.key)) co_return;
  for (int i = 0;; ++i) {
    const bool in_time = co_await may_try(w, r, i);
    if (!in_time) co_return;
    Found old;
    const bool known = co_await find(w, r, r.key, old);
    if (!known) co_return;
    if (r.has(kIfPresent) && !old) co_return finish(r, Status::not_stored);
    const bool made_anyway = !old && r.op == Op::add_unsigned;  // or a miss, whatever the cas
    if (r.has(kIfUnchanged) && !made_anyway && (!old || token_of(old.view(), old.flags) != r.cas))
      co_return finish(r, old ? Status::changed : Status::miss);
    std::string made;
    if (!edit(r, static_cast<bool>(old), old.view(), made)) co_return;
    const int64_t expiry = !old ? r.expiry : r.has(kTouch) ? r.expiry2 : old.expiry;
    const uint32_t flags = old ? old.flags : r.flags;
    if (!check_size(r, r.key, made.size())) co_return;
    const Reply told = r.reply;
    Expression condition;
    old ? condition.unchanged(old) : condition.dead(wall_ms());
    bool done = false;
    const bool asked = co_await put(w, r, r.key, made, expiry, flags, condition, done);
    if (!asked) co_return;
    if (!done) continue;
    r.reply = told;
    if (r.op == Op::add_float) r.reply.text = host_.arena().copy(made);
    // A counter tells the expiry as it was before.
    const int64_t before = old ? old.expiry : (r.wants & kWantNewExpiry) != 0 ? expiry : kNever;
    co_return stored(r, made, r.op == Op::add_unsigned ? before : expiry, flags);
  }
}

// --- DEL and its like ---

// One key by itself: only so DynamoDB tells whether it was there. What several are to tell is looked up before.
Task<> DynamoBackend::remove(Work& w, Request& r) {
  if (r.args.size() == 1 && !r.noreply) {
    finish(r, Status::ok);
    if (!key_fault(r.args[0]).empty()) co_return;
    Expression live;
    live.live(wall_ms());
    bool done = false;
    const bool asked = co_await drop(w, r, r.args[0], live, done);
    if (!asked) co_return;
    finish(r, Status::ok);
    r.reply.number = done ? 1 : 0;
    co_return;
  }
  std::vector<Found> found(r.args.size());
  for (size_t i = 0; i < r.args.size(); ++i) look(w, r.args[i], found[i], false, true);
  co_await w;
  if (!good(w, r)) co_return;
  absl::flat_hash_set<std::string_view> gone;
  for (size_t i = 0; i < r.args.size(); ++i)
    if (found[i] && gone.insert(r.args[i]).second) write(w, r.args[i], delete_request(r.args[i]));
  co_await w;
  if (!good(w, r)) co_return;
  finish(r, Status::ok);
  r.reply.number = static_cast<int64_t>(gone.size());
}

Task<> DynamoBackend::invalidate(Work& w, Request& r) {
  if (!check_key(r, r.key)) co_return;
  if (r.has(kMarkStale)) {
    finish(r, Status::unsupported);
    r.reply.text = "marking an item as stale is not supported by the 'dynamodb' backend";
    co_return;
  }
  const bool plain = !r.has(kIfUnchanged) && !r.has(kClear);
  for (int i = 0;; ++i) {
    const bool in_time = co_await may_try(w, r, i);
    if (!in_time) co_return;
    Found old;
    Expression condition;
    if (plain) {
      condition.live(wall_ms());
    } else {
      const bool known = co_await find(w, r, r.key, old);
      if (!known) co_return;
      if (!old) co_return finish(r, Status::miss);
      if (r.has(kIfUnchanged) && token_of(old.view(), old.flags) != r.cas) co_return finish(r, Status::changed);
      condition.unchanged(old);
    }
    bool done = false, asked = false;
    if (r.has(kClear)) {
      asked = co_await put(w, r, r.key, "", r.expiry, r.flags, condition, done);
    } else {
      asked = co_await drop(w, r, r.key, condition, done);
    }
    if (!asked) co_return;
    if (plain) co_return finish(r, done ? Status::ok : Status::miss);
    if (!done) continue;
    co_return stored(r, "", r.has(kClear) ? r.expiry : kNever, r.flags);
  }
}

Task<> DynamoBackend::expire(Work& w, Request& r) {
  if (!check_key(r, r.key)) co_return;
  const bool conditional = (r.options & (kIfNoTtl | kIfTtl | kIfLater | kIfSooner)) != 0;
  for (int i = 0;; ++i) {
    const bool in_time = co_await may_try(w, r, i);
    if (!in_time) co_return;
    Found old;
    if (conditional) {
      look(w, r.key, old, false, true);
      co_await w;
      if (!good(w, r)) co_return;
      finish(r, old ? Status::not_stored : Status::miss);
      if (!old || (r.has(kIfNoTtl) && old.expiry != kNever) || (r.has(kIfTtl) && old.expiry == kNever) ||
          (r.has(kIfLater) && (old.expiry == kNever || r.expiry <= old.expiry)) ||
          (r.has(kIfSooner) && old.expiry != kNever && r.expiry >= old.expiry))
        co_return;
    }
    const int64_t now = wall_ms();
    const bool past = !r.has(kPersist) && r.expiry <= now;
    std::string body = begin_body() + ",\"Key\":";
    put_key(body, r.key);
    Expression e;
    if (!past) e.set_expiry(r.has(kPersist) ? kNever : r.expiry).put(body, "UpdateExpression");
    conditional ? e.same_expiry(old) : e.live(now);
    e.put(body, "ConditionExpression");
    e.put_words(body);
    body += '}';
    const bool once = past || conditional;
    ask(w, past ? Operation::DeleteItem : Operation::UpdateItem, std::move(body), once, w.deadline);
    co_await w;
    if (!good(w, r)) co_return;
    const bool done = w.outcome.answered == Answered::done;
    if (!done && conditional) continue;
    co_return finish(r, done ? Status::ok : Status::miss);
  }
}

// --- names ---

// Both in one transaction, where the old one still is as it was read.
Task<> DynamoBackend::rename(Work& w, Request& r) {
  if (!check_key(r, r.key) || !check_key(r, r.value)) co_return;
  for (int i = 0;; ++i) {
    const bool in_time = co_await may_try(w, r, i);
    if (!in_time) co_return;
    Found from, to;
    const bool known = co_await find(w, r, r.key, from);
    if (!known) co_return;
    if (!from) co_return finish(r, Status::no_such_key);
    if (r.key == r.value) co_return finish(r, r.has(kIfAbsent) ? Status::not_stored : Status::ok);
    if (!check_size(r, r.value, from.view().size())) co_return;
    if (r.has(kIfAbsent)) {
      look(w, r.value, to, false, true);
      co_await w;
      if (!good(w, r)) co_return;
      if (to) co_return finish(r, Status::not_stored);
    }
    const std::string table = "{\"TableName\":\"" + store_.table().name + "\"";
    std::string body = begin_transaction() + "{\"Put\":" + table + ",\"Item\":";
    put_attributes(body, r.value, from.view(), at_most(from.expiry, r.expiry), from.flags);
    if (r.has(kIfAbsent)) {
      Expression absent;
      absent.dead(wall_ms()).put(body, "ConditionExpression");
      absent.put_words(body);
    }
    body += "}},{\"Delete\":" + table + ",\"Key\":";
    put_key(body, r.key);
    Expression unchanged;
    unchanged.unchanged(from).put(body, "ConditionExpression");
    unchanged.put_words(body);
    body += "}}]}";
    ask(w, Operation::TransactWriteItems, std::move(body));
    co_await w;
    if (!good(w, r)) co_return;
    if (w.outcome.answered == Answered::done) co_return finish(r, Status::ok);
  }
}

Task<> DynamoBackend::copy(Work& w, Request& r) {
  if (!check_key(r, r.key) || !check_key(r, r.value)) co_return;
  Found from;
  const bool known = co_await find(w, r, r.key, from);
  if (!known) co_return;
  if (!from) co_return finish(r, Status::miss);
  if (!check_size(r, r.value, from.view().size())) co_return;
  const int64_t expiry = at_most(from.expiry, r.expiry);
  if (r.has(kReplace)) {
    write(w, r.value, put_request(r.value, from.view(), expiry, from.flags));
    co_await w;
    if (good(w, r)) finish(r, Status::ok);
    co_return;
  }
  Expression absent;
  absent.dead(wall_ms());
  bool done = false;
  const bool asked = co_await put(w, r, r.value, from.view(), expiry, from.flags, absent, done);
  if (asked) finish(r, done ? Status::ok : Status::not_stored);
}

}  // namespace cachetted::dynamodb
