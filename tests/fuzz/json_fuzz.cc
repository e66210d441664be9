// Fuzzes reading JSON, by both readers, which have to agree, with tags and without; what they read goes through every
// codec. An input is a text; seeds are in seeds/json.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/fuzz/round_trip.h"

using namespace cachetted::codecs;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view in(reinterpret_cast<const char*>(data), size);
  const Limits limits{.items = 2000, .depth = 50, .digits = 600, .output = 1 << 20};
  for (Types types : {Types::tagged, Types::plain}) {
    Document fast, exact;
    std::string why, whys, a, b;
    const bool good = read_json(in, types, limits, fast, why);
    if (good == !why.empty() || fast.size() > limits.items) abort();
    if (read_json_exactly(in, types, limits, exact, whys) != good || why != whys) abort();
    if (!good) continue;
    const bool shown = write_tagged(*fast.root, limits, a, why);
    if (write_tagged(*exact.root, limits, b, whys) != shown || a != b) abort();
    must_round_trip(fast);
  }
  return 0;
}
