// The answer to Op::common, wherever the two values come from.
#pragma once
#include <cstring>

#include "core/arena.h"
#include "core/bytes.h"
#include "core/request.h"

namespace cachetted {

inline void answer_common(Request& r, Arena& arena, std::string_view left, std::string_view right) {
  auto lcs = longest_common(left, right, !r.has(kLcsLength) && !r.has(kLcsIndexes), r.has(kLcsIndexes), r.number);
  if (!lcs) {
    r.reply.status = Status::invalid;
    r.reply.text = "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
    return;
  }
  r.reply.status = Status::ok;
  r.reply.number = lcs->length;
  r.reply.text = arena.copy(lcs->text);
  size_t bytes = lcs->matches.size() * sizeof(LcsMatch);
  char* matches = arena.allocate(bytes);
  if (bytes != 0) std::memcpy(matches, lcs->matches.data(), bytes);
  r.reply.value.data = matches;
  r.reply.value.size = static_cast<uint32_t>(lcs->matches.size());
}

}  // namespace cachetted
