// What an operation makes of a value, or tells of a part of it, for stores that cannot do it themselves: they read the
// value, call these, and store what comes out if nobody has changed it meanwhile. By redis-server's and memcached's
// rules, the same for every store. Pure; any thread.
#pragma once
#include <string>
#include <string_view>

#include "core/request.h"

namespace cachetted {

// The value that r's operation (append, add_integer, add_unsigned, add_float, set_range, set_bit) makes of `old`;
// `found`: it was there. Fills in the reply as of its success, and returns true where `made` is to be stored: with the
// old flags and expiry, or those of r where there was none. False: the reply is the answer, with nothing to store. The
// text that add_float replies is `made`: left to the caller.
bool edit(Request& r, bool found, std::string_view old, std::string& made);

// The number that length, get_bit, count_bits or find_bit tells of a value.
int64_t number_of_part(const Request& r, std::string_view value);

// The sum of a decimal, "0" where there is none, and what r adds: add_integer to `sum`, add_float to `text`.
Status add_integer(const Request& r, bool found, std::string_view old, int64_t& sum);
Status add_float(const Request& r, bool found, std::string_view old, std::string& text);
// Of add_unsigned: round 2^64, and not below 0. False: `old` is no number.
bool add_unsigned(const Request& r, std::string_view old, uint64_t& sum);

// As OBJECT ENCODING would call a value that was set as it is.
std::string_view encoding_name(std::string_view value);

}  // namespace cachetted
