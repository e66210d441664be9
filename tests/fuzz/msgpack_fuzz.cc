// Fuzzes reading MessagePack; what is read goes through every codec. Seeds are in seeds/msgpack.
#include "codecs/msgpack.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/fuzz/round_trip.h"

using namespace cachetted::codecs;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in(reinterpret_cast<const char*>(data), size);
  const Limits limits{.items = 2000, .depth = 50, .digits = 600, .output = 1 << 20};
  Document document;
  std::string why;
  const bool good = read_msgpack(in, limits, document, why);
  if (good == !why.empty() || document.size() > limits.items) abort();
  if (good) must_round_trip(document);
  return 0;
}
