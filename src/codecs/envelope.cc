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

constexpr uint8_t kCodecs = 8, kCompressions = 3;

}  // namespace

bool is_envelope(std::string_view stored) {
  if (stored.size() < kEnvelope || !stored.starts_with(kEnvelopeMagic) || stored[11] != '\0') return false;
  const auto codec = static_cast<unsigned char>(stored[9]), compression = static_cast<unsigned char>(stored[10]);
  const bool packed = codec != 0 || compression != 0;
  if (stored[8] != (packed ? '\2' : '\1') || codec >= kCodecs || compression >= kCompressions) return false;
  std::string sum;
  put(sum, crc32(stored.substr(0, 16)));
  return stored.substr(16, 4) == sum;
}

std::string make_envelope(uint32_t flags, CodecId codec, Compression compression) {
  std::string e(kEnvelopeMagic);
  e += codec == CodecId::vanilla && compression == Compression::none ? '\1' : '\2';
  e += static_cast<char>(codec);
  e += static_cast<char>(compression);
  e += '\0';
  put(e, flags);
  put(e, crc32(e));
  return e;
}

}  // namespace cachetted
