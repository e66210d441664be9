// What a Framing finds in pieces of what a server sends, as plain values.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "core/framing.h"

namespace cachetted {

struct Found {
  std::vector<std::string> replies;
  std::vector<std::pair<uint64_t, uint64_t>> oversized;
  std::string error;
  bool operator==(const Found&) const = default;
};

// As a connection feeds it: pieces join what is left of the ones before.
template <class Framer>
Found find_replies(const std::vector<std::string>& pieces, Framing::Most most) {
  Framer framer;
  Found found;
  std::string in;
  for (const std::string& piece : pieces) {
    in += piece;
    for (;;) {
      Framing::Result result = framer.next(in, most);
      if (result == Framing::Result::error) {
        found.error = framer.error();
        return found;
      }
      if (result == Framing::Result::incomplete) break;
      if (result == Framing::Result::whole) found.replies.push_back(in.substr(0, framer.size()));
      if (result == Framing::Result::passed)
        found.oversized.push_back({framer.oversize().reply, framer.oversize().value});
      in.erase(0, framer.size());
      if (in.empty()) break;
    }
  }
  return found;
}

}  // namespace cachetted
