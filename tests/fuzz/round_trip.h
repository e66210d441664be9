// What all fuzz targets of codecs ask of a value that one of them decoded: each codec, and the clients' tagged JSON,
// refuses it with a reason, or writes what it reads again as the same value.
#pragma once
#include <cstdlib>
#include <string>

#include "codecs/codec.h"
#include "codecs/json.h"

namespace cachetted::codecs {

inline bool read_tagged(std::string_view in, const Limits& limits, Document& into, std::string& why) {
  return read_json(in, Types::tagged, limits, into, why);
}
inline bool write_tagged(Value& value, const Limits& limits, std::string& out, std::string& why) {
  return write_json(value, Types::tagged, limits, out, why);
}

inline void must_round_trip(Value& value, const Limits& limits, Decode* decode, Encode* encode) {
  std::string once, twice, thrice, why;
  Document second, third;
  if (!encode(value, limits, once, why)) {
    if (why.empty()) abort();
    return;
  }
  // The first time halves of a surrogate pair may come together, as decision 13 says.
  if (!why.empty() || !decode(once, limits, second, why) || !encode(*second.root, limits, twice, why)) abort();
  if (!decode(twice, limits, third, why) || !encode(*third.root, limits, thrice, why) || twice != thrice) abort();
}

inline void must_round_trip(Document& document) {
  const Limits wide{.items = 1 << 20, .depth = 512, .digits = 4300, .output = 1 << 22};
  for (const Codec& c : codecs())
    if (!c.table) must_round_trip(*document.root, wide, c.decode, c.encode);
  must_round_trip(*document.root, wide, read_tagged, write_tagged);
}

}  // namespace cachetted::codecs
