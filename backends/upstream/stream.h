// What goes out to a server: bytes in the order they were composed, kept until the replies to them are in, so that a
// request can be sent once more after a close, and read again where its reply asks for another command. Each command
// lies in one piece. One per connection, touched by its loop alone.
//
//   released ---- sent ---- end        offsets of a stream that never ends
#pragma once
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <new>
#include <string_view>

namespace cachetted::upstream {

class Stream {
 public:
  static constexpr size_t kChunk = 64 << 10;

  // Room for n bytes in one piece, to be followed by commit() of what was used.
  char* reserve(size_t n) {
    if (chunks_.empty() || chunks_.back().capacity - chunks_.back().size < n) [[unlikely]]
      add(n);
    Chunk& c = chunks_.back();
    return c.bytes.get() + c.size;
  }
  void commit(const char* end) {
    Chunk& c = chunks_.back();
    auto size = static_cast<size_t>(end - c.bytes.get());
    end_ += size - c.size;
    c.size = size;
  }

  uint64_t end() const { return end_; }
  uint64_t sent() const { return sent_; }
  uint64_t released() const { return released_; }
  size_t unsent() const { return end_ - sent_; }
  size_t held() const { return end_ - released_; }

  // The slices that were not sent, for writev.
  template <class Slice>
  unsigned slices(Slice* out, unsigned most) const {
    unsigned n = 0;
    for (const Chunk& c : chunks_) {
      if (n == most) break;
      uint64_t end = c.begin + c.size;
      if (end <= sent_) continue;
      uint64_t from = sent_ > c.begin ? sent_ - c.begin : 0;
      out[n++] = Slice{c.bytes.get() + from, static_cast<size_t>(end - c.begin - from)};
    }
    return n;
  }
  void note_sent(size_t n) { sent_ += n; }

  // The bytes from one offset to another: one command, or several in one chunk.
  std::string_view piece(uint64_t begin, uint64_t end) const {
    for (const Chunk& c : chunks_)
      if (begin < c.begin + c.size) return {c.bytes.get() + (begin - c.begin), static_cast<size_t>(end - begin)};
    return {};
  }

  // What lies before this offset is not needed any more; it was sent.
  void release(uint64_t upto) {
    released_ = upto;
    while (!chunks_.empty() && chunks_.front().begin + chunks_.front().size <= upto) {
      if (chunks_.size() == 1) {  // the usual case: all is answered, and the chunk is used again
        Chunk& c = chunks_.front();
        if (c.capacity > kChunk) {
          chunks_.clear();
        } else {
          c.begin = end_;
          c.size = 0;
        }
        return;
      }
      chunks_.pop_front();
    }
  }
  // Everything is forgotten: offsets go on.
  void clear() {
    chunks_.clear();
    sent_ = released_ = end_;
  }

 private:
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    size_t capacity;
    size_t size;
    uint64_t begin;
  };
  void add(size_t n) {
    size_t capacity = n > kChunk ? n : kChunk;
    if (chunks_.size() == 1 && chunks_.front().size == 0) chunks_.clear();
    chunks_.push_back({std::unique_ptr<char[]>(new char[capacity]), capacity, 0, end_});
  }

  std::deque<Chunk> chunks_;
  uint64_t released_ = 0, sent_ = 0, end_ = 0;
};

}  // namespace cachetted::upstream
