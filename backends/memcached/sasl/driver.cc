// The order of a batch, where a key is, and what goes wrong on the way.
#include "backends/memcached/sasl/driver.h"

#include <algorithm>
#include <cstdlib>

#include "core/clock.h"
#include "core/expiry.h"
#include "core/number.h"

namespace cachetted::memcached::sasl {
namespace {

constexpr uint64_t bit(Op op) { return uint64_t{1} << static_cast<int>(op); }

struct WhyNot {
  uint64_t ops;
  std::string_view why;
};
constexpr WhyNot kWhyNot[] = {
    {bit(Op::expiry) | bit(Op::inspect), " with SASL: its binary protocol cannot read a TTL"},
    {bit(Op::add_float) | bit(Op::set_range) | bit(Op::set_bit),
     " with SASL: its binary protocol cannot change a value and keep its TTL"},
    {bit(Op::rename) | bit(Op::copy),
     " with SASL: its binary protocol cannot read the TTL that the new key is to have"},
    {bit(Op::random_key) | bit(Op::keys) | bit(Op::scan) | bit(Op::flush_expired) | bit(Op::clear),
     " with SASL: its binary protocol cannot list keys"},
};

}  // namespace

Caps native_caps() {
  Caps c;
  for (Op op :
       {Op::get,        Op::get_many,  Op::set,     Op::set_many,   Op::append,   Op::add_integer, Op::add_unsigned,
        Op::length,     Op::get_range, Op::get_bit, Op::count_bits, Op::find_bit, Op::common,      Op::remove,
        Op::invalidate, Op::exists,    Op::type,    Op::expire,     Op::count,    Op::flush,       Op::group})
    c.ops |= bit(op);
  c.why = why_not;
  return c;
}

std::string_view why_not(Op op) {
  for (const auto& [ops, why] : kWhyNot)
    if ((ops & bit(op)) != 0) return why;
  return "";
}

// As the binary protocol takes it, which has no sign: a Unix time long past for what is over.
time_t Driver::time_of(int64_t expiry) {
  const int64_t seconds = seconds_of(expiry, wall_ms());
  return seconds < 0 ? kMonth + 1 : seconds;
}

Driver::Driver(Servers& servers) : servers_(servers), ring_(servers.list()), lost_(servers.size()) {
  for (unsigned i = 0; i < servers.size(); ++i) links_.push_back(std::make_unique<Link>(servers, i));
}

Driver::~Driver() = default;

void Driver::run(std::span<workers::Job* const> jobs, Arena& arena) {
  arena_ = &arena;
  std::vector<workers::Job*> looks, others;
  for (workers::Job* j : jobs) (is_look(j->request()) ? looks : others).push_back(j);
  std::erase_if(looks, [](workers::Job* j) { return !j->start(); });
  if (!looks.empty()) {
    std::vector<std::string_view> keys;
    for (workers::Job* j : looks) gather(j->request(), keys);
    Findings found = look(keys);
    for (workers::Job* j : looks) answer_look(j->request(), found);
  }
  for (workers::Job* j : others)
    if (j->start()) run_one(j->request());
}

void Driver::run_group(Request& r) {
  for (Request* c = r.children; c != nullptr; c = c->next) run_one(*c);
  finish(r, Status::ok);
}

// To tell another one would be wrong, to leave it out would read as "never".
bool Driver::expiry_is_known(Request& r) {
  if ((r.wants & kWantExpiry) == 0) return true;
  bool named = r.has(kTouch) || (r.op == Op::get && r.has(kPersist));
  if (named) {
    r.reply.expiry = r.op == Op::add_unsigned ? r.expiry2 : r.has(kPersist) ? kNever : r.expiry;
    return true;
  }
  refuse(r, " with SASL where it is to tell a TTL, which its binary protocol cannot read");
  return false;
}

void Driver::run_one(Request& r) {
  if (!expiry_is_known(r)) return;
  if (is_look(r)) {
    std::vector<std::string_view> keys;
    gather(r, keys);
    Findings found = look(keys);
    return answer_look(r, found);
  }
  switch (r.op) {
    case Op::get: return get(r);
    case Op::get_many: return get_many(r);
    case Op::set: return set(r);
    case Op::set_many: return set_many(r);
    case Op::append: return append(r);
    case Op::add_integer: return add_integer(r);
    case Op::add_unsigned: return add_unsigned(r);
    case Op::remove: return remove(r);
    case Op::invalidate: return invalidate(r);
    case Op::expire: return expire(r);
    case Op::count: return count(r);
    case Op::flush: return flush_all(r);
    case Op::group: return run_group(r);
    case Op::local:
    case Op::length:
    case Op::get_range:
    case Op::get_bit:
    case Op::count_bits:
    case Op::find_bit:
    case Op::common:
    case Op::exists:
    case Op::type:  // these were looked up
    case Op::add_float:
    case Op::set_range:
    case Op::set_bit:
    case Op::expiry:
    case Op::rename:
    case Op::copy:
    case Op::move:
    case Op::random_key:
    case Op::keys:
    case Op::scan:
    case Op::swap:
    case Op::inspect:
    case Op::flush_expired:
    case Op::clear:
    case Op::watch:
    case Op::raw: return refuse(r, "");
  }
}

// --- where a key is ---

unsigned Driver::server_of(std::string_view key) {
  unsigned server = ring_.server_of(key);
  if (!servers_.options().auto_eject || !servers_.down(server)) [[likely]]
    return server;
  std::vector<bool> use(servers_.size());
  for (unsigned i = 0; i < use.size(); ++i) use[i] = !servers_.down(i);
  if (std::none_of(use.begin(), use.end(), [](bool up) { return up; })) return server;
  if (part_ == nullptr || use != use_) {
    part_ = std::make_unique<Ring>(servers_.list(), use);
    use_ = std::move(use);
  }
  return part_->server_of(key);
}

bool Driver::check_key(Request& r, std::string_view key) {
  if (usable(key)) [[likely]]
    return true;
  r.reply.status = Status::invalid;
  r.reply.text =
      arena_->concat({"ERR a key of ", std::to_string(key.size()), " bytes: the 'memcached' backend has keys of 1 to ",
                      std::to_string(memcache::kMaxKey)});
  return false;
}

// Connects where that is needed. False: r is answered.
bool Driver::open(Request& r, unsigned server) {
  if (!servers_.down(server) && links_[server]->open()) [[likely]]
    return true;
  fail_down(r, server);
  return false;
}

// --- what goes wrong ---

void Driver::fail(Request& r, unsigned server, std::string_view reason) {
  r.reply.status = Status::unavailable;
  r.reply.text = arena_->concat({kUnavailable, servers_.name(server), ": ", reason});
}

void Driver::fail_down(Request& r, unsigned server) {
  std::string why = servers_.reason(server);
  r.reply.status = Status::unavailable;
  r.reply.text = arena_->concat({kUnavailable, why.empty() ? servers_.name(server) + ": lost" : why});
}

void Driver::refuse(Request& r, std::string_view why) {
  r.reply.status = Status::unsupported;
  r.reply.text = arena_->concat({"command '", r.row != nullptr ? r.row->name : row(r.op).name,
                                 "' is not supported by the 'memcached' backend", why.empty() ? why_not(r.op) : why});
}

void Driver::fail_busy(Request& r) {
  r.reply.status = Status::unavailable;
  r.reply.text = "backend 'memcached' is unavailable: the key was changed by others again and again meanwhile";
}

// Whether the server had no room for what it was to store.
bool Driver::store_failed(Request& r, memcached_return_t returned) {
  bool too_large = returned == MEMCACHED_E2BIG;
  if (!too_large && returned != MEMCACHED_MEMORY_ALLOCATION_FAILURE &&
      returned != MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE)
    return false;
  finish(r, too_large ? Status::too_large : Status::out_of_memory);
  return true;
}

// --- all servers ---

void Driver::flush_all(Request& r) {
  finish(r, Status::ok);
  for (unsigned i = 0; i < servers_.size(); ++i) {
    if (!open(r, i)) return;
    if (links_[i]->settle(memcached_flush(links_[i]->get(), 0)) != Outcome::answered)
      return fail(r, i, links_[i]->reason());
  }
}

void Driver::count(Request& r) {
  finish(r, Status::ok);
  for (unsigned i = 0; i < servers_.size(); ++i) {
    if (!open(r, i)) return;
    auto add = [](const memcached_instance_st*, const char* key, size_t key_length, const char* value,
                  size_t value_length, void* sum) {
      if (std::string_view(key, key_length) == "curr_items")
        *static_cast<int64_t*>(sum) += static_cast<int64_t>(parse_unsigned({value, value_length}).value_or(0));
      return MEMCACHED_SUCCESS;
    };
    memcached_return_t returned = memcached_stat_execute(links_[i]->get(), "", add, &r.reply.number);
    if (links_[i]->settle(returned) != Outcome::answered) return fail(r, i, links_[i]->reason());
  }
}

}  // namespace cachetted::memcached::sasl
