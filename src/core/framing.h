// Finds whole replies in what a server sends, one after the other; a protocol's frame.h implements it for
// backends/upstream/. One per connection.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cachetted {

class Framing {
 public:
  enum class Result : uint8_t {
    whole,       // size() bytes from the front are one reply
    incomplete,  // more is to come
    oversized,   // a value of over `most` bytes begins: size() bytes, to be skipped, are the whole reply
    error,       // not this protocol, or an impossible length: error() says which. The connection is of no more use
  };
  virtual ~Framing() = default;
  // `in` begins where the last whole reply ended, and only ever grows until the next one is whole.
  virtual Result next(std::string_view in, size_t most) = 0;
  virtual void reset() = 0;  // a new connection
  size_t size() const { return size_; }
  const std::string& error() const { return error_; }

 protected:
  size_t size_ = 0;
  std::string error_;
};

}  // namespace cachetted
