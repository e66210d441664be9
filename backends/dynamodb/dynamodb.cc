// The store, the order of each session's requests, and what goes to DynamoDB together.
#include "backends/dynamodb/dynamodb.h"

#include <absl/hash/hash.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "config/config.h"
#include "core/clock.h"
#include "metrics/metrics.h"

namespace cachetted::dynamodb {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kBeatNs = 50 * kMs;
constexpr size_t kMostKeys = 100;           // of BatchGetItem
constexpr size_t kMostWrites = 25;          // of BatchWriteItem
constexpr size_t kMostWritten = 512 << 10;  // bytes of one, unless a single write has more
constexpr size_t kMostRead = 1 << 20;       // bytes that one answer should have: it is read in one turn of the loop

size_t hash_of(std::string_view key) { return absl::Hash<std::string_view>{}(key); }

const Curl* need_curl() {
  std::string why;
  const Curl* curl = open_curl(why);
  if (curl == nullptr) throw std::runtime_error("backend 'dynamodb': " + why);
  return curl;
}

}  // namespace

Caps native_caps() {
  Caps c;
  for (Op op :
       {Op::get,      Op::get_many,  Op::set,       Op::set_many,   Op::append,       Op::add_integer, Op::add_float,
        Op::length,   Op::get_range, Op::set_range, Op::get_bit,    Op::add_unsigned, Op::set_bit,     Op::count_bits,
        Op::find_bit, Op::common,    Op::remove,    Op::invalidate, Op::exists,       Op::type,        Op::expire,
        Op::expiry,   Op::rename,    Op::copy,      Op::keys,       Op::scan,         Op::random_key,  Op::count,
        Op::flush,    Op::inspect,   Op::clear,     Op::group,      Op::flush_expired})
    c.ops |= uint64_t{1} << static_cast<int>(op);
  return c;
}

// --- the store ---

DynamoStore::DynamoStore(const config::Config& c) : curl_(need_curl()), config_(c), table_(c) {}

Backend* DynamoStore::open(Host& host, unsigned loop, unsigned) { return new DynamoBackend(*this, host, loop == 0); }

std::string DynamoStore::trouble() const {
  const std::string why = table_.reason();
  return why.empty() ? why : std::string(kUnavailable) + why;
}

DynamoBackend::DynamoBackend(DynamoStore& store, Host& host, bool first)
    : store_(store),
      host_(host),
      http_(
          store.curl(), host.event_loop(), store.config().tls, [this] { host_.note_input(); },
          [this] { host_.cells().add(metrics::metric::upstream_connects(metrics::ConnectResult::made)); }),
      client_(store.table(), host, http_, store.config().dynamodb.connections, [this] { return gather(); }) {
  if (first) keeper_ = std::make_unique<Keeper>(store.table(), host, http_, store.config());
}

DynamoBackend::~DynamoBackend() {
  for (Work* w : works_) delete w;
}

// --- the order of a session ---

DynamoBackend::Lane::Kind DynamoBackend::kind_of(const Request& r) {
  if (is_look(r)) return Lane::Kind::look;
  return is_plain_write(r) ? Lane::Kind::write : Lane::Kind::alone;
}

namespace {

template <class Each>
bool any_key(const Request& r, Each each) {
  switch (row(r.op).keys) {
    case Keys::many: return std::any_of(r.args.begin(), r.args.end(), each);
    case Keys::pairs:
      for (size_t i = 0; i < r.args.size(); i += 2)
        if (each(r.args[i])) return true;
      return false;
    case Keys::two: return each(r.key) || each(r.value);
    case Keys::one: return each(r.key);
    case Keys::none: break;
  }
  return false;
}

}  // namespace

bool DynamoBackend::may_run(const Lane& lane, const Request& r) {
  if (lane.alone) return false;
  const auto written = [&](std::string_view key) { return lane.written.contains(hash_of(key)); };
  switch (kind_of(r)) {
    case Lane::Kind::look: return lane.written.empty() || !any_key(r, written);
    case Lane::Kind::write: return lane.looks == 0 && (lane.written.empty() || !any_key(r, written));
    case Lane::Kind::alone: break;
  }
  return lane.looks == 0 && lane.writes == 0;
}

uint64_t DynamoBackend::deadline() const {
  return steady_ns() + static_cast<uint64_t>(host_.config().timeouts.request_ms) * kMs;
}

size_t DynamoBackend::submit(Batch batch) {
  const Caps all = caps();
  for (Request* r : batch) {
    if (!all.has(r->op)) {
      answer_unsupported(*r, all, "dynamodb", host_.arena());
      host_.complete(*r);
      continue;
    }
    keep_asked(*r);
    r->late = false;
    Lane& lane = lanes_[r->owner];
    if (lane.waiting.empty() && may_run(lane, *r)) {
      run(lane, *r, deadline());
    } else {
      lane.waiting.push_back({r, deadline()});
    }
  }
  client_.pump();
  http_.send();
  return batch.size();
}

void DynamoBackend::run(Lane& lane, Request& r, uint64_t until) {
  switch (kind_of(r)) {
    case Lane::Kind::look: ++lane.looks; break;
    case Lane::Kind::write:
      ++lane.writes;
      any_key(r, [&](std::string_view key) { return lane.written.insert(hash_of(key)), false; });
      break;
    case Lane::Kind::alone: lane.alone = true; break;
  }
  auto* w = new Work(r, until);
  works_.insert(w);
  w->body = body_of(*w, r);
  w->body.start();
  if (w->body.done()) finish(*w);
}

// What waits behind what was answered. A body may end at once, and come back here.
void DynamoBackend::settle(const Owner* owner) {
  Lane& lane = lanes_.at(owner);
  if (lane.settling) return;
  lane.settling = true;
  while (!lane.waiting.empty() && may_run(lane, *lane.waiting.front().request)) {
    const auto [r, until] = lane.waiting.front();
    lane.waiting.pop_front();
    if (steady_ns() < until) {
      run(lane, *r, until);
      continue;
    }
    r->reply.status = Status::unavailable;
    r->reply.text = host_.arena().concat(
        {kUnavailable, "no answer within timeouts.request: what its client asked before took so long"});
    host_.complete(*r);
  }
  lane.settling = false;
  if (lane.waiting.empty() && lane.looks == 0 && lane.writes == 0 && !lane.alone) lanes_.erase(owner);
}

void DynamoBackend::resume(Work& w) {
  w.answered.wake();
  if (w.body.done()) finish(w);
}

void DynamoBackend::finish(Work& w) {
  Request& r = w.r;
  const Owner* owner = r.owner;
  const Lane::Kind kind = kind_of(r);
  works_.erase(&w);
  delete &w;
  Lane& lane = lanes_.at(owner);
  switch (kind) {
    case Lane::Kind::look: --lane.looks; break;
    case Lane::Kind::write:
      if (--lane.writes == 0) lane.written.clear();
      break;
    case Lane::Kind::alone: lane.alone = false; break;
  }
  host_.complete(r);
  settle(owner);
}

Task<> DynamoBackend::body_of(Work& w, Request& r) {
  if (is_look(r)) return look_up(w, r);
  switch (r.op) {
    case Op::get: return get(w, r);
    case Op::get_many: return get_many(w, r);
    case Op::set: return set(w, r);
    case Op::set_many: return r.has(kIfAbsent) ? set_many_if_absent(w, r) : set_many(w, r);
    case Op::append:
    case Op::add_integer:
    case Op::add_unsigned:
    case Op::add_float:
    case Op::set_range:
    case Op::set_bit: return edit_value(w, r);
    case Op::remove: return remove(w, r);
    case Op::invalidate: return invalidate(w, r);
    case Op::expire: return expire(w, r);
    case Op::rename: return rename(w, r);
    case Op::copy: return copy(w, r);
    case Op::random_key: return random_key(w, r);
    case Op::keys: return keys(w, r);
    case Op::scan: return scan(w, r);
    case Op::count: return count(w, r);
    case Op::flush:
    case Op::clear: return delete_all(w, r);
    case Op::flush_expired: return flush_expired(w, r);
    case Op::group: return group(w, r);
    case Op::local:
    case Op::length:
    case Op::get_range:
    case Op::get_bit:
    case Op::count_bits:
    case Op::find_bit:
    case Op::common:
    case Op::exists:
    case Op::type:
    case Op::expiry:
    case Op::inspect:  // these are looked up
    case Op::move:
    case Op::swap:
    case Op::watch:
    case Op::raw: break;  // not in native_caps()
  }
  return refuse(r);
}

Task<> DynamoBackend::refuse(Request& r) {  // one of a group
  answer_unsupported(r, caps(), "dynamodb", host_.arena());
  co_return;
}

Task<> DynamoBackend::group(Work& w, Request& r) {
  for (Request* c = r.children; c != nullptr; c = c->next) {
    if (c->reply.status != Status::pending) continue;
    w.outcome = {};
    Task<> body = body_of(w, *c);
    co_await body;
    if (c->reply.kept == nullptr && borrows(c->reply)) keep_reply(*c);  // its bytes are this tick's
  }
  finish(r, Status::ok);
}

// --- what a body asks ---

std::string DynamoBackend::begin_body() const {
  return "{\"TableName\":\"" + store_.table().name + "\",\"ReturnConsumedCapacity\":\"TOTAL\"";
}

void DynamoBackend::begin_step(Work& w) {
  if (w.due++ == 0) w.outcome = {};
}

void DynamoBackend::ask(Work& w, Operation op, std::string body, bool once, uint64_t until,
                        std::function<void(Outcome&)> also) {
  begin_step(w);
  Client::Call c{op, std::move(body), until, [this, &w, also = std::move(also)](Outcome& o) {
                   if (also) also(o);
                   answer(w, o);
                 }};
  c.once = once;
  client_.call(std::move(c));
}

// As the last call ended. Always false.
bool DynamoBackend::fail(Request& r, const Outcome& o) {
  constexpr std::string_view kMaybe = "; the change may or may not have been made";
  Arena& arena = host_.arena();
  const bool maybe = o.uncertain && !is_look(r);
  finish(r, Status::unavailable);
  switch (o.answered) {
    case Answered::throttled:
      r.reply.text =
          maybe ? arena.concat({"backend 'dynamodb' is throttled", kMaybe}) : "backend 'dynamodb' is throttled";
      return false;
    case Answered::conflict:
      r.reply.text = arena.concat({kUnavailable, "the key was changed by others again and again meanwhile"});
      return false;
    case Answered::invalid:
      finish(r, Status::store_error);
      r.reply.text = arena.concat({"ERR backend 'dynamodb': ", o.why});
      return false;
    case Answered::done:
    case Answered::condition:
    case Answered::failed:
    case Answered::lost:
    case Answered::unreachable:
    case Answered::stale_token:
    case Answered::refused:
    case Answered::no_table: break;
  }
  r.reply.text = arena.concat({kUnavailable, o.why, maybe ? kMaybe : ""});
  return false;
}

// Whether the last call did what it was to do, or did not as its condition did not hold. Else r is answered.
bool DynamoBackend::good(Work& w, Request& r) {
  const Outcome& o = w.outcome;
  return o.answered == Answered::done || o.answered == Answered::condition || fail(r, o);
}

bool DynamoBackend::check_size(Request& r, std::string_view key, size_t value) {
  if (key.size() + value + kItemRoom <= kMostItem) [[likely]]
    return true;
  finish(r, Status::store_error);
  r.reply.text = host_.arena().concat({"ERR value of ", std::to_string(value), " bytes: with its key and ",
                                       std::to_string(kItemRoom), " bytes it is over the ", std::to_string(kMostItem),
                                       " of an item in DynamoDB"});
  return false;
}

Task<bool> DynamoBackend::may_try(Work& w, Request& r, int tries) {
  constexpr int kAtOnce = 2;
  if (tries == 0) co_return true;
  host_.cells().add(metrics::metric::upstream_retries());
  if (tries > kAtOnce) {
    begin_step(w);
    const auto wait = client_.backoff_ms(static_cast<unsigned>(std::min(tries - kAtOnce, 3)));
    http_.after(wait, [this, &w] { answer(w, {}); });
    co_await w;
  }
  if (steady_ns() < w.deadline) co_return true;
  finish(r, Status::unavailable);
  r.reply.text = host_.arena().concat({kUnavailable, "the key was changed by others again and again meanwhile"});
  co_return false;
}

// --- what goes together ---

struct DynamoBackend::Reads {
  uint64_t until = UINT64_MAX;  // steady ns: the first deadline
  std::vector<Read> all;
  absl::flat_hash_map<std::string_view, std::vector<size_t>> by_key;  // places in `all`
};

struct DynamoBackend::Writes {
  uint64_t until = UINT64_MAX;
  std::vector<Write> all;
  absl::flat_hash_map<std::string_view, size_t> by_key;
};

bool DynamoBackend::gather() {
  if (reads_.empty() && writes_.empty()) return false;
  const bool reads = !reads_.empty() && (writes_.empty() || !reads_last_);
  reads_last_ = reads;
  return reads ? gather_reads() : gather_writes();
}

bool DynamoBackend::gather_reads() {
  auto reads = std::make_shared<Reads>();
  bool values = false, newest = host_.config().dynamodb.consistent_read;
  const size_t most = std::clamp<size_t>(kMostRead / std::max<size_t>(value_bytes_, 1), 1, kMostKeys);
  std::string body;
  while (!reads_.empty()) {
    const Read& next = reads_.front();
    auto [at, added] = reads->by_key.try_emplace(next.key);
    if (added && reads->by_key.size() > most) {
      reads->by_key.erase(at);
      break;
    }
    at->second.push_back(reads->all.size());
    if (added) {
      body += body.empty() ? "" : ",";
      put_key(body, next.key);
    }
    values = values || next.values;
    newest = newest || next.newest;
    reads->until = std::min(reads->until, next.work->deadline);
    reads->all.push_back(next);
    reads_.pop_front();
  }
  std::string whole =
      "{\"ReturnConsumedCapacity\":\"TOTAL\",\"RequestItems\":{\"" + store_.table().name + "\":{\"Keys\":[";
  whole += body;
  whole += newest ? "],\"ConsistentRead\":true" : "]";
  if (!values) {
    Expression e;
    e.add("#k,#e,#m,#f").put(whole, "ProjectionExpression");
    e.put_words(whole);
  }
  whole += "}}}";
  host_.cells().add(metrics::metric::dynamodb_call_items(Operation::BatchGetItem), reads->by_key.size());
  client_.begin(
      {Operation::BatchGetItem, std::move(whole), reads->until, [this, reads](Outcome& o) { on_read(reads, o); }});
  return true;
}

// One answer to a Work, which may wait for more.
void DynamoBackend::answer(Work& w, const Outcome& o) {
  if (w.outcome.answered == Answered::done || w.outcome.answered == Answered::condition) w.outcome = o;
  if (--w.due == 0) resume(w);
}

void DynamoBackend::on_read(const std::shared_ptr<Reads>& reads, Outcome& o) {
  const uint64_t now = steady_ns();
  const std::string& table = store_.table().name;
  std::vector<bool> again(reads->all.size());
  if (o.answered == Answered::done && !o.json["Responses"][table].is_array()) {
    o.answered = Answered::lost;
    o.why = store_.table().endpoint.place + ": it answers something else";
  }
  if (o.answered == Answered::done) {
    const int64_t wall = wall_ms();
    size_t bytes = 1;
    read_each(o.json["Responses"][table], [&](Json item) {
      auto at = reads->by_key.find(key_of(item));
      if (at == reads->by_key.end()) return;
      const std::vector<size_t>& places = at->second;
      const bool exactly = std::any_of(places.begin(), places.end(), [&](size_t i) { return reads->all[i].newest; });
      const Found f = read_item(item, wall, exactly);
      if (!f) return;
      bytes += f.view().size();
      for (size_t i : places) {
        const Read& read = reads->all[i];
        *read.into = f.share(read.newest);
        if (!read.values) read.into->fault = nullptr;
      }
    });
    // Values grow in an instant, and are taken to be small again only slowly.
    value_bytes_ = std::max(bytes / reads->by_key.size(), value_bytes_ - value_bytes_ / 256);
    read_each(o.json["UnprocessedKeys"][table]["Keys"], [&](Json key) {
      if (auto at = reads->by_key.find(key_of(key)); at != reads->by_key.end())
        for (size_t i : at->second) again[i] = true;
    });
  } else {
    // Whose time is not over asks again: a call has the first deadline of all.
    const bool late = now >= reads->until && client_.down().empty();
    for (size_t i = 0; i < again.size(); ++i) again[i] = late && now < reads->all[i].work->deadline;
  }
  settle_parts(reads->all, reads_, again, o);
}

// Answers those of a call that are done, or failed; the others are asked for again: what DynamoDB left out a little
// later, and only as long as that is paid for.
template <class Part>
void DynamoBackend::settle_parts(std::vector<Part>& parts, std::deque<Part>& queue, const std::vector<bool>& again,
                                 const Outcome& o) {
  const uint64_t now = steady_ns();
  const bool left_out = o.answered == Answered::done && std::find(again.begin(), again.end(), true) != again.end();
  const bool paid = !left_out || client_.pay();
  if (left_out) client_.note_throttle("a batch was carried out in part");
  unsigned tries = 0;
  auto repeated = std::make_shared<std::vector<Part>>();
  Outcome throttled;
  throttled.answered = Answered::throttled;
  for (size_t i = 0; i < parts.size(); ++i) {
    Part& part = parts[i];
    part.uncertain = part.uncertain || o.uncertain;
    if (!again[i]) {
      Outcome its = o;
      its.uncertain = part.uncertain;
      answer(*part.work, its);
    } else if (left_out && (now >= part.work->deadline || !paid)) {
      throttled.uncertain = part.uncertain;
      answer(*part.work, throttled);
    } else {
      tries = std::max(tries, ++part.tries);
      repeated->push_back(std::move(part));
    }
  }
  if (repeated->empty()) return;
  http_.after(left_out ? client_.backoff_ms(tries) : 0, [&queue, repeated] {
    queue.insert(queue.begin(), std::make_move_iterator(repeated->begin()), std::make_move_iterator(repeated->end()));
  });
}

bool DynamoBackend::gather_writes() {
  auto writes = std::make_shared<Writes>();
  std::deque<Write> later;  // of keys that the call writes already
  size_t bytes = 0;
  while (!writes_.empty() && writes->all.size() < kMostWrites && bytes < kMostWritten) {
    Write next = std::move(writes_.front());
    writes_.pop_front();
    const bool fits = writes->all.empty() || (!next.by_itself && !writes->all.front().by_itself);
    if (!fits || !writes->by_key.try_emplace(next.key, writes->all.size()).second) {
      later.push_back(std::move(next));
      continue;
    }
    bytes += next.json.size();
    writes->until = std::min(writes->until, next.work->deadline);
    writes->all.push_back(std::move(next));
  }
  writes_.insert(writes_.begin(), std::make_move_iterator(later.begin()), std::make_move_iterator(later.end()));
  std::string body = "{\"ReturnConsumedCapacity\":\"TOTAL\",\"RequestItems\":{\"" + store_.table().name + "\":[";
  for (const Write& w : writes->all) {
    if (body.back() != '[') body += ',';
    body += w.json;
  }
  body += "]}}";
  host_.cells().add(metrics::metric::dynamodb_call_items(Operation::BatchWriteItem), writes->all.size());
  client_.begin({Operation::BatchWriteItem, std::move(body), writes->until,
                 [this, writes](Outcome& o) { on_written(writes, o); }});
  return true;
}

void DynamoBackend::on_written(const std::shared_ptr<Writes>& writes, Outcome& o) {
  const uint64_t now = steady_ns();
  std::vector<bool> again(writes->all.size());
  const bool alone = o.answered == Answered::invalid && writes->all.size() > 1;  // one of them is at fault
  if (o.answered == Answered::done) {
    read_each(o.json["UnprocessedItems"][store_.table().name], [&](Json write) {
      const std::string_view put = key_of(write["PutRequest"]["Item"]);
      auto at = writes->by_key.find(put.empty() ? key_of(write["DeleteRequest"]["Key"]) : put);
      if (at != writes->by_key.end()) again[at->second] = true;
    });
  } else {
    const bool late = now >= writes->until && client_.down().empty();
    for (size_t i = 0; i < again.size(); ++i) again[i] = alone || (late && now < writes->all[i].work->deadline);
  }
  for (size_t i = 0; alone && i < again.size(); ++i) writes->all[i].by_itself = true;
  settle_parts(writes->all, writes_, again, o);
}

// Reads and writes that wait for a connection: those whose time is over, or all where there will be none.
void DynamoBackend::give_up(uint64_t now) {
  Outcome o;
  o.answered = Answered::unreachable;
  const std::string down = client_.down(), reason = store_.table().reason();
  o.why = !down.empty() ? down : reason.empty() ? "no answer within timeouts.request" : reason;
  auto sift = [&](auto& queue) {
    auto waiting = std::exchange(queue, {});
    for (auto& one : waiting) {
      if (!down.empty() || now >= one.work->deadline) {
        o.uncertain = one.uncertain;
        answer(*one.work, o);
      } else {
        queue.push_back(std::move(one));
      }
    }
  };
  sift(reads_);
  sift(writes_);
}

bool DynamoBackend::advance() {
  client_.pump();
  http_.send();
  const uint64_t now = steady_ns();
  if (now < beat_at_) return false;
  beat_at_ = now + kBeatNs;
  if (keeper_ != nullptr) keeper_->beat(now);
  client_.beat(now);
  give_up(now);
  host_.cells().set(metrics::metric::upstream_in_flight(), client_.in_flight());
  host_.cells().set(metrics::metric::upstream_open(), http_.connections());
  host_.cells().set(metrics::metric::upstream_down(), store_.table().state() == Table::State::down);
  http_.send();
  return false;
}

}  // namespace cachetted::dynamodb
