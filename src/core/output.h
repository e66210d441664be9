// Bytes on their way to a socket: a queue of blob slices, the last one open for appending. Small replies are written
// into the open blob; large values join the queue by reference. One per session, touched by its loop alone.
#pragma once
#include <charconv>
#include <cstring>
#include <string_view>
#include <vector>

#include "core/blob.h"

namespace cachetted {

class Output {
 public:
  static constexpr size_t kBlob = 64 << 10;   // an open blob's capacity
  static constexpr size_t kByRef = 16 << 10;  // values from here on are queued by reference

  struct Segment {
    Blob* blob;
    uint32_t begin, end;
    bool own;  // nobody else keeps the blob: these bytes are held for this connection alone
  };

  Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() { clear(); }

  // Room for n bytes (n <= kBlob), to be followed by commit() of what was used.
  char* reserve(size_t n) {
    if (n > static_cast<size_t>(limit_ - at_)) [[unlikely]]
      open();
    return at_;
  }
  void commit(char* end) { at_ = end; }

  void append(std::string_view s) {
    while (s.size() > kBlob) [[unlikely]] {
        append(s.substr(0, kBlob));
        s.remove_prefix(kBlob);
      }
    char* p = reserve(s.size());
    if (!s.empty()) std::memcpy(p, s.data(), s.size());
    at_ = p + s.size();
  }
  void append(char c) {
    char* p = reserve(1);
    *p = c;
    at_ = p + 1;
  }
  void append_number(int64_t n) {
    char* p = reserve(24);
    at_ = std::to_chars(p, p + 24, n).ptr;
  }
  // Queues a slice of a blob, sharing it.
  void append(Blob* blob, std::string_view slice) {
    seal();
    bool own = blob->sole();  // but for the reply, which is about to let go of it
    blob->retain();
    auto begin = static_cast<uint32_t>(slice.data() - blob->data());
    segments_.push_back({blob, begin, begin + static_cast<uint32_t>(slice.size()), own});
    sealed_bytes_ += slice.size();
    if (own) own_bytes_ += slice.size();
  }

  // Lends an empty blob to write into, so that sessions in turn use the same warm bytes.
  void lend(Blob* blob) {
    open_ = blob;
    start_ = at_ = blob->data();
    limit_ = start_ + blob->capacity;
  }
  bool lent() const { return open_ != nullptr; }
  // Takes the lent blob back when nothing is unsent; null when some of it is (it then stays here).
  Blob* take_back() {
    if (open_ == nullptr || !empty()) return nullptr;
    Blob* b = open_;
    open_ = nullptr;
    start_ = at_ = limit_ = nullptr;
    return b;
  }

  size_t size() const { return sealed_bytes_ + static_cast<size_t>(at_ - start_); }
  bool empty() const { return size() == 0; }
  // Of these, what takes up memory of its own: all but the values that a store shares.
  size_t held() const { return own_bytes_ + static_cast<size_t>(at_ - start_); }

  // The slices in order, the open one last: for writev. At most `most` of them; returns how many.
  template <class Slice>
  unsigned slices(Slice* out, unsigned most) const {
    unsigned n = 0;
    for (size_t i = first_; i < segments_.size() && n < most; ++i) {
      const Segment& s = segments_[i];
      out[n++] = Slice{const_cast<char*>(s.blob->data()) + s.begin, s.end - s.begin};
    }
    if (n < most && at_ != start_) out[n++] = Slice{start_, static_cast<size_t>(at_ - start_)};
    return n;
  }

  // Forgets n bytes from the front: they were written.
  void consume(size_t n) {
    while (first_ < segments_.size() && n > 0) {
      Segment& s = segments_[first_];
      size_t part = s.end - s.begin;
      if (n < part) {
        s.begin += static_cast<uint32_t>(n);
        sealed_bytes_ -= n;
        if (s.own) own_bytes_ -= n;
        return;
      }
      n -= part;
      sealed_bytes_ -= part;
      if (s.own) own_bytes_ -= part;
      s.blob->release();
      ++first_;
    }
    if (first_ == segments_.size()) {
      segments_.clear();
      first_ = 0;
      start_ += n;
      if (start_ == at_ && open_ != nullptr) start_ = at_ = open_->data();
    }
  }

  void clear() {
    for (size_t i = first_; i < segments_.size(); ++i) segments_[i].blob->release();
    segments_.clear();
    first_ = 0;
    sealed_bytes_ = own_bytes_ = 0;
    if (open_ != nullptr) open_->release();
    open_ = nullptr;
    start_ = at_ = limit_ = nullptr;
  }

 private:
  // Turns what is in the open blob into a segment; the rest of the blob stays open.
  void seal() {
    if (at_ == start_) return;
    open_->retain();
    segments_.push_back(
        {open_, static_cast<uint32_t>(start_ - open_->data()), static_cast<uint32_t>(at_ - open_->data()), true});
    sealed_bytes_ += static_cast<size_t>(at_ - start_);
    own_bytes_ += static_cast<size_t>(at_ - start_);
    start_ = at_;
  }
  void open() {
    seal();
    if (open_ != nullptr) open_->release();
    open_ = nullptr;
    lend(Blob::create(kBlob));
  }

  std::vector<Segment> segments_;  // from first_ on
  size_t first_ = 0;
  size_t sealed_bytes_ = 0;
  size_t own_bytes_ = 0;  // of the sealed ones
  Blob* open_ = nullptr;
  char* start_ = nullptr;  // unsent bytes of the open blob: start_ to at_
  char* at_ = nullptr;
  char* limit_ = nullptr;
};

}  // namespace cachetted
