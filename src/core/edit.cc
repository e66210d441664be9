// Implements edit.h.
#include "core/edit.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/bytes.h"
#include "core/number.h"

namespace cachetted {
namespace {

bool fail(Request& r, Status s) {
  r.reply.status = s;
  return false;
}

bool edit_append(Request& r, bool found, std::string_view old, std::string& made) {
  if (found && old.size() + r.value.size() > static_cast<uint64_t>(r.number)) return fail(r, Status::too_large);
  made.reserve(old.size() + r.value.size());
  made = r.has(kPrepend) ? r.value : old;
  made += r.has(kPrepend) ? old : r.value;
  r.reply.number = static_cast<int64_t>(made.size());
  return true;
}

bool edit_range(Request& r, std::string_view old, std::string& made) {
  r.reply.number = static_cast<int64_t>(old.size());
  if (r.value.empty()) return fail(r, Status::ok);
  auto offset = static_cast<uint64_t>(r.number);
  if (offset > r.cas || r.value.size() > r.cas - offset) return fail(r, Status::too_large);  // cas: limits.max_value
  made = old;
  made.resize(std::max<size_t>(old.size(), offset + r.value.size()));
  std::memcpy(made.data() + offset, r.value.data(), r.value.size());
  r.reply.number = static_cast<int64_t>(made.size());
  return true;
}

bool edit_bit(Request& r, bool found, std::string_view old, std::string& made) {
  auto byte = static_cast<uint64_t>(r.number >> 3);
  if (byte >= r.cas) return fail(r, Status::too_large);
  int shift = 7 - static_cast<int>(r.number & 7);
  r.reply.number = byte < old.size() ? static_cast<unsigned char>(old[byte]) >> shift & 1 : 0;
  if (found && byte < old.size() && r.reply.number == r.number2) return fail(r, Status::ok);
  made = old;
  made.resize(std::max<size_t>(old.size(), byte + 1));
  made[byte] = static_cast<char>((made[byte] & ~(1 << shift)) | static_cast<int>(r.number2) << shift);
  return true;
}

// In place and padded with blanks where the sum is no longer than the old value, as memcached does it.
bool edit_counter(Request& r, bool found, std::string_view old, std::string& made) {
  if (!found && !r.has(kVivify)) return fail(r, Status::miss);
  auto sum = static_cast<uint64_t>(r.number2);
  if (found && !add_unsigned(r, old, sum)) return fail(r, Status::not_integer);
  made = std::to_string(sum);
  if (made.size() < old.size()) made.resize(old.size(), ' ');
  r.reply.number = static_cast<int64_t>(sum);
  return true;
}

}  // namespace

bool edit(Request& r, bool found, std::string_view old, std::string& made) {
  r.reply.status = Status::ok;
  if (r.op == Op::append) return edit_append(r, found, old, made);
  if (r.op == Op::set_range) return edit_range(r, old, made);
  if (r.op == Op::set_bit) return edit_bit(r, found, old, made);
  if (r.op == Op::add_unsigned) return edit_counter(r, found, old, made);
  if (r.op == Op::add_integer) {
    Status s = add_integer(r, found, old, r.reply.number);
    if (s != Status::ok) return fail(r, s);
    made = std::to_string(r.reply.number);
    return true;
  }
  Status s = add_float(r, found, old, made);
  if (s != Status::ok) return fail(r, s);
  return true;
}

int64_t number_of_part(const Request& r, std::string_view v) {
  BitSpan span{r.number, r.number2, r.has(kBitUnits), r.has(kEndGiven)};
  if (r.op == Op::count_bits) return count_bits(v, span);
  if (r.op == Op::find_bit) return find_bit(v, r.cas != 0, span);
  if (r.op == Op::length) return static_cast<int64_t>(v.size());
  auto byte = static_cast<size_t>(r.number >> 3);
  return byte < v.size() ? static_cast<unsigned char>(v[byte]) >> (7 - (r.number & 7)) & 1 : 0;
}

Status add_integer(const Request& r, bool found, std::string_view old, int64_t& sum) {
  auto n = found ? parse_integer(old) : std::optional<int64_t>(0);
  if (!n) return Status::not_integer;
  return __builtin_add_overflow(*n, r.number, &sum) ? Status::overflow : Status::ok;
}

Status add_float(const Request& r, bool found, std::string_view old, std::string& text) {
  auto n = found ? parse_float(old) : std::optional<long double>(0);
  auto add = parse_float(r.value);
  if (!n || !add) return Status::not_float;
  long double sum = *n + *add;
  if (std::isnan(sum) || std::isinf(sum)) return Status::not_finite;
  char digits[kFloatText];
  text.assign(digits, format_float(sum, digits));
  return Status::ok;
}

bool add_unsigned(const Request& r, std::string_view old, uint64_t& sum) {
  auto n = parse_counter(old);
  if (!n) return false;
  auto by = static_cast<uint64_t>(r.number);
  sum = r.has(kSubtract) ? (*n > by ? *n - by : 0) : *n + by;
  return true;
}

std::string_view encoding_name(std::string_view value) {
  constexpr size_t kLongestInteger = 20, kEmbedded = 44;
  if (value.size() <= kLongestInteger && parse_integer(value) && value.back() != ' ') return "int";
  return value.size() <= kEmbedded ? "embstr" : "raw";
}

}  // namespace cachetted
