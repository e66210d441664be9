// Fuzzes the client side of RESP: any bytes in any pieces give the same commands, error and rest as the whole at once;
// and each command is looked up, decoded and, where it is wrong, answered by one line. Built with clang's
// -fsanitize=fuzzer. An input is a byte of choices, up to 7 lengths of pieces that follow each other in turn (none:
// byte by byte), and then what a client sends; seeds are in seeds/resp.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "protocol/resp/commands.h"
#include "protocol/resp/parse.h"

using namespace cachetted;
using namespace cachetted::resp;

namespace {

void require(bool condition) {
  if (!condition) abort();
}

struct Parsed {
  std::vector<std::vector<std::string>> commands;
  std::string error;
  size_t left = 0;
  bool operator==(const Parsed&) const = default;
};

std::string_view bytes_of(const Output& out, std::string& all) {
  struct Slice {
    char* data;
    size_t size;
  } slices[64];
  unsigned n = out.slices(slices, 64);
  for (unsigned i = 0; i < n; ++i) all.append(slices[i].data, slices[i].size);
  return all;
}

// What the client is told is one line that begins with a code word.
void check_error(Request& r) {
  Output out;
  require(compose(r, out));
  std::string all;
  std::string_view reply = bytes_of(out, all);
  require(reply.size() > 4 && reply[0] == '-' && reply[1] >= 'A' && reply[1] <= 'Z');
  require(reply.find_first_of("\r\n") == reply.size() - 2 && reply.ends_with("\r\n"));
}

const Command* identify(const Args& args, Request& r, Arena& arena) {
  const Command* c = find_command(args[0]);
  if (c != nullptr && (c->flags & kContainer) != 0 && args.size() > 1) c = find_subcommand(*c, args[1]);
  if (c == nullptr) {
    r.row = &unknown_row();
    fail(r, unknown_command(args, arena));
    return nullptr;
  }
  r.row = c;
  auto words = static_cast<int64_t>(args.size());
  if (c->arity > 0 ? words == c->arity : words >= -c->arity) return c;
  fail_arity(r, *c, arena);
  return nullptr;
}

void check_command(const Args& args, Arena& arena) {
  const Clock clock;
  Request r;
  r.wire = args.size() % 2 == 0 ? 2 : 3;
  const Command* c = identify(args, r, arena);
  if (c != nullptr && c->local == Local::none) {
    r.op = c->op;
    DecodeContext context{clock, arena, 16, 1 << 20};
    bool decoded = c->decode(args, r, context);
    require(decoded == (r.reply.status == Status::pending));
    if (r.has(kErrorIfFound)) require(!r.value.empty());
  }
  if (r.reply.status != Status::pending) check_error(r);
}

class Feeder {
 public:
  Feeder(bool authenticated, size_t most, bool from_the_start)
      : authenticated_(authenticated), most_(most), from_the_start_(from_the_start) {}

  void feed(std::string_view piece) {
    if (!parsed.error.empty()) return;
    pending_.append(piece);
    while (!pending_.empty() && look()) {
    }
    parsed.left = pending_.size();
  }

  Parsed parsed;

 private:
  // At a copy of exactly the bytes that are there, so that a read behind them or of an older copy is found.
  bool look() {
    std::unique_ptr<char[]> bytes(new char[pending_.size()]);
    std::memcpy(bytes.get(), pending_.data(), pending_.size());
    Arena arena;
    switch (parser_.parse({bytes.get(), pending_.size()}, authenticated_, arena, most_)) {
      case Parser::Result::incomplete:
        require(parser_.wanted() > pending_.size());
        if (from_the_start_) parser_.reset();
        return false;
      case Parser::Result::swallowed:
        require(parser_.consumed() <= pending_.size());
        pending_.erase(0, parser_.consumed());
        return false;
      case Parser::Result::oversized:
        require(parser_.refused() > most_);
        parsed.commands.push_back({"(refused)", std::to_string(parser_.refused())});
        break;
      case Parser::Result::error:
        require(!parser_.error().empty());
        parsed.error = parser_.error();
        pending_.clear();
        return false;
      case Parser::Result::complete: {
        Args args = parser_.args();
        require(args.size() > 0);
        std::vector<std::string> words;
        for (uint32_t i = 0; i < args.size(); ++i) words.emplace_back(args[i]);
        parsed.commands.push_back(std::move(words));
        check_command(args, arena);
        break;
      }
      case Parser::Result::blank: break;
    }
    require(parser_.consumed() > 0 && parser_.consumed() <= pending_.size());
    pending_.erase(0, parser_.consumed());
    parser_.reset();
    return true;
  }

  const bool authenticated_;
  const size_t most_;
  const bool from_the_start_;
  Parser parser_;
  std::string pending_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t choices = data[0];
  const bool authenticated = (choices & 8) == 0, from_the_start = (choices & 16) != 0;
  const size_t lengths = std::min<size_t>(choices & 7, size - 1);
  std::string_view stream(reinterpret_cast<const char*>(data) + 1 + lengths, size - 1 - lengths);
  stream = stream.substr(0, kMaxInline);  // what is longer is refused as soon as it is seen: that depends on the pieces

  const size_t most = (choices & 32) != 0 ? 16 : size_t{kMaxBulk};
  Feeder whole(authenticated, most, false), pieces(authenticated, most, from_the_start);
  whole.feed(stream);
  for (size_t at = 0, i = 0; at < stream.size(); ++i) {
    size_t n = lengths == 0 ? 1 : data[1 + i % lengths] + size_t{1};
    pieces.feed(stream.substr(at, n));
    at += n;
  }
  require(whole.parsed == pieces.parsed);
  return 0;
}
