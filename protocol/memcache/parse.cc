// From bytes to a command.
#include "protocol/memcache/parse.h"

#include <algorithm>

namespace cachetted::memcache {
namespace {

constexpr uint64_t kMostToken = 256;  // bytes of a name and a password
constexpr char kBinaryMagic = '\x80';

// Lists of keys have no end.
bool lists_keys(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line.starts_with("get") || line.starts_with("gat");
}

}  // namespace

Parser::Result Parser::parse(std::string_view in, uint64_t most, bool authenticated) {
  wanted_ = 0;
  if (skip_ > 0) {
    consumed_ = static_cast<size_t>(std::min<uint64_t>(skip_, in.size()));
    skip_ -= consumed_;
    if (skip_ > 0) return Result::swallowed;
    words_.split(refused_, kMaxWords);
    return Result::complete;
  }
  if (fresh_ && in[0] == kBinaryMagic) {  // only a connection's first byte tells
    wanted_ = kBinaryHeader;
    return in.size() < kBinaryHeader ? Result::incomplete : Result::binary;
  }
  Line line = find_line(in);
  if (line.result == Line::Result::incomplete) return Result::incomplete;
  if (line.result == Line::Result::too_long) return Result::broken;
  fresh_ = false;

  words_.split(line.text, lists_keys(line.text) ? SIZE_MAX : kMaxWords);
  const Command* found = words_.size() == 0 ? nullptr : find_command(words_[0]);
  command_ = found != nullptr ? found : &unknown_row();
  block_ = {};
  noreply_ = oversized_ = bad_end_ = false;
  if (!authenticated && (found == nullptr || found->name != "set"))
    return finish(line.size, "CLIENT_ERROR unauthenticated");
  if (found == nullptr) {
    bool http = words_.size() != 0 && words_.back().starts_with("HTTP/");
    bool meta = http && words_[0].size() == 2 && words_[0][0] == 'm';
    return http && !meta ? Result::broken : finish(line.size, "ERROR");
  }
  if (found->block != Block::none) return read_block(in, line.size, most, authenticated);
  if (words_.size() < found->least || (words_.size() > found->most && found->most != kAnyWords))
    return finish(line.size, "ERROR");
  size_t least = found->local != Local::none ? 1 : 2;  // `delete noreply` names a key
  noreply_ = found->noreply && words_.size() > least && ends_in_noreply(words_);
  return finish(line.size);
}

Parser::Result Parser::finish(size_t size, std::string_view error) {
  consumed_ = size;
  error_ = error;
  return Result::complete;
}

Parser::Result Parser::read_block(std::string_view in, size_t line, uint64_t most, bool authenticated) {
  Head head = read_head(*command_, words_);
  noreply_ =
      authenticated && command_->noreply && words_.size() > 1 && ends_in_noreply(words_) && head.error != "ERROR";
  if (!head.error.empty()) return finish(line, authenticated ? head.error : "CLIENT_ERROR unauthenticated");
  if (head.length > (authenticated ? most : kMostToken)) {
    oversized_ = authenticated;
    skip_ = head.length + 2;
    refused_ = find_line(in).text;
    finish(line,
           authenticated ? "SERVER_ERROR object too large for cache" : "CLIENT_ERROR bad authentication token format");
    return authenticated ? Result::oversized : Result::swallowed;
  }
  size_t whole = line + head.length + 2;
  if (in.size() < whole) {
    wanted_ = whole;
    return Result::incomplete;
  }
  block_ = in.substr(line, head.length);
  bad_end_ = in.substr(line + head.length, 2) != "\r\n";
  if (bad_end_ && !authenticated) return finish(whole, "CLIENT_ERROR bad command line termination");
  return finish(whole);
}

bool Parser::decode(Request& r, DecodeContext& c) const {
  r.op = command_->op;
  r.noreply = noreply_;
  if (!error_.empty() && !oversized_) return fail(r, error_);
  if (bad_end_ && command_->block == Block::text) return fail(r, kBadBlock);
  if (command_->local != Local::none) return true;
  if (!command_->decode(words_, block_, r, c)) return false;
  // A fault of the meta flags is told before one of the block.
  if (bad_end_) return fail(r, kBadBlock);
  if (!oversized_) return true;
  fail(r, error_);
  r.reply.status = Status::too_large;
  return false;
}

bool Parser::decode_removal(Request& r, DecodeContext& c) const {
  Request refused;
  refused.row = command_;
  bool replaces = command_->block == Block::meta || command_->name == "set";
  if (!replaces || !command_->decode(words_, {}, refused, c)) return false;
  auto* key = c.arena.array<std::string_view>(1);
  key[0] = refused.key;
  r.op = Op::remove;
  r.args = {key, 1};
  return true;
}

}  // namespace cachetted::memcache
