// What is asked of a Python object in the table: an int is counted on and stays an int, everything else that looks into
// a value is refused.
#include "backends/pickle/backend.h"
#include "backends/pickle/objects.h"
#include "core/edit.h"

namespace cachetted::pickle {
namespace {

constexpr uint64_t bit(Op op) { return uint64_t{1} << static_cast<int>(op); }

constexpr uint64_t kLackingOps = bit(Op::move) | bit(Op::swap);  // of native_caps()
constexpr uint64_t kLookIntoValues = bit(Op::append) | bit(Op::add_integer) | bit(Op::add_unsigned) |
                                     bit(Op::add_float) | bit(Op::length) | bit(Op::get_range) | bit(Op::set_range) |
                                     bit(Op::get_bit) | bit(Op::set_bit) | bit(Op::count_bits) | bit(Op::find_bit) |
                                     bit(Op::common);

}  // namespace

// The entry of a key, where it is a Python object.
const memory::Entry* PickleBackend::object_at(const Request& r, std::string_view key) const {
  const uint64_t hash = memory::hash_key(key);
  memory::Slot* slot = table_.shard_for(hash).table(r.db).find(key, hash);
  if (slot == nullptr) return nullptr;
  const memory::Entry* e = memory::Table::entry(*slot);
  if (is_expired(e->expiry(), host_.clock().now_ms)) return nullptr;
  return object_of(e->form(), e->value()) ? e : nullptr;
}

bool PickleBackend::answers(Request& r) {
  if (((kLookIntoValues | kLackingOps) & bit(r.op)) == 0) [[likely]]
    return false;
  if ((kLackingOps & bit(r.op)) != 0) {
    refuse(r, Status::unsupported, "the 'pickle' backend has one database");
    return true;
  }
  const memory::Entry* e = object_at(r, r.key);
  if (e == nullptr && r.op == Op::common) e = object_at(r, r.value);
  if (e == nullptr) [[likely]]
    return false;
  if (r.op == Op::add_integer || r.op == Op::add_unsigned) {
    add_to_integer(r, *e);
    return true;
  }
  const std::string_view kind = kind_of(*object_of(e->form(), e->value()));
  r.reply.status = Status::store_error;
  r.reply.text =
      host_.arena().concat({"ERR the value is a Python ", kind,
                            " that a program left in the pickle file: it can be read, replaced and deleted as "
                            "a whole, and an int can be counted on"});
  return true;
}

// core/edit.h counts on the digits; flags and expiry stay.
void PickleBackend::add_to_integer(Request& r, const memory::Entry& e) {
  if (r.has(kIfUnchanged) && e.cas() != r.cas) {
    r.reply.status = Status::changed;
    return;
  }
  const auto digits = digits_of(*object_of(e.form(), e.value()));
  if (!digits) {
    r.reply.status = Status::not_integer;
    return;
  }
  std::string sum;
  if (!edit(r, true, *digits, sum)) return;
  int64_t now = host_.clock().now_ms, expiry = e.expiry();
  if (r.op == Op::add_unsigned && r.has(kTouch)) expiry = r.expiry2;
  const uint64_t hash = memory::hash_key(r.key);
  uint64_t expired = 0;
  memory::Found old = table_.find(r.db, r.key, hash, now, expired);
  if (expiry != kNever && expiry <= now) {
    table_.erase(r.db, hash, old);
    r.reply.expiry = expiry;
    return;
  }
  memory::Entry* made = table_.put(r.db, hash, old, {r.key, make_object(pickle_digits(sum)), expiry, e.flags()}, now,
                                   memory::Form::foreign);
  r.reply.expiry = made->expiry();
  if (r.has(kGiveCas)) made->set_cas(r.new_cas);
  r.reply.value.cas = made->cas();
  r.reply.value.size = static_cast<uint32_t>(sum.size());
}

}  // namespace cachetted::pickle
