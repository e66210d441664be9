// MessagePack, as Python's msgpack.dumps writes it (use_bin_type, the shortest forms) and msgpack.loads reads it: keys
// are strings or bytes, and no extension type has a value here, timestamps included.
// https://github.com/msgpack/msgpack/blob/master/spec.md . Pure; any thread.
#pragma once
#include <string>
#include <string_view>

#include "codecs/value.h"

namespace cachetted::codecs {

// Fills `into`; the input has to live as long. False, with why and where.
bool read_msgpack(std::string_view in, const Limits& limits, Document& into, std::string& why);

// Appends to `out`. False, with why: MessagePack has no form for it, or Python could not read that again.
bool write_msgpack(Value& value, const Limits& limits, std::string& out, std::string& why);

}  // namespace cachetted::codecs
