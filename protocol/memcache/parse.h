// Parses memcached's text and meta commands in place: a line of words, and for storing commands a block of bytes behind
// it. What a line may be, and how each fault is answered and what of it is swallowed, is memcached 1.6's
// (proto_text.c): https://github.com/memcached/memcached/blob/master/doc/protocol.txt Remembers only how much of a
// refused block is still to come: a command that is not whole is looked at again when more has come. Belongs to one
// connection.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/memcache/commands.h"
#include "protocol/memcache/words.h"

namespace cachetted::memcache {

class Parser {
 public:
  enum class Result : uint8_t {
    complete,    // a command of consumed() bytes: decode() makes it a request
    oversized,   // consumed() bytes, the line of one whose block is refused: decode_removal(); complete when that has
                 // passed
    swallowed,   // consumed() bytes that ask nothing: of a refused block
    incomplete,  // more is needed: call again with the same bytes and more behind them; see wanted()
    broken,      // no command at all, an over-long line or HTTP: close without a word, as memcached does
    binary,      // the header of a binary request: it is in `in`, 24 bytes
  };

  // `words` is this parser's from parse() to decode() and may serve others in between.
  explicit Parser(Words& words) : words_(words) {}

  // `in` begins at a command's first byte and is not empty. Blocks of more than `most` bytes are refused, without
  // keeping them. Who is not authenticated may only say `set`, with a block of 256 bytes at most.
  Result parse(std::string_view in, uint64_t most, bool authenticated);

  const Command& command() const { return *command_; }
  const Words& words() const { return words_; }
  std::string_view block() const { return block_; }
  size_t consumed() const { return consumed_; }
  size_t wanted() const { return wanted_; }  // bytes of the whole command; 0: not known

  // Fills `r`, whose row is command(); false when it is answered already, by an error.
  bool decode(Request& r, DecodeContext& c) const;
  // Of an oversized command: memcached forgets the old value where the command would have replaced it. Fills `r` with
  // that; false where nothing goes.
  bool decode_removal(Request& r, DecodeContext& c) const;

 private:
  Result finish(size_t size, std::string_view error = {});
  Result read_token(std::string_view in, size_t line);
  Result read_block(std::string_view in, size_t line, uint64_t most);
  void refuse_block(std::string_view in, size_t line, uint64_t length, std::string_view error);
  bool take_block(std::string_view in, size_t line, uint64_t length);

  Words& words_;
  const Command* command_ = nullptr;
  std::string_view block_;
  std::string_view error_;  // what is answered instead; empty: nothing
  bool noreply_ = false;
  bool oversized_ = false;  // its block is refused for its size, or was
  bool authenticated_ = true;
  bool bad_end_ = false;  // the block did not end in a line end
  size_t consumed_ = 0, wanted_ = 0;
  bool fresh_ = true;    // nothing was parsed yet
  uint64_t skip_ = 0;    // bytes of a refused block still to come
  std::string refused_;  // the line of its command, which is answered when they are gone
};

inline constexpr size_t kBinaryHeader = 24;

}  // namespace cachetted::memcache
