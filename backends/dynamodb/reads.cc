// Looks keys up, and reads that change an expiry or delete.
#include "backends/dynamodb/dynamodb.h"
#include "core/clock.h"

namespace cachetted::dynamodb {

// To be awaited. A key that the table cannot have is not there.
void DynamoBackend::look(Work& w, std::string_view key, Found& into, bool values, bool newest) {
  if (!key_fault(key).empty()) return;
  begin_step(w);
  reads_.push_back({&w, key, &into, values, newest});
}

Task<> DynamoBackend::look_up(Work& w, Request& r) {
  std::vector<std::string_view> keys;
  cachetted::gather(r, keys);
  std::vector<Found> found(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) look(w, keys[i], found[i], needs_values(r), false);
  co_await w;
  if (!good(w, r)) co_return;
  std::vector<const Item*> items;
  for (const Found& f : found) items.push_back(&f);
  answer_items(r, kItems, host_.arena(), items);
}

// One key, read anew, for a write.
Task<bool> DynamoBackend::find(Work& w, Request& r, std::string_view key, Found& found) {
  found = {};
  look(w, key, found, true, true);
  co_await w;
  if (!good(w, r)) co_return false;
  if (!found || found.fault == nullptr) [[likely]]
    co_return true;
  fail_shape(r, kItems, host_.arena(), found);
  co_return false;
}

// One step in the table: what is told is what was touched or deleted. What cannot be read stays as it is.
Task<bool> DynamoBackend::take_or_touch(Work& w, Request& r, std::string_view key, int64_t expiry, bool remove,
                                        Found& found) {
  const int64_t now = wall_ms();
  remove = remove || (expiry != kNever && expiry <= now);
  std::string body = begin_body() + ",\"ReturnValues\":\"ALL_OLD\",\"Key\":";
  put_key(body, key);
  Expression e;
  if (!remove) e.set_expiry(expiry).put(body, "UpdateExpression");
  e.live(now).add(" AND ").readable().put(body, "ConditionExpression");
  e.put_words(body);
  body += '}';
  ask(w, remove ? Operation::DeleteItem : Operation::UpdateItem, std::move(body), remove, w.deadline);
  co_await w;
  if (!good(w, r)) co_return false;
  if (w.outcome.answered == Answered::done) {
    found = read_item(w.outcome.json["Attributes"], now, false);
    found.live = true;
    if (found.fault == nullptr) co_return true;
    w.outcome.answered = Answered::lost;
    w.outcome.why = store_.table().endpoint.place + ": it answers something else";
    found = {};
    co_return fail(r, w.outcome);
  }
  const bool asked = co_await find(w, r, key, found);  // why not
  if (asked) found = {};
  co_return asked;
}

Task<> DynamoBackend::get(Work& w, Request& r) {
  if (!check_key(r, r.key)) co_return;
  Found f;
  const bool known = co_await take_or_touch(w, r, r.key, r.has(kPersist) ? kNever : r.expiry, r.has(kDeleteAfter), f);
  if (!known) co_return;
  finish(r, f ? Status::ok : Status::miss);
  r.reply.expiry = f.expiry;
  put_item(r, r.reply.value, f);
}

// One after the other: a key that is named twice, with a time that is over, is there only once.
Task<> DynamoBackend::get_many(Work& w, Request& r) {
  std::vector<Found> found(r.args.size());
  std::vector<const Item*> items;
  for (size_t i = 0; i < r.args.size(); ++i) {
    const int64_t expiry = r.expiries != nullptr ? r.expiries[i] : r.expiry;
    items.push_back(&found[i]);
    if (!key_fault(r.args[i]).empty()) continue;
    const bool known = co_await take_or_touch(w, r, r.args[i], expiry, false, found[i]);
    if (!known && (!found[i] || found[i].fault == nullptr)) co_return;
  }
  answer_items(r, kItems, host_.arena(), items);
}

}  // namespace cachetted::dynamodb
