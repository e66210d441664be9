// What the load generator says and understands: request templates and a reply parser for each protocol.
// Immutable after construction. To add one: a maker function in wire.cc and its case in make_wire().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/keys.h"
#include "tests/bench/options.h"

namespace cachetted::bench {

enum class Op : uint8_t { read, write, multi };

// A request that was sent and whose reply is owed.
struct Expected {
  uint64_t key;      // the first key of a multi-get
  uint64_t sent_ns;  // when it was, or by schedule should have been, sent
  Op op;
};

struct Outcome {
  uint32_t hits = 0;
  uint32_t misses = 0;
  std::string_view error;  // the server's error line; empty: none
};

// Bytes with room for a key (and a value) in them.
struct Template {
  std::string bytes;
  uint32_t key_at = 0;
  uint32_t value_at = 0;  // 0: none
};

class Wire {
 public:
  // Returns the bytes of one whole reply at `begin`, 0 when there are not enough yet. Throws std::runtime_error on
  // a reply that cannot belong to the request: the stream is then out of step and nothing after it means anything.
  using Parse = uint64_t (*)(const Wire&, const char* begin, const char* end, const Expected&, Outcome&);

  Wire(const Options& options, const KeySpace& keys);

  // At most so many bytes does one request of this kind take.
  uint64_t size(Op op) const;

  // Writes the request at `at`, returns its size.
  uint64_t compose(char* at, Op op, uint64_t key) const;

  uint64_t parse(const char* begin, const char* end, const Expected& expected, Outcome& outcome) const {
    return parse_(*this, begin, end, expected, outcome);
  }

  const KeySpace& keys() const { return keys_; }
  bool verify() const { return verify_; }
  uint32_t multi() const { return multi_; }
  const std::string& ping() const { return ping_; }  // for idle connections
  const std::string& pong_prefix() const { return pong_prefix_; }

 private:
  void make_resp();
  void make_text();
  void make_meta();

  const KeySpace& keys_;
  bool verify_;
  uint32_t multi_;
  Template read_;
  Template write_;
  std::string multi_head_;
  Template multi_item_;
  std::string multi_tail_;
  std::string ping_;
  std::string pong_prefix_;
  Parse parse_ = nullptr;
};

// The parsers, one for each protocol (resp_reply.cc, memcache_reply.cc).
uint64_t parse_resp(const Wire&, const char* begin, const char* end, const Expected&, Outcome&);
uint64_t parse_text(const Wire&, const char* begin, const char* end, const Expected&, Outcome&);
uint64_t parse_meta(const Wire&, const char* begin, const char* end, const Expected&, Outcome&);

[[noreturn]] void fail_reply(std::string_view why, const char* at, const char* end, const Wire&, const Expected&);

}  // namespace cachetted::bench
