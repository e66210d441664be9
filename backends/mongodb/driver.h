// Runs requests against the collection: what a worker does. reads.cc looks keys up, those of all requests of a batch by
// one $in find; writes.cc stores, plain SETs and DELs by one unordered bulk write; edits.cc changes what is there by a
// filter on the old value, again and again until nobody was faster; walks.cc has what concerns all keys.
//
// Every way of writing is safe against others, cachetted or not: a new document is made under the unique index on `key`
// alone, and what depends on the old value is stored only where that still stands there.
#pragma once
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <string>
#include <vector>

#include "backends/digest.h"
#include "backends/items.h"
#include "backends/mongodb/collection.h"
#include "backends/workers/pool.h"
#include "core/backend.h"

namespace cachetted::mongodb {

Caps native_caps();

std::string key_fault(std::string_view key);
inline constexpr ItemStore kDocuments{"mongodb", "document", 90, key_fault};  // 90: names and numbers, and its _id

class Driver final : public workers::Driver {
 public:
  explicit Driver(Server& server);
  void run(std::span<workers::Job* const> jobs, Arena& arena) override;
  size_t most() const override { return most_; }

 private:
  using Findings = absl::flat_hash_map<std::string_view, Found>;

  // driver.cc
  void run_one(Request& r);
  void run_group(Request& r);
  void pace(size_t requests, const Findings& found);
  bool check_key(Request& r, std::string_view key) { return cachetted::check_key(r, kDocuments, *arena_, key); }
  bool check_size(Request& r, std::string_view key, size_t bytes);
  bool needs_index(Request& r);
  void finish(Request& r, Status s) { r.reply.status = s; }
  bool fail(Request& r);  // as the last command failed; always false
  bool fail(Request& r, const Failure& f);
  void fail_shape(Request& r, const Found& f) { cachetted::fail_shape(r, kDocuments, *arena_, f); }
  // Whether to try once more what others got ahead of, `tries` times so far: while the request has time. Waits a
  // little.
  bool may_try(int tries) const;
  void fail_busy(Request& r);

  // reads.cc
  bool look(const std::vector<std::string_view>& keys, bool values, bool newest, Findings& found);
  bool look_at(std::span<const std::string_view> keys, bool values, bool newest, Findings& found);
  bool find(Request& r, std::string_view key, Found& found);
  void answer_look(Request& r, bool looked, Findings& found);
  void get(Request& r);
  void get_many(Request& r);
  bool take_or_touch(Request& r, std::string_view key, int64_t expiry, bool remove, Found& found);

  // writes.cc
  void write_all(std::vector<Request*>& writes);
  void store_all(std::span<Request* const> writes);
  bool upsert(Request& r, std::string_view key, std::string_view value, int64_t expiry, uint32_t flags);
  bool insert(Request& r, std::string_view key, std::string_view value, int64_t expiry, uint32_t flags, bool& stored);
  bool replace(Request& r, std::string_view key, const Found& old, const Bson& update, bool& stored);
  bool drop(Request& r, std::string_view key, const Found* unchanged, bool& dropped);
  void set(Request& r);
  void set_by_steps(Request& r);
  void stored(Request& r, std::string_view value, int64_t expiry, uint32_t flags);
  void set_many_if_absent(Request& r);
  void remove_one(Request& r);
  void invalidate(Request& r);
  void expire(Request& r);
  void rename(Request& r);
  void copy(Request& r);

  // edits.cc
  void edit_value(Request& r);

  // walks.cc
  bool walk(Place from, int64_t limit, const std::function<bool(const Place&)>& each);
  void keys(Request& r);
  void scan(Request& r);
  void count(Request& r);
  void random_key(Request& r);
  void flush(Request& r);
  void flush_expired(Request& r);
  void clear(Request& r);

  Server& server_;
  Collection collection_;
  Arena* arena_ = nullptr;  // of the run under way
  uint64_t deadline_ = 0;   // steady ns: of the request under way
  size_t most_ = SIZE_MAX;  // requests of one run, where values are large
};

}  // namespace cachetted::mongodb
