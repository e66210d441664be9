// Items as stores keep them that are asked for many keys at once (mongodb, dynamodb): which requests only look at some,
// and what these are answered then, by the same rules for each store. Pure; any thread.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/arena.h"
#include "core/blob.h"
#include "core/request.h"

namespace cachetted {

// What stands under a key.
struct Item {
  bool live = false;            // it is there
  const char* fault = nullptr;  // why it cannot be read: what stands in the place of its value
  uint32_t flags = 0;
  int64_t expiry = kNever;  // ms
  BlobRef bytes;
  std::string_view view() const { return bytes ? bytes->view() : std::string_view{}; }
  explicit operator bool() const { return live; }
};

// Seconds since 1970 that stand for never: the last of the year 9999. The library takes an item without a time for
// expired.
inline constexpr int64_t kNeverSeconds = 253402300799;

// The expiry of an item that has these whole seconds, and beside them the same instant in milliseconds (kNever: not):
// that counts only while it rounds up to them, as who knows seconds alone leaves it standing.
inline int64_t expiry_of(int64_t seconds, int64_t exact_ms) {
  if (exact_ms > 0 && seconds_up(exact_ms) == seconds) return exact_ms;
  if (seconds >= kNeverSeconds) return kNever;
  return seconds > 0 ? seconds * 1000 : kPast;
}

// What a store calls them.
struct ItemStore {
  std::string_view backend, noun;
  size_t around;                               // bytes of an item beside its key and its value, about
  std::string (*key_fault)(std::string_view);  // why it cannot have such a key; empty: it can
};

// --- which requests ---

bool is_look(const Request& r);
bool needs_values(const Request& r);
// The keys of a look, or of a remove, in the order in which answer_items() takes them.
void gather(const Request& r, std::vector<std::string_view>& keys);
// A SET, MSET or DEL without conditions.
inline constexpr uint32_t kWriteConditions = kIfAbsent | kIfPresent | kIfUnchanged | kReturnOld | kKeepTtl;
bool is_plain_write(const Request& r);

// --- their answers ---

// False: r is answered.
bool check_key(Request& r, const ItemStore& s, Arena& arena, std::string_view key);
void fail_shape(Request& r, const ItemStore& s, Arena& arena, const Item& found);
// The bytes stay the item's: each reply has a reference.
void put_item(const Request& r, Value& v, const Item& found);
// Answers a look, or a get_many that touched its keys. One of many that cannot be read fails alone.
void answer_items(Request& r, const ItemStore& s, Arena& arena, std::span<const Item* const> found);

}  // namespace cachetted
