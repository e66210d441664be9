// What concerns all keys. They are told in the order of the index on `key`: strings first, then what is no UTF-8.
#include <algorithm>

#include "backends/mongodb/driver.h"
#include "core/bytes.h"
#include "core/clock.h"

namespace cachetted::mongodb {
namespace {

constexpr int64_t kMostLooked = 4096;  // keys in one call of SCAN
constexpr int64_t kRandomTries = 4;

// What a glob's matches begin with.
std::string_view literal_of(std::string_view glob) {
  std::string_view s = glob.substr(0, glob.find_first_of("*?[\\"));
  while (!s.empty() && !is_utf8(s)) s.remove_suffix(1);
  return s;
}

}  // namespace

// Tells the place of each key from `from` on, at most `limit` (0: all), and of what is no key of ours between them, so
// that a walk can go on behind it. Where each() returns false, no more of its kind.
bool Driver::walk(Place from, int64_t limit, const std::function<bool(const Place&)>& each) {
  const int64_t now = wall_ms();
  int64_t told = 0;
  for (bool binary : {false, true}) {
    if (binary < from.binary || (limit != 0 && told == limit)) continue;
    const bool begun = from.begun && binary == from.binary;
    Bson filter, options;
    filter.document("key", [&](Bson& key) {
      const std::string_view behind = binary == from.binary ? std::string_view(from.behind) : std::string_view{};
      const char* than = begun ? "$gt" : "$gte";
      const auto subtype = static_cast<bson_subtype_t>(binary == from.binary ? from.subtype : 0);
      binary ? key.binary(than, behind, subtype) : key.text(than, behind);
    });
    where_live(filter, now);
    options.document("sort", [](Bson& s) { s.number("key", 1); });
    options.document("projection", [](Bson& p) { p.number("key", 1); });
    if (limit != 0) options.number("limit", limit - told);
    Place place{binary, {}, true, 0};
    const bool good = collection_.find(filter, options, false, [&](const Document& d) {
      bson_iter_t at;
      if (!bson_iter_init_find(&at, &d.bson, "key")) return true;
      place.behind = key_of(at);
      place.subtype = static_cast<uint8_t>(subtype_of(at));
      ++told;
      return each(place);
    });
    if (!good) return false;
  }
  return true;
}

void Driver::keys(Request& r) {
  auto listing = std::make_unique<Listing>();
  const std::string_view prefix = literal_of(r.value);
  const bool good = walk({false, std::string(prefix), false, 0}, 0, [&](const Place& p) {
    if (!p.binary && !std::string_view(p.behind).starts_with(prefix)) return false;  // behind all that do
    if (p.subtype == 0 && glob_match(r.value, p.behind)) listing->add(p.behind);
    return true;
  });
  if (!good) {
    fail(r);
    return;
  }
  r.reply.listing = listing.release();
  finish(r, Status::ok);
}

void Driver::scan(Request& r) {
  const auto cursor = static_cast<uint64_t>(r.number2);
  auto listing = std::make_unique<Listing>();
  Place place;
  const bool nothing = r.has(kNothing) || (cursor != 0 && Cursors::never_told(cursor));
  if (!nothing) {
    if (cursor != 0) {
      auto known = server_.cursors.find(cursor, steady_ns());
      if (!known) {
        finish(r, Status::store_error);
        r.reply.text =
            "ERR invalid cursor: it was told by another cachetted, or over ten minutes ago; begin again at 0";
        return;
      }
      place = std::move(*known);
    }
    const int64_t limit = std::clamp<int64_t>(r.number, 1, kMostLooked);
    int64_t seen = 0;
    const bool good = walk(place, limit, [&](const Place& p) {
      place = p;
      ++seen;
      if (p.subtype == 0 && glob_match(r.value, p.behind)) listing->add(p.behind);
      return true;
    });
    if (!good) {
      fail(r);
      return;
    }
    if (seen == limit)
      r.reply.cursor = static_cast<int64_t>(server_.cursors.add(std::move(place), cursor, steady_ns()));
  }
  r.reply.listing = listing.release();
  finish(r, Status::ok);
}

void Driver::count(Request& r) {
  Bson live;
  where_live(live, wall_ms());
  finish(r, Status::ok);
  if (!collection_.count(live, r.reply.number)) fail(r);
}

// One behind a random number of others.
void Driver::random_key(Request& r) {
  uint64_t seed = steady_ns();
  for (int64_t i = 0; i < kRandomTries; ++i) {
    Bson live, options;
    where_live(live, wall_ms());
    int64_t n = 0;
    if (!collection_.count(live, n)) {
      fail(r);
      return;
    }
    if (n == 0) break;
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    options.number("skip", static_cast<int64_t>((seed >> 33) % static_cast<uint64_t>(n))).number("limit", 1);
    options.document("projection", [](Bson& p) { p.number("key", 1); });
    const bool good = collection_.find(live, options, false, [&](const Document& d) {
      bson_iter_t at;
      if (!bson_iter_init_find(&at, &d.bson, "key") || !is_name(at)) return true;
      const std::string_view key = arena_->copy(key_of(at));
      r.reply.value.data = key.data();
      r.reply.value.size = static_cast<uint32_t>(key.size());
      r.reply.value.found = true;
      return true;
    });
    if (!good) {
      fail(r);
      return;
    }
    if (r.reply.value.found) return finish(r, Status::ok);
  }
  finish(r, Status::miss);
}

void Driver::flush(Request& r) {
  Bson all;
  int64_t removed = 0;
  finish(r, Status::ok);
  if (!collection_.remove_all(all, removed)) fail(r);
}

void Driver::flush_expired(Request& r) {
  Bson dead;
  const int64_t now = wall_ms();
  dead.document("expires", [&](Bson& e) { e.number("$lte", now / 1000); });
  finish(r, Status::ok);
  if (!collection_.remove_all(dead, r.reply.number)) fail(r);
}

// A range of the index; keys that are no UTF-8 have no such order, and are gone through.
void Driver::clear(Request& r) {
  const std::string prefix = std::string(r.value) + ":", behind = std::string(r.value) + ";";
  const int64_t now = wall_ms();
  finish(r, Status::ok);
  if (is_utf8(prefix)) {
    Bson range;
    range.document("key", [&](Bson& key) { key.text("$gte", prefix).text("$lt", behind); });
    where_live(range, now);
    if (!collection_.remove_all(range, r.reply.number)) {
      fail(r);
      return;
    }
  }
  std::vector<std::string> keys;
  const bool good = walk({true, {}, false, 0}, 0, [&](const Place& p) {
    if (p.subtype == 0 && std::string_view(p.behind).starts_with(prefix)) keys.push_back(p.behind);
    return true;
  });
  if (!good) {
    fail(r);
    return;
  }
  for (const std::string& key : keys) {
    bool dropped = false;
    if (!drop(r, key, nullptr, dropped)) return;
    r.reply.number += dropped;
  }
}

}  // namespace cachetted::mongodb
