// Implements frame.h.
#include "protocol/memcache/frame.h"

#include <algorithm>
#include <charconv>

namespace cachetted::memcache {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

unsigned char byte(char c) { return static_cast<unsigned char>(c); }

template <class T>
T number(std::string_view s) {
  T n = 0;
  std::from_chars(s.data(), s.data() + s.size(), n);
  return n;
}

constexpr uint16_t pair(char a, char b) { return static_cast<uint16_t>(a << 8 | b); }

struct Word {
  std::string_view text;
  Code code;
};
// By their first words; those of two letters are told apart before.
constexpr Word kWords[] = {
    {"OK", Code::done},
    {"STAT ", Code::stats},
    {"VERSION", Code::version},
    {"STORED", Code::authenticated},
    {"key=", Code::listed},
    {"END", Code::end},
    {"BUSY", Code::busy},
    {"ERROR", Code::refused},
    {"BADCLASS", Code::refused},
    {"CLIENT_ERROR", Code::refused},
    {"SERVER_ERROR", Code::refused},
};

}  // namespace

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

char* put_base64(char* p, std::string_view s) {
  for (size_t i = 0; i < s.size(); i += 3) {
    auto byte = [&](size_t j) { return j < s.size() ? static_cast<unsigned char>(s[j]) : 0u; };
    unsigned n = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    *p++ = kDigits[n >> 18];
    *p++ = kDigits[n >> 12 & 63];
    *p++ = i + 1 < s.size() ? kDigits[n >> 6 & 63] : '=';
    *p++ = i + 2 < s.size() ? kDigits[n & 63] : '=';
  }
  return p;
}

bool is_plain_key(std::string_view key) {
  bool good = !key.empty() && key.size() <= kMaxKey;
  for (char c : key) good &= byte(c) > ' ' && c != 0x7F;
  return good;
}

MetaWriter::MetaWriter(char* at, std::string_view command, std::string_view key, bool coded) : at_(at), coded_(coded) {
  std::memcpy(at_, command.data(), 2);
  at_[2] = ' ';
  at_ += 3;
  if (coded) [[unlikely]] {
    at_ = put_base64(at_, key);
    if (command != "ms") flag("b");
    return;
  }
  std::memcpy(at_, key.data(), key.size());
  at_ += key.size();
}

void MetaWriter::size(size_t n) {
  *at_++ = ' ';
  at_ = std::to_chars(at_, at_ + 20, n).ptr;
  if (coded_) flag("b");
}

void MetaWriter::flag(char letter, int64_t n) {
  at_[0] = ' ';
  at_[1] = letter;
  at_ = std::to_chars(at_ + 2, at_ + 24, n).ptr;
}

void MetaWriter::flag(char letter, uint64_t n) {
  at_[0] = ' ';
  at_[1] = letter;
  at_ = std::to_chars(at_ + 2, at_ + 24, n).ptr;
}

void MetaWriter::token(Token t) {
  at_[0] = ' ';
  at_[1] = 'O';
  at_[2] = kDigits[t >> 6 & 63];
  at_[3] = kDigits[t & 63];
  at_ += 4;
  end_line();
}

Code code_of(std::string_view reply) {
  if (reply.size() < 4) return Code::other;
  if (reply[2] == ' ' || reply[2] == '\r') {
    switch (pair(reply[0], reply[1])) {
      case pair('V', 'A'): return Code::value;
      case pair('H', 'D'):
      case pair('O', 'K'):
      case pair('M', 'N'): return Code::done;
      case pair('E', 'N'):
      case pair('N', 'F'): return Code::miss;
      case pair('N', 'S'): return Code::not_stored;
      case pair('E', 'X'): return Code::exists;
      case pair('M', 'E'): return Code::item;
      default: return Code::other;
    }
  }
  for (const Word& w : kWords)
    if (reply.starts_with(w.text)) return w.code;
  return Code::other;
}

MetaReply read_meta(std::string_view reply) {
  MetaReply m;
  m.code = code_of(reply);
  auto* nl = static_cast<const char*>(std::memchr(reply.data(), '\n', reply.size()));
  const char* p = reply.data();
  const char* end = nl != nullptr ? nl : p + reply.size();
  if (end != p && end[-1] == '\r') --end;
  m.text = {p, static_cast<size_t>(end - p)};
  if (m.code == Code::value) m.value = {nl + 1, reply.size() - static_cast<size_t>(nl + 3 - reply.data())};
  if (m.code > Code::exists) return m;
  p += 2;
  if (m.code == Code::value) {  // the size of the block, which framing has read
    for (++p; p != end && *p != ' ';) ++p;
  }
  while (p != end) {
    const char* word = ++p;  // behind the blank
    while (p != end && *p != ' ') ++p;
    std::string_view rest(word + 1, word == p ? 0 : static_cast<size_t>(p - word - 1));
    if (word == p) continue;
    switch (*word) {
      case 'f': m.flags = rest == "0" ? 0 : number<uint32_t>(rest); break;
      case 'c': m.cas = number<uint64_t>(rest); break;
      case 't': m.ttl = number<int64_t>(rest); break;
      case 's': m.size = number<uint32_t>(rest); break;
      case 'l': m.idle = number<int64_t>(rest); break;
      case 'h': m.hit = rest == "1"; break;
      case 'W': m.won = true; break;
      case 'X': m.stale = true; break;
      case 'Z': m.leased = true; break;
      case 'b': m.coded = true; break;
      case 'O':
        if (rest.size() == 2) m.token = static_cast<Token>(base64_digit(rest[0]) << 6 | base64_digit(rest[1]));
        break;
      default: break;
    }
  }
  return m;
}

Framing::Result Framer::fail(std::string_view in) {
  std::string_view line = in.substr(0, std::min<size_t>(in.find_first_of("\r\n"), 80));
  error_.assign(1, '\'');
  for (char c : line) error_.push_back(byte(c) >= ' ' && c != 0x7F ? c : '?');
  error_.push_back('\'');
  return Result::error;
}

// Lines up to END.
Framing::Result Framer::find_stats_end(std::string_view in) {
  size_t at = in.find("\nEND\r\n");
  if (at == in.npos) return in.size() > kMostStats ? fail(in) : Result::incomplete;
  size_ = at + 6;
  return Result::whole;
}

Framing::Result Framer::next(std::string_view in, const Most& most) {
  if (left_ != 0) [[unlikely]] {
    size_ = static_cast<size_t>(std::min<uint64_t>(left_, in.size()));
    left_ -= size_;
    return left_ == 0 ? Result::passed : Result::passing;
  }
  auto* nl = static_cast<const char*>(std::memchr(in.data(), '\n', std::min(in.size(), kMostLine)));
  if (nl == nullptr) return in.size() >= kMostLine ? fail(in) : Result::incomplete;
  size_ = static_cast<size_t>(nl - in.data()) + 1;
  Code code = code_of(in.substr(0, size_));
  if (code == Code::other) return fail(in);
  if (code == Code::stats) return find_stats_end(in);
  if (code != Code::value) return Result::whole;
  uint64_t bytes = 0;
  auto [end, error] = std::from_chars(in.data() + 3, nl, bytes);
  if (error != std::errc() || (*end != ' ' && *end != '\r') || bytes > UINT32_MAX) return fail(in);
  uint64_t all = size_ + bytes + 2;
  if (bytes > most.value || all > most.reply) {
    oversize_ = {all, bytes};
    left_ = all - std::min<uint64_t>(all, in.size());
    size_ = static_cast<size_t>(all - left_);
    return left_ == 0 ? Result::passed : Result::passing;
  }
  if (in.size() < all) return Result::incomplete;
  if (in[all - 2] != '\r' || in[all - 1] != '\n') return fail(in);
  size_ = static_cast<size_t>(all);
  return Result::whole;
}

}  // namespace cachetted::memcache
