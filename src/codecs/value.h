// What codecs have in common: a value as one of them decoded it, for another to encode. Nothing of it runs, and it is
// a tree only if what it was decoded from is one: a pickle may share a list, and put it into itself. A Document owns
// all of its values; bytes may stay the input's, which has to live as long. One thread.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace cachetted::codecs {

enum class Kind : uint8_t {
  null,
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

inline constexpr int64_t kNoZone = INT64_MIN;

struct Value {
  Kind kind = Kind::null;
  bool open = false;  // whoever walks over it is within it just now: met again, it holds itself
  int64_t number = 0;
  double real = 0;
  int64_t zone = kNoZone;  // of time, datetime and zone: microseconds east of UTC
  int64_t days = 0;        // of a duration
  std::string_view text;
  std::vector<Value*> items;
};

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
    Value& v = values_.emplace_back();
    v.kind = kind;
    return &v;
  }
  std::string_view keep(std::string bytes) { return kept_.emplace_back(std::move(bytes)); }
  size_t size() const { return values_.size(); }

  Value* root = nullptr;

 private:
  std::deque<Value> values_;
  std::deque<std::string> kept_;
};

// The days since 0001-01-01 of a day of the proleptic Gregorian calendar, and back: 10000 * year + 100 * month + day.
int64_t days_of(int64_t year, int64_t month, int64_t day);
int64_t day_of(int64_t days);

}  // namespace cachetted::codecs
