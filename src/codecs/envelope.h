// What stands before a value in a store that keeps bytes alone, where something has to be remembered with them. 20
// bytes:
//
//   FF 'c' 'a' 'c' 'h' 'e' 't' 00 | version | codec | compression | 00 | client flags, 4, big-endian | CRC-32 of these
//   16, 4
//
// Version 01 remembers flags alone: codec and compression are 00. Version 02 is written only where one of these is set:
// codec 00 is that of the key's route. The CRC is zlib's. There is no length, so that a store's own APPEND leaves an
// envelope around plain bytes valid. Bytes that fail a check are a raw value; a raw value that passes them is put into
// an envelope itself. What was ever written is in tests/unit/codecs/envelopes.golden and is read for ever. Pure
// functions; any thread.
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

// Numbers that stand in stores: never reused.
enum class CodecId : uint8_t {
  vanilla = 0,
  json = 1,
  orjson = 2,
  msgpack = 3,
  pickle = 4,
  csv = 5,
  feather = 6,
  parquet = 7
};
enum class Compression : uint8_t { none = 0, zstd = 1, lz4 = 2 };

struct Opened {
  std::string_view value;  // what is behind the envelope
  uint32_t flags = 0;
  bool enveloped = false;
  CodecId codec = CodecId::vanilla;
  Compression compression = Compression::none;
  // The bytes are no client's until the pipeline has unpacked them.
  bool packed() const { return codec != CodecId::vanilla || compression != Compression::none; }
};

bool is_envelope(std::string_view stored);  // looks at all of the header

// The value in what a store holds.
inline Opened open_envelope(std::string_view stored) {
  if (stored.size() < kEnvelope || stored[0] != '\xff') [[likely]]
    return {stored};
  if (!is_envelope(stored)) return {stored};
  uint32_t flags = 0;
  for (size_t i = 12; i < 16; ++i) flags = flags << 8 | static_cast<unsigned char>(stored[i]);
  return {stored.substr(kEnvelope), flags, true, static_cast<CodecId>(stored[9]), static_cast<Compression>(stored[10])};
}

// Whether an envelope is the pipeline's: it tells a codec or a compression, or keeps apart from these a client's value
// that begins with an envelope. What a client gives that looks so is put into one more; one is taken off again.
inline bool looks_packed(std::string_view stored) {
  if (stored.size() < kEnvelope || stored[0] != '\xff') [[likely]]
    return false;
  const Opened o = open_envelope(stored);
  return o.packed() || (o.enveloped && is_envelope(o.value));
}

// Whether a value with these flags has to go into an envelope.
inline bool needs_envelope(std::string_view value, uint32_t flags) {
  return flags != 0 || (!value.empty() && value[0] == '\xff' && is_envelope(value));
}

std::string make_envelope(uint32_t flags, CodecId codec = CodecId::vanilla,
                          Compression compression = Compression::none);

}  // namespace cachetted
