// Reads a pickle of any protocol from 0 to 5 without running it: its opcodes build values, and of all names of Python
// only those of plain data are known (set, frozenset, bytearray, bytes, OrderedDict, Decimal, UUID, datetime's classes,
// _codecs.encode). Any other name, persistent ids, the extension registry and buffers out of band are refused. Time is
// linear in the input. https://github.com/python/cpython/blob/3.11/Lib/pickletools.py , PEP 307, PEP 3154, PEP 574.
// Pure; any thread.
#pragma once
#include <string>
#include <string_view>

#include "codecs/value.h"

namespace cachetted::codecs {

// Fills `into` with the value. False, with why and where ("refused global 'os.system' at byte 2"): it is none, or not
// to be had safely. The input has to live as long as the document.
bool read_pickle(std::string_view pickle, const Limits& limits, Document& into, std::string& why);

// Appends what CPython writes in protocol 4 of the equal object; what the document shares is shared, and may hold
// itself. False, with why: it is over a limit, or what can change is a key.
bool write_pickle(Value& value, const Limits& limits, std::string& out, std::string& why);

// A line for each opcode, with its place, argument and what would be refused; to the end, or as far as it can be read.
std::string explain_pickle(std::string_view pickle);

}  // namespace cachetted::codecs
