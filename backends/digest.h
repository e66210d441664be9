// The cas token of stores that have none of their own. Pure; any thread.
#pragma once
#include <cstdint>
#include <string_view>

namespace cachetted {

// Of stored bytes: the first 63 bits of their SHA-1, plus 1. It sees changes, not rewrites. Never 0.
uint64_t cas_of(std::string_view stored);
// The same where client flags are kept beside the value.
uint64_t token_of(std::string_view value, uint32_t flags);

}  // namespace cachetted
