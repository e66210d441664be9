// Lines, words and numbers.
#include "protocol/memcache/words.h"

#include <cstring>

#include "core/number.h"

namespace cachetted::memcache {
namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

void Words::split(std::string_view line, size_t most) {
  words_.clear();
  if (auto* nul = static_cast<const char*>(std::memchr(line.data(), 0, line.size())))
    line = line.substr(0, static_cast<size_t>(nul - line.data()));
  size_t at = 0;
  for (;;) {
    while (at < line.size() && line[at] == ' ') ++at;
    if (at == line.size()) return;
    if (words_.size() + 1 == most) {  // the rest as it is
      words_.push_back(line.substr(at));
      return;
    }
    size_t end = at;
    while (end < line.size() && line[end] != ' ') ++end;
    words_.push_back(line.substr(at, end - at));
    at = end;
  }
}

Line find_line(std::string_view in) {
  Line l;
  auto* end = static_cast<const char*>(std::memchr(in.data(), '\n', in.size()));
  if (end != nullptr) {
    l.result = Line::Result::complete;
    l.text = in.substr(0, static_cast<size_t>(end - in.data()));
    l.size = l.text.size() + 1;
    if (!l.text.empty() && l.text.back() == '\r') l.text.remove_suffix(1);
    return l;
  }
  if (in.size() <= kMaxLine) return l;
  std::string_view begin = in;
  while (!begin.empty() && begin[0] == ' ') begin.remove_prefix(1);
  bool get = begin.starts_with("get ") || begin.starts_with("gets ");
  if (!get || in.size() > kMaxGetLine) l.result = Line::Result::too_long;
  return l;
}

bool read_signed(std::string_view word, int64_t& out) {
  size_t i = 0;
  while (i < word.size() && is_blank(word[i])) ++i;
  bool minus = i < word.size() && word[i] == '-';
  if (i < word.size() && (word[i] == '-' || word[i] == '+')) ++i;
  size_t first = i;
  int64_t n = 0;
  for (; i < word.size() && word[i] >= '0' && word[i] <= '9'; ++i) {
    int64_t digit = word[i] - '0';
    if (__builtin_mul_overflow(n, int64_t{10}, &n) || __builtin_add_overflow(n, minus ? -digit : digit, &n))
      return false;
  }
  if (i == first || (i < word.size() && !is_blank(word[i]))) return false;
  out = n;
  return true;
}

bool read_unsigned(std::string_view word, uint64_t& out) {
  auto n = parse_counter(word);
  if (n) out = *n;
  return n.has_value();
}

}  // namespace cachetted::memcache
