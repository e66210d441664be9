// What stands before a value in a store that keeps bytes alone, where something has to be remembered with them. 20
// bytes:
//
//   FF 'c' 'a' 'c' 'h' 'e' 't' 00 | version 01 | codec 00 | 00 00 | client flags, 4, big-endian | CRC-32 of these 16, 4
//
// The CRC is zlib's. There is no length, so that a store's own APPEND leaves an envelope valid. Bytes that fail a check
// are a raw value; a raw value that passes them is put into an envelope itself. Pure functions; any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cachetted {

inline constexpr size_t kEnvelope = 20;
inline constexpr std::string_view kEnvelopeMagic{
    "\xff"
    "cachet\0",
    8};

struct Opened {
  std::string_view value;
  uint32_t flags = 0;
  bool enveloped = false;
};

bool is_envelope(std::string_view stored);  // looks at all of the header

// The value in what a store holds.
inline Opened open_envelope(std::string_view stored) {
  if (stored.size() < kEnvelope || stored[0] != '\xff') [[likely]]
    return {stored};
  if (!is_envelope(stored)) return {stored};
  uint32_t flags = 0;
  for (size_t i = 12; i < 16; ++i) flags = flags << 8 | static_cast<unsigned char>(stored[i]);
  return {stored.substr(kEnvelope), flags, true};
}

// Whether a value with these flags has to go into an envelope.
inline bool needs_envelope(std::string_view value, uint32_t flags) {
  return flags != 0 || (!value.empty() && value[0] == '\xff' && is_envelope(value));
}

std::string make_envelope(uint32_t flags);

}  // namespace cachetted
