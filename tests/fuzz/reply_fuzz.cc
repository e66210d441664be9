// Fuzzes the path of a store's replies: any bytes in any pieces give the same replies, and a walk through each takes
// just its bytes. An input is a byte of choices (up to 7 lengths of pieces that follow each other in turn, none: byte
// by byte; 8: of memcached's protocol, not Redis's), the lengths, and then what a server sends; seeds are in
// seeds/reply.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/memcache/frame.h"
#include "protocol/resp/frame.h"

using namespace cachetted;

namespace {

constexpr Framing::Most kMost{256, 2048};

void require(bool condition) {
  if (!condition) abort();
}

struct Found {
  std::vector<std::string> replies;
  bool ended = false, oversized = false;
};

class Feeder {
 public:
  explicit Feeder(bool memcache) : memcache_(memcache) {
    if (memcache) {
      framer_ = std::make_unique<memcache::Framer>();
    } else {
      framer_ = std::make_unique<resp::Framer>();
    }
  }
  void feed(std::string_view piece) {
    if (found.ended) return;
    pending_.append(piece);
    while (!found.ended && !pending_.empty() && look()) {
    }
  }
  size_t pending() const { return pending_.size(); }
  Found found;

 private:
  bool look() {
    switch (framer_->next(pending_, kMost)) {
      case Framing::Result::incomplete: return false;
      case Framing::Result::error:
        require(!framer_->error().empty());
        found.ended = true;
        return false;
      case Framing::Result::passing:
      case Framing::Result::passed:
        found.oversized = true;
        require(framer_->size() > 0 && framer_->size() <= pending_.size());
        pending_.erase(0, framer_->size());
        return true;
      case Framing::Result::whole: break;
    }
    std::string_view reply = std::string_view(pending_).substr(0, framer_->size());
    std::string_view rest = reply;
    if (memcache_) {
      memcache::MetaReply m = memcache::read_meta(reply);
      require(m.value.size() <= reply.size() && m.code == memcache::code_of(reply));
    } else {
      require(resp::take_whole(rest).size() == reply.size() && rest.empty());
    }
    found.replies.emplace_back(reply);
    pending_.erase(0, reply.size());
    return true;
  }

  const bool memcache_;
  std::unique_ptr<Framing> framer_;
  std::string pending_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  size_t lengths = data[0] & 7;
  if (size < 1 + lengths) return 0;
  std::string_view in(reinterpret_cast<const char*>(data) + 1 + lengths, size - 1 - lengths);
  Feeder whole((data[0] & 8) != 0), parts((data[0] & 8) != 0);
  whole.feed(in);
  for (size_t at = 0, i = 0; at < in.size(); ++i) {
    size_t n = lengths == 0 ? 1 : size_t{data[1 + i % lengths]} + 1;
    parts.feed(in.substr(at, n));
    at += n;
  }
  // What goes by is looked at less closely than what is kept, and how much of it is kept first depends on the pieces: a
  // fault in it may go unseen in one of them, or as long as the reply is not whole, but what is found before it is the
  // same.
  const Found &a = whole.found, &b = parts.found;
  bool may_hold_it = (a.ended ? parts : whole).pending() > kMost.value;
  if (!a.oversized && !b.oversized) return require(a.replies == b.replies && (a.ended == b.ended || may_hold_it)), 0;
  for (size_t i = 0; i < std::min(a.replies.size(), b.replies.size()); ++i) require(a.replies[i] == b.replies[i]);
  return 0;
}
