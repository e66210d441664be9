// The half of RESP that a store's connection needs: compose a command, find where a reply ends, walk a whole reply.
// https://redis.io/docs/reference/protocol-spec/ . Finding is done by hiredis's reader without reply functions, which
// then builds nothing; a reply's bytes are taken from the caller's own buffer. One too large to be kept is walked over
// as it comes, without the reader, which would hold it.
#pragma once
#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "core/framing.h"

struct redisReader;

namespace cachetted::resp {

// The bytes of a command of these words, at most.
inline size_t command_room(size_t words, size_t bytes) { return 24 + words * 24 + bytes; }

// Composes one command into room the caller has made (command_room).
class CommandWriter {
 public:
  CommandWriter(char* at, size_t words) : at_(at) { header('*', words); }
  void word(std::string_view s) {
    header('$', s.size());
    if (!s.empty()) std::memcpy(at_, s.data(), s.size());
    at_ += s.size();
    end_line();
  }
  char* end() const { return at_; }

 private:
  void header(char type, size_t n) {
    *at_++ = type;
    at_ = std::to_chars(at_, at_ + 20, n).ptr;
    end_line();
  }
  void end_line() {
    *at_++ = '\r';
    *at_++ = '\n';
  }
  char* at_;
};

class Framer final : public Framing {
 public:
  Framer();
  ~Framer() override;
  Result next(std::string_view in, const Most& most) override;
  void reset() override;

 private:
  struct Free {
    void operator()(redisReader* r) const;
  };
  // Of a reply that goes by: what stands at the front.
  enum class At : uint8_t { header, line, bulk, bulk_end };

  Result fail(std::string text);
  Result pass(std::string_view in);
  bool pass_header(std::string_view& in);
  std::unique_ptr<redisReader, Free> reader_;
  size_t fed_ = 0;         // of `in`
  size_t attributes_ = 0;  // bytes of `in` that go before the reply
  uint64_t left_ = 0;      // elements to come of a reply that goes by; 0: none does
  At at_ = At::header;
  uint64_t bulk_ = 0;  // bytes to come of the bulk
};

// One element of a whole reply: its type byte, and its number (of ':' and of a length) or its text.
struct Element {
  char type = 0;
  int64_t number = 0;     // ':' its value; '*' '%' '~' '>' its count of elements, -1: null
  std::string_view text;  // '+' '-' '$' '=' ',' '(' '#'
  bool null = false;
  bool error() const { return type == '-' || type == '!'; }
  bool aggregate() const { return type == '*' || type == '%' || type == '~' || type == '>' || type == '|'; }
};

// Takes the element at the front of `in`, of an aggregate its header alone. `in` is a whole reply, or the rest of one.
Element take_element(std::string_view& in);
// A whole reply without the attributes before it (RESP3: "|1 ...").
std::string_view without_attributes(std::string_view reply);
// Takes the whole of it, whatever it holds; returns its bytes.
std::string_view take_whole(std::string_view& in);

}  // namespace cachetted::resp
