// Parses client commands in place.
#include "protocol/resp/parse.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "core/number.h"

namespace cachetted::resp {

void Parser::reset() {
  if (slices_.capacity() > 4096) [[unlikely]] {
    std::vector<Slice>().swap(slices_);
  } else {
    slices_.clear();
  }
  at_ = wanted_ = largest_ = refused_ = skip_ = 0;
  left_ = bulk_ = -1;
}

Parser::Result Parser::fail(std::string text) {
  error_ = std::move(text);
  return Result::error;
}

int Parser::read_count(std::string_view in, int64_t& n, bool& too_big) {
  const char* line = in.data() + at_;
  size_t left = in.size() - at_;
  // The common case: one or two digits.
  if (left >= 4 && line[2] == '\r' && line[1] >= '0' && line[1] <= '9') {
    n = line[1] - '0';
    at_ += 4;
    return 1;
  }
  if (left >= 5 && line[3] == '\r' && line[1] >= '1' && line[1] <= '9' && line[2] >= '0' && line[2] <= '9') {
    n = (line[1] - '0') * 10 + (line[2] - '0');
    at_ += 5;
    return 1;
  }
  auto* end = static_cast<const char*>(std::memchr(line, '\r', left));
  if (end == nullptr) {
    too_big = left > kMaxInline;
    return too_big ? -1 : 0;
  }
  auto length = static_cast<size_t>(end - line);
  if (length + 2 > left) return 0;
  if (length == 0) return -1;
  std::string_view digits(line + 1, length - 1);
  auto value = !digits.empty() && digits.back() == ' ' ? std::nullopt : parse_integer(digits);
  if (!value) return -1;
  n = *value;
  at_ += length + 2;
  return 1;
}

// Of a command that is refused, nothing has to be seen twice.
Parser::Result Parser::want_more(std::string_view in, size_t wanted) {
  wanted_ = wanted;
  return refused_ != 0 ? Result::swallowed : Result::incomplete;
}

Parser::Result Parser::parse(std::string_view in, bool authenticated, Arena& arena, size_t most) {
  if (refused_ != 0) at_ = 0;  // `in` goes on behind what was swallowed
  if (left_ < 0) {
    if (in.empty()) return Result::incomplete;
    if (in[0] != '*') return parse_inline(in, arena);
    int64_t n = 0;
    bool too_big = false;
    int got = read_count(in, n, too_big);
    if (too_big) return fail("Protocol error: too big mbulk count string");
    if (got == 0) return want_more(in, in.size() + 1);
    if (got < 0 || n > std::numeric_limits<int>::max()) return fail("Protocol error: invalid multibulk length");
    if (n > 10 && !authenticated) return fail("Protocol error: unauthenticated multibulk length");
    if (n <= 0) return Result::blank;
    left_ = n;
  }
  while (left_ > 0) {
    if (skip_ > 0) {
      size_t part = std::min(skip_, in.size() - at_);
      at_ += part;
      skip_ -= part;
      if (skip_ > 0) return want_more(in, 0);
      --left_;
      continue;
    }
    if (bulk_ < 0) {
      if (at_ >= in.size()) return want_more(in, in.size() + 1);
      if (in[at_] != '$') {
        // As the server, look no further than a whole line before refusing its type.
        if (std::memchr(in.data() + at_, '\r', in.size() - at_) == nullptr) {
          if (in.size() - at_ > kMaxInline) return fail("Protocol error: too big bulk count string");
          return want_more(in, in.size() + 1);
        }
        return fail(std::string("Protocol error: expected '$', got '") + in[at_] + "'");
      }
      bool too_big = false;
      int64_t n = 0;
      int got = read_count(in, n, too_big);
      if (too_big) return fail("Protocol error: too big bulk count string");
      if (got == 0) return want_more(in, in.size() + 1);
      if (got < 0 || n < 0 || n > kMaxBulk) return fail("Protocol error: invalid bulk length");
      if (n > 16384 && !authenticated) return fail("Protocol error: unauthenticated bulk length");
      if (static_cast<size_t>(n) > most && refused_ == 0) [[unlikely]] {
        refused_ = static_cast<size_t>(n);
        slices_.clear();
      }
      if (refused_ != 0) [[unlikely]] {
        skip_ = static_cast<size_t>(n) + 2;
        continue;
      }
      bulk_ = n;
      if (at_ + static_cast<size_t>(n) > kMaxCommand) return fail("Protocol error: too big command");
    }
    auto size = static_cast<size_t>(bulk_);
    if (in.size() - at_ < size + 2) return want_more(in, at_ + size + 2);
    slices_.push_back({static_cast<uint32_t>(at_), static_cast<uint32_t>(size)});
    if (size > largest_) largest_ = size;
    at_ += size + 2;
    bulk_ = -1;
    --left_;
  }
  if (refused_ != 0) return Result::oversized;
  base_ = in.data();
  return Result::complete;
}

Parser::Result Parser::parse_inline(std::string_view in, Arena& arena) {
  auto* end = static_cast<const char*>(std::memchr(in.data(), '\n', in.size()));
  if (end == nullptr) {
    if (in.size() > kMaxInline) return fail("Protocol error: too big inline request");
    wanted_ = in.size() + 1;
    return Result::incomplete;
  }
  auto length = static_cast<size_t>(end - in.data());
  std::string_view line = in.substr(0, length);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  std::vector<std::string> words;
  if (!split_inline(line, words)) return fail("Protocol error: unbalanced quotes in request");
  at_ = length + 1;
  if (words.empty()) return Result::blank;
  size_t bytes = 0;
  for (auto& w : words) bytes += w.size();
  char* copy = arena.allocate(bytes);
  base_ = copy;
  for (auto& w : words) {
    std::memcpy(copy, w.data(), w.size());
    slices_.push_back({static_cast<uint32_t>(copy - base_), static_cast<uint32_t>(w.size())});
    if (w.size() > largest_) largest_ = w.size();
    copy += w.size();
  }
  return Result::complete;
}

namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Reads a double-quoted word behind its opening quote; false when it does not close before a blank.
bool read_double_quoted(std::string_view s, size_t& i, std::string& word) {
  for (; i < s.size(); ++i) {
    char c = s[i];
    if (c == '"') {
      ++i;
      return i == s.size() || is_blank(s[i]);
    }
    if (c == '\\' && i + 3 < s.size() && s[i + 1] == 'x' && hex_digit(s[i + 2]) >= 0 && hex_digit(s[i + 3]) >= 0) {
      word += static_cast<char>(hex_digit(s[i + 2]) * 16 + hex_digit(s[i + 3]));
      i += 3;
    } else if (c == '\\' && i + 1 < s.size()) {
      c = s[++i];
      constexpr std::string_view from = "nrtba", to = "\n\r\t\b\a";
      size_t at = from.find(c);
      word += at == from.npos ? c : to[at];
    } else {
      word += c;
    }
  }
  return false;
}

bool read_single_quoted(std::string_view s, size_t& i, std::string& word) {
  for (; i < s.size(); ++i) {
    if (s[i] == '\\' && i + 1 < s.size() && s[i + 1] == '\'') {
      word += '\'';
      ++i;
    } else if (s[i] == '\'') {
      ++i;
      return i == s.size() || is_blank(s[i]);
    } else {
      word += s[i];
    }
  }
  return false;
}

}  // namespace

bool split_inline(std::string_view s, std::vector<std::string>& words) {
  s = s.substr(0, s.find('\0'));  // the server reads lines as C strings
  for (size_t i = 0;;) {
    while (i < s.size() && is_blank(s[i])) ++i;
    if (i == s.size()) return true;
    std::string word;
    while (i < s.size() && !is_blank(s[i])) {
      if (s[i] == '"') {
        if (!read_double_quoted(s, ++i, word)) return false;
      } else if (s[i] == '\'') {
        if (!read_single_quoted(s, ++i, word)) return false;
      } else {
        word += s[i++];
      }
    }
    words.push_back(std::move(word));
  }
}

}  // namespace cachetted::resp
