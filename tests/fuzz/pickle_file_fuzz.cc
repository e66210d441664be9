// Fuzzes reading the pickle file: an answer or an error, and what was read is the same once it was written and read
// again. An input is a file; seeds are in seeds/pickle_file: the library's own of each protocol, and ours.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "backends/pickle/pickle_file.h"

using namespace cachetted;
using namespace cachetted::pickle;

namespace {

struct Kept {
  std::string value;
  memory::Form form;
  uint32_t flags;
  int64_t seconds;
  bool operator==(const Kept&) const = default;
};
using Content = std::map<std::string, Kept>;

bool read(std::string_view file, Content& to) {
  std::string why;
  const bool good = read_pickle_file(
      file,
      [&](const FileEntry& e) {
        to[std::string(e.key)] = {std::string(e.value), e.form, e.flags,
                                  e.expiry == kNever ? kNever : seconds_up(e.expiry)};
      },
      why);
  if (good == !why.empty()) abort();
  return good;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Content first, second;
  if (!read({reinterpret_cast<const char*>(data), size}, first)) return 0;
  std::string file;
  PickleFileWriter writer(file);
  writer.begin();
  for (const auto& [key, k] : first) writer.add({key, k.form, k.flags, k.seconds * 1000, k.value});
  writer.end();
  if (!read(file, second) || first != second) abort();
  return 0;
}
