// How the values of some keys are kept, and how clients see them: the codec and compression of a route, or of all other
// keys. Conversions are pure and run on any thread; what they cost is told, and counted by the loop.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/codec.h"
#include "codecs/compression.h"
#include "config/config.h"
#include "core/request.h"
#include "metrics/metrics.h"

namespace cachetted {

// One step of a conversion, for the metrics.
struct Spent {
  metrics::CodecName codec;
  metrics::Direction direction;
  uint64_t ns, before, after;  // bytes
  bool failed;
  bool table = false;  // what it was is in the outcome
  tables::Outcome outcome = {};
};

// What conversions need of a thread.
struct Workbench {
  codecs::Document document;
  std::string middle;  // between codec and compression
};
Workbench& workbench();  // this thread's

// Bytes that are converted on the loop at once, and what may come of them there: a few of them may stand for many, and
// what turns out to be more is converted beside the loop.
inline constexpr size_t kInline = 64 << 10, kInlineRoom = 256 << 10;
// Beside it: what the values of one request may become, all together.
inline constexpr size_t kRoom = size_t{1} << 29;

struct Transform {
  const codecs::Codec* codec = nullptr;  // null: vanilla
  Compression compression = Compression::none;
  int level = 0;
  size_t min_size = 0;
  config::OnDecodeError on_error = config::OnDecodeError::error;
  config::ClientCodec client_codec = config::ClientCodec::standard;
  config::ClientTypes client_types = config::ClientTypes::tagged;
  bool own_codec = false, own_types = false;  // the route says so itself: whatever the port says
  tables::Options table;
  mutable uint32_t users = 0;  // conversions under way, of one loop: a reload waits for them

  bool changes() const { return codec != nullptr || compression != Compression::none; }
  bool keeps_tables() const { return codec != nullptr && codec->table; }
  codecs::Form form(const Owner& client) const;
  // Whether such a client's values are never converted on the loop.
  bool is_slow(codecs::Form form) const { return keeps_tables() && form != codecs::Form::raw; }

  // Appends what the store is to keep. False, with why.
  bool encode(std::string_view in, codecs::Form form, std::string& out, std::string& why,
              std::vector<Spent>& spent) const;
  // What the client is to see of what the store has: appended to `out`, `most` bytes at most, or where it stands in
  // `in` as it is (then nothing is appended). False, with why; then `out` is as it was.
  bool view(std::string_view in, codecs::Form form, size_t most, std::string& out, std::string_view& within,
            std::string& why, std::vector<Spent>& spent) const;
  // The same, appended in any case.
  bool decode(std::string_view in, codecs::Form form, size_t most, std::string& out, std::string& why,
              std::vector<Spent>& spent) const;
  // Appends what is to be told of a stored table (tables.h).
  bool describe_table(std::string_view in, std::string& out, std::string& why) const;

 private:
  bool unpack(std::string_view& in, const codecs::Codec*& by, size_t most, std::string& why,
              std::vector<Spent>& spent) const;
};

}  // namespace cachetted
