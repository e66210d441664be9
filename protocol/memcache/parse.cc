// From bytes to a command.
#include "protocol/memcache/parse.h"

#include <algorithm>

namespace cachetted::memcache {
namespace {

constexpr uint64_t kMostToken = 256;  // bytes of a name and a password
constexpr std::string_view kUnauthenticated = "CLIENT_ERROR unauthenticated";
constexpr char kBinaryMagic = '\x80';

// Lists of keys have no end.
bool lists_keys(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line.starts_with("get") || line.starts_with("gat");
}

bool keys_fit(const Request& r, const DecodeContext& c) {
  bool many = r.op == Op::get_many;
  return many ? std::all_of(r.args.begin(), r.args.end(), [&c](auto key) { return key.size() <= c.max_key; })
              : r.key.size() <= c.max_key;
}

// With the first key that is over the limit.
bool refuse_key(Request& r, DecodeContext& c) {
  std::string_view key = r.key;
  if (r.op == Op::get_many)
    key = *std::find_if(r.args.begin(), r.args.end(), [&c](auto k) { return k.size() > c.max_key; });
  return fail(r, c.arena.concat({"CLIENT_ERROR key of ", std::to_string(key.size()), " bytes is over the limit of ",
                                 std::to_string(c.max_key), " (limits.max_key)"}));
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
  authenticated_ = authenticated;
  noreply_ = oversized_ = bad_end_ = false;
  if (!authenticated && (found == nullptr || found->name != "set")) return finish(line.size, kUnauthenticated);
  if (!authenticated) return read_token(in, line.size);
  if (found == nullptr) {
    bool http = words_.size() != 0 && words_.back().starts_with("HTTP/");
    bool meta = http && words_[0].size() == 2 && words_[0][0] == 'm';
    return http && !meta ? Result::broken : finish(line.size, "ERROR");
  }
  if (found->block != Block::none) return read_block(in, line.size, most);
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

// Of the line that brings a name and a password only the length is read, as a number of 32 bits without a sign.
Parser::Result Parser::read_token(std::string_view in, size_t line) {
  uint64_t number = 0;
  if (words_.size() < 5 || !read_unsigned(words_[4], number)) return finish(line, kUnauthenticated);
  auto length = static_cast<uint32_t>(number);
  if (length > kMostToken) {
    refuse_block(in, line, length, "CLIENT_ERROR bad authentication token format");
    return Result::swallowed;
  }
  if (!take_block(in, line, length)) return Result::incomplete;
  return finish(consumed_, bad_end_ ? "CLIENT_ERROR bad command line termination" : "");
}

Parser::Result Parser::read_block(std::string_view in, size_t line, uint64_t most) {
  Head head = read_head(*command_, words_);
  noreply_ = command_->noreply && words_.size() > 1 && ends_in_noreply(words_) && head.error != "ERROR";
  if (!head.error.empty()) return finish(line, head.error);
  if (head.length > most) {
    oversized_ = true;
    refuse_block(in, line, head.length, "SERVER_ERROR object too large for cache");
    return Result::oversized;
  }
  return take_block(in, line, head.length) ? finish(consumed_) : Result::incomplete;
}

void Parser::refuse_block(std::string_view in, size_t line, uint64_t length, std::string_view error) {
  skip_ = length + 2;
  refused_ = find_line(in).text;
  finish(line, error);
}

// False: it is not all there.
bool Parser::take_block(std::string_view in, size_t line, uint64_t length) {
  size_t whole = line + length + 2;
  if (in.size() < whole) {
    wanted_ = whole;
    return false;
  }
  block_ = in.substr(line, length);
  bad_end_ = in.substr(line + length, 2) != "\r\n";
  consumed_ = whole;
  return true;
}

bool Parser::decode(Request& r, DecodeContext& c) const {
  r.op = command_->op;
  r.noreply = noreply_;
  if (!error_.empty() && !oversized_) return fail(r, error_);
  if (!authenticated_) {  // block() is the token
    r.key = words_[1];
    r.value = block_;
    return true;
  }
  if (bad_end_ && command_->block == Block::text) return fail(r, kBadBlock);
  if (command_->local != Local::none) return true;
  if (!command_->decode(words_, block_, r, c)) return false;
  // A fault of the meta flags is told before one of the block.
  if (bad_end_) return fail(r, kBadBlock);
  if (!keys_fit(r, c)) return refuse_key(r, c);
  if (!oversized_) return true;
  fail(r, error_);
  r.reply.status = Status::too_large;
  return false;
}

bool Parser::decode_removal(Request& r, DecodeContext& c) const {
  Request refused;
  refused.row = command_;
  bool replaces = command_->block == Block::meta || command_->name == "set";
  if (!replaces || !command_->decode(words_, {}, refused, c) || !keys_fit(refused, c)) return false;
  auto* key = c.arena.array<std::string_view>(1);
  key[0] = refused.key;
  r.op = Op::remove;
  r.args = {key, 1};
  return true;
}

}  // namespace cachetted::memcache
