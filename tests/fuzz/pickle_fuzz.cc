// Fuzzes reading pickles, and writing what they hold by every codec, which Python reads elsewhere: nothing but an
// answer or an error, within the limits. An input is a pickle; seeds are in seeds/pickle: Python's own of each
// protocol, and attacks.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "codecs/pickle.h"
#include "tests/fuzz/round_trip.h"

using namespace cachetted::codecs;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in(reinterpret_cast<const char*>(data), size);
  const Limits limits{.items = 2000, .depth = 50, .digits = 600, .output = 1 << 16};
  Document document;
  std::string why, explained = explain_pickle(in);
  const bool good = read_pickle(in, limits, document, why);
  if (good == !why.empty() || (document.root != nullptr) != good || document.size() > limits.items) abort();
  if (!good) return 0;
  for (Types types : {Types::tagged, Types::plain}) {
    std::string out;
    const bool written = write_json(*document.root, types, limits, out, why);
    // Beyond the limit by no more than the last value.
    if (written == !why.empty() || out.size() > 2 * limits.output + 8 * size) abort();
  }
  must_round_trip(document);
  return 0;
}
