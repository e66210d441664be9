// Looks keys up: those of all requests that come together in one find.
#include <algorithm>

#include "backends/mongodb/driver.h"
#include "core/clock.h"

namespace cachetted::mongodb {
namespace {

constexpr size_t kAtOnce = 1000;  // keys of one find

}  // namespace

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

void Driver::answer_look(Request& r, bool looked, Findings& found) {
  if (!looked) {
    fail(r);
    return;
  }
  std::vector<std::string_view> keys;
  gather(r, keys);
  std::vector<const Item*> items;
  for (std::string_view key : keys) items.push_back(&found.at(key));
  answer_items(r, kDocuments, *arena_, items);
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
  put_item(r, r.reply.value, f);
}

// One after the other: a key that is named twice, with a time that is over, is there only once.
void Driver::get_many(Request& r) {
  std::vector<Found> found(r.args.size());
  std::vector<const Item*> items;
  for (size_t i = 0; i < r.args.size(); ++i) {
    const int64_t expiry = r.expiries != nullptr ? r.expiries[i] : r.expiry;
    if (r.args[i].size() <= kMostKey && !take_or_touch(r, r.args[i], expiry, false, found[i])) return;
    items.push_back(&found[i]);
  }
  answer_items(r, kDocuments, *arena_, items);
}

}  // namespace cachetted::mongodb
