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
    passing,     // a reply too large to be kept goes by: size() bytes of it, at least one, are done with
    passed,      // and these were its last: oversize() says how large it was
    error,       // not this protocol, or an impossible length: error() says which. The connection is of no more use
  };
  struct Most {
    size_t value;  // bytes of one value within a reply
    size_t reply;  // bytes of it all
  };
  struct Oversize {
    uint64_t reply = 0, value = 0;  // bytes: of it all, of its largest value
  };
  virtual ~Framing() = default;
  // `in` begins where the last reply ended, or behind what was done with; it only grows until the next answer.
  virtual Result next(std::string_view in, const Most& most) = 0;
  virtual void reset() = 0;  // a new connection
  size_t size() const { return size_; }
  const Oversize& oversize() const { return oversize_; }
  const std::string& error() const { return error_; }

 protected:
  size_t size_ = 0;
  Oversize oversize_;
  std::string error_;
};

}  // namespace cachetted
