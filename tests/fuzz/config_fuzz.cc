// Fuzzes the configuration: any bytes give a configuration or faults, never a crash, and neither shows a
// password. What is accepted prints as YAML that is accepted again and means the same.
// Built with clang's -fsanitize=fuzzer; seeds are in seeds/config.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/describe.h"
#include "config/load.h"

using namespace cachetted::config;

namespace {

void require(bool condition) {
  if (!condition) abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Loaded loaded = load_text(text, "fuzz", Available::everything());
  for (const Fault& fault : loaded.faults) {
    require(!fault.where.empty() && !fault.text.empty());
    for (const char c : fault.line()) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
  if (!loaded.faults.empty()) return 0;

  // Passwords print masked, so what holds some does not load back.
  Loaded open = loaded;
  open.config.auth = {};
  open.config.store = {};
  open.config.backend = "inmemory";
  const Loaded again = load_text(effective_yaml(open), "again", Available::everything());
  require(again.faults.empty());
  require(again.config == open.config);
  require(changes(open.config, again.config).empty());
  return 0;
}
