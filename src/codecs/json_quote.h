// Strings and integers as JSON has them. Texts are UTF-8, in which lone surrogates may stand. Pure; any thread.
#pragma once
#include <string_view>

#include "codecs/sink.h"
#include "codecs/value.h"

namespace cachetted::codecs {

void quote(Sink& to, std::string_view s, Text known = Text::any);  // UTF-8; a lone surrogate is an escape
bool quote_strictly(Sink& to, std::string_view s, Text known);     // UTF-8; false: a surrogate is in it
void quote_ascii(Sink& to, std::string_view s, Text known);        // all but ASCII is escapes, as Python has it
void put_integer(Sink& to, const Value& v);

}  // namespace cachetted::codecs
