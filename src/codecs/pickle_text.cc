// Implements pickle_text.h.
#include "codecs/pickle_text.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "codecs/text.h"

namespace cachetted::codecs {
namespace {

void put_character(std::string& to, uint32_t c) {
  char bytes[4];
  to.append(bytes, static_cast<size_t>(put_utf8(bytes, c) - bytes));
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
std::optional<uint32_t> hexadecimal(std::string_view s, size_t width) {
  if (s.size() < width) return std::nullopt;
  uint32_t n = 0;
  for (char c : s.substr(0, width)) {
    if (hex(c) < 0) return std::nullopt;
    n = n << 4 | static_cast<uint32_t>(hex(c));
  }
  return n;
}

}  // namespace

std::string digits_of_long(std::string_view s) {
  const bool negative = !s.empty() && (static_cast<unsigned char>(s.back()) & 0x80) != 0;
  std::string bytes(s);
  if (negative) {
    unsigned carry = 1;
    for (char& c : bytes) {
      const unsigned n = static_cast<unsigned char>(~c) + carry;
      c = static_cast<char>(n);
      carry = n >> 8;
    }
  }
  while (bytes.size() % 4 != 0) bytes += '\0';
  std::vector<uint32_t> words;  // of 32 bits, the highest first
  for (size_t i = bytes.size(); i > 0; i -= 4) {
    uint32_t w = 0;
    for (size_t j = i; j > i - 4; --j) w = w << 8 | static_cast<unsigned char>(bytes[j - 1]);
    words.push_back(w);
  }
  std::string text;
  while (std::any_of(words.begin(), words.end(), [](uint32_t w) { return w != 0; })) {
    uint64_t rest = 0;
    for (uint32_t& w : words) {
      rest = rest << 32 | w;
      w = static_cast<uint32_t>(rest / 1'000'000'000);
      rest %= 1'000'000'000;
    }
    for (int i = 0; i < 9; ++i, rest /= 10) text += static_cast<char>('0' + rest % 10);
  }
  while (text.ends_with('0')) text.pop_back();
  if (text.empty()) return "0";
  if (negative) text += '-';
  std::reverse(text.begin(), text.end());
  return text;
}

std::string latin1_as_utf8(std::string_view s) {
  std::string to;
  for (char c : s) put_character(to, static_cast<unsigned char>(c));
  return to;
}

bool utf8_as_latin1(std::string_view s, std::string& to) {
  for (size_t i = 0; i < s.size(); ++i) {
    const auto b = static_cast<unsigned char>(s[i]);
    if (b < 0x80) {
      to += s[i];
    } else if ((b == 0xc2 || b == 0xc3) && i + 1 < s.size()) {
      to += static_cast<char>((b & 3) << 6 | (static_cast<unsigned char>(s[++i]) & 63));
    } else {
      return false;
    }
  }
  return true;
}

bool read_raw_unicode(std::string_view s, std::string& to) {
  for (size_t i = 0; i < s.size(); ++i) {
    const size_t width = s[i] != '\\' || i + 1 == s.size() ? 0 : s[i + 1] == 'u' ? 4 : s[i + 1] == 'U' ? 8 : 0;
    if (width == 0) {
      put_character(to, static_cast<unsigned char>(s[i]));
      continue;
    }
    const auto c = hexadecimal(s.substr(i + 2), width);
    if (!c || *c > 0x10ffff) return false;
    put_character(to, *c);
    i += width + 1;
  }
  return true;
}

bool read_quoted(std::string_view s, std::string& to) {
  if (s.size() < 2 || (s[0] != '\'' && s[0] != '"') || s.back() != s[0]) return false;
  s = s.substr(1, s.size() - 2);
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] != '\\') {
      put_character(to, static_cast<unsigned char>(s[i]));
      continue;
    }
    if (++i == s.size()) return false;
    constexpr std::string_view kLetters = "\\'\"abfnrtv", kMeant = "\\'\"\a\b\f\n\r\t\v";
    if (const size_t at = kLetters.find(s[i]); at != kLetters.npos) {
      to += kMeant[at];
    } else if (s[i] == 'x') {
      const auto c = hexadecimal(s.substr(i + 1), 2);
      if (!c) return false;
      put_character(to, *c);
      i += 2;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace cachetted::codecs
