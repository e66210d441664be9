// Texts that several codecs write and read: UTF-8 with lone surrogates, base64, numbers, moments as ISO 8601 has them.
// Pure; any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "codecs/value.h"

namespace cachetted::codecs {

inline constexpr int64_t kSecond = 1'000'000, kDay = 86'400 * kSecond;  // microseconds
inline constexpr int64_t kMostDays = 999'999'999;                       // of a duration, either way
inline constexpr size_t kRealText = 32;                                 // the longest of a double's texts is 24

// "a set", "bytes", ...: for errors.
std::string_view name_of(Kind kind);

// The length of the character there; 0: that is no UTF-8. `surrogate`: a half of one, as surrogatepass writes it.
size_t character(std::string_view s, size_t i, bool& surrogate);
enum class Utf8 : uint8_t { good, surrogates, bad };
Utf8 check_utf8(std::string_view s);
// Whether it is Text::plain: no control character, quote, backslash, DEL, nothing beyond ASCII.
inline bool is_plain(uint64_t eight) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  const uint64_t quote = eight ^ (kOnes * '"'), slash = eight ^ (kOnes * '\\'), del = eight ^ (kOnes * 0x7f);
  return ((eight | (eight - kOnes * 0x20) | (quote - kOnes) | (slash - kOnes) | (del - kOnes)) & kHigh) == 0;
}
bool is_plain(std::string_view s);
// Writes a code point, a surrogate too; returns where it ends. 4 bytes at most.
char* put_utf8(char* to, uint32_t code);

void base64(std::string& out, std::string_view bytes);
// Strictly: padded, no bit to spare. Appends to `out`.
bool read_base64(std::string_view text, std::string& out);

// The shortest digits that are this number; it is finite. As Python's repr() and as orjson has it; returns its end.
char* python_real(char* to, double d);
char* orjson_real(char* to, double d);
bool is_unsigned(std::string_view digits);  // it fits 64 bits without a sign

// Of a date, time or datetime, as Python's isoformat() has it.
std::string moment_text(const Value& v);
std::string zone_text(int64_t zone);  // "+01:00"
std::string uuid_text(std::string_view bytes);

// Whether Python's Decimal takes it.
bool is_decimal(std::string_view s);

// Whether Python takes it as the key of a dict and in a set, unless it is a tuple: that is what its items are.
bool is_hashable(const Value& v);

}  // namespace cachetted::codecs
