// Reads JSON by simdjson, which refuses some of what Python reads (integers beyond 64 bits, NaN, lone surrogates) and
// does not say where a fault is: json_read.cc reads such again. What both read is the same. Pure; any thread.
#pragma once
#include <string_view>

#include "codecs/json.h"

namespace cachetted::codecs {

inline constexpr size_t kTagLevels = 4;       // objects and lists that a tag writes for one level of the value, at most
inline constexpr size_t kFastJson = 1 << 20;  // bytes: simdjson takes 14 times as many

// False: nothing is said of it; what is in `into` is to be cleared.
bool read_json_fast(std::string_view json, Types types, const Limits& limits, Document& into);

}  // namespace cachetted::codecs
