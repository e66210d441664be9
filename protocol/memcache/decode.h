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

void compose_ok(const Request& r, int64_t now_ms, Output& out);
void compose_values(const Request& r, int64_t now_ms, Output& out);
void compose_stored(const Request& r, int64_t now_ms, Output& out);
void compose_counter(const Request& r, int64_t now_ms, Output& out);
void compose_touched(const Request& r, int64_t now_ms, Output& out);
void compose_deleted(const Request& r, int64_t now_ms, Output& out);
void compose_inspected(const Request& r, int64_t now_ms, Output& out);
void compose_meta_get(const Request& r, int64_t now_ms, Output& out);
void compose_meta_set(const Request& r, int64_t now_ms, Output& out);
void compose_meta_delete(const Request& r, int64_t now_ms, Output& out);
void compose_meta_counter(const Request& r, int64_t now_ms, Output& out);

// The base64 of RFC 4648, read leniently as memcached reads it: ends at the padding. False: no base64.
bool decode_base64(std::string_view text, Arena& arena, std::string_view& out);

}  // namespace cachetted::memcache
