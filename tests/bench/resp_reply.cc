// Replies to GET, SET and MGET in RESP2 (https://redis.io/docs/reference/protocol-spec/); RESP3's null is known too.
#include <cstring>

#include "tests/bench/wire.h"

namespace cachetted::bench {
namespace {

// Reads "<number>\r\n" at `p`. Returns the position behind it, nullptr when it is not all there yet.
const char* read_number(const char* p, const char* end, int64_t& number, bool& bad) {
  bool negative = p < end && *p == '-';
  if (negative) ++p;
  const char* digits = p;
  int64_t value = 0;
  while (p < end && *p >= '0' && *p <= '9' && p - digits < 18) value = value * 10 + (*p++ - '0');
  number = negative ? -value : value;
  if (end - p < 2) {
    bad = p < end && *p != '\r';
    return nullptr;
  }
  bad = p == digits || p[0] != '\r' || p[1] != '\n';
  return p + 2;
}

const char* line_end(const char* p, const char* end) {
  const void* found = std::memchr(p, '\n', static_cast<size_t>(end - p));
  return found == nullptr ? nullptr : static_cast<const char*>(found) + 1;
}

// One bulk string or null at `p`, the value of `key`. Returns the position behind it or nullptr.
const char* read_value(const Wire& wire, const char* p, const char* end, uint64_t key, const Expected& e,
                       Outcome& out) {
  if (p == end) return nullptr;
  if (*p == '_') {
    ++out.misses;
    return end - p < 3 ? nullptr : p + 3;
  }
  if (*p != '$') fail_reply("not a bulk string", p, end, wire, e);
  int64_t size = 0;
  bool bad = false;
  const char* body = read_number(p + 1, end, size, bad);
  if (bad || size < -1) fail_reply("bad length", p, end, wire, e);
  if (body == nullptr) return nullptr;
  if (size == -1) {
    ++out.misses;
    return body;
  }
  if (end - body < size + 2) return nullptr;
  if (body[size] != '\r' || body[size + 1] != '\n') fail_reply("value without CRLF", p, end, wire, e);
  if (wire.verify() && !wire.keys().is_value_of(body, static_cast<uint64_t>(size), key)) {
    fail_reply("value does not belong to its key", p, end, wire, e);
  }
  ++out.hits;
  return body + size + 2;
}

}  // namespace

uint64_t parse_resp(const Wire& wire, const char* begin, const char* end, const Expected& e, Outcome& out) {
  if (begin == end) return 0;
  if (*begin == '-') {
    const char* after = line_end(begin, end);
    if (after == nullptr) return 0;
    out.error = std::string_view(begin, static_cast<size_t>(after - begin - 2));
    return static_cast<uint64_t>(after - begin);
  }
  if (e.op == Op::read) {
    const char* after = read_value(wire, begin, end, e.key, e, out);
    return after == nullptr ? 0 : static_cast<uint64_t>(after - begin);
  }
  if (e.op == Op::write) {
    uint64_t have = static_cast<uint64_t>(end - begin);
    if (std::memcmp(begin, "+OK\r\n", have < 5 ? have : 5) != 0) fail_reply("not +OK", begin, end, wire, e);
    return have < 5 ? 0 : 5;
  }
  int64_t count = 0;
  bool bad = false;
  if (*begin != '*') fail_reply("not an array", begin, end, wire, e);
  const char* p = read_number(begin + 1, end, count, bad);
  if (bad || (p != nullptr && count != wire.multi())) fail_reply("wrong array", begin, end, wire, e);
  for (uint32_t j = 0; p != nullptr && j < wire.multi(); ++j) {
    p = read_value(wire, p, end, wire.keys().spread(e.key, j), e, out);
  }
  return p == nullptr ? 0 : static_cast<uint64_t>(p - begin);
}

}  // namespace cachetted::bench
