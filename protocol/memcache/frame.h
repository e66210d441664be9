// The half of memcached's protocol that a store's connection needs: compose a meta command, find where a reply ends,
// read one. https://github.com/memcached/memcached/blob/master/doc/protocol.txt ("Meta Commands")
#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/framing.h"

namespace cachetted::memcache {

inline constexpr size_t kMaxKey = 250;        // bytes, as they stand in a command
inline constexpr size_t kMostCodedKey = 186;  // bytes before base64 makes them longer
inline constexpr size_t kCommandRoom = 640;   // bytes of a command's line, at most

// Whether a key can stand in a command as it is: no blanks, no control characters.
bool is_plain_key(std::string_view key);

// Base64 with padding; returns the end. Room for a third more, and three.
char* put_base64(char* p, std::string_view s);
int base64_digit(char c);  // -1: none

// Which command a reply is to: two letters that stand in both. A counter gives each the next one.
using Token = uint16_t;
inline constexpr unsigned kTokens = 64 * 64;  // 0 is none

// Composes one line, and behind it maybe a block, into room that the caller has made (kCommandRoom, and the block's).
// Add flags with a blank before each.
class MetaWriter {
 public:
  // `command` of two letters. `coded`: the key goes in base64, also where it could go as it is.
  MetaWriter(char* at, std::string_view command, std::string_view key, bool coded);
  void size(size_t n);  // of ms: stands behind the key, so it comes first
  void flag(std::string_view letters) {
    *at_++ = ' ';
    std::memcpy(at_, letters.data(), letters.size());
    at_ += letters.size();
  }
  void flag(char letter, int64_t n);
  void flag(char letter, uint64_t n);
  // Ends the line.
  void token(Token t);
  void end_line() {
    *at_++ = '\r';
    *at_++ = '\n';
  }
  void block(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
    end_line();
  }
  char* end() const { return at_; }

 private:
  char* at_;
  bool coded_;
};

enum class Code : uint8_t {
  value,          // VA: with a block
  done,           // HD, OK, MN
  miss,           // EN, NF
  not_stored,     // NS
  exists,         // EX: the cas differs
  item,           // ME
  version,        // VERSION
  authenticated,  // STORED
  stats,          // STAT ... END
  listed,         // key=..., of a metadump
  end,            // END
  busy,           // BUSY
  refused,        // ERROR, CLIENT_ERROR, SERVER_ERROR: text() says why
  other
};

// A reply taken apart; views point into it.
struct MetaReply {
  Code code = Code::other;
  Token token = 0;
  std::string_view text;   // the line, without its end
  std::string_view value;  // VA's block
  uint32_t flags = 0;
  uint32_t size = 0;  // s
  uint64_t cas = 0;
  int64_t ttl = -1;                                                             // t: seconds, -1 never
  int64_t idle = 0;                                                             // l: seconds since it was last read
  bool hit = false, won = false, stale = false, leased = false, coded = false;  // h1, W, X, Z, b
};
// Of a whole reply.
MetaReply read_meta(std::string_view reply);
Code code_of(std::string_view reply);

// Replies of a memcached: a line; VA with its block; what stats answers, all lines as one. Of a metadump each line is
// a reply, and END the last.
class Framer final : public Framing {
 public:
  Result next(std::string_view in, const Most& most) override;
  void reset() override { left_ = 0; }

 private:
  static constexpr size_t kMostLine = 4096;
  static constexpr size_t kMostStats = 256 << 10;
  Result fail(std::string_view in);
  Result find_stats_end(std::string_view in);

  uint64_t left_ = 0;  // bytes of a block that goes by
};

}  // namespace cachetted::memcache
