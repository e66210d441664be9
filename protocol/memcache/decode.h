// The decode and compose functions that the table names. Internal to protocol/memcache/.
#pragma once
#include "protocol/memcache/commands.h"

namespace cachetted::memcache {

#define DECODE(name) bool name(const Words& words, std::string_view block, Request& r, DecodeContext& c)
DECODE(decode_get);
DECODE(decode_touching_get);
DECODE(decode_store);
DECODE(decode_counter);
DECODE(decode_touch);
DECODE(decode_delete);
DECODE(decode_inspect);
DECODE(decode_meta_get);
DECODE(decode_meta_set);
DECODE(decode_meta_delete);
DECODE(decode_meta_counter);
#undef DECODE

void compose_ok(Request& r, Output& out);
void compose_values(Request& r, Output& out);
void compose_stored(Request& r, Output& out);
void compose_counter(Request& r, Output& out);
void compose_touched(Request& r, Output& out);
void compose_deleted(Request& r, Output& out);
void compose_inspected(Request& r, Output& out);
void compose_meta_get(Request& r, Output& out);
void compose_meta_set(Request& r, Output& out);
void compose_meta_delete(Request& r, Output& out);
void compose_meta_counter(Request& r, Output& out);

// The value was refused: whether the command, had it been whole, would have replaced the old one.
bool replaces(const Command& c);

// The base64 of RFC 4648, read leniently as memcached reads it: ends at the padding. False: no base64.
bool decode_base64(std::string_view text, Arena& arena, std::string_view& out);

}  // namespace cachetted::memcache
