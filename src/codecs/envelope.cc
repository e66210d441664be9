// Makes and checks envelopes.
#include "codecs/envelope.h"

namespace cachetted {
namespace {

// CRC-32 as in zlib and PNG: reflected, polynomial EDB88320.
uint32_t crc32(std::string_view s) {
  uint32_t crc = 0xffffffff;
  for (char c : s) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

void put(std::string& to, uint32_t n) {
  for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>(n >> shift);
}

constexpr std::string_view kVersion1{"\x01\x00\x00\x00", 4};

}  // namespace

bool is_envelope(std::string_view stored) {
  if (stored.size() < kEnvelope || !stored.starts_with(kEnvelopeMagic) || stored.substr(8, 4) != kVersion1)
    return false;
  std::string sum;
  put(sum, crc32(stored.substr(0, 16)));
  return stored.substr(16, 4) == sum;
}

std::string make_envelope(uint32_t flags) {
  std::string e(kEnvelopeMagic);
  e += kVersion1;
  put(e, flags);
  put(e, crc32(e));
  return e;
}

}  // namespace cachetted
