// Looks keys up: those of all requests that come together in one multi-get a server, which all servers work on at once.
#include <algorithm>
#include <cstring>

#include "backends/memcached/sasl/driver.h"
#include "core/bytes.h"
#include "core/clock.h"
#include "core/common.h"
#include "core/edit.h"

namespace cachetted::memcached::sasl {
namespace {

// Keys of one multi-get: the server takes them all before its answers fill the connection.
constexpr size_t kAtOnce = 128;

}  // namespace

bool Driver::is_look(const Request& r) {
  if (r.op == Op::get) return (r.options & (kTouch | kPersist | kDeleteAfter)) == 0 || r.has(kErrorIfFound);
  if (r.op == Op::get_many) return !r.has(kTouch);
  for (Op op : {Op::length, Op::get_range, Op::get_bit, Op::count_bits, Op::find_bit, Op::common, Op::exists, Op::type})
    if (r.op == op) return true;
  return false;
}

void Driver::gather(const Request& r, std::vector<std::string_view>& keys) {
  if (row(r.op).keys == Keys::many) {
    keys.insert(keys.end(), r.args.begin(), r.args.end());
    return;
  }
  keys.push_back(r.key);
  if (row(r.op).keys == Keys::two) keys.push_back(r.value);
}

// --- the multi-get ---

Outcome Driver::send(unsigned server, std::span<const std::string_view> keys) {
  if (servers_.down(server) || !links_[server]->open()) {
    lost_[server] = servers_.reason(server);
    return Outcome::silent;
  }
  const char* names[kAtOnce];
  size_t sizes[kAtOnce];
  for (size_t i = 0; i < keys.size(); ++i) {
    names[i] = keys[i].data();
    sizes[i] = keys[i].size();
  }
  Link& link = *links_[server];
  Outcome o = link.settle(memcached_mget(link.get(), names, sizes, keys.size()));
  if (o != Outcome::answered) lost_[server] = servers_.name(server) + ": " + link.reason();
  return o;
}

Outcome Driver::fetch(unsigned server, Findings& found) {
  Link& link = *links_[server];
  memcached_result_st result;
  memcached_result_create(link.get(), &result);
  memcached_return_t returned;
  bool ours = true;
  while (memcached_fetch_result(link.get(), &result, &returned) != nullptr) {
    auto f = found.find({memcached_result_key_value(&result), memcached_result_key_length(&result)});
    ours = ours && f != found.end();
    if (!ours) continue;
    size_t size = memcached_result_length(&result);
    BlobRef bytes(Blob::create(size));
    if (size != 0) std::memcpy(bytes->data(), memcached_result_value(&result), size);
    bytes->size = static_cast<uint32_t>(size);
    f->second.bytes = std::move(bytes);
    f->second.flags = memcached_result_flags(&result);
    f->second.cas = memcached_result_cas(&result);
    f->second.state = Found::State::found;
  }
  memcached_result_free(&result);
  Outcome o = ours ? link.settle_fetch() : link.settle(MEMCACHED_PROTOCOL_ERROR);
  if (o != Outcome::answered) lost_[server] = servers_.name(server) + ": " + link.reason();
  return o;
}

// The keys from `first` on, as many as go at once, of every server. A read whose connection broke is sent once more.
void Driver::look_at(std::span<const std::vector<std::string_view>> by_server, size_t first, Findings& found) {
  std::vector<Outcome> outcomes(by_server.size(), Outcome::answered);
  auto keys_of = [&](unsigned server) {
    std::span<const std::string_view> keys = by_server[server];
    keys = keys.subspan(std::min(first, keys.size()));
    return keys.first(std::min(kAtOnce, keys.size()));
  };
  for (unsigned i = 0; i < by_server.size(); ++i)
    if (auto keys = keys_of(i); !keys.empty()) outcomes[i] = send(i, keys);
  for (unsigned i = 0; i < by_server.size(); ++i) {
    auto keys = keys_of(i);
    if (keys.empty()) continue;
    Outcome& o = outcomes[i];
    if (o == Outcome::answered) o = fetch(i, found);
    if (o == Outcome::lost) {
      servers_.note_retries(keys.size());
      o = send(i, keys);
      if (o == Outcome::answered) o = fetch(i, found);
    }
    if (o == Outcome::answered) continue;
    for (std::string_view key : keys) found[key].state = Found::State::failed;
  }
}

Driver::Findings Driver::look(const std::vector<std::string_view>& keys) {
  Findings found;
  found.reserve(keys.size());
  std::vector<std::vector<std::string_view>> by_server(servers_.size());
  size_t most = 0;
  for (std::string_view key : keys) {
    auto [f, first] = found.try_emplace(key);
    if (!first || !usable(key)) continue;
    f->second.server = server_of(key);
    std::vector<std::string_view>& list = by_server[f->second.server];
    list.push_back(key);
    most = std::max(most, list.size());
  }
  for (size_t at = 0; at < most; at += kAtOnce) look_at(by_server, at, found);
  return found;
}

// One key, read anew. False: r is answered, since its server does not.
bool Driver::find(Request& r, std::string_view key, Found& found) {
  Findings all = look({key});
  found = std::move(all.begin()->second);
  if (found.state != Found::State::failed) return true;
  finish(r, Status::unavailable);
  r.reply.text = arena_->concat({kUnavailable, lost_[found.server]});
  return false;
}

// --- the answers ---

// The bytes stay the look's: each reply has a reference.
void Driver::put(Value& v, const Found& f) {
  if (!f) return;
  f.bytes->retain();
  v.blob = f.bytes.get();
  v.data = v.blob->data();
  v.size = v.blob->size;
  v.flags = f.flags;
  v.cas = f.cas;
  v.found = true;
}

// Where one of its keys could not be looked up, and that is an answer.
bool Driver::answer_failed(Request& r, const Findings& found) {
  std::vector<std::string_view> keys;
  gather(r, keys);
  for (std::string_view key : keys) {
    if (row(r.op).keys != Keys::many && !check_key(r, key)) return true;
    const Found& f = found.at(key);
    if (f.state != Found::State::failed) continue;
    finish(r, Status::unavailable);
    r.reply.text = arena_->concat({kUnavailable, lost_[f.server]});
    return true;
  }
  return false;
}

void Driver::answer_look(Request& r, Findings& found) {
  if (!expiry_is_known(r)) return;
  if (r.op == Op::get_many) {
    std::vector<const Found*> items;
    for (std::string_view key : r.args) items.push_back(&found.at(key));
    return answer_many(r, items);
  }
  if (answer_failed(r, found)) return;
  finish(r, Status::ok);
  if (r.op == Op::exists) {
    for (std::string_view key : r.args) r.reply.number += found.at(key) ? 1 : 0;
    return;
  }
  const Found& f = found.at(r.key);
  if (r.op == Op::common) return answer_common(r, *arena_, f.view(), found.at(r.value).view());
  if (!f) return finish(r, Status::miss);
  if (r.op == Op::get) put(r.reply.value, f);
  if (r.op != Op::get && r.op != Op::type) answer_part(r, f);
}

void Driver::answer_part(Request& r, const Found& f) {
  if (r.op != Op::get_range) {
    r.reply.number = number_of_part(r, f.view());
    return;
  }
  std::string_view part = byte_range(f.view(), r.number, r.number2);
  put(r.reply.value, f);
  r.reply.value.data = part.data();
  r.reply.value.size = static_cast<uint32_t>(part.size());
}

// Where nothing could be had, that is an error; else memcached.partial tells whether what is missing may go unsaid.
void Driver::answer_many(Request& r, std::span<const Found* const> found) {
  finish(r, Status::ok);
  auto failed = [](const Found* f) { return f->state == Found::State::failed; };
  auto lost = std::find_if(found.begin(), found.end(), failed);
  bool all = lost != found.end() && std::all_of(found.begin(), found.end(), failed);
  if (all || (lost != found.end() && servers_.partial_errors))
    r.reply.text = arena_->concat({kUnavailable, lost_[(*lost)->server]});
  if (all) return finish(r, Status::unavailable);
  Value* items = arena_->array<Value>(found.size());
  for (size_t i = 0; i < found.size(); ++i) {
    put(*new (&items[i]) Value, *found[i]);
    if (failed(found[i]) && servers_.partial_errors) items[i].marks = kFailed;
  }
  r.reply.items = {items, found.size()};
}

// --- reads that change the expiry ---

bool Driver::touch(Request& r, std::string_view key, int64_t expiry, bool& there) {
  memcached_return_t returned;
  time_t seconds = time_of(expiry);
  if (!ask(r, key, returned, [&](memcached_st* m) { return memcached_touch(m, key.data(), key.size(), seconds); }))
    return false;
  there = returned == MEMCACHED_SUCCESS;
  return true;
}

// Reads it and deletes just that: libmemcached has no delete by cas, but an item that is replaced by one whose time is
// over is gone.
bool Driver::take(Request& r, std::string_view key, Found& taken) {
  for (int i = 0; i < kTries; ++i) {
    if (!find(r, key, taken)) return false;
    if (!taken) return true;
    memcached_return_t returned;
    if (!store(r, key, "", 0, kPast, kIfUnchanged, taken.cas, returned)) return false;
    if (returned == MEMCACHED_SUCCESS) return true;
  }
  fail_busy(r);
  return false;
}

// The expiry first: read before it, the value could be another one than the one that gets the expiry.
void Driver::get(Request& r) {
  if (!check_key(r, r.key)) return;
  Found f;
  if (r.has(kDeleteAfter) || (r.has(kTouch) && r.expiry != kNever && r.expiry <= wall_ms())) {
    if (!take(r, r.key, f)) return;
  } else {
    bool there = false;
    if (!touch(r, r.key, r.has(kPersist) ? kNever : r.expiry, there)) return;
    if (there && !find(r, r.key, f)) return;
  }
  finish(r, f ? Status::ok : Status::miss);
  put(r.reply.value, f);
}

void Driver::get_many(Request& r) {
  int64_t now = wall_ms();
  std::vector<Found> taken(r.args.size());
  std::vector<std::string_view> keys;
  std::vector<const Found*> items;
  for (size_t i = 0; i < r.args.size(); ++i) {
    int64_t expiry = r.expiries != nullptr ? r.expiries[i] : r.expiry;
    Request one;  // answered by what goes wrong with this key alone
    bool there = false;
    if (!usable(r.args[i])) continue;
    taken[i].server = server_of(r.args[i]);
    bool past = expiry != kNever && expiry <= now;
    if (past ? !take(one, r.args[i], taken[i]) : !touch(one, r.args[i], expiry, there)) {
      unsigned server = taken[i].server;
      lost_[server] = servers_.reason(server);
      if (lost_[server].empty()) lost_[server] = servers_.name(server) + ": " + links_[server]->reason();
      taken[i].state = Found::State::failed;
    }
    if (there) keys.push_back(r.args[i]);
  }
  Findings found = look(keys);
  for (size_t i = 0; i < r.args.size(); ++i) {
    auto f = found.find(r.args[i]);
    items.push_back(taken[i].state == Found::State::absent && f != found.end() ? &f->second : &taken[i]);
  }
  answer_many(r, items);
}

}  // namespace cachetted::memcached::sasl
