// Python objects in the table. A str, and bytes that are no UTF-8, are plain values; any other `data` of the pickle
// file is Form::foreign: an envelope with the codec pickle and the pickled object. No client can make one, since what
// it writes has another form: bytes of a client never get into the file as opcodes. Pure; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/memory/entry.h"

namespace cachetted::pickle {

// The pickle, where the value is such an object.
std::optional<std::string_view> object_of(memory::Form form, std::string_view value);
std::string make_object(std::string_view pickle);

// The decimal digits of the int that it is; none: it is something else (bool included).
std::optional<std::string> digits_of(std::string_view pickle);
// An int of these digits: a number of 64 bits, signed or not. Blanks behind it are none of it.
std::string pickle_digits(std::string_view digits);
// What Python calls it, for errors: "int", "list", "an object".
std::string_view kind_of(std::string_view pickle);

// The opcodes of the object, for a place within another pickle, whose memo from place `base` on is free.
bool embed(std::string_view pickle, uint32_t base, std::string& to);

}  // namespace cachetted::pickle
