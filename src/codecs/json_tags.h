// Reads the tags of JSON's tagged form (json.h), as objects of one key are closed. Pure; any thread.
#pragma once
#include <string>

#include "codecs/value.h"

namespace cachetted::codecs {

// Makes of `object`, a map of one key that begins with $, what it stands for; a tag that is none of ours is left as it
// is. Bytes are kept in `into`. False, with why: that tag does not stand for anything.
bool read_tag(Value& object, Document& into, std::string& why);

}  // namespace cachetted::codecs
