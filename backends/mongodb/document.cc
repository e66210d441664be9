// Implements document.h.
#include "backends/mongodb/document.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

namespace cachetted::mongodb {
namespace {

int64_t seconds_of(int64_t expiry) { return expiry == kNever ? kNeverSeconds : seconds_up(expiry); }

void add_expiry(Bson& set, int64_t expiry) {
  set.number("expires", seconds_of(expiry));
  if (expiry != kNever) set.number("expires_ms", expiry);
}

// A number of any kind as a whole one, rounded up as "greater than this second" wants it; else false.
bool read_number(const bson_iter_t& field, int64_t& n) {
  double d = 0;
  bson_decimal128_t decimal;
  if (bson_iter_decimal128(&field, &decimal)) {
    char text[BSON_DECIMAL128_STRING];
    bson_decimal128_to_string(&decimal, text);
    d = std::strtod(text, nullptr);
  } else if (BSON_ITER_HOLDS_DOUBLE(&field)) {
    d = bson_iter_double(&field);
  } else if (BSON_ITER_HOLDS_NUMBER(&field)) {
    n = bson_iter_as_int64(&field);
    return true;
  } else {
    return false;
  }
  if (std::isnan(d)) return false;
  constexpr double kMost = 9e15;  // beyond, a double has no whole seconds
  n = static_cast<int64_t>(std::ceil(std::clamp(d, -kMost, kMost)));
  return true;
}

const char* name_of(bson_type_t type) {
  constexpr std::pair<bson_type_t, const char*> kNames[] = {
      {BSON_TYPE_DOUBLE, "a double"},      {BSON_TYPE_INT32, "an integer"}, {BSON_TYPE_INT64, "an integer"},
      {BSON_TYPE_DECIMAL128, "a decimal"}, {BSON_TYPE_BOOL, "a boolean"},   {BSON_TYPE_DOCUMENT, "a document"},
      {BSON_TYPE_ARRAY, "an array"},       {BSON_TYPE_DATE_TIME, "a date"}, {BSON_TYPE_NULL, "null"},
      {BSON_TYPE_OID, "an ObjectId"},
  };
  for (const auto& [t, name] : kNames)
    if (t == type) return name;
  return "something else";
}

BlobRef copy_of(const char* bytes, size_t size) {
  BlobRef b(Blob::create(size));
  if (size != 0) std::memcpy(b->data(), bytes, size);
  b->size = static_cast<uint32_t>(size);
  return b;
}

void read_value(const bson_iter_t& field, Found& f) {
  f.fault = nullptr;
  uint32_t size = 0;
  if (BSON_ITER_HOLDS_BINARY(&field)) {
    const uint8_t* bytes = nullptr;
    bson_iter_binary(&field, &f.subtype, &size, &bytes);
    f.bytes = copy_of(reinterpret_cast<const char*>(bytes), size);
  } else if (BSON_ITER_HOLDS_UTF8(&field)) {
    const char* bytes = bson_iter_utf8(&field, &size);
    f.bytes = copy_of(bytes, size);
    f.text = true;
  } else {
    f.fault = name_of(bson_iter_type(&field));
  }
}

}  // namespace

// What the driver's own check takes for a zero byte, other drivers refuse.
bool is_utf8(std::string_view bytes) {
  return bson_utf8_validate(bytes.data(), bytes.size(), true) && bytes.find("\xC0\x80") == bytes.npos;
}

Bson& Bson::key(const char* name, std::string_view bytes) {
  return is_utf8(bytes) ? text(name, bytes) : binary(name, bytes);
}

Bson& Bson::text(const char* name, std::string_view bytes) {
  bson_append_utf8(b_, name, -1, bytes.empty() ? "" : bytes.data(), static_cast<int>(bytes.size()));
  return *this;
}

Bson& Bson::binary(const char* name, std::string_view bytes, bson_subtype_t subtype) {
  static constexpr uint8_t kEmpty = 0;
  bson_append_binary(b_, name, -1, subtype, bytes.empty() ? &kEmpty : reinterpret_cast<const uint8_t*>(bytes.data()),
                     static_cast<uint32_t>(bytes.size()));
  return *this;
}

Bson& Bson::number(const char* name, int64_t n) {
  const bool small = n >= std::numeric_limits<int32_t>::min() && n <= std::numeric_limits<int32_t>::max();
  small ? bson_append_int32(b_, name, -1, static_cast<int32_t>(n)) : bson_append_int64(b_, name, -1, n);
  return *this;
}

Bson& Bson::boolean(const char* name, bool b) {
  bson_append_bool(b_, name, -1, b);
  return *this;
}

Bson& Bson::value(const char* name, const bson_value_t& v) {
  bson_append_value(b_, name, -1, &v);
  return *this;
}

std::string_view key_of(const bson_iter_t& field) {
  uint32_t size = 0;
  if (BSON_ITER_HOLDS_UTF8(&field)) {
    const char* bytes = bson_iter_utf8(&field, &size);
    return {bytes, size};
  }
  if (!BSON_ITER_HOLDS_BINARY(&field)) return {};
  bson_subtype_t subtype;
  const uint8_t* bytes = nullptr;
  bson_iter_binary(&field, &subtype, &size, &bytes);
  return {reinterpret_cast<const char*>(bytes), size};
}

bson_subtype_t subtype_of(const bson_iter_t& field) {
  bson_subtype_t subtype = BSON_SUBTYPE_BINARY;
  uint32_t size = 0;
  const uint8_t* bytes = nullptr;
  if (BSON_ITER_HOLDS_BINARY(&field)) bson_iter_binary(&field, &subtype, &size, &bytes);
  return subtype;
}

bool is_name(const bson_iter_t& field) {
  return BSON_ITER_HOLDS_UTF8(&field) || (BSON_ITER_HOLDS_BINARY(&field) && subtype_of(field) == BSON_SUBTYPE_BINARY);
}

Found read_document(const bson_t& document, int64_t now, std::string_view* key, bool exactly) {
  Found f;
  Bson stands;
  f.fault = "nothing";
  int64_t seconds = std::numeric_limits<int64_t>::min(), exact = kNever;
  bson_iter_t at;
  if (!bson_iter_init(&at, &document)) return f;
  while (bson_iter_next(&at)) {
    const std::string_view name(bson_iter_key(&at), bson_iter_key_len(&at));
    int64_t n = 0;
    if (exactly && (name == "expires" || name == "expires_ms" || name == "flags"))
      stands.value(name.data(), *bson_iter_value(&at));
    if (name == "key") {
      if (key != nullptr) *key = key_of(at);
    } else if (name == "value") {
      read_value(at, f);
    } else if (name == "expires") {
      if (read_number(at, n)) seconds = n;
    } else if (name == "expires_ms") {
      if (read_number(at, n)) exact = n;
    } else if (name == "flags") {
      if (read_number(at, n) && n >= 0 && n <= UINT32_MAX) f.flags = static_cast<uint32_t>(n);
    }
  }
  if (exactly) f.stands.assign(reinterpret_cast<const char*>(bson_get_data(stands.get())), stands.get()->len);
  f.expiry = expiry_of(seconds, exact);
  f.live = f.expiry == kNever || now < f.expiry;
  return f;
}

// --- filters ---

void where_key(Bson& filter, std::string_view key) { filter.key("key", key); }

// Not by arithmetic in the server: what expires by its milliseconds within this second has expires = this second + 1.
void where_live(Bson& filter, int64_t now) {
  const int64_t second = now / 1000;
  filter.document("expires", [&](Bson& b) { b.number("$gt", second); });
  filter.array("$nor", [&](Bson& any) {
    any.document("0", [&](Bson& b) {
      b.number("expires", second + 1);
      b.document("expires_ms", [&](Bson& ms) { ms.number("$gt", second * 1000).number("$lte", now); });
    });
  });
}

void where_dead(Bson& filter, int64_t now) {
  const int64_t second = now / 1000;
  filter.array("$or", [&](Bson& any) {
    any.document("0", [&](Bson& b) {
      b.document("expires", [&](Bson& e) { e.document("$not", [&](Bson& n) { n.number("$gt", second); }); });
    });
    any.document("1", [&](Bson& b) {
      b.number("expires", second + 1);
      b.document("expires_ms", [&](Bson& ms) { ms.number("$gt", second * 1000).number("$lte", now); });
    });
  });
}

void where_readable(Bson& filter) {
  filter.document("value", [](Bson& value) {
    value.array("$type", [](Bson& any) { any.text("0", "binData").text("1", "string"); });
  });
}

void where_unchanged(Bson& filter, std::string_view key, const Found& found) {
  where_same_expiry(filter, key, found);
  found.text ? filter.text("value", found.view()) : filter.binary("value", found.view(), found.subtype);
}

void where_same_expiry(Bson& filter, std::string_view key, const Found& found) {
  where_key(filter, key);
  bson_t stands;
  if (!bson_init_static(&stands, reinterpret_cast<const uint8_t*>(found.stands.data()), found.stands.size())) return;
  for (const char* name : {"expires", "expires_ms", "flags"}) {
    bson_iter_t at;
    if (bson_iter_init_find(&at, &stands, name)) {
      filter.value(name, *bson_iter_value(&at));
    } else {
      filter.document(name, [](Bson& b) { b.boolean("$exists", false); });
    }
  }
}

// --- updates ---

void set_all(Bson& update, std::string_view value, int64_t expiry, uint32_t flags) {
  update.document("$set", [&](Bson& set) {
    set.binary("value", value);
    add_expiry(set, expiry);
    if (flags != 0) set.number("flags", flags);
  });
  if (flags != 0 && expiry != kNever) return;
  update.document("$unset", [&](Bson& unset) {
    if (flags == 0) unset.text("flags", "");
    if (expiry == kNever) unset.text("expires_ms", "");
  });
}

void set_value(Bson& update, std::string_view value) {
  update.document("$set", [&](Bson& set) { set.binary("value", value); });
}

void set_expiry(Bson& update, int64_t expiry) {
  update.document("$set", [&](Bson& set) { add_expiry(set, expiry); });
  if (expiry == kNever) update.document("$unset", [&](Bson& unset) { unset.text("expires_ms", ""); });
}

}  // namespace cachetted::mongodb
