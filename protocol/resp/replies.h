// A Reply to RESP bytes, one function for each shape of answer. Called at flush, on the session's loop.
#pragma once
#include "protocol/resp/commands.h"

namespace cachetted::resp {

// clang-format off
#define CACHETTED_REPLIES(X) \
  X(wire) X(ok) X(set) X(setnx) X(getset) X(value) X(getex) X(values) X(number) X(bits) X(bitpos) X(yes_no) \
  X(float) X(range) X(lcs) X(type) X(expiry) X(rename) X(key) X(keys) X(scan) X(group) X(encoding) X(freq) \
  X(idletime) X(refcount) X(usage) X(explain)
// clang-format on

#define X(name) bool compose_##name(Request& r, Writer& w);
CACHETTED_REPLIES(X)
#undef X

}  // namespace cachetted::resp
