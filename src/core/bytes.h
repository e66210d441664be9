// Reads of a value's bytes that need no store: ranges, bits, common subsequences, glob patterns. Pure functions by
// redis-server's rules, shared by the memory backend and by the emulation of stores that lack them. Any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cachetted {

// GETRANGE: both ends included, negative from the end.
std::string_view byte_range(std::string_view s, int64_t start, int64_t end);

struct BitSpan {
  int64_t start = 0, end = -1;  // as the client gave them
  bool bits = false;            // units are bits, not bytes
  bool end_given = false;
};
int64_t count_bits(std::string_view s, const BitSpan& span);
// BITPOS: the first bit equal to `bit`, or -1; clear bits go on for ever behind a value unless the end was given.
int64_t find_bit(std::string_view s, bool bit, const BitSpan& span);

struct LcsMatch {
  uint32_t a_start, a_end, b_start, b_end;
};
struct Lcs {
  uint32_t length = 0;
  std::string text;               // unless only the length was wanted
  std::vector<LcsMatch> matches;  // with indexes, last match first
};
// nullopt when the table would need over 512 MiB.
std::optional<Lcs> longest_common(std::string_view a, std::string_view b, bool text, bool indexes, int64_t min_match);

// Glob with * ? [a-z] [^a] and backslash, as KEYS and SCAN take it. Linear in the text for each star.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace cachetted
