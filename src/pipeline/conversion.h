// What one request needs while its values are converted, from forward() to the last byte of its reply. Belongs to the
// request's loop; while it is away a thread of the loop's pool has it, and the request with it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/transform.h"

namespace cachetted {

struct Rules;

struct Conversion {
  // plain: values are encoded on the way there and decoded on the way back. part: the request reads the value whole
  // instead of what it asked of it. looking: EXPLAIN has the value read first. reading, writing: a read-modify-write,
  // whose steps are requests of their own.
  enum class Stage : uint8_t { plain, part, looking, reading, writing, done };

  Rules* rules = nullptr;              // that `by` and `each` are of
  const Transform* by = nullptr;       // of the key, or of the first of several
  std::vector<const Transform*> each;  // of several keys
  Stage stage = Stage::plain;
  bool shows = false;  // what the reply has is the client's now
  bool found = false;  // what a step read, and until when it lives
  int64_t old_expiry = kNever;
  bool in_place = false;  // a counter as long as it was: the item stays the same one
  Op asked = Op::local;   // part: what was asked, and with which options
  uint32_t options = 0;
  uint8_t wants = 0;
  size_t given = 0;                     // bytes of the value as the client gave it
  Request* behind = nullptr;            // waits until this one has changed the same key
  Request* step = nullptr;              // under way, or whose reply is looked at
  std::string sent;                     // to the store
  std::string shown;                    // to the client
  std::string why;                      // an error's text
  std::vector<std::string_view> words;  // of several keys, or what EXPLAIN tells
  std::vector<Spent> spent;             // not yet counted
  Conversion* next = nullptr;           // in the pool
};

// Whether what was encoded is no larger than a value may be, its envelope aside: the store would give it, and its
// reader refuse it. False: `why` says so.
bool fits(Conversion& c, const Transform& by, size_t encoded);

}  // namespace cachetted
