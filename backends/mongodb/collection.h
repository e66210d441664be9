// One thread's way to the collection: a client of the driver's pool and the commands that are asked of it. Each
// function is one command, or one after the other where said; false: failure() says why. Not thread-safe.
#pragma once
#include <mongoc/mongoc.h>

#include <functional>
#include <string_view>
#include <vector>

#include "backends/mongodb/document.h"
#include "backends/mongodb/server.h"

namespace cachetted::mongodb {

class Collection {
 public:
  explicit Collection(Server& server);
  ~Collection();
  Collection(const Collection&) = delete;
  Collection& operator=(const Collection&) = delete;

  const Failure& failure() const { return failure_; }
  Server& server() { return server_; }

  // Each document that fits, while `each` returns true. Read where the URL's read preference says, unless it has to be
  // the `newest`.
  bool find(const Bson& filter, const Bson& options, bool newest, const std::function<bool(const Document&)>& each);
  // Of at most one document. `upsert`: makes it where none fits; `duplicate` then tells that one with its key was
  // there.
  struct Changed {
    int64_t matched = 0, made = 0;
    bool duplicate = false;
    bool any() const { return matched + made != 0; }
  };
  bool update(const Bson& filter, const Bson& update, bool upsert, Changed& changed);
  // Of at most one: `each` gets it as it was before. `update` null: deletes it.
  bool modify(const Bson& filter, const Bson* update, const std::function<void(const Document&)>& each);
  // Deletes all that fit; `of_a_key`: the filter names one.
  bool remove(const Bson& filter, int64_t& removed, bool of_a_key = false);
  // The same in portions, of a number that may be large: finds up to 1,000, deletes those which still fit, until none
  // is left.
  bool remove_all(const Bson& filter, int64_t& removed);
  bool count(const Bson& filter, int64_t& n);
  bool ping();
  // Before commands, where the servers have changed since: a command on its way when a primary goes is sent again by
  // libmongoc, a handshake before it is not.
  void connect();
  bool make_index();
  bool index_is_unique();
  // Of documents with one key, those are deleted that expire before another; then those that are older.
  bool remove_duplicates(int64_t& removed);

  // Several writes of one kind in one command, or a few where they are large: unordered, for each store its own
  // outcome.
  class Bulk {
   public:
    explicit Bulk(Collection& c);
    ~Bulk();
    void upsert(std::string_view key, std::string_view value, int64_t expiry, uint32_t flags);
    void remove(std::string_view key, bool live_only = false);
    // False: each may have been done or not. Deletes are done all or told as failed.
    bool run();
    struct Refusal {
      size_t index;  // in the order of the calls
      Failure failure;
    };
    const std::vector<Refusal>& refusals() const { return refusals_; }
    int64_t removed() const { return removed_; }  // documents, by all of them

   private:
    void added(bool good, const bson_error_t& e);

    Collection& collection_;
    mongoc_bulk_operation_t* bulk_;
    size_t size_ = 0;
    bool stores_ = false;
    std::vector<size_t> sent_;  // which these are
    int64_t removed_ = 0;
    std::vector<Refusal> refusals_;
  };

 private:
  bool ready(bool elsewhere = false);
  bool settle(bool good, const bson_error_t& e, bool elsewhere = false);

  Server& server_;
  mongoc_client_t* client_;
  mongoc_collection_t* collection_;
  mongoc_read_prefs_t* primary_;
  Failure failure_;
  uint64_t changes_ = UINT64_MAX;  // at the last connect()
};

}  // namespace cachetted::mongodb
