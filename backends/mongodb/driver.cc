// The order of a batch, and what goes wrong on the way.
#include "backends/mongodb/driver.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "core/clock.h"

namespace cachetted::mongodb {

namespace {

constexpr size_t kMostHeld = 32 << 20;  // bytes of values in one run

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

Driver::Driver(Server& server) : server_(server), collection_(server) { collection_.connect(); }

// First all that only reads, together. Then what writes, in order: plain writes are gathered and go together, at the
// latest before anything else of a session that has one among them.
void Driver::run(std::span<workers::Job* const> jobs, Arena& arena) {
  arena_ = &arena;
  collection_.connect();
  std::vector<Request*> looks, writes;
  std::vector<workers::Job*> others;
  for (workers::Job* j : jobs) {
    if (!is_look(j->request())) {
      others.push_back(j);
    } else if (j->start()) {
      looks.push_back(&j->request());
    }
  }
  if (!looks.empty()) {
    std::vector<std::string_view> keys;
    bool values = false;
    for (Request* r : looks) {
      gather(*r, keys);
      values = values || needs_values(*r);
    }
    Findings found;
    const bool looked = look(keys, values, false, found);
    for (Request* r : looks) answer_look(*r, looked, found);
    pace(looks.size(), found);
  }
  absl::flat_hash_set<const Owner*> writers;
  for (workers::Job* j : others) {
    if (!j->start()) continue;
    Request& r = j->request();
    deadline_ = j->deadline;
    if (is_plain_write(r)) {
      writes.push_back(&r);
      writers.insert(r.owner);
      continue;
    }
    if (writers.contains(r.owner) || row(r.op).keys == Keys::none) {
      write_all(writes);
      writers.clear();
    }
    run_one(r);
  }
  write_all(writes);
}

// Where values are large, fewer requests are run at once: their replies are held together.
void Driver::pace(size_t requests, const Findings& found) {
  size_t bytes = 1;
  for (const auto& [key, f] : found) bytes += f.view().size();
  const size_t fitting = std::max<size_t>(1, requests * kMostHeld / bytes);
  const size_t doubled = most_ > SIZE_MAX / 2 ? SIZE_MAX : most_ * 2;
  most_ = bytes > kMostHeld ? fitting : std::max(doubled, fitting);
}

void Driver::run_group(Request& r) {
  for (Request* c = r.children; c != nullptr; c = c->next) run_one(*c);
  finish(r, Status::ok);
}

void Driver::run_one(Request& r) {
  if (is_look(r)) {
    std::vector<std::string_view> keys;
    gather(r, keys);
    Findings found;
    const bool looked = look(keys, needs_values(r), false, found);
    return answer_look(r, looked, found);
  }
  switch (r.op) {
    case Op::get: return get(r);
    case Op::get_many: return get_many(r);
    case Op::set: return set(r);
    case Op::set_many: {
      if (r.has(kIfAbsent)) return set_many_if_absent(r);
      Request* one[] = {&r};
      return store_all(one);
    }
    case Op::append:
    case Op::add_integer:
    case Op::add_unsigned:
    case Op::add_float:
    case Op::set_range:
    case Op::set_bit: return edit_value(r);
    case Op::remove: return remove_one(r);
    case Op::invalidate: return invalidate(r);
    case Op::expire: return expire(r);
    case Op::rename: return rename(r);
    case Op::copy: return copy(r);
    case Op::random_key: return random_key(r);
    case Op::keys: return keys(r);
    case Op::scan: return scan(r);
    case Op::count: return count(r);
    case Op::flush: return flush(r);
    case Op::flush_expired: return flush_expired(r);
    case Op::clear: return clear(r);
    case Op::group: return run_group(r);
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
    case Op::inspect:  // these were looked up
    case Op::move:
    case Op::swap:
    case Op::watch:
    case Op::raw: break;  // not in native_caps()
  }
  finish(r, Status::unsupported);
}

// --- what goes wrong ---

std::string key_fault(std::string_view key) {
  if (key.size() <= kMostKey) return "";
  return "a key of " + std::to_string(key.size()) + " bytes: the 'mongodb' backend has keys of at most " +
         std::to_string(kMostKey);
}

// `bytes`: of values in one command.
bool Driver::check_size(Request& r, std::string_view key, size_t bytes) {
  if (key.size() + bytes + kDocumentRoom <= kMostDocument) [[likely]]
    return true;
  finish(r, Status::store_error);
  r.reply.text = arena_->concat({"ERR value of ", std::to_string(bytes), " bytes: with its key and ",
                                 std::to_string(kDocumentRoom), " bytes it is over the ", std::to_string(kMostDocument),
                                 " of a document in MongoDB"});
  return false;
}

// Whether there is at most one document a key. False: r is answered.
bool Driver::needs_index(Request& r) {
  const std::string why = server_.index_fault();
  if (why.empty()) [[likely]]
    return true;
  finish(r, Status::unavailable);
  if (server_.down()) {
    r.reply.text = arena_->concat({kUnavailable, server_.reason()});
  } else if (why.starts_with(kUnavailable)) {  // it went while the index was made
    r.reply.text = arena_->copy(why);
  } else {
    r.reply.text = arena_->concat({"backend 'mongodb': '", r.row != nullptr ? r.row->name : row(r.op).name,
                                   "' needs the unique index on key: ", why});
  }
  return false;
}

bool Driver::fail(Request& r) { return fail(r, collection_.failure()); }

bool Driver::fail(Request& r, const Failure& f) {
  finish(r, f.status);
  r.reply.text = arena_->copy(f.text);
  return false;
}

bool Driver::may_try(int tries) const {
  constexpr int kAtOnce = 3, kMost = 16;
  if (tries == 0) return true;
  if (server_.closing() || steady_ns() >= deadline_) return false;
  if (tries > kAtOnce) {
    const auto most = static_cast<uint64_t>(std::min(tries, kMost)) * 50'000;  // ns
    std::this_thread::sleep_for(std::chrono::nanoseconds(steady_ns() * 0x9E3779B97F4A7C15u % most));
  }
  return true;
}

void Driver::fail_busy(Request& r) {
  finish(r, Status::unavailable);
  r.reply.text = arena_->concat({kUnavailable, "the key was changed by others again and again meanwhile"});
}

}  // namespace cachetted::mongodb
