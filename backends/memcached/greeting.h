// What a connection to a memcached begins with: credentials (-Y), and what is learnt of the server. One per connection.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cachetted::config {
struct Memcached;
}

namespace cachetted::memcached {

class Greeting {
 public:
  // The commands, and how many replies they have.
  std::string begin(const config::Memcached& c, size_t& replies);
  // One of these, in order; not empty: why the server cannot be used. Never the password.
  std::string on_reply(size_t index, std::string_view reply);

  const std::string& version() const { return version_; }
  uint64_t item_size() const { return item_size_; }  // bytes of an item with its key and header, at most

 private:
  enum class Step : uint8_t { authenticate, version, meta, settings };
  std::vector<Step> steps_;
  std::string user_, version_;
  uint64_t item_size_ = 1 << 20;
};

// The value of a line "STAT <name> <value>"; "" where there is none.
std::string_view stat(std::string_view stats, std::string_view name);

}  // namespace cachetted::memcached
