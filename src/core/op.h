// The neutral operations of ops.def as an enum with names and access. Owns nothing; any thread.
#pragma once
#include <cstdint>
#include <string_view>

namespace cachetted {

enum class Op : uint8_t {
#define OP(name, access, keys, doc) name,
#include "core/ops.def"
#undef OP
};

enum class Access : uint8_t { read, write, admin };
enum class Keys : uint8_t { none, one, many, pairs, two };  // two: key and value; many, pairs: args

struct OpRow {
  std::string_view name;
  Access access;
  Keys keys;
  std::string_view doc;
};

inline constexpr OpRow kOps[] = {
#define OP(name, access, keys, doc) {#name, Access::access, Keys::keys, doc},
#include "core/ops.def"
#undef OP
};
inline constexpr int kOpCount = static_cast<int>(sizeof kOps / sizeof kOps[0]);
static_assert(kOpCount <= 64, "Caps holds one bit an operation");

inline constexpr const OpRow& row(Op op) { return kOps[static_cast<int>(op)]; }

}  // namespace cachetted
