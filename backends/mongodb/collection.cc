// Implements collection.h.
#include "backends/mongodb/collection.h"

#include "core/clock.h"

namespace cachetted::mongodb {
namespace {

constexpr int64_t kPortion = 1000;  // documents that are deleted at once

// A reply that the driver fills in.
struct ReplyDocument {
  ReplyDocument() = default;
  ~ReplyDocument() { bson_destroy(&b); }
  int64_t number(const char* name) const {
    bson_iter_t at;
    return bson_iter_init_find(&at, &b, name) && BSON_ITER_HOLDS_NUMBER(&at) ? bson_iter_as_int64(&at) : 0;
  }
  bson_t b = BSON_INITIALIZER;
};

}  // namespace

Collection::Collection(Server& server)
    : server_(server),
      client_(server.borrow()),
      collection_(mongoc_client_get_collection(client_, server.database().c_str(), server.collection().c_str())),
      primary_(mongoc_read_prefs_new(MONGOC_READ_PRIMARY)) {}

Collection::~Collection() {
  mongoc_read_prefs_destroy(primary_);
  mongoc_collection_destroy(collection_);
  server_.give_back(client_);
}

// `elsewhere`: it is not the primary that is asked, which alone may be down.
bool Collection::ready(bool elsewhere) {
  if (!server_.down() || elsewhere) [[likely]]
    return true;
  const std::string why = server_.reason();
  if (why.empty()) return true;  // it has just come back
  failure_ = {Status::unavailable, std::string(kUnavailable) + why, 0};
  return false;
}

bool Collection::settle(bool good, const bson_error_t& e, bool elsewhere) {
  if (good) [[likely]]
    return true;
  failure_ = server_.failure_of(e, !elsewhere);
  return false;
}

bool Collection::find(const Bson& filter, const Bson& options, bool newest,
                      const std::function<bool(const Document&)>& each) {
  const bool elsewhere = !newest && server_.reads_elsewhere();
  if (!ready(elsewhere)) return false;
  mongoc_cursor_t* cursor =
      mongoc_collection_find_with_opts(collection_, filter.get(), options.get(), newest ? primary_ : nullptr);
  const bson_t* document = nullptr;
  while (mongoc_cursor_next(cursor, &document))
    if (!each({*document})) break;
  bson_error_t e{};
  const bool failed = mongoc_cursor_error(cursor, &e);
  mongoc_cursor_destroy(cursor);
  return settle(!failed, e, elsewhere);
}

bool Collection::update(const Bson& filter, const Bson& update, bool upsert, Changed& changed) {
  changed = {};
  if (!ready()) return false;
  Bson options;
  if (upsert) options.boolean("upsert", true);
  ReplyDocument reply;
  bson_error_t e{};
  const bool good = mongoc_collection_update_one(collection_, filter.get(), update.get(), options.get(), &reply.b, &e);
  changed.matched = reply.number("matchedCount");
  changed.made = reply.number("upsertedCount");
  changed.duplicate = !good && e.code == kDuplicateKey;
  return changed.duplicate || settle(good, e);
}

bool Collection::modify(const Bson& filter, const Bson* update, const std::function<void(const Document&)>& each) {
  if (!ready()) return false;
  mongoc_find_and_modify_opts_t* options = mongoc_find_and_modify_opts_new();
  if (update != nullptr) mongoc_find_and_modify_opts_set_update(options, update->get());
  mongoc_find_and_modify_opts_set_flags(
      options, update == nullptr ? MONGOC_FIND_AND_MODIFY_REMOVE : MONGOC_FIND_AND_MODIFY_NONE);
  ReplyDocument reply;
  bson_error_t e{};
  const bool good = mongoc_collection_find_and_modify_with_opts(collection_, filter.get(), options, &reply.b, &e);
  mongoc_find_and_modify_opts_destroy(options);
  if (!settle(good, e)) return false;
  bson_iter_t at;
  if (!bson_iter_init_find(&at, &reply.b, "value") || !BSON_ITER_HOLDS_DOCUMENT(&at)) return true;
  uint32_t size = 0;
  const uint8_t* bytes = nullptr;
  bson_iter_document(&at, &size, &bytes);
  bson_t document;
  if (size > 5 && bson_init_static(&document, bytes, size)) each({document});  // an empty one: there was none
  return true;
}

bool Collection::remove(const Bson& filter, int64_t& removed, bool of_a_key) {
  removed = 0;
  if (!ready()) return false;
  ReplyDocument reply;
  bson_error_t e{};
  const auto remove = of_a_key && server_.one_a_key() ? mongoc_collection_delete_one : mongoc_collection_delete_many;
  const bool good = remove(collection_, filter.get(), nullptr, &reply.b, &e);
  removed = reply.number("deletedCount");
  return settle(good, e);
}

bool Collection::remove_all(const Bson& filter, int64_t& removed) {
  constexpr int kMostInVain = 100;  // portions that somebody else deleted first
  Bson options;
  options.number("limit", kPortion).number("batchSize", kPortion + 1);
  options.document("projection", [](Bson& p) { p.number("_id", 1); });
  for (int in_vain = 0; in_vain < kMostInVain;) {
    int64_t n = 0, gone = 0;
    Bson portion;
    bson_concat(portion.get(), filter.get());
    bool good = true;
    portion.document("_id", [&](Bson& id) {
      id.array("$in", [&](Bson& in) {
        good = find(filter, options, true, [&](const Document& d) {
          bson_iter_t at;
          if (bson_iter_init_find(&at, &d.bson, "_id")) in.value(std::to_string(n++).c_str(), *bson_iter_value(&at));
          return true;
        });
      });
    });
    if (!good) return false;
    if (n == 0) return true;
    if (!remove(portion, gone)) return false;
    removed += gone;
    in_vain = gone == 0 ? in_vain + 1 : 0;
    if (n < kPortion || server_.closing()) break;
  }
  return true;
}

bool Collection::count(const Bson& filter, int64_t& n) {
  n = 0;
  if (!ready(server_.reads_elsewhere())) return false;
  Bson command;
  command.text("count", server_.collection());
  bson_append_document(command.get(), "query", -1, filter.get());
  ReplyDocument reply;
  bson_error_t e{};
  const bool good = mongoc_client_read_command_with_opts(client_, server_.database().c_str(), command.get(), nullptr,
                                                         nullptr, &reply.b, &e);
  n = reply.number("n");
  return settle(good, e, server_.reads_elsewhere());
}

// Also where the server is thought to be down. Twice where another member may have taken over.
bool Collection::ping() {
  Bson command;
  command.number("ping", 1);
  bson_error_t e{};
  bool good = false;
  for (int tries = server_.several() ? 2 : 1; !good && tries > 0; --tries)
    good = mongoc_client_command_simple(client_, "admin", command.get(), primary_, nullptr, &e);
  return settle(good, e);
}

void Collection::connect() {
  const uint64_t changes = server_.changes();
  if (changes == changes_ || server_.down()) return;
  changes_ = changes;
  ping();
}

bool Collection::make_index() {
  if (!ready()) return false;
  Bson command;
  command.text("createIndexes", server_.collection());
  command.array("indexes", [](Bson& all) {
    all.document("0", [](Bson& index) {
      index.document("key", [](Bson& key) { key.number("key", 1); });
      index.text("name", "key_1").boolean("unique", true);
    });
  });
  bson_error_t e{};
  return settle(mongoc_client_write_command_with_opts(client_, server_.database().c_str(), command.get(), nullptr,
                                                      nullptr, &e),
                e) &&
         index_is_unique();
}

// Some servers take another index of this name for ours.
bool Collection::index_is_unique() {
  if (!ready()) return false;
  mongoc_cursor_t* cursor = mongoc_collection_find_indexes_with_opts(collection_, nullptr);
  const bson_t* index = nullptr;
  bool unique = false;
  while (mongoc_cursor_next(cursor, &index)) {
    bson_iter_t at, key;
    const bool ours = bson_iter_init_find(&at, index, "key") && bson_iter_recurse(&at, &key) && bson_iter_next(&key) &&
                      std::string_view(bson_iter_key(&key)) == "key" && !bson_iter_next(&key);
    unique = unique || (ours && bson_iter_init_find(&at, index, "unique") && bson_iter_as_bool(&at));
  }
  bson_error_t e{};
  const bool failed = mongoc_cursor_error(cursor, &e);
  mongoc_cursor_destroy(cursor);
  if (failed) return settle(false, e);
  if (!unique)
    failure_ = {Status::store_error, "there is an index on key that is not unique; drop it", kIndexNotUnique};
  return unique;
}

bool Collection::remove_duplicates(int64_t& removed) {
  removed = 0;
  Bson all, options;
  options.document("sort", [](Bson& s) { s.number("key", 1); });
  options.document("projection", [](Bson& p) { p.number("key", 1).number("expires", 1); });
  struct Seen {
    std::string key, id;  // id: with the expiry as it was seen
    bson_type_t type;
    double expires;
  };
  Seen best{{}, {}, BSON_TYPE_EOD, 0};
  std::vector<std::string> old;  // documents {_id: ...}
  const bool good = find(all, options, true, [&](const Document& d) {
    bson_iter_t key, id, expires;
    if (!bson_iter_init_find(&key, &d.bson, "key") || !bson_iter_init_find(&id, &d.bson, "_id")) return true;
    if (!is_name(key)) return true;
    Bson only;
    only.value("_id", *bson_iter_value(&id));
    if (bson_iter_init_find(&expires, &d.bson, "expires")) only.value("expires", *bson_iter_value(&expires));
    Seen now{std::string(key_of(key)),
             {reinterpret_cast<const char*>(bson_get_data(only.get())), only.get()->len},
             bson_iter_type(&key),
             bson_iter_init_find(&expires, &d.bson, "expires") ? bson_iter_as_double(&expires) : 0};
    if (now.type != best.type || now.key != best.key) {
      best = std::move(now);
      return true;
    }
    const bool newer = now.expires > best.expires || (now.expires == best.expires && now.id > best.id);
    if (newer) std::swap(now, best);
    old.push_back(std::move(now.id));
    return true;
  });
  if (!good) return false;
  for (const std::string& id : old) {
    bson_t d;
    if (!bson_init_static(&d, reinterpret_cast<const uint8_t*>(id.data()), id.size())) continue;
    Bson filter;
    bson_concat(filter.get(), &d);
    int64_t n = 0;
    if (!remove(filter, n)) return false;
    removed += n;
  }
  return true;
}

// --- several writes at once ---

Collection::Bulk::Bulk(Collection& c) : collection_(c) {
  Bson options;
  options.boolean("ordered", false);
  bulk_ = mongoc_collection_create_bulk_operation_with_opts(c.collection_, options.get());
}

Collection::Bulk::~Bulk() { mongoc_bulk_operation_destroy(bulk_); }

void Collection::Bulk::upsert(std::string_view key, std::string_view value, int64_t expiry, uint32_t flags) {
  Bson filter, update, options;
  where_key(filter, key);
  set_all(update, value, expiry, flags);
  options.boolean("upsert", true);
  stores_ = true;
  bson_error_t e{};
  // Of several documents with one key all are the same then.
  const auto store = collection_.server_.one_a_key() ? mongoc_bulk_operation_update_one_with_opts
                                                     : mongoc_bulk_operation_update_many_with_opts;
  added(store(bulk_, filter.get(), update.get(), options.get(), &e), e);
}

void Collection::Bulk::remove(std::string_view key, bool live_only) {
  Bson filter;
  where_key(filter, key);
  if (live_only) where_live(filter, wall_ms());
  bson_error_t e{};
  const auto remove = collection_.server_.one_a_key() ? mongoc_bulk_operation_remove_one_with_opts
                                                      : mongoc_bulk_operation_remove_many_with_opts;
  added(remove(bulk_, filter.get(), nullptr, &e), e);
}

void Collection::Bulk::added(bool good, const bson_error_t& e) {
  if (good) {
    sent_.push_back(size_);
  } else {
    refusals_.push_back({size_, collection_.server_.failure_of(e)});
  }
  ++size_;
}

bool Collection::Bulk::run() {
  if (!collection_.ready()) return false;
  if (sent_.empty()) return true;
  ReplyDocument reply;
  bson_error_t e{};
  const bool good = mongoc_bulk_operation_execute(bulk_, &reply.b, &e) != 0;
  removed_ = reply.number("nRemoved");
  if (good) [[likely]]
    return true;
  bson_iter_t at, list;
  const bool confirmed = !bson_iter_init_find(&at, &reply.b, "writeConcernErrors") || !bson_iter_recurse(&at, &list) ||
                         !bson_iter_next(&list);
  if (!stores_ || !confirmed || e.domain != MONGOC_ERROR_SERVER) return collection_.settle(false, e);
  int64_t refused = 0;
  if (bson_iter_init_find(&at, &reply.b, "writeErrors") && bson_iter_recurse(&at, &list)) {
    while (bson_iter_next(&list)) {
      bson_iter_t field;
      if (!bson_iter_recurse(&list, &field)) continue;
      size_t index = 0;
      bson_error_t one{};
      one.domain = MONGOC_ERROR_SERVER;
      while (bson_iter_next(&field)) {
        const std::string_view name(bson_iter_key(&field), bson_iter_key_len(&field));
        if (name == "index") index = static_cast<size_t>(bson_iter_as_int64(&field));
        if (name == "code") one.code = static_cast<uint32_t>(bson_iter_as_int64(&field));
        if (name == "errmsg" && BSON_ITER_HOLDS_UTF8(&field))
          bson_strncpy(one.message, bson_iter_utf8(&field, nullptr), sizeof one.message);
      }
      if (index >= sent_.size()) continue;
      refusals_.push_back({sent_[index], collection_.server_.failure_of(one)});
      ++refused;
    }
  }
  if (refused == 0) return collection_.settle(false, e);
  // A bulk in several commands, of which one got no answer: the error is that of another.
  const int64_t known = reply.number("nMatched") + reply.number("nUpserted") + refused;
  if (known >= static_cast<int64_t>(sent_.size())) return true;
  refusals_.clear();
  collection_.failure_ = {Status::unavailable, std::string(kUnavailable) + "a part of the bulk write got no answer", 0};
  return false;
}

}  // namespace cachetted::mongodb
