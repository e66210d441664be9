// Replies to memcached's get, set, mg and ms (https://github.com/memcached/memcached/blob/master/doc/protocol.txt).
#include <cstring>

#include "tests/bench/wire.h"

namespace cachetted::bench {
namespace {

// A line without its CRLF; data() is nullptr when it is not all there yet. A bare LF stays in it, so that it matches
// nothing.
std::string_view read_line(const char* p, const char* end) {
  const void* found = std::memchr(p, '\n', static_cast<size_t>(end - p));
  if (found == nullptr) return {};
  size_t size = static_cast<size_t>(static_cast<const char*>(found) - p);
  return {p, size > 0 && p[size - 1] == '\r' ? size - 1 : size + 1};
}

bool is_error(std::string_view line) {
  return line == "ERROR" || line.starts_with("CLIENT_ERROR ") || line.starts_with("SERVER_ERROR ");
}

uint64_t behind(const char* begin, std::string_view line) {
  return static_cast<uint64_t>(line.data() - begin) + line.size() + 2;
}

// The next blank-separated word of `rest`, which loses it.
std::string_view next_word(std::string_view& rest) {
  size_t blank = rest.find(' ');
  std::string_view word = rest.substr(0, blank);
  rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank + 1);
  return word;
}

bool read_size(std::string_view word, uint64_t& size) {
  size = 0;
  for (char c : word) {
    if (c < '0' || c > '9') return false;
    size = size * 10 + static_cast<uint64_t>(c - '0');
  }
  return !word.empty() && word.size() < 12;
}

// The data block of `size` bytes behind `line`. Returns the position behind its CRLF or nullptr.
const char* read_data(const Wire& wire, std::string_view line, const char* end, uint64_t size, const Expected& e) {
  const char* data = line.data() + line.size() + 2;
  if (data > end || static_cast<uint64_t>(end - data) < size + 2) return nullptr;
  if (data[size] != '\r' || data[size + 1] != '\n') fail_reply("value without CRLF", line.data(), end, wire, e);
  return data + size + 2;
}

uint64_t parse_status(const Wire& wire, const char* begin, const char* end, const Expected& e, Outcome& out,
                      std::string_view success) {
  std::string_view line = read_line(begin, end);
  if (line.data() == nullptr) return 0;
  if (is_error(line))
    out.error = line;
  else if (line != success)
    fail_reply("not " + std::string(success), begin, end, wire, e);
  return behind(begin, line);
}

}  // namespace

uint64_t parse_text(const Wire& wire, const char* begin, const char* end, const Expected& e, Outcome& out) {
  if (e.op == Op::write) return parse_status(wire, begin, end, e, out, "STORED");
  const uint32_t asked = e.op == Op::multi ? wire.multi() : 1;
  uint32_t next = 0;  // the hits come in the order of the keys that were asked for
  for (const char* p = begin;;) {
    std::string_view line = read_line(p, end);
    if (line.data() == nullptr) return 0;
    if (line == "END") {
      out.misses = asked - out.hits;
      return behind(begin, line);
    }
    if (is_error(line)) {
      out.error = line;
      return behind(begin, line);
    }
    std::string_view rest = line;
    uint64_t size = 0;
    if (next_word(rest) != "VALUE") fail_reply("neither VALUE nor END", p, end, wire, e);
    std::string_view key = next_word(rest);
    next_word(rest);  // flags
    if (!read_size(next_word(rest), size)) fail_reply("bad length", p, end, wire, e);
    const char* after = read_data(wire, line, end, size, e);
    if (after == nullptr) return 0;
    if (++out.hits > asked) fail_reply("more values than keys", p, end, wire, e);
    if (wire.verify()) {
      while (next < asked && !wire.keys().is_key(key.data(), key.size(), wire.keys().spread(e.key, next))) ++next;
      if (next == asked) fail_reply("a key that was not asked for", p, end, wire, e);
      if (!wire.keys().is_value_of(after - size - 2, size, wire.keys().spread(e.key, next++))) {
        fail_reply("value does not belong to its key", p, end, wire, e);
      }
    }
    p = after;
  }
}

uint64_t parse_meta(const Wire& wire, const char* begin, const char* end, const Expected& e, Outcome& out) {
  if (e.op == Op::write) return parse_status(wire, begin, end, e, out, "HD");
  std::string_view line = read_line(begin, end);
  if (line.data() == nullptr) return 0;
  if (is_error(line)) {
    out.error = line;
    return behind(begin, line);
  }
  if (line == "EN") {
    out.misses = 1;
    return behind(begin, line);
  }
  std::string_view rest = line;
  uint64_t size = 0;
  if (next_word(rest) != "VA" || !read_size(next_word(rest), size))
    fail_reply("neither VA nor EN", begin, end, wire, e);
  const char* after = read_data(wire, line, end, size, e);
  if (after == nullptr) return 0;
  if (rest.find('t') == std::string_view::npos || rest.find('f') == std::string_view::npos) {
    fail_reply("flags that were asked for are missing", begin, end, wire, e);
  }
  if (wire.verify() && !wire.keys().is_value_of(after - size - 2, size, e.key)) {
    fail_reply("value does not belong to its key", begin, end, wire, e);
  }
  out.hits = 1;
  return static_cast<uint64_t>(after - begin);
}

}  // namespace cachetted::bench
