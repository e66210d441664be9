// What an Output holds, as a string; and pieces of a request's reply.
#pragma once
#include <string>
#include <vector>

#include "core/output.h"
#include "protocol/resp/commands.h"

namespace cachetted::resp {

inline std::string bytes_of(const Output& out) {
  struct Slice {
    char* data;
    size_t size;
  };
  std::vector<Slice> slices(1 << 14);
  unsigned n = out.slices(slices.data(), static_cast<unsigned>(slices.size()));
  std::string s;
  for (unsigned i = 0; i < n; ++i) s.append(slices[i].data, slices[i].size);
  return s;
}

// Composes to the end, as flush does with a reply that comes in pieces; says how many it took.
inline std::string compose_all(Request& r, int* pieces = nullptr) {
  Output out;
  int n = 1;
  while (!compose(r, out)) ++n;
  if (pieces != nullptr) *pieces = n;
  return bytes_of(out);
}

}  // namespace cachetted::resp
