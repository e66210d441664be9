// The documents of the collection, in the very form that the cachette library reads and writes: one a key,
//   {key: <string, or binary where it is not UTF-8>, value: <binary>, expires: <int, Unix seconds>}
// to which cachetted adds expires_ms (the same instant, exactly) and flags (memcached's, where they are not 0).
// Documented readings of what others may have written: a string as value is its bytes, any number will do as expires
// (a fraction counts as the second behind it), a document without expires has expired. Pure; any thread.
// The library: cachette 0.1.8, cachette/backends/mongodb.py.
#pragma once
#include <bson/bson.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/items.h"
#include "core/expiry.h"

namespace cachetted::mongodb {

inline constexpr size_t kMostKey = 1012;                // bytes: an index entry of 1 KiB, less what goes round it
inline constexpr size_t kMostDocument = 16 << 20;       // bytes
inline constexpr size_t kDocumentRoom = 256;            // of these for names, numbers and what a command adds

// A BSON document in the making. Names are string literals.
class Bson {
 public:
  Bson() { bson_init(&own_); }
  ~Bson() {
    if (b_ == &own_) bson_destroy(&own_);
  }
  Bson(const Bson&) = delete;
  Bson& operator=(const Bson&) = delete;

  // A string where the bytes are UTF-8, else binary.
  Bson& key(const char* name, std::string_view bytes);
  Bson& text(const char* name, std::string_view bytes);
  Bson& binary(const char* name, std::string_view bytes, bson_subtype_t subtype = BSON_SUBTYPE_BINARY);
  // As Python's driver does it: of 32 bits where they are enough.
  Bson& number(const char* name, int64_t n);
  Bson& boolean(const char* name, bool b);
  Bson& value(const char* name, const bson_value_t& v);
  // Calls fill(Bson&) to write the inner document or array.
  template <class Fill>
  Bson& document(const char* name, Fill fill) {
    bson_t inner;
    bson_append_document_begin(b_, name, -1, &inner);
    Bson child(&inner);
    fill(child);
    bson_append_document_end(b_, &inner);
    return *this;
  }
  template <class Fill>
  Bson& array(const char* name, Fill fill) {
    bson_t inner;
    bson_append_array_begin(b_, name, -1, &inner);
    Bson child(&inner);
    fill(child);
    bson_append_array_end(b_, &inner);
    return *this;
  }
  const bson_t* get() const { return b_; }
  bson_t* get() { return b_; }

 private:
  explicit Bson(bson_t* of) : b_(of) {}
  bson_t own_;
  bson_t* b_ = &own_;
};

// One that a command brings, valid until the next.
struct Document {
  const bson_t& bson;
};

bool is_utf8(std::string_view bytes);

// What stands under a key.
struct Found : Item {
  bool text = false;  // the value is a string
  bson_subtype_t subtype = BSON_SUBTYPE_BINARY;
  std::string stands;  // expires, expires_ms and flags as a document, where asked for
};

// Reads a document; one that has expired at `now` (ms) is absent. `key`, where not null, is left with its key's bytes,
// which live as long as the document. `exactly`: with what where_unchanged() and where_same_expiry() need.
Found read_document(const bson_t& document, int64_t now, std::string_view* key, bool exactly = false);
std::string_view key_of(const bson_iter_t& field);
// Whether it is one that a key of ours can have: a string, or binary of the common subtype.
bool is_name(const bson_iter_t& field);
// The subtype of binary; of a string that of ours.
bson_subtype_t subtype_of(const bson_iter_t& field);

// --- filters ---

// The document of a key, dead or alive.
void where_key(Bson& filter, std::string_view key);
// Those that have not expired at `now`.
void where_live(Bson& filter, int64_t now);
// Those that have, by a filter of their own: expires or expires_ms has passed, or is not there.
void where_dead(Bson& filter, int64_t now);
// Those whose value is one that can be read.
void where_readable(Bson& filter);
// That which was found, if its value, expiry and flags still are the same.
void where_unchanged(Bson& filter, std::string_view key, const Found& found);
// The same of expiry and flags alone.
void where_same_expiry(Bson& filter, std::string_view key, const Found& found);

// --- updates ---

// Value, expiry and flags anew; the document's other fields, and its _id, stay.
void set_all(Bson& update, std::string_view value, int64_t expiry, uint32_t flags);
void set_value(Bson& update, std::string_view value);
void set_expiry(Bson& update, int64_t expiry);

}  // namespace cachetted::mongodb
