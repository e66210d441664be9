// Writes a value as JSON. What JSON lacks is tagged, by the names of MongoDB's Extended JSON where it has one, so that
// what is read again is the same value:
//   {"$binary": {"base64": ..., "subType": "00"}}    bytes            {"$bytearray": base64}
//   {"$date": "2026-11-26T16:00:00.5+01:00"}         a date, or a datetime with or without zone   {"$time": "16:00:00"}
//   {"$duration": [days, microseconds]}              {"$zone": seconds east of UTC}
//   {"$numberDecimal": "1.50"}  {"$numberDouble": "NaN"}   {"$uuid": "12345678-..."}
//   {"$tuple": [...]}  {"$set": [...]}  {"$frozenset": [...]}
//   {"$map": [[key, value], ...]}    a map that has other keys than strings, or one key that begins with a $
//   {"$ordered": [[key, value], ...]}
// Plain is the friendly form, which loses that: tuples and sets are arrays, bytes are text where they are UTF-8 and
// base64 where not, other keys are the text of theirs. Integers of any size are digits; a lone surrogate is an escape.
// Pure; any thread.
#pragma once
#include <string>

#include "codecs/value.h"

namespace cachetted::codecs {

enum class Types : uint8_t { tagged, plain };

// Appends to `out`. False, with why: it is too deep, holds itself, or becomes too large.
bool write_json(Value& value, Types types, const Limits& limits, std::string& out, std::string& why);

}  // namespace cachetted::codecs
