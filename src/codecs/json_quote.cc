// Implements json_quote.h.
#include "codecs/json_quote.h"

#include <charconv>
#include <cstring>

#include "codecs/text.h"

namespace cachetted::codecs {
namespace {

enum class Style : uint8_t { utf8, strict, ascii };

constexpr const char* kHex = "0123456789abcdef";
constexpr size_t kEscape = 6;  // bytes of "\u0041"

// What a byte below 0x80 becomes: itself, \ and this letter, or \u00XX ('u').
struct Escapes {
  char of[128] = {};
  constexpr Escapes() {
    for (int c = 0; c < 0x20; ++c) of[c] = 'u';
    of['"'] = '"', of['\\'] = '\\', of['\b'] = 'b', of['\f'] = 'f', of['\n'] = 'n', of['\r'] = 'r', of['\t'] = 't';
    of[0x7f] = 'd';  // an escape in ASCII alone
  }
};
constexpr Escapes kEscapes;

char* escape(char* to, unsigned code) {
  *to++ = '\\';
  *to++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) *to++ = kHex[code >> shift & 15];
  return to;
}

unsigned code_of(const char* p, size_t n) {
  auto bits = [&](size_t i) { return static_cast<unsigned char>(p[i]) & 63u; };
  const auto first = static_cast<unsigned char>(p[0]);
  if (n == 2) return (first & 31u) << 6 | bits(1);
  if (n == 3) return (first & 15u) << 12 | bits(1) << 6 | bits(2);
  return (first & 7u) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3);
}

// A character beyond ASCII; false: it is refused.
template <Style style>
bool beyond(char*& to, std::string_view s, size_t& i) {
  bool surrogate = false;
  const size_t n = character(s, i, surrogate);
  if (n == 0 || (style == Style::strict && surrogate)) return false;
  if (style == Style::ascii || surrogate) {
    const unsigned code = code_of(s.data() + i, n);
    if (code >= 0x10000) {
      to = escape(to, 0xd800 + ((code - 0x10000) >> 10));
      to = escape(to, 0xdc00 + ((code - 0x10000) & 0x3ff));
    } else {
      to = escape(to, code);
    }
  } else {
    std::memcpy(to, s.data() + i, n);
    to += n;
  }
  i += n;
  return true;
}

template <Style style>
bool put(Sink& sink, std::string_view s) {
  constexpr size_t kPiece = 1 << 16;  // for so much at once there is room, whatever it becomes
  size_t i = 0;
  sink.put('"');
  while (i < s.size()) {
    const size_t stop = std::min(s.size(), i + kPiece);
    char* to = sink.room((stop - i + 4) * kEscape);
    while (i < stop) {
      uint64_t w;
      if (i + sizeof w <= stop) {
        std::memcpy(&w, s.data() + i, sizeof w);
        if (is_plain(w)) {
          std::memcpy(to, &w, sizeof w);
          to += sizeof w;
          i += sizeof w;
          continue;
        }
      }
      const auto c = static_cast<unsigned char>(s[i]);
      if (c >= 0x80) {
        if (!beyond<style>(to, s, i)) return false;
        continue;
      }
      ++i;
      const char e = kEscapes.of[c];
      if (e == 0 || (e == 'd' && style != Style::ascii)) {
        *to++ = static_cast<char>(c);
      } else if (e == 'u' || e == 'd') {
        to = escape(to, c);
      } else {
        *to++ = '\\';
        *to++ = e;
      }
    }
    sink.reach(to);
  }
  sink.put('"');
  return true;
}

template <Style style>
bool put_known(Sink& sink, std::string_view s, Text known) {
  if (known != Text::plain) return put<style>(sink, s);
  char* const p = sink.room(s.size() + 2);
  *p = '"';
  std::memcpy(p + 1, s.data(), s.size());
  p[1 + s.size()] = '"';
  sink.reach(p + 2 + s.size());
  return true;
}

}  // namespace

void quote(Sink& to, std::string_view s, Text known) { put_known<Style::utf8>(to, s, known); }
bool quote_strictly(Sink& to, std::string_view s, Text known) { return put_known<Style::strict>(to, s, known); }
void quote_ascii(Sink& to, std::string_view s, Text known) { put_known<Style::ascii>(to, s, known); }

void put_integer(Sink& to, const Value& v) {
  if (!v.text.empty()) return to.put(v.text);
  char* const p = to.room(24);
  to.reach(std::to_chars(p, p + 24, v.number).ptr);
}

}  // namespace cachetted::codecs
