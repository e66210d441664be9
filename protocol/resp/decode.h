// Words of a command to fields of a Request, one function each, in redis-server's order of checks (t_string.c,
// expire.c, bitops.c, db.c): which of two errors a client sees is part of the protocol. Called by the session; any
// thread.
#pragma once
#include "protocol/resp/commands.h"

namespace cachetted::resp {

// clang-format off
#define CACHETTED_DECODERS(X) \
  X(none) X(key) X(key_value) X(all_keys) X(two_keys) X(get) X(getdel) X(getex) X(set) X(setex) X(psetex) \
  X(setnx) X(getset) X(mset) X(msetnx) X(append) X(incr) X(decr) X(incrby) X(decrby) X(incrbyfloat) X(getrange) \
  X(setrange) X(setbit) X(getbit) X(bitcount) X(bitpos) X(lcs) X(touch) X(unlink) X(expire) X(pexpire) X(expireat) \
  X(pexpireat) X(ttl) X(pttl) X(expiretime) X(pexpiretime) X(persist) X(renamenx) X(copy) X(move) X(keys) \
  X(scan) X(flushdb) X(flushall) X(swapdb) X(object_encoding) X(object_freq) X(object_idletime) \
  X(object_refcount) X(memory_usage) X(clear) X(explain)
// clang-format on

#define X(name) bool decode_##name(const Args& a, Request& r, DecodeContext& c);
CACHETTED_DECODERS(X)
#undef X

}  // namespace cachetted::resp
