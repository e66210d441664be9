// Lines, words and numbers of memcached's text and meta protocols, as memcached 1.6 takes them (memcached.c, util.c).
// Pure; any thread.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "protocol/memcache/frame.h"

namespace cachetted::memcache {

inline constexpr size_t kMaxLine = 2048;                // bytes without a line break, but for get and gets
inline constexpr size_t kMaxGetLine = size_t{1} << 20;  // of get and gets
inline constexpr size_t kMaxWords = 24;                 // of any other command; what follows belongs to the last one
inline constexpr size_t kMaxMetaWords = 19;             // of a meta command, else it is refused

// The words of a line, without its end. A NUL ends it, as memcached sees it.
class Words {
 public:
  // Splits at blanks; `most`: further words stay unsplit in the last one.
  void split(std::string_view line, size_t most);
  size_t size() const { return words_.size(); }
  std::string_view operator[](size_t i) const { return words_[i]; }
  std::string_view back() const { return words_.back(); }

 private:
  std::vector<std::string_view> words_;
};

// One line of the input; `size` with its end.
struct Line {
  enum class Result : uint8_t { complete, incomplete, too_long };
  Result result = Result::incomplete;
  std::string_view text;
  size_t size = 0;
};
Line find_line(std::string_view in);

// Numbers as memcached takes them (util.c): blanks and a sign before them are let pass, and a blank behind. False: no
// number, or one that does not fit in 64 bits.
bool read_signed(std::string_view word, int64_t& out);
bool read_unsigned(std::string_view word, uint64_t& out);

}  // namespace cachetted::memcache
