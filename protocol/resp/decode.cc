// Words of a command to fields of a Request.
#include "protocol/resp/decode.h"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <string>

#include "core/number.h"

namespace cachetted::resp {
namespace {

constexpr std::string_view kSyntax = "ERR syntax error";
constexpr std::string_view kNotInteger = "ERR value is not an integer or out of range";

// A word is stricter than a stored value: no blank may follow.
std::optional<int64_t> strict_integer(std::string_view s) {
  return !s.empty() && s.back() == ' ' ? std::nullopt : parse_integer(s);
}

bool read_integer(std::string_view s, Request& r, int64_t& n, std::string_view error = kNotInteger) {
  auto v = strict_integer(s);
  if (!v) return fail(r, error);
  n = *v;
  return true;
}

// An integer that must also fit in a C int.
bool read_int(std::string_view s, Request& r, int64_t& n) {
  if (!read_integer(s, r, n)) return false;
  if (n < INT_MIN || n > INT_MAX) {
    return fail(r, "ERR value is out of range, value must between -2147483648 and 2147483647");
  }
  return true;
}

bool fail_expire_time(Request& r, DecodeContext& c) {
  return fail(r, c.arena.concat({"ERR invalid expire time in '", r.row->name, "' command"}));
}

// The expiry of SET and its kin, which must be positive.
bool read_expiry(std::string_view s, TimeUnit unit, bool relative, Request& r, DecodeContext& c) {
  int64_t n = 0;
  if (!read_integer(s, r, n)) return false;
  if (n <= 0) return fail_expire_time(r, c);
  auto expiry = make_expiry(n, unit, relative, c.clock.now_ms);
  if (!expiry) return fail_expire_time(r, c);
  r.expiry = *expiry;
  if (!relative) r.options |= kAbsolute;
  return true;
}

// The options of SET and GETEX; which words exclude each other is setGenericCommand's matter.
struct SetOptions {
  std::string_view expire;  // empty data pointer: none
  TimeUnit unit = TimeUnit::seconds;
  bool relative = true;
  uint32_t options = 0;
};

bool read_set_options(const Args& a, uint32_t first, bool is_set, SetOptions& o) {
  enum : unsigned {
    kNx = 1,
    kXx = 2,
    kGet = 4,
    kKeep = 8,
    kPersisted = 16,
    kEx = 32,
    kPx = 64,
    kExat = 128,
    kPxat = 256
  };
  constexpr unsigned kTimes = kEx | kPx | kExat | kPxat;
  unsigned seen = 0;
  for (uint32_t i = first; i < a.size(); ++i) {
    std::string_view w = a[i];
    bool more = i + 1 < a.size();
    auto timed = [&](unsigned self, TimeUnit unit, bool relative) {
      if ((seen & ((kTimes | kKeep | kPersisted) & ~self)) != 0 || !more) return false;
      seen |= self;
      o.expire = a[++i];
      o.unit = unit;
      o.relative = relative;
      return true;
    };
    if (is_set && is(w, "NX") && (seen & kXx) == 0) {
      seen |= kNx;
      o.options |= kIfAbsent;
    } else if (is_set && is(w, "XX") && (seen & kNx) == 0) {
      seen |= kXx;
      o.options |= kIfPresent;
    } else if (is_set && is(w, "GET")) {
      o.options |= kReturnOld;
    } else if (is_set && is(w, "KEEPTTL") && (seen & (kTimes | kPersisted)) == 0) {
      seen |= kKeep;
      o.options |= kKeepTtl;
    } else if (!is_set && is(w, "PERSIST") && (seen & (kTimes | kKeep)) == 0) {
      seen |= kPersisted;
      o.options |= kPersist;
    } else if (is(w, "EX")) {
      if (!timed(kEx, TimeUnit::seconds, true)) return false;
    } else if (is(w, "PX")) {
      if (!timed(kPx, TimeUnit::milliseconds, true)) return false;
    } else if (is(w, "EXAT")) {
      if (!timed(kExat, TimeUnit::seconds, false)) return false;
    } else if (is(w, "PXAT")) {
      if (!timed(kPxat, TimeUnit::milliseconds, false)) return false;
    } else {
      return false;
    }
  }
  return true;
}

std::span<const std::string_view> views(const Args& a, uint32_t first, uint32_t count, Arena& arena) {
  auto* out = arena.array<std::string_view>(count);
  for (uint32_t i = 0; i < count; ++i) out[i] = a[first + i];
  return {out, count};
}

bool set_with_time(const Args& a, Request& r, DecodeContext& c, TimeUnit unit) {
  r.key = a[1];
  r.value = a[3];
  return read_expiry(a[2], unit, true, r, c);
}

bool add_signed(std::string_view key, int64_t n, Request& r) {
  r.key = key;
  r.number = n;
  r.options = kKeepTtl;
  return true;
}

bool expire_generic(const Args& a, Request& r, DecodeContext& c, TimeUnit unit, bool relative) {
  r.key = a[1];
  for (uint32_t i = 3; i < a.size(); ++i) {
    if (is(a[i], "NX")) {
      r.options |= kIfNoTtl;
    } else if (is(a[i], "XX")) {
      r.options |= kIfTtl;
    } else if (is(a[i], "GT")) {
      r.options |= kIfLater;
    } else if (is(a[i], "LT")) {
      r.options |= kIfSooner;
    } else {
      return fail(r, c.arena.concat({"ERR Unsupported option ", c_string(a[i])}));
    }
  }
  if (r.has(kIfNoTtl) && (r.options & (kIfTtl | kIfLater | kIfSooner)) != 0) {
    return fail(r, "ERR NX and XX, GT or LT options at the same time are not compatible");
  }
  if (r.has(kIfLater) && r.has(kIfSooner)) {
    return fail(r, "ERR GT and LT options at the same time are not compatible");
  }
  int64_t n = 0;
  if (!read_integer(a[2], r, n)) return false;
  auto expiry = make_expiry(n, unit, relative, c.clock.now_ms);
  if (!expiry) return fail_expire_time(r, c);
  r.expiry = *expiry;
  if (!relative) r.options |= kAbsolute;
  return true;
}

bool expiry_generic(const Args& a, Request& r, uint32_t options) {
  r.key = a[1];
  r.options = options;
  return true;
}

bool read_bit_offset(std::string_view s, Request& r) {
  auto n = strict_integer(s);
  if (!n || *n < 0 || (*n >> 3) >= (int64_t{512} << 20)) {
    return fail(r, "ERR bit offset is not an integer or out of range");
  }
  r.number = *n;
  return true;
}

// An error that redis-server only sees after it has found the key.
bool error_if_found(Request& r, std::string_view text) {
  r.reply = Reply{};
  r.options |= kErrorIfFound;
  r.value = text;
  return true;
}

bool bit_unit(std::string_view w, Request& r) {
  if (is(w, "BIT")) {
    r.options |= kBitUnits;
    return true;
  }
  return is(w, "BYTE");
}

// A glob's cost is the product of its length and the key's.
bool check_pattern(Request& r, DecodeContext& c) {
  constexpr size_t kMaxPattern = 1024;
  if (r.value.size() <= kMaxPattern) return true;
  return fail(r, c.arena.copy("ERR pattern of " + std::to_string(r.value.size()) + " bytes is over the limit of " +
                              std::to_string(kMaxPattern)));
}

bool flush_option(const Args& a, Request& r) {
  if (a.size() > 2 || (a.size() == 2 && !is(a[1], "ASYNC") && !is(a[1], "SYNC"))) return fail(r, kSyntax);
  if (a.size() == 2 && is(a[1], "ASYNC")) r.options |= kLazily;
  return true;
}

}  // namespace

bool decode_none(const Args&, Request&, DecodeContext&) { return true; }

bool decode_key(const Args& a, Request& r, DecodeContext&) {
  r.key = a[1];
  return true;
}

bool decode_get(const Args& a, Request& r, DecodeContext&) {
  r.key = a[1];
  return true;
}

bool decode_key_value(const Args& a, Request& r, DecodeContext&) {
  r.key = a[1];
  r.value = a[2];
  return true;
}

bool decode_all_keys(const Args& a, Request& r, DecodeContext& c) {
  r.args = views(a, 1, a.size() - 1, c.arena);
  return true;
}

bool decode_unlink(const Args& a, Request& r, DecodeContext& c) {
  r.options = kLazily;
  return decode_all_keys(a, r, c);
}

bool decode_touch(const Args& a, Request& r, DecodeContext& c) {
  r.options = kTouch;
  return decode_all_keys(a, r, c);
}

bool decode_two_keys(const Args& a, Request& r, DecodeContext& c) { return decode_key_value(a, r, c); }

bool decode_getdel(const Args& a, Request& r, DecodeContext&) {
  r.key = a[1];
  r.options = kDeleteAfter;
  return true;
}

bool decode_getex(const Args& a, Request& r, DecodeContext& c) {
  SetOptions o;
  if (!read_set_options(a, 2, false, o)) return fail(r, kSyntax);
  r.key = a[1];
  r.options = o.options;
  if (o.expire.data() != nullptr) {
    if (!read_expiry(o.expire, o.unit, o.relative, r, c)) {
      return error_if_found(r, strict_integer(o.expire) ? "ERR invalid expire time in 'getex' command" : kNotInteger);
    }
    r.options |= kTouch;
  }
  return true;
}

bool decode_set(const Args& a, Request& r, DecodeContext& c) {
  r.key = a[1];
  r.value = a[2];
  if (a.size() == 3) [[likely]]
    return true;
  SetOptions o;
  if (!read_set_options(a, 3, true, o)) return fail(r, kSyntax);
  r.options = o.options;
  return o.expire.data() == nullptr || read_expiry(o.expire, o.unit, o.relative, r, c);
}

bool decode_setex(const Args& a, Request& r, DecodeContext& c) { return set_with_time(a, r, c, TimeUnit::seconds); }
bool decode_psetex(const Args& a, Request& r, DecodeContext& c) {
  return set_with_time(a, r, c, TimeUnit::milliseconds);
}

bool decode_setnx(const Args& a, Request& r, DecodeContext& c) {
  r.options = kIfAbsent;
  return decode_key_value(a, r, c);
}

bool decode_getset(const Args& a, Request& r, DecodeContext& c) {
  r.options = kReturnOld;
  return decode_key_value(a, r, c);
}

bool decode_mset(const Args& a, Request& r, DecodeContext& c) {
  if (a.size() % 2 == 0) return fail_arity(r, static_cast<const Command&>(*r.row), c.arena);
  return decode_all_keys(a, r, c);
}

bool decode_msetnx(const Args& a, Request& r, DecodeContext& c) {
  r.options = kIfAbsent;
  return decode_mset(a, r, c);
}

bool decode_append(const Args& a, Request& r, DecodeContext& c) {
  r.options = kKeepTtl;
  r.number = static_cast<int64_t>(c.max_value);
  return decode_key_value(a, r, c);
}

bool decode_incr(const Args& a, Request& r, DecodeContext&) { return add_signed(a[1], 1, r); }
bool decode_decr(const Args& a, Request& r, DecodeContext&) { return add_signed(a[1], -1, r); }

bool decode_incrby(const Args& a, Request& r, DecodeContext&) {
  int64_t n = 0;
  return read_integer(a[2], r, n) && add_signed(a[1], n, r);
}

bool decode_decrby(const Args& a, Request& r, DecodeContext&) {
  int64_t n = 0;
  if (!read_integer(a[2], r, n)) return false;
  if (n == INT64_MIN) return fail(r, "ERR decrement would overflow");
  return add_signed(a[1], -n, r);
}

bool decode_incrbyfloat(const Args& a, Request& r, DecodeContext& c) { return decode_append(a, r, c); }

bool decode_getrange(const Args& a, Request& r, DecodeContext&) {
  r.key = a[1];
  return read_integer(a[2], r, r.number) && read_integer(a[3], r, r.number2);
}

bool decode_setrange(const Args& a, Request& r, DecodeContext& c) {
  r.cas = c.max_value;
  r.key = a[1];
  r.value = a[3];
  r.options = kKeepTtl;
  if (!read_integer(a[2], r, r.number)) return false;
  if (r.number < 0) return fail(r, "ERR offset is out of range");
  return true;
}

bool decode_setbit(const Args& a, Request& r, DecodeContext& c) {
  r.cas = c.max_value;
  r.key = a[1];
  r.options = kKeepTtl;
  if (!read_bit_offset(a[2], r)) return false;
  constexpr std::string_view error = "ERR bit is not an integer or out of range";
  if (!read_integer(a[3], r, r.number2, error)) return false;
  if (r.number2 != 0 && r.number2 != 1) return fail(r, error);
  return true;
}

bool decode_getbit(const Args& a, Request& r, DecodeContext&) {
  r.key = a[1];
  return read_bit_offset(a[2], r);
}

bool decode_bitcount(const Args& a, Request& r, DecodeContext&) {
  r.key = a[1];
  r.number2 = -1;
  if (a.size() == 2) return true;
  if (a.size() != 4 && a.size() != 5) return error_if_found(r, kSyntax);
  r.options = kStartGiven | kEndGiven;
  if (!read_integer(a[2], r, r.number) || !read_integer(a[3], r, r.number2)) return error_if_found(r, kNotInteger);
  if (r.number < 0 && r.number2 < 0 && r.number > r.number2) return true;  // empty, before its unit is looked at
  if (a.size() == 5 && !bit_unit(a[4], r)) return error_if_found(r, kSyntax);
  return true;
}

bool decode_bitpos(const Args& a, Request& r, DecodeContext&) {
  r.key = a[1];
  r.number2 = -1;
  int64_t bit = 0;
  if (!read_integer(a[2], r, bit)) return false;
  if (bit != 0 && bit != 1) return fail(r, "ERR The bit argument must be 1 or 0.");
  r.cas = static_cast<uint64_t>(bit);
  if (a.size() == 3) return true;
  if (a.size() > 6) return error_if_found(r, kSyntax);
  r.options = kStartGiven;
  if (!read_integer(a[3], r, r.number)) return error_if_found(r, kNotInteger);
  if (a.size() == 6 && !bit_unit(a[5], r)) return error_if_found(r, kSyntax);
  if (a.size() >= 5) {
    r.options |= kEndGiven;
    if (!read_integer(a[4], r, r.number2)) return error_if_found(r, kNotInteger);
  }
  return true;
}

bool decode_lcs(const Args& a, Request& r, DecodeContext& c) {
  decode_key_value(a, r, c);
  for (uint32_t i = 3; i < a.size(); ++i) {
    if (is(a[i], "IDX")) {
      r.options |= kLcsIndexes;
    } else if (is(a[i], "LEN")) {
      r.options |= kLcsLength;
    } else if (is(a[i], "WITHMATCHLEN")) {
      r.options |= kLcsWithLength;
    } else if (is(a[i], "MINMATCHLEN") && i + 1 < a.size()) {
      if (!read_integer(a[++i], r, r.number)) return false;
      if (r.number < 0) r.number = 0;
    } else {
      return fail(r, kSyntax);
    }
  }
  if (r.has(kLcsIndexes) && r.has(kLcsLength)) {
    return fail(r, "ERR If you want both the length and indexes, please just use IDX.");
  }
  return true;
}

bool decode_expire(const Args& a, Request& r, DecodeContext& c) {
  return expire_generic(a, r, c, TimeUnit::seconds, true);
}
bool decode_pexpire(const Args& a, Request& r, DecodeContext& c) {
  return expire_generic(a, r, c, TimeUnit::milliseconds, true);
}
bool decode_expireat(const Args& a, Request& r, DecodeContext& c) {
  return expire_generic(a, r, c, TimeUnit::seconds, false);
}
bool decode_pexpireat(const Args& a, Request& r, DecodeContext& c) {
  return expire_generic(a, r, c, TimeUnit::milliseconds, false);
}

bool decode_ttl(const Args& a, Request& r, DecodeContext&) { return expiry_generic(a, r, 0); }
bool decode_pttl(const Args& a, Request& r, DecodeContext&) { return expiry_generic(a, r, kMilliseconds); }
bool decode_expiretime(const Args& a, Request& r, DecodeContext&) { return expiry_generic(a, r, kAbsolute); }
bool decode_pexpiretime(const Args& a, Request& r, DecodeContext&) {
  return expiry_generic(a, r, kAbsolute | kMilliseconds);
}

bool decode_persist(const Args& a, Request& r, DecodeContext&) {
  r.key = a[1];
  r.options = kPersist | kIfTtl;
  return true;
}

bool decode_renamenx(const Args& a, Request& r, DecodeContext& c) {
  r.options = kIfAbsent;
  return decode_key_value(a, r, c);
}

bool decode_copy(const Args& a, Request& r, DecodeContext& c) {
  decode_key_value(a, r, c);
  r.db2 = r.db;
  for (uint32_t i = 3; i < a.size(); ++i) {
    if (is(a[i], "REPLACE")) {
      r.options |= kReplace;
    } else if (is(a[i], "DB") && i + 1 < a.size()) {
      int64_t db = 0;
      if (!read_int(a[++i], r, db)) return false;
      if (db < 0 || db >= c.databases) return fail(r, "ERR DB index is out of range");
      r.db2 = static_cast<uint16_t>(db);
    } else {
      return fail(r, kSyntax);
    }
  }
  if (r.db == r.db2 && r.key == r.value) return fail(r, "ERR source and destination objects are the same");
  return true;
}

bool decode_move(const Args& a, Request& r, DecodeContext& c) {
  r.key = a[1];
  int64_t db = 0;
  if (!read_int(a[2], r, db)) return false;
  if (db < 0 || db >= c.databases) return fail(r, "ERR DB index is out of range");
  r.db2 = static_cast<uint16_t>(db);
  if (r.db == r.db2) return fail(r, "ERR source and destination objects are the same");
  return true;
}

bool decode_keys(const Args& a, Request& r, DecodeContext& c) {
  r.value = a[1];
  return check_pattern(r, c);
}

bool decode_scan(const Args& a, Request& r, DecodeContext& c) {
  std::string cursor(a[1]);
  char* end = nullptr;
  errno = 0;
  uint64_t at = std::strtoul(cursor.c_str(), &end, 10);
  if ((cursor[0] >= '\t' && cursor[0] <= '\r') || cursor[0] == ' ' || end != cursor.c_str() + cursor.size() ||
      errno == ERANGE) {
    return fail(r, "ERR invalid cursor");
  }
  r.number2 = static_cast<int64_t>(at);
  r.number = 10;
  r.value = "*";
  for (uint32_t i = 2; i < a.size(); i += 2) {
    bool more = i + 1 < a.size();
    if (is(a[i], "COUNT") && more) {
      if (!read_integer(a[i + 1], r, r.number)) return false;
      if (r.number < 1) return fail(r, kSyntax);
    } else if (is(a[i], "MATCH") && more) {
      r.value = a[i + 1];
      if (!check_pattern(r, c)) return false;
    } else if (is(a[i], "TYPE") && more) {
      r.key = a[i + 1];
      if (!is(a[i + 1], "string")) r.options |= kNothing;
    } else {
      return fail(r, kSyntax);
    }
  }
  return true;
}

bool decode_flushdb(const Args& a, Request& r, DecodeContext&) { return flush_option(a, r); }
bool decode_flushall(const Args& a, Request& r, DecodeContext&) {
  r.options = kAllDatabases;
  return flush_option(a, r);
}

bool decode_swapdb(const Args& a, Request& r, DecodeContext& c) {
  auto read = [&](std::string_view s, int64_t& n, std::string_view error) {
    auto v = strict_integer(s);
    if (!v || *v < INT_MIN || *v > INT_MAX) return fail(r, error);
    n = *v;
    return true;
  };
  if (!read(a[1], r.number, "ERR invalid first DB index") || !read(a[2], r.number2, "ERR invalid second DB index"))
    return false;
  if (r.number < 0 || r.number >= c.databases || r.number2 < 0 || r.number2 >= c.databases) {
    return fail(r, "ERR DB index is out of range");
  }
  return true;
}

bool decode_object_encoding(const Args& a, Request& r, DecodeContext&) {
  r.key = a[2];
  return true;
}
bool decode_object_freq(const Args& a, Request& r, DecodeContext& c) { return decode_object_encoding(a, r, c); }
bool decode_object_idletime(const Args& a, Request& r, DecodeContext& c) { return decode_object_encoding(a, r, c); }
bool decode_object_refcount(const Args& a, Request& r, DecodeContext& c) { return decode_object_encoding(a, r, c); }

bool decode_memory_usage(const Args& a, Request& r, DecodeContext&) {
  r.key = a[2];
  for (uint32_t i = 3; i < a.size(); ++i) {
    int64_t samples = 0;
    if (!is(a[i], "SAMPLES") || i + 1 >= a.size()) return fail(r, kSyntax);
    if (!read_integer(a[++i], r, samples)) return false;
    if (samples < 0) return fail(r, kSyntax);
  }
  return true;
}

bool decode_clear(const Args& a, Request& r, DecodeContext&) {
  r.value = a[2];
  return true;
}

bool decode_explain(const Args& a, Request& r, DecodeContext&) {
  r.wants = kWantFlags;
  r.options |= kReturnOld;
  r.key = a[2];
  return true;
}

}  // namespace cachetted::resp
