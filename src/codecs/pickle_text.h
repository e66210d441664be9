// Texts and integers in the forms that pickles of all ages have. Pure; any thread.
#pragma once
#include <string>
#include <string_view>

namespace cachetted::codecs {

// The decimal digits of two's complement, its lowest byte first. Time grows with the square: a limit is the caller's.
std::string digits_of_long(std::string_view bytes);

std::string latin1_as_utf8(std::string_view s);
// Appends. False: it has characters beyond Latin-1.
bool utf8_as_latin1(std::string_view s, std::string& to);

// Latin-1 with \uXXXX and \UXXXXXXXX; a backslash before anything else is one. Appends; false: it is none.
bool read_raw_unicode(std::string_view s, std::string& to);
// A string of Python 2, as repr() writes it.
bool read_quoted(std::string_view s, std::string& to);

}  // namespace cachetted::codecs
