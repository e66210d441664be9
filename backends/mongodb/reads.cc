// Looks keys up: those of all requests that come together in one find.
#include <algorithm>

#include "backends/mongodb/driver.h"
#include "core/bytes.h"
#include "core/clock.h"
#include "core/common.h"
#include "core/edit.h"

namespace cachetted::mongodb {
namespace {

constexpr size_t kAtOnce = 1000;  // keys of one find
constexpr std::string_view kErr = "ERR ";

}  // namespace

bool Driver::is_look(const Request& r) {
  if (r.op == Op::get) return (r.options & (kTouch | kPersist | kDeleteAfter)) == 0 || r.has(kErrorIfFound);
  if (r.op == Op::get_many) return !r.has(kTouch);
  for (Op op : {Op::length, Op::get_range, Op::get_bit, Op::count_bits, Op::find_bit, Op::common, Op::exists, Op::type,
                Op::expiry, Op::inspect})
    if (r.op == op) return true;
  return false;
}

bool Driver::needs_values(const Request& r) { return r.op != Op::exists && r.op != Op::type && r.op != Op::expiry; }

void Driver::gather(const Request& r, std::vector<std::string_view>& keys) {
  if (row(r.op).keys == Keys::many) {
    keys.insert(keys.end(), r.args.begin(), r.args.end());
    return;
  }
  keys.push_back(r.key);
  if (row(r.op).keys == Keys::two) keys.push_back(r.value);
}

bool Driver::look(const std::vector<std::string_view>& keys, bool values, bool newest, Findings& found) {
  std::vector<std::string_view> different;
  different.reserve(keys.size());
  found.reserve(keys.size());
  for (std::string_view key : keys)
    if (found.try_emplace(key).second && key.size() <= kMostKey) different.push_back(key);
  for (std::span<const std::string_view> rest = different; !rest.empty();) {
    const size_t n = std::min(kAtOnce, rest.size());
    if (!look_at(rest.first(n), values, newest, found)) return false;
    rest = rest.subspan(n);
  }
  return true;
}

// Of documents with one key, as there can be where the index is missing, the one that expires last counts.
bool Driver::look_at(std::span<const std::string_view> keys, bool values, bool newest, Findings& found) {
  Bson filter, options;
  if (keys.size() == 1) {
    where_key(filter, keys[0]);
  } else {
    filter.document("key", [&](Bson& key) {
      key.array("$in", [&](Bson& in) {
        char text[16];
        const char* name = nullptr;
        for (uint32_t i = 0; i < keys.size(); ++i) {
          bson_uint32_to_string(i, &name, text, sizeof text);
          in.key(name, keys[i]);
        }
      });
    });
  }
  options.number("batchSize", static_cast<int64_t>(keys.size()) + 1);
  if (!values) options.document("projection", [](Bson& p) { p.number("value", 0); });
  const int64_t now = wall_ms();
  return collection_.find(filter, options, newest, [&](const Document& d) {
    std::string_view key;
    Found f = read_document(d.bson, now, &key, newest);
    if (!values) f.fault = nullptr;
    auto at = found.find(key);
    if (at == found.end() || !f) return true;
    Found& old = at->second;
    const bool later = f.expiry == kNever || (old.expiry != kNever && f.expiry > old.expiry);
    if (!old || later) old = std::move(f);
    return true;
  });
}

// One key, read anew from the primary, for a write. False: r is answered, since it could not be read.
bool Driver::find(Request& r, std::string_view key, Found& found) {
  Findings all;
  if (!look({key}, true, true, all)) return fail(r);
  found = std::move(all.begin()->second);
  if (!found || found.fault == nullptr) [[likely]]
    return true;
  fail_shape(r, found);
  return false;
}

// --- the answers ---

void Driver::answer_look(Request& r, bool looked, Findings& found) {
  if (!looked) {
    fail(r);
    return;
  }
  if (r.op == Op::get_many) {
    std::vector<const Found*> items;
    for (std::string_view key : r.args) items.push_back(&found.at(key));
    return answer_many(r, items);
  }
  finish(r, Status::ok);
  if (r.op == Op::exists) {
    for (std::string_view key : r.args) r.reply.number += found.at(key) ? 1 : 0;
    return;
  }
  if (!check_key(r, r.key)) return;
  const Found& f = found.at(r.key);
  const bool shown = f && needs_values(r);
  if (shown && f.fault != nullptr) return fail_shape(r, f);
  if (r.op == Op::common) {
    if (!check_key(r, r.value)) return;
    const Found& other = found.at(r.value);
    if (other && other.fault != nullptr) return fail_shape(r, other);
    return answer_common(r, *arena_, f.view(), other.view());
  }
  if (!f) return finish(r, Status::miss);
  r.reply.expiry = f.expiry;
  if (r.op == Op::get) put(r, r.reply.value, f);
  if (r.op == Op::expiry) r.reply.number = remaining_ms(f.expiry, wall_ms());
  if (r.op == Op::inspect) inspect(r, r.key, f);
  if (shown && r.op != Op::get && r.op != Op::inspect) answer_part(r, f);
}

void Driver::answer_part(Request& r, const Found& f) {
  if (r.op != Op::get_range) {
    r.reply.number = number_of_part(r, f.view());
    return;
  }
  const std::string_view part = byte_range(f.view(), r.number, r.number2);
  put(r, r.reply.value, f);
  r.reply.value.data = part.data();
  r.reply.value.size = static_cast<uint32_t>(part.size());
}

void Driver::inspect(Request& r, std::string_view key, const Found& f) {
  constexpr size_t kAround = 90;  // names and numbers of the document, and its _id
  r.reply.text = encoding_name(f.view());
  r.reply.value.size = static_cast<uint32_t>(key.size() + f.view().size() + kAround);
  r.reply.value.flags = f.flags;
  if ((r.wants & kWantCas) != 0) r.reply.value.cas = token_of(f.view(), f.flags);
  r.reply.cursor = remaining_ms(f.expiry, wall_ms());
}

// One that cannot be read fails alone.
void Driver::answer_many(Request& r, std::span<const Found* const> found) {
  auto* items = arena_->array<Value>(found.size());
  finish(r, Status::ok);
  for (size_t i = 0; i < found.size(); ++i) {
    Value& v = *new (&items[i]) Value;
    const Found& f = *found[i];
    if (f && f.fault != nullptr) {
      r.reply.text = shape_text(f).substr(kErr.size());  // whoever shows it puts that before it
      v.marks = kFailed;
      continue;
    }
    put(r, v, f);
  }
  r.reply.items = {items, found.size()};
}

// --- reads that change the expiry, or delete ---

// One step in the server: what is told is what was touched or deleted. What cannot be read stays as it is.
bool Driver::take_or_touch(Request& r, std::string_view key, int64_t expiry, bool remove, Found& found) {
  Bson filter, update;
  const int64_t now = wall_ms();
  where_key(filter, key);
  where_live(filter, now);
  where_readable(filter);
  remove = remove || (expiry != kNever && expiry <= now);
  if (!remove) set_expiry(update, expiry);
  if (!collection_.modify(filter, remove ? nullptr : &update,
                          [&](const Document& d) { found = read_document(d.bson, now, nullptr); }))
    return fail(r);
  if (found) return true;
  Findings there;  // why not
  if (!look({key}, true, true, there)) return fail(r);
  if (Found& f = there.begin()->second; f && f.fault != nullptr) found = std::move(f);
  return true;
}

void Driver::get(Request& r) {
  if (!check_key(r, r.key)) return;
  Found f;
  if (!take_or_touch(r, r.key, r.has(kPersist) ? kNever : r.expiry, r.has(kDeleteAfter), f)) return;
  if (f && f.fault != nullptr) return fail_shape(r, f);
  finish(r, f ? Status::ok : Status::miss);
  r.reply.expiry = f.expiry;
  put(r, r.reply.value, f);
}

// One after the other: a key that is named twice, with a time that is over, is there only once.
void Driver::get_many(Request& r) {
  std::vector<Found> found(r.args.size());
  std::vector<const Found*> items;
  for (size_t i = 0; i < r.args.size(); ++i) {
    const int64_t expiry = r.expiries != nullptr ? r.expiries[i] : r.expiry;
    if (r.args[i].size() <= kMostKey && !take_or_touch(r, r.args[i], expiry, false, found[i])) return;
    items.push_back(&found[i]);
  }
  answer_many(r, items);
}

}  // namespace cachetted::mongodb
