// Parses client commands in place: RESP arrays of bulk strings, and inline commands. Incremental: fed the bytes from a
// command's first one on, it remembers where it stopped, so that input in tiny pieces costs no second look.
// What is refused, and in which words, is redis-server's (networking.c): https://redis.io/docs/reference/protocol-spec/
// A parser belongs to one connection while a command is incomplete, else to whoever feeds it next.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/arena.h"
#include "protocol/resp/args.h"

namespace cachetted::resp {

inline constexpr size_t kMaxInline = 64 << 10;           // a line, a count
inline constexpr int64_t kMaxBulk = int64_t{512} << 20;  // one word, as redis-server's proto-max-bulk-len
inline constexpr size_t kMaxCommand = size_t{1} << 30;   // all words of a command, as its client-query-buffer-limit

class Parser {
 public:
  enum class Result : uint8_t {
    complete,    // args() are those of a command that takes up consumed() bytes
    blank,       // consumed() bytes that ask nothing: an empty line, "*0"
    swallowed,   // consumed() bytes of a command that is refused for its size; call again with what follows them
    oversized,   // the refused command has ended, behind consumed() bytes; refused() is the size of its word
    incomplete,  // more is needed: call again with the same bytes and more behind them; see wanted()
    error,       // the stream is out of step: reply error() and close
  };

  // `in` begins at the command's first byte. Unauthenticated clients get 10 words of 16 KiB. A word over `most` bytes
  // refuses its command, without keeping it: the stream stays in step.
  Result parse(std::string_view in, bool authenticated, Arena& arena, size_t most = kMaxBulk);

  Args args() const { return {base_, slices_.data(), static_cast<uint32_t>(slices_.size())}; }
  size_t consumed() const { return at_; }
  // The size the input will have at the least when the current word is whole.
  size_t wanted() const { return wanted_; }
  size_t largest() const { return largest_; }  // bytes of the longest word
  const std::string& error() const { return error_; }
  // Ready for the next command; the memory of a huge one is given back.
  void reset();
  size_t refused() const { return refused_; }

 private:
  Result parse_inline(std::string_view in, Arena& arena);
  Result fail(std::string text);
  Result want_more(std::string_view in, size_t wanted);
  // A line "<type><integer>\r\n" at at_: 1 read, 0 incomplete, -1 malformed (too long: too_big).
  int read_count(std::string_view in, int64_t& n, bool& too_big);

  std::vector<Slice> slices_;
  const char* base_ = nullptr;
  size_t at_ = 0;  // bytes of this command that were understood
  size_t wanted_ = 0;
  size_t largest_ = 0;
  int64_t left_ = -1;   // words still to come; -1: the count is not read yet
  int64_t bulk_ = -1;   // size of the word at at_; -1: not read yet
  size_t refused_ = 0;  // size of the word that was too large; 0: none
  size_t skip_ = 0;     // bytes of a refused command's word still to swallow
  std::string error_;
};

// Splits an inline command at blanks, with 'single' and "double" quotes and their escapes. False: unbalanced quotes.
bool split_inline(std::string_view line, std::vector<std::string>& words);

}  // namespace cachetted::resp
