// Where an encoder puts its bytes: the end of a string, with room made in steps, so that a byte costs no call. The
// string is as long as what was put once the sink is gone. One thread.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace cachetted::codecs {

class Sink {
 public:
  Sink(std::string& out, size_t limit) : out_(out), begun_(out.size()), limit_(limit) { extend(begun_, 500); }
  ~Sink() { out_.resize(static_cast<size_t>(at_ - out_.data())); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // At least n bytes to write to; `reach` says how far they were.
  char* room(size_t n) {
    if (static_cast<size_t>(end_ - at_) < n) [[unlikely]]
      extend(static_cast<size_t>(at_ - out_.data()), n);
    return at_;
  }
  void reach(char* p) { at_ = p; }

  void put(char c) {
    *room(1) = c;
    ++at_;
  }
  void put(std::string_view s) {
    if (s.empty()) return;
    std::memcpy(room(s.size()), s.data(), s.size());
    at_ += s.size();
  }
  char* at(size_t offset) { return out_.data() + begun_ + offset; }  // of what was put; until more is
  size_t size() const { return static_cast<size_t>(at_ - out_.data()) - begun_; }
  bool full() const { return size() > limit_; }

 private:
  void extend(size_t used, size_t n) {
    out_.resize(std::max(used + n, used + used / 2));
    at_ = out_.data() + used;
    end_ = out_.data() + out_.size();
  }

  std::string& out_;
  const size_t begun_, limit_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace cachetted::codecs
