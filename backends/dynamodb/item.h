// Items of the table, in the very form that the cachette library reads and writes: one a key,
//   {"key": {"S": <key>}, "value": {"B": <base64>}, "expires": {"N": <Unix seconds>}}
// to which cachetted adds expires_ms (the same instant, exactly; honoured while it rounds up to expires) and flags
// (memcached's, where they are not 0). Documented readings of what others may have written: a string as value is its
// bytes, any number will do as expires (a fraction counts as the second behind it), an item without expires has
// expired. The library: cachette 0.1.8, cachette/backends/dynamodb.py. Expressions:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
// Pure; any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/dynamodb/wire.h"
#include "backends/items.h"

namespace cachetted::dynamodb {

inline constexpr size_t kMostKey = 2048;                // bytes
inline constexpr size_t kMostItem = 400 << 10;          // bytes, names of attributes among them
inline constexpr size_t kItemRoom = 64;                 // of these for names and numbers

// Why the table cannot have such a key; empty: it can.
std::string key_fault(std::string_view key);
inline constexpr ItemStore kItems{"dynamodb", "item", kItemRoom, key_fault};

// What stands under a key; the rest is what where_unchanged() and where_same_expiry() need: attributes as they are, in
// JSON, empty where there is none.
struct Found : Item {
  std::string value, expires, expires_ms, flags_now;
  // Another one of the same bytes; `exactly`: with the rest.
  Found share(bool exactly) const;
};

// One that has expired at `now` (ms) is absent. `exactly`: with what conditions need.
Found read_item(Json attributes, int64_t now, bool exactly);
// The key of an item, or of a write that was not processed; empty: it has none.
std::string_view key_of(Json attributes);

// --- composing: JSON at the end of `out` ---

void put_text(std::string& out, std::string_view utf8);  // a JSON string
void put_key(std::string& out, std::string_view key);    // {"key":{"S":...}}
void put_attributes(std::string& out, std::string_view key, std::string_view value, int64_t expiry, uint32_t flags);

std::string delete_request(std::string_view key);  // of BatchWriteItem

// The expressions of one call (a condition, an update, a filter), one after the other, with the names and values that
// they use.
class Expression {
 public:
  enum Name : uint8_t { kKey = 1, kValue = 2, kExpires = 4, kExpiresMs = 8, kFlags = 16 };

  std::string text;
  // Adds a text in which #k #v #e #m #f stand for the attributes.
  Expression& add(std::string_view piece);
  Expression& number(int64_t n);           // adds its placeholder
  Expression& json(std::string_view raw);  // the same of an attribute's value as it stands
  Expression& string(std::string_view s);

  // --- conditions ---
  Expression& live(int64_t now);
  Expression& dead(int64_t now);  // or not there
  Expression& readable();         // its value is one that can be read
  Expression& same_expiry(const Found& found);
  Expression& unchanged(const Found& found);
  // --- updates ---
  Expression& set_expiry(int64_t expiry);

  // ,"<what>":"<text>"; another expression of the same call may follow.
  void put(std::string& out, std::string_view what);
  // ,"ExpressionAttributeNames":{...},"ExpressionAttributeValues":{...}: of all of them.
  void put_words(std::string& out) const;

 private:
  uint8_t names_ = 0;
  std::string values_;
  unsigned n_ = 0;
};

}  // namespace cachetted::dynamodb
