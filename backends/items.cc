// Implements items.h.
#include "backends/items.h"

#include <algorithm>

#include "backends/digest.h"
#include "core/bytes.h"
#include "core/clock.h"
#include "core/common.h"
#include "core/edit.h"

namespace cachetted {
namespace {

constexpr std::string_view kErr = "ERR ";

std::string_view shape_text(const ItemStore& s, Arena& arena, const Item& f) {
  return arena.concat({"ERR backend '", s.backend, "': the ", s.noun, " of this key has ", f.fault,
                       " as its value, where binary is due: SET or DEL it"});
}

void answer_many(Request& r, const ItemStore& s, Arena& arena, std::span<const Item* const> found) {
  auto* items = arena.array<Value>(found.size());
  r.reply.status = Status::ok;
  for (size_t i = 0; i < found.size(); ++i) {
    Value& v = *new (&items[i]) Value;
    const Item& f = *found[i];
    if (f && f.fault != nullptr) {
      r.reply.text = shape_text(s, arena, f).substr(kErr.size());  // whoever shows it puts that before it
      v.marks = kFailed;
      continue;
    }
    put_item(r, v, f);
  }
  r.reply.items = {items, found.size()};
}

void answer_part(Request& r, const Item& f) {
  if (r.op != Op::get_range) {
    r.reply.number = number_of_part(r, f.view());
    return;
  }
  const std::string_view part = byte_range(f.view(), r.number, r.number2);
  put_item(r, r.reply.value, f);
  r.reply.value.data = part.data();
  r.reply.value.size = static_cast<uint32_t>(part.size());
}

void inspect(Request& r, const ItemStore& s, const Item& f) {
  r.reply.text = encoding_name(f.view());
  r.reply.value.size = static_cast<uint32_t>(r.key.size() + f.view().size() + s.around);
  r.reply.value.flags = f.flags;
  if ((r.wants & kWantCas) != 0) r.reply.value.cas = token_of(f.view(), f.flags);
  r.reply.cursor = remaining_ms(f.expiry, wall_ms());
}

}  // namespace

bool is_look(const Request& r) {
  if (r.op == Op::get) return (r.options & (kTouch | kPersist | kDeleteAfter)) == 0 || r.has(kErrorIfFound);
  if (r.op == Op::get_many) return !r.has(kTouch);
  for (Op op : {Op::length, Op::get_range, Op::get_bit, Op::count_bits, Op::find_bit, Op::common, Op::exists, Op::type,
                Op::expiry, Op::inspect})
    if (r.op == op) return true;
  return false;
}

bool needs_values(const Request& r) { return r.op != Op::exists && r.op != Op::type && r.op != Op::expiry; }

void gather(const Request& r, std::vector<std::string_view>& keys) {
  if (row(r.op).keys == Keys::many) {
    keys.insert(keys.end(), r.args.begin(), r.args.end());
    return;
  }
  keys.push_back(r.key);
  if (row(r.op).keys == Keys::two) keys.push_back(r.value);
}

bool is_plain_write(const Request& r) {
  if (r.op == Op::set || r.op == Op::set_many) return (r.options & kWriteConditions) == 0;
  return r.op == Op::remove;
}

bool check_key(Request& r, const ItemStore& s, Arena& arena, std::string_view key) {
  const std::string why = s.key_fault(key);
  if (why.empty()) [[likely]]
    return true;
  r.reply.status = Status::store_error;
  r.reply.text = arena.concat({kErr, why});
  return false;
}

void fail_shape(Request& r, const ItemStore& s, Arena& arena, const Item& found) {
  r.reply.status = Status::store_error;
  r.reply.text = shape_text(s, arena, found);
}

void put_item(const Request& r, Value& v, const Item& f) {
  if (!f) return;
  v.found = true;
  v.flags = f.flags;
  if (r.coded) v.marks |= kCoded;  // shown as it was asked for: how it was stored nobody knows
  if (!f.bytes) return;
  f.bytes->retain();
  v.blob = f.bytes.get();
  v.data = v.blob->data();
  v.size = v.blob->size;
  if ((r.wants & kWantCas) != 0) v.cas = token_of(v.view(), f.flags);
}

void answer_items(Request& r, const ItemStore& s, Arena& arena, std::span<const Item* const> found) {
  if (r.op == Op::get_many) return answer_many(r, s, arena, found);
  r.reply.status = Status::ok;
  if (r.op == Op::exists) {
    r.reply.number = std::count_if(found.begin(), found.end(), [](const Item* f) { return f->live; });
    return;
  }
  if (!check_key(r, s, arena, r.key)) return;
  const Item& f = *found[0];
  const bool shown = f && needs_values(r);
  if (shown && f.fault != nullptr) return fail_shape(r, s, arena, f);
  if (r.op == Op::common) {
    if (!check_key(r, s, arena, r.value)) return;
    const Item& other = *found[1];
    if (other && other.fault != nullptr) return fail_shape(r, s, arena, other);
    return answer_common(r, arena, f.view(), other.view());
  }
  if (!f) {
    r.reply.status = Status::miss;
    return;
  }
  r.reply.expiry = f.expiry;
  if (r.op == Op::get) put_item(r, r.reply.value, f);
  if (r.op == Op::expiry) r.reply.number = remaining_ms(f.expiry, wall_ms());
  if (r.op == Op::inspect) inspect(r, s, f);
  if (shown && r.op != Op::get && r.op != Op::inspect) answer_part(r, f);
}

}  // namespace cachetted
