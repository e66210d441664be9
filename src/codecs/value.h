// What codecs have in common: a value as one of them decoded it, for another to encode. Nothing of it runs, and it is
// a tree only if what it was decoded from is one: a pickle may share a list, and put it into itself. A Document owns
// all of its values, in blocks that it keeps for the next; bytes may stay the input's, which has to live as long. One
// thread.
#pragma once
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cachetted::codecs {

enum class Kind : uint8_t {
  null,       // the first four have nothing but a number
  boolean,    // number
  integer,    // number; text, where it has digits: the same, too large for 64 bits
  real,       // real
  decimal,    // text, as Python's Decimal takes it: "1.50", "NaN"
  string,     // text: UTF-8, in which lone surrogates may stand (as Python's surrogatepass has them)
  bytes,      // text
  bytearray,  // text
  list,       // items
  tuple,
  set,
  frozenset,
  map,       // items: key, value, key, value ...
  ordered,   // the same, of an OrderedDict
  date,      // number: 10000 * year + 100 * month + day
  time,      // number: microseconds of the day; zone
  datetime,  // number: microseconds since 0001-01-01T00:00:00 by its own clock; zone
  duration,  // number: microseconds beside whole days; days
  zone,      // zone
  uuid,      // text: 16 bytes
};

// What is known of a string, so that an encoder need not look again.
enum class Text : uint8_t {
  any,
  utf8,   // no surrogate is in it
  plain,  // ASCII of which JSON escapes nothing
};

inline constexpr int64_t kNoZone = INT64_MIN;

struct Value;

// An array in the document's memory; Document::add makes it longer.
struct Items {
  Value** data;
  uint32_t count, room;

  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  Value* operator[](size_t i) const { return data[i]; }
  Value** begin() const { return data; }
  Value** end() const { return data + count; }
};

struct Value {
  Kind kind = Kind::null;
  bool open = false;  // whoever walks over it is within it just now: met again, it holds itself
  Text known = Text::any;
  uint32_t mark = 0;  // whoever walks over it knows it by this again; 0 between walks
  union {
    int64_t number = 0;
    double real;
  };
  union {
    int64_t zone = kNoZone;  // of time, datetime and zone: microseconds east of UTC
    int64_t days;            // of a duration
  };
  union {
    std::string_view text{};
    Items items;
  };
};
static_assert(sizeof(Value) <= 40, "a document has one for each number in it");

inline bool has_items(Kind k) { return k >= Kind::list && k <= Kind::ordered; }

// What a decoder takes at most, checked before memory is taken for it.
struct Limits {
  size_t items = 4 << 20;           // values in all, and entries of a pickle's memo
  size_t depth = 512;               // lists in lists
  size_t digits = 4300;             // of an integer, as Python itself has it
  size_t output = size_t{1} << 29;  // bytes of what is encoded
};

class Document {
 public:
  Value* make(Kind kind) {
    auto* v = new (allocate(sizeof(Value))) Value;
    v->kind = kind;
    if (has_items(kind)) v->items = Items{};
    ++size_;
    return v;
  }
  void add(Items& to, Value* item) {
    if (to.count == to.room) grow(to, to.count + 1);
    to.data[to.count++] = item;
  }
  void reserve(Items& to, size_t n) {
    if (n > to.room) grow(to, n);
  }
  void fill(Items& to, Value* const* from, size_t n) {  // an empty one, once
    to.data = reinterpret_cast<Value**>(allocate(n * sizeof(Value*)));
    if (n != 0) std::memcpy(to.data, from, n * sizeof(Value*));
    to.count = to.room = static_cast<uint32_t>(n);
  }
  std::string_view keep(std::string_view bytes);
  char* allocate(size_t n) {  // aligned to 8
    n = (n + 7) & ~size_t{7};
    if (n > static_cast<size_t>(end_ - at_)) [[unlikely]]
      more(n);
    char* p = at_;
    at_ += n;
    return p;
  }
  size_t size() const { return size_; }  // values made
  void clear();                          // forgets all; one block stays for the next value

  Value* root = nullptr;

  // For decoders, so that they take no memory for each value: what has no place yet, and what is not closed yet.
  struct Level {
    size_t from = 0;   // of its items in `loose`
    uint32_t due = 0;  // items still to come
    Value* container = nullptr;
    bool map = false;
  };
  std::vector<Value*> loose;
  std::vector<Level> levels;
  // What a decoder's library keeps, texts of this document among it.
  struct Parser {
    virtual ~Parser() = default;
    virtual size_t size() const = 0;  // bytes
  };
  std::unique_ptr<Parser> parser;

 private:
  void grow(Items& items, size_t least);
  void more(size_t n);

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* at_ = nullptr;
  char* end_ = nullptr;
  size_t first_ = 0;  // bytes of the first block
  size_t size_ = 0;
};

// The days since 0001-01-01 of a day of the proleptic Gregorian calendar, and back: 10000 * year + 100 * month + day.
int64_t days_of(int64_t year, int64_t month, int64_t day);
int64_t day_of(int64_t days);

}  // namespace cachetted::codecs
