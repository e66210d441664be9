// Fuzzes the client side of memcached's text and meta protocols: any bytes in any pieces give the same commands and the
// same rest as the whole at once, and each command is decoded and, where it is wrong, answered by one line. An input is
// a byte of choices, up to 7 lengths of pieces that follow each other in turn (none: byte by byte), and then what a
// client sends; seeds are in seeds/memcache.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/memcache/parse.h"

using namespace cachetted;
using namespace cachetted::memcache;

namespace {

void require(bool condition) {
  if (!condition) abort();
}

struct Parsed {
  std::vector<std::string> commands;
  bool ended = false;
  size_t left = 0;
  bool operator==(const Parsed&) const = default;
};

void check_error(Request& r) {
  Output out;
  r.noreply = false;
  compose(r, 0, out);
  struct Slice {
    char* data;
    size_t size;
  } slice;
  require(out.slices(&slice, 1) == 1 && slice.size == out.size());
  std::string_view line(slice.data, slice.size);
  require(line.ends_with("\r\n") && line.find('\n') == line.size() - 1);
  require(line == "ERROR\r\n" || line.starts_with("CLIENT_ERROR ") || line.starts_with("SERVER_ERROR "));
}

class Feeder {
 public:
  explicit Feeder(bool authenticated, uint64_t most) : authenticated_(authenticated), most_(most) {}

  void feed(std::string_view piece) {
    if (parsed.ended) return;
    pending_.append(piece);
    while (!pending_.empty() && look()) {
    }
    parsed.left = parsed.ended ? 0 : pending_.size();
  }

  Parsed parsed;

 private:
  bool look() {
    std::unique_ptr<char[]> bytes(new char[pending_.size()]);
    std::memcpy(bytes.get(), pending_.data(), pending_.size());
    switch (parser_.parse({bytes.get(), pending_.size()}, most_, authenticated_)) {
      case Parser::Result::complete: gather(); break;
      case Parser::Result::oversized: removal(); break;
      case Parser::Result::swallowed: break;
      case Parser::Result::incomplete:
        require(parser_.wanted() == 0 || parser_.wanted() > pending_.size());
        return false;
      case Parser::Result::broken:
      case Parser::Result::binary: parsed.ended = true; return false;
    }
    require(parser_.consumed() > 0 && parser_.consumed() <= pending_.size());
    pending_.erase(0, parser_.consumed());
    return true;
  }

  void gather() {
    Request r;
    r.row = &parser_.command();
    Arena arena;
    Clock clock;
    DecodeContext context{clock, arena, most_};
    std::string text(parser_.command().name);
    bool decoded = parser_.decode(r, context);
    text += decoded ? " +" : " -";
    if (r.reply.status != Status::pending) check_error(r);
    text += r.key;
    for (std::string_view a : r.args) text += "," + std::string(a);
    text += "|" + std::string(r.value);
    parsed.commands.push_back(std::move(text));
  }

  void removal() {
    Request r;
    Arena arena;
    Clock clock;
    DecodeContext context{clock, arena, most_};
    if (parser_.decode_removal(r, context)) require(r.op == Op::remove && r.args.size() == 1);
  }

  Words words_;
  Parser parser_{words_};
  const bool authenticated_;
  const uint64_t most_;
  std::string pending_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  uint8_t choices = data[0];
  size_t pieces = std::min<size_t>(choices & 7, size - 1);
  bool authenticated = (choices & 8) == 0;
  uint64_t most = (choices & 16) != 0 ? 4 : 1 << 20;
  const uint8_t* lengths = data + 1;
  std::string_view in(reinterpret_cast<const char*>(data) + 1 + pieces, size - 1 - pieces);
  // A line that is too long is cut when it has arrived to some length: then pieces may differ.
  bool long_line = false;
  for (size_t at = 0; at < in.size();) {
    size_t end = std::min(in.find('\n', at), in.size());
    long_line |= end - at > kMaxLine;
    at = end + 1;
  }
  Feeder whole(authenticated, most), parts(authenticated, most);
  whole.feed(in);
  for (size_t at = 0, turn = 0; at < in.size(); ++turn) {
    size_t n = pieces == 0 ? 1 : std::max<size_t>(lengths[turn % pieces], 1);
    parts.feed(in.substr(at, n));
    at += n;
  }
  require(long_line || whole.parsed == parts.parsed);
  return 0;
}
