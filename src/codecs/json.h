// JSON as clients have it, and as Python's libraries have it in a store.
//
// What JSON lacks is tagged in the clients' form, by the names of MongoDB's Extended JSON where it has one, so that
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
#include <string_view>

#include "codecs/value.h"

namespace cachetted::codecs {

enum class Types : uint8_t { tagged, plain };

// Appends to `out`. False, with why: it is too deep, holds itself, becomes too large, or what can change is a key.
bool write_json(Value& value, Types types, const Limits& limits, std::string& out, std::string& why);

// Reads all that Python's json.loads does of UTF-8: NaN, Infinity, integers of any size, lone surrogates, names that
// come twice (the last counts). Tagged: tags are what they stand for; an object with another name that begins with $ is
// a map. False, with where ("value is not JSON: line 1, column 5: ..."). The input has to live as long as `into`.
bool read_json(std::string_view json, Types types, const Limits& limits, Document& into, std::string& why);
// The same without simdjson, for inputs that it refuses, and to compare.
bool read_json_exactly(std::string_view json, Types types, const Limits& limits, Document& into, std::string& why);

// What json.dumps and orjson.dumps write of the equal object, to the byte. False, with why: they refuse it, too.
bool write_python_json(Value& value, const Limits& limits, std::string& out, std::string& why);
bool write_orjson(Value& value, const Limits& limits, std::string& out, std::string& why);

}  // namespace cachetted::codecs
