// The meta commands' flags: https://github.com/memcached/memcached/blob/master/doc/protocol.txt ("Meta Commands"), and
// what they do to each other and how faults are answered as in proto_text.c (_meta_flag_preparse).
#include <algorithm>

#include "protocol/memcache/decode.h"

namespace cachetted::memcache {
namespace {

constexpr size_t kMostOpaque = 32;  // bytes, its letter counted
constexpr std::string_view kLongOpaque = "CLIENT_ERROR opaque token too long";
constexpr std::string_view kBadToken = "CLIENT_ERROR bad token in command line format";
constexpr std::string_view kKnown = "bcfhklqstvuCDEFIJLMNOPRT";  // and x of md
constexpr uint64_t kMostCas = (uint64_t{1} << 48) - 1;           // that can be given to an item

struct Flags {
  std::string_view key;  // decoded
  bool quiet = false, opaque_too_long = false, coded = false, unnoticed = false;
  bool bad_client_flags = false;
  bool has_cas = false, has_new_cas = false, has_ttl = false, vivify = false, stale = false, clear = false;
  bool ttl_before_recache = false, ttl_last = false;  // T stands before R, behind N
  bool vivify_before_told = false;                    // N stands before t
  uint64_t cas = 0, new_cas = 0, delta = 1, initial = 0, client_flags = 0;
  int64_t ttl = 0, vivify_ttl = 0, recache = 0;
  char mode = 0;
};

bool read_number(std::string_view token, int64_t& out) { return token.size() > 1 && read_signed(token.substr(1), out); }
bool read_number(std::string_view token, uint64_t& out) {
  return token.size() > 1 && read_unsigned(token.substr(1), out);
}

// One flag's value; the fault, if any.
std::string_view read_flag(std::string_view token, Flags& f, Arena& arena) {
  switch (token[0]) {
    case 'u': f.unnoticed = true; return "";
    case 'b': f.coded = true; return decode_base64(f.key, arena, f.key) ? "" : "CLIENT_ERROR error decoding key";
    case 'q': f.quiet = true; return "";
    case 't': f.vivify_before_told = f.vivify; return "";
    case 'O': f.opaque_too_long = token.size() > kMostOpaque; return "";
    case 'I': f.stale = true; return "";
    case 'x': f.clear = true; return "";
    case 'M': f.mode = token.back(); return token.size() == 2 ? "" : "CLIENT_ERROR incorrect length for M token";
    case 'C': return (f.has_cas = read_number(token, f.cas)) ? "" : kBadToken;
    case 'E':
      f.has_new_cas = read_number(token, f.new_cas) && f.new_cas <= kMostCas;
      return f.has_new_cas ? "" : kBadToken;
    case 'F': f.bad_client_flags = !read_number(token, f.client_flags); return "";
    case 'D': return read_number(token, f.delta) ? "" : "CLIENT_ERROR invalid numeric delta value";
    case 'J': return read_number(token, f.initial) ? "" : "CLIENT_ERROR invalid numeric initial value";
    case 'T': f.has_ttl = f.ttl_last = read_number(token, f.ttl); return f.has_ttl ? "" : kBadToken;
    case 'N': f.ttl_last = false; return (f.vivify = read_number(token, f.vivify_ttl)) ? "" : kBadToken;
    case 'R': f.ttl_before_recache = f.has_ttl; return read_number(token, f.recache) ? "" : kBadToken;
    default: return "";
  }
}

// Letters first, then values; of several bad values the last is told, of F only where there is no other.
std::string_view read_flags(const Words& words, size_t first, Flags& f, Arena& arena) {
  uint64_t seen[2] = {};
  for (size_t i = first; i < words.size(); ++i) {
    auto letter = static_cast<unsigned char>(words[i][0]);
    if (letter >= 127 || (seen[letter >> 6] >> (letter & 63) & 1) != 0) return "CLIENT_ERROR duplicate flag";
    seen[letter >> 6] |= uint64_t{1} << (letter & 63);
    bool clears = letter == 'x' && words[0] == "md";
    if (!clears && kKnown.find(static_cast<char>(letter)) == kKnown.npos) return "CLIENT_ERROR invalid flag";
  }
  std::string_view fault;
  f.key = words[1];
  for (size_t i = first; i < words.size(); ++i)
    if (std::string_view bad = read_flag(words[i], f, arena); !bad.empty()) fault = bad;
  return fault.empty() && f.bad_client_flags ? kBadFormat : fault;
}

// What all meta commands begin with: the limits of the line, the flags, and what the reply repeats of them.
bool begin(const Words& words, size_t first, Request& r, DecodeContext& c, Flags& f, bool one_fault) {
  if (words[1].size() > kMaxKey) return fail(r, kBadFormat);
  if (words.size() > kMaxMetaWords)
    return fail(r,
                words[0] == "mg" ? "CLIENT_ERROR options flags are too long" : "CLIENT_ERROR options flags too long");
  std::string_view fault = read_flags(words, first, f, c.arena);
  if (!fault.empty()) return fail(r, one_fault ? "CLIENT_ERROR invalid or duplicate flag" : fault);
  size_t n = words.size() - first + 1;
  auto* args = c.arena.array<std::string_view>(n);
  args[0] = words[1];
  for (size_t i = first; i < words.size(); ++i) args[i - first + 1] = words[i];
  r.args = {args, n};
  r.key = f.key;
  r.echo = true;
  r.wire = f.quiet ? kSpecial : kPlain;
  for (std::string_view token : r.args.subspan(1)) {
    if (token[0] == 'c') r.wants |= kWantCas;
    if (token[0] == 't') r.wants |= kWantExpiry;
    if (token[0] == 'h' || token[0] == 'l') r.wants |= kWantUse;
    if (token[0] == 's') r.wants |= kWantSize;
  }
  r.coded = f.coded;
  r.unnoticed = f.unnoticed;
  if (f.has_cas) {
    r.options |= kIfUnchanged;
    r.cas = f.cas;
  }
  if (f.has_new_cas) {
    r.options |= kGiveCas;
    r.new_cas = f.new_cas;
  }
  if (f.opaque_too_long && words[0] != "ms") return fail(r, kLongOpaque);
  return true;
}

}  // namespace

bool decode_meta_get(const Words& words, std::string_view, Request& r, DecodeContext& c) {
  Flags f;
  if (!begin(words, 2, r, c, f, false)) return false;
  r.options = (r.options & ~uint32_t{kIfUnchanged}) | kLease;
  if (std::none_of(r.args.begin() + 1, r.args.end(), [](std::string_view token) { return token[0] == 'v'; }))
    r.wants |= kWantNoValue;
  if (f.has_ttl) {
    r.options |= kTouch;
    r.expiry = expiry_of(f.ttl, c.clock);
  }
  if (f.vivify) {
    r.options |= kVivify;
    r.expiry2 = expiry_of(f.ttl_last ? f.ttl : f.vivify_ttl, c.clock);
  }
  // Leases where fewer than R whole seconds are left, as the t flag tells them.
  auto recache = static_cast<int32_t>(f.recache);
  r.number = recache > 1 ? (int64_t{recache} - 1) * 1000 : 0;
  r.number2 = f.has_ttl && !f.ttl_before_recache;
  return true;
}

bool decode_meta_set(const Words& words, std::string_view block, Request& r, DecodeContext& c) {
  Flags f;
  if (!begin(words, 3, r, c, f, false)) return false;
  r.value = block;
  r.flags = static_cast<uint32_t>(f.client_flags);
  r.expiry = f.has_ttl ? expiry_of(f.ttl, c.clock) : kNever;
  if (f.stale && f.cas != 0) r.options |= kOrStale;
  switch (f.mode) {
    case 0:
    case 'S': break;
    case 'E': r.options = (r.options & ~uint32_t{kIfUnchanged | kOrStale}) | kIfAbsent; break;
    case 'R': r.options |= kIfPresent; break;
    case 'A':
    case 'P':
      r.op = Op::append;
      if (f.cas == 0) r.options &= ~uint32_t{kIfUnchanged};  // no check
      r.options = (r.options & ~uint32_t{kOrStale}) | kKeepTtl | (f.mode == 'P' ? kPrepend : 0) |
                  (f.vivify ? 0 : uint32_t{kIfPresent});
      r.expiry = f.vivify ? expiry_of(f.vivify_ttl, c.clock) : kNever;
      r.number = static_cast<int64_t>(c.max_value);
      break;
    default: return fail(r, "CLIENT_ERROR invalid mode for ms M token");
  }
  if (f.opaque_too_long) return fail(r, kLongOpaque);
  return true;
}

bool decode_meta_delete(const Words& words, std::string_view, Request& r, DecodeContext& c) {
  Flags f;
  if (!begin(words, 2, r, c, f, true)) return false;
  if (f.stale) r.options |= kMarkStale;
  if (f.clear) {
    r.options |= kClear;
    r.flags = static_cast<uint32_t>(f.client_flags);
  }
  if (f.has_ttl) {
    r.options |= kTouch;
    r.expiry = expiry_of(f.ttl, c.clock);
  }
  return true;
}

bool decode_meta_counter(const Words& words, std::string_view, Request& r, DecodeContext& c) {
  Flags f;
  if (!begin(words, 2, r, c, f, true)) return false;
  if (f.cas == 0) r.options &= ~uint32_t{kIfUnchanged};  // no check
  r.number = static_cast<int64_t>(f.delta);
  r.number2 = static_cast<int64_t>(f.initial);
  if (f.vivify) {
    r.options |= kVivify;
    if (f.vivify_before_told) r.wants |= kWantNewExpiry;
    r.expiry = expiry_of(f.ttl_last ? f.ttl : f.vivify_ttl, c.clock);
  }
  if (f.has_ttl) {
    r.options |= kTouch;
    r.expiry2 = expiry_of(f.ttl, c.clock);
  }
  switch (f.mode) {
    case 0:
    case 'I':
    case '+': break;
    case 'D':
    case '-': r.options |= kSubtract; break;
    default: return fail(r, "CLIENT_ERROR invalid mode for ma M token");
  }
  return true;
}

bool decode_inspect(const Words& words, std::string_view, Request& r, DecodeContext& c) {
  if (words.size() < 2 || words[1].size() > kMaxKey) return fail(r, kBadFormat);
  r.key = words[1];
  if (words.size() > 2 && words[2] == "b" && !decode_base64(words[1], c.arena, r.key)) return fail(r, kBadFormat);
  auto* args = c.arena.array<std::string_view>(1);
  args[0] = words[1];
  r.args = {args, 1};
  r.echo = true;
  r.wants = kWantCas;
  return true;
}

bool decode_base64(std::string_view text, Arena& arena, std::string_view& out) {
  if (text.empty()) return false;
  char* p = arena.allocate(text.size());
  size_t n = 0;
  bool padded = false;
  for (size_t i = 0; i < text.size() && !padded; i += 4) {
    if (text.size() - i < 4) return false;
    int d[4];
    for (int j = 0; j < 4; ++j) d[j] = base64_digit(text[i + static_cast<size_t>(j)]);
    if (d[0] < 0 || d[1] < 0) return false;
    p[n++] = static_cast<char>(d[0] << 2 | d[1] >> 4);
    if (d[2] < 0) {
      if (text[i + 2] != '=') return false;
      padded = true;
    } else {
      p[n++] = static_cast<char>(d[1] << 4 | d[2] >> 2);
      if (d[3] < 0) {
        if (text[i + 3] != '=') return false;
        padded = true;
      } else {
        p[n++] = static_cast<char>(d[2] << 6 | d[3]);
      }
    }
  }
  out = {p, n};
  return true;
}

}  // namespace cachetted::memcache
