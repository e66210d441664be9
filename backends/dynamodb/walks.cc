// What concerns all keys: the table is read page by page, at most dynamodb.scan_rate capacity units a second, so that a
// walk does not eat what the requests of others need. It takes as long as it takes: each page has its own deadline.
#include <algorithm>

#include "backends/dynamodb/dynamodb.h"
#include "config/config.h"
#include "core/bytes.h"
#include "core/clock.h"

namespace cachetted::dynamodb {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kPatience = 10 * kSecond;   // for one page, and what is done with it
constexpr uint64_t kTellEvery = 10 * kSecond;  // progress
constexpr uint64_t kLookMs = 250;              // while a walk waits: whether its client is still there
constexpr int64_t kPageKeys = 1000;
constexpr int64_t kMostLooked = 4096;  // keys in one call of SCAN

bool reads_one_page(const Request& r) { return r.op == Op::scan || r.op == Op::random_key; }

// One that nobody asked (a flush whose time has come) has no session.
bool is_gone(const Request& r) { return r.owner != nullptr && r.owner->gone; }

// What a glob's matches begin with.
std::string_view literal_of(std::string_view glob) {
  std::string_view s = glob.substr(0, glob.find_first_of("*?[\\"));
  while (!s.empty() && !simdjson::validate_utf8(s.data(), s.size())) s.remove_suffix(1);
  return s;
}

}  // namespace

// A walk, and the page that it has read last.
struct DynamoBackend::Walk {
  // The first or next page is to have items that fit, of at most `limit` (0: as many as there are in one page), from
  // behind `behind` on.
  enum class Of : uint8_t { live, expired, all } of = Of::live;
  std::string_view prefix = {};
  int64_t limit = kPageKeys;
  bool counts = false;  // only how many there are

  std::string behind = {};  // empty: from the beginning
  std::vector<std::string> keys = {};
  int64_t count = 0;  // of this page
  bool ended = false;

  int64_t read = 0, deleted = 0;  // so far, for the operator
  uint64_t told_at = steady_ns();
  int64_t now = wall_ms();
};

// False: r is answered.
Task<bool> DynamoBackend::read_page(Work& w, Request& r, Walk& walk) {
  const bool paid = co_await pace(w, r);
  if (!paid) co_return false;
  std::string body = begin_body();
  if (host_.config().dynamodb.consistent_read) body += ",\"ConsistentRead\":true";
  if (walk.limit != 0) body += ",\"Limit\":" + std::to_string(walk.limit);
  if (walk.counts) body += ",\"Select\":\"COUNT\"";
  if (!walk.behind.empty()) {
    body += ",\"ExclusiveStartKey\":";
    put_key(body, walk.behind);
  }
  Expression e;
  if (!walk.counts) e.add("#k").put(body, "ProjectionExpression");
  walk.now = wall_ms();
  if (walk.of == Walk::Of::live) e.live(walk.now);
  if (walk.of == Walk::Of::expired) e.add("#e <= ").number(walk.now / 1000);
  if (!walk.prefix.empty()) e.add(e.text.empty() ? "" : " AND ").add("begins_with(#k, ").string(walk.prefix).add(")");
  if (!e.text.empty()) e.put(body, "FilterExpression");
  e.put_words(body);
  body += '}';
  if (!reads_one_page(r)) w.deadline = steady_ns() + kPatience;
  ask(w, Operation::Scan, std::move(body));
  co_await w;
  if (!good(w, r)) co_return false;
  const Json page = w.outcome.json;
  if (page["Count"].error() != simdjson::SUCCESS) {
    w.outcome.answered = Answered::lost;
    w.outcome.why = store_.table().endpoint.place + ": it answers something else";
    co_return fail(r, w.outcome);
  }
  walk.keys.clear();
  read_each(page["Items"], [&](Json item) { walk.keys.emplace_back(key_of(item)); });
  walk.count = read(page["Count"], int64_t{0});
  walk.behind = key_of(page["LastEvaluatedKey"]);
  walk.ended = walk.behind.empty();
  walk.read += read(page["ScannedCount"], int64_t{0});
  tell_progress(walk, r);
  charge(static_cast<uint64_t>(read(page["ConsumedCapacity"]["CapacityUnits"], 1.0)) + 1);
  co_return true;
}

void DynamoBackend::charge(uint64_t units) {
  store_.table().charge(units, host_.config().dynamodb.scan_rate, steady_ns());
}

// Waits until what walks have used is paid for. Not for a client that is gone, nor beyond its deadline for what reads
// one page only. False: r is answered.
Task<bool> DynamoBackend::pace(Work& w, Request& r) {
  const uint64_t until = reads_one_page(r) ? w.deadline : UINT64_MAX;
  for (;;) {
    const uint64_t now = steady_ns(), paid = store_.table().paid_at();
    if (is_gone(r) || paid > until || now > until) break;
    if (paid <= now) co_return true;
    begin_step(w);
    http_.after(std::min<uint64_t>((paid - now) / 1'000'000 + 1, kLookMs), [this, &w] { answer(w, {}); });
    co_await w;
  }
  finish(r, Status::unavailable);
  r.reply.text = "backend 'dynamodb' is unavailable: other walks use all of dynamodb.scan_rate";
  co_return false;
}

void DynamoBackend::tell_progress(Walk& walk, const Request& r) {
  const uint64_t now = steady_ns();
  if (now - walk.told_at < kTellEvery) return;
  walk.told_at = now;
  host_.report(false,
               "backend 'dynamodb': " + std::string(r.row != nullptr ? r.row->name : row(r.op).name) + " has read " +
                   std::to_string(walk.read) + " items so far and deleted " + std::to_string(walk.deleted) +
                   ", at dynamodb.scan_rate " + std::to_string(host_.config().dynamodb.scan_rate),
               4);
}

Task<> DynamoBackend::keys(Work& w, Request& r) {
  auto listing = std::make_unique<Listing>();
  Walk walk;
  walk.prefix = literal_of(r.value);
  walk.limit = 0;
  while (!walk.ended) {
    const bool good = co_await read_page(w, r, walk);
    if (!good) co_return;
    for (const std::string& key : walk.keys)
      if (glob_match(r.value, key)) listing->add(key);
  }
  r.reply.listing = listing.release();
  finish(r, Status::ok);
}

Task<> DynamoBackend::scan(Work& w, Request& r) {
  const auto cursor = static_cast<uint64_t>(r.number2);
  auto listing = std::make_unique<Listing>();
  Cursors& cursors = store_.table().cursors;
  if (!r.has(kNothing) && (cursor == 0 || !Cursors::never_told(cursor))) {
    Walk walk;
    walk.limit = std::clamp<int64_t>(r.number, 1, kMostLooked);
    if (cursor != 0) {
      auto known = cursors.find(cursor, steady_ns());
      if (!known) {
        finish(r, Status::store_error);
        r.reply.text =
            "ERR invalid cursor: it was told by another cachetted, or over ten minutes ago; begin again at 0";
        co_return;
      }
      walk.behind = known->behind;
    }
    const bool good = co_await read_page(w, r, walk);
    if (!good) co_return;
    for (const std::string& key : walk.keys)
      if (glob_match(r.value, key)) listing->add(key);
    if (!walk.ended)
      r.reply.cursor = static_cast<int64_t>(cursors.add({false, walk.behind, true, 0}, cursor, steady_ns()));
  }
  r.reply.listing = listing.release();
  finish(r, Status::ok);
}

Task<> DynamoBackend::count(Work& w, Request& r) {
  Walk walk;
  walk.counts = true;
  walk.limit = 0;
  int64_t n = 0;
  while (!walk.ended) {
    const bool good = co_await read_page(w, r, walk);
    if (!good) co_return;
    n += walk.count;
  }
  r.reply.number = n;
  finish(r, Status::ok);
}

// One behind a random place in the order of the table, which is that of hashes.
Task<> DynamoBackend::random_key(Work& w, Request& r) {
  constexpr int64_t kSome = 64;
  const uint64_t seed = steady_ns() * 0x9E3779B97F4A7C15u;
  for (bool from_begin : {false, true}) {
    Walk walk;
    walk.limit = kSome;
    if (!from_begin) walk.behind = std::to_string(seed);
    while (!walk.ended) {
      const bool good = co_await read_page(w, r, walk);
      if (!good) co_return;
      if (walk.keys.empty()) continue;
      const std::string_view key = host_.arena().copy(walk.keys[(seed >> 32) % walk.keys.size()]);
      r.reply.value.data = key.data();
      r.reply.value.size = static_cast<uint32_t>(key.size());
      r.reply.value.found = true;
      co_return finish(r, Status::ok);
    }
  }
  finish(r, Status::miss);
}

// FLUSHDB, whatever there is; or CLEAR, of what is there for clients and begins with the namespace.
Task<> DynamoBackend::delete_all(Work& w, Request& r) {
  const std::string prefix = r.op == Op::clear ? std::string(r.value) + ":" : "";
  int64_t deleted = 0;
  if (simdjson::validate_utf8(prefix.data(), prefix.size())) {
    Walk walk;
    walk.of = r.op == Op::clear ? Walk::Of::live : Walk::Of::all;
    walk.prefix = prefix;
    while (!walk.ended) {
      const bool good_page = co_await read_page(w, r, walk);
      if (!good_page) co_return;
      if (walk.keys.empty()) continue;
      w.deadline = steady_ns() + kPatience;
      for (const std::string& key : walk.keys) write(w, key, delete_request(key));
      co_await w;
      if (!good(w, r)) co_return;
      deleted += static_cast<int64_t>(walk.keys.size());
      walk.deleted = deleted;
      charge(walk.keys.size());
    }
  }
  r.reply.number = deleted;
  finish(r, Status::ok);
}

// One by one, each only where it has not been written anew meanwhile.
Task<> DynamoBackend::flush_expired(Work& w, Request& r) {
  Walk walk;
  walk.of = Walk::Of::expired;
  while (!walk.ended) {
    const bool good_page = co_await read_page(w, r, walk);
    if (!good_page) co_return;
    w.deadline = steady_ns() + kPatience;
    begin_step(w);  // all of them are one step
    for (const std::string& key : walk.keys) {
      std::string body = begin_body() + ",\"Key\":";
      put_key(body, key);
      Expression e;
      e.add("#e <= ").number(walk.now / 1000).put(body, "ConditionExpression");
      e.put_words(body);
      body += '}';
      ask(w, Operation::DeleteItem, std::move(body), false, w.deadline,
          [&walk](Outcome& o) { walk.deleted += o.answered == Answered::done; });
    }
    answer(w, {});
    co_await w;
    if (!good(w, r)) co_return;
    charge(walk.keys.size());
  }
  r.reply.number = walk.deleted;
  finish(r, Status::ok);
}

}  // namespace cachetted::dynamodb
