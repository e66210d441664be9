// Implements digest.h.
#include "backends/digest.h"

#include <openssl/sha.h>

namespace cachetted {

uint64_t cas_of(std::string_view stored) {
  unsigned char sum[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(stored.data()), stored.size(), sum);
  uint64_t n = 0;
  for (int i = 0; i < 8; ++i) n = n << 8 | sum[i];
  return (n >> 1) + 1;
}

uint64_t token_of(std::string_view value, uint32_t flags) {
  return flags == 0 ? cas_of(value) : (cas_of(value) ^ uint64_t{flags} << 31) | 1;
}

}  // namespace cachetted
