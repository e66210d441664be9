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
