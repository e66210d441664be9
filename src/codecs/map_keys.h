// A map whose input names a key twice: the last value counts, at the place of the first, as in Python's dict. Pure; any
// thread.
#pragma once
#include <cstddef>

#include "codecs/value.h"

namespace cachetted::codecs {

// `pairs`: key, value, key, value ...; keys are strings or bytes. Returns how many of the n stay.
size_t keep_last(Value** pairs, size_t n);

}  // namespace cachetted::codecs
