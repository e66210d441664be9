// Implements json_tags.h.
#include "codecs/json_tags.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "codecs/text.h"

namespace cachetted::codecs {
namespace {

// A text that is taken from the left.
class Scanner {
 public:
  explicit Scanner(std::string_view s) : s_(s) {}
  bool done() const { return s_.empty(); }
  bool next(char c) {
    if (!s_.starts_with(c)) return false;
    s_.remove_prefix(1);
    return true;
  }
  // Just so many digits, between these.
  bool number(size_t digits, int64_t least, int64_t most, int64_t& to) {
    if (s_.size() < digits || s_.substr(0, digits).find_first_not_of("0123456789") != s_.npos) return false;
    std::from_chars(s_.data(), s_.data() + digits, to);
    s_.remove_prefix(digits);
    return to >= least && to <= most;
  }
  // "1" to "123456" behind a point: microseconds.
  bool fraction(int64_t& to) {
    to = 0;
    if (!next('.')) return true;
    const size_t n = std::min(s_.find_first_not_of("0123456789"), s_.size());
    if (n == 0 || n > 6 || !number(n, 0, 999'999, to)) return false;
    for (size_t i = n; i < 6; ++i) to *= 10;
    return true;
  }

 private:
  std::string_view s_;
};

bool read_day(Scanner& s, int64_t& day, int64_t& days) {
  int64_t year = 0, month = 0, d = 0;
  if (!s.number(4, 1, 9999, year) || !s.next('-') || !s.number(2, 1, 12, month) || !s.next('-') ||
      !s.number(2, 1, 31, d))
    return false;
  day = year * 10'000 + month * 100 + d;
  days = days_of(year, month, d);
  return day_of(days) == day;
}

bool read_clock(Scanner& s, int64_t& micros) {
  int64_t hour = 0, minute = 0, second = 0, fraction = 0;
  if (!s.number(2, 0, 23, hour) || !s.next(':') || !s.number(2, 0, 59, minute) || !s.next(':') ||
      !s.number(2, 0, 59, second) || !s.fraction(fraction))
    return false;
  micros = ((hour * 60 + minute) * 60 + second) * kSecond + fraction;
  return true;
}

// Nothing, Z, or +HH:MM with seconds and a fraction; to the end.
bool read_zone(Scanner& s, int64_t& zone) {
  zone = kNoZone;
  if (s.done()) return true;
  if (s.next('Z')) return zone = 0, s.done();
  const bool west = s.next('-');
  int64_t hour = 0, minute = 0, second = 0, fraction = 0;
  if ((!west && !s.next('+')) || !s.number(2, 0, 23, hour) || !s.next(':') || !s.number(2, 0, 59, minute)) return false;
  if (s.next(':') && (!s.number(2, 0, 59, second) || !s.fraction(fraction))) return false;
  zone = ((hour * 60 + minute) * 60 + second) * kSecond + fraction;
  if (west) zone = -zone;
  return s.done();
}

bool read_date(Value& to, std::string_view text) {
  Scanner s(text);
  int64_t day = 0, days = 0, micros = 0, zone = 0;
  if (!read_day(s, day, days)) return false;
  if (s.done()) {
    to.kind = Kind::date;
    to.number = day;
    to.zone = kNoZone;
    return true;
  }
  if (!s.next('T') || !read_clock(s, micros) || !read_zone(s, zone)) return false;
  to.kind = Kind::datetime;
  to.number = days * kDay + micros;
  to.zone = zone;
  return true;
}

bool read_time(Value& to, std::string_view text) {
  Scanner s(text);
  int64_t micros = 0, zone = 0;
  if (!read_clock(s, micros) || !read_zone(s, zone)) return false;
  to.kind = Kind::time;
  to.number = micros;
  to.zone = zone;
  return true;
}

bool is_small(const Value& v) { return v.kind == Kind::integer && v.text.empty(); }

bool read_duration(Value& to, const Value& of) {
  if (of.kind != Kind::list || of.items.size() != 2 || !is_small(*of.items[0]) || !is_small(*of.items[1])) return false;
  const int64_t days = of.items[0]->number, micros = of.items[1]->number;
  if (days < -kMostDays || days > kMostDays || micros < 0 || micros >= kDay) return false;
  to.kind = Kind::duration;
  to.number = micros;
  to.days = days;
  return true;
}

bool read_offset(Value& to, const Value& of) {
  const double seconds = of.kind == Kind::real ? of.real : is_small(of) ? static_cast<double>(of.number) : NAN;
  if (!(std::fabs(seconds) < 86'400)) return false;
  to.kind = Kind::zone;
  to.number = 0;
  to.zone = std::llround(seconds * kSecond);
  return to.zone > -kDay && to.zone < kDay;
}

bool read_double(Value& to, std::string_view s) {
  double d = 0;
  if (s == "NaN") {
    d = std::numeric_limits<double>::quiet_NaN();
  } else if (s == "Infinity" || s == "-Infinity") {
    d = s[0] == '-' ? -HUGE_VAL : HUGE_VAL;
  } else {
    if (s.empty() || s.find_first_not_of("0123456789.eE+-") != s.npos) return false;
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), d);
    if (error != std::errc{} || end != s.data() + s.size()) return false;
  }
  to.kind = Kind::real;
  to.real = d;
  return true;
}

bool read_uuid(std::string_view s, std::string& bytes) {
  if (s.size() != 36) return false;
  auto digit = [](char c) {
    const auto* const digits = "0123456789abcdef";
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c;
    return static_cast<int>(std::find(digits, digits + 16, lower) - digits);
  };
  for (size_t i = 0; i < s.size(); i += 2) {
    if (i == 8 || i == 13 || i == 18 || i == 23)
      if (s[i++] != '-') return false;
    const int high = digit(s[i]), low = digit(s[i + 1]);
    if (high > 15 || low > 15) return false;
    bytes += static_cast<char>(high << 4 | low);
  }
  return true;
}

bool can_be_key(const Value* v) {
  return is_hashable(*v) && (v->kind != Kind::tuple || std::all_of(v->items.begin(), v->items.end(), can_be_key));
}

// [[key, value], ...] to key, value, ...
bool read_pairs(Value& to, const Value& of, Kind kind, Document& into) {
  if (of.kind != Kind::list) return false;
  for (const Value* pair : of.items)
    if (pair->kind != Kind::list || pair->items.size() != 2 || !can_be_key(pair->items[0])) return false;
  Items items{};
  into.reserve(items, of.items.size() * 2);
  for (const Value* pair : of.items) {
    into.add(items, pair->items[0]);
    into.add(items, pair->items[1]);
  }
  to.kind = kind;
  to.items = items;
  return true;
}

bool read_items(Value& to, const Value& of, Kind kind) {
  if (of.kind != Kind::list) return false;
  if (kind != Kind::tuple && !std::all_of(of.items.begin(), of.items.end(), can_be_key)) return false;
  const Items items = of.items;
  to.kind = kind;
  to.items = items;
  return true;
}

bool read_bytes(Value& to, std::string_view text, Kind kind, Document& into) {
  std::string bytes;
  if (!read_base64(text, bytes)) return false;
  to.kind = kind;
  to.text = into.keep(bytes);
  return true;
}

bool read_binary(Value& to, const Value& of, Document& into) {
  if (of.kind != Kind::map || of.items.size() != 4) return false;
  const size_t at = of.items[0]->text == "base64" ? 0 : 2;
  const Value &digits = *of.items[at + 1], &type = *of.items[3 - at];
  return of.items[at]->text == "base64" && of.items[2 - at]->text == "subType" && digits.kind == Kind::string &&
         type.kind == Kind::string && type.text == "00" && read_bytes(to, digits.text, Kind::bytes, into);
}

struct Tag {
  std::string_view name, holds;
  bool text;  // it holds a string
  bool (*read)(Value& to, const Value& of, Document& into);
};

constexpr Tag kTags[] = {
    {"$binary", R"({"base64": ..., "subType": "00"})", false, read_binary},
    {"$bytearray", "base64", true,
     [](Value& to, const Value& of, Document& into) { return read_bytes(to, of.text, Kind::bytearray, into); }},
    {"$date", "a date, or a date and time, as ISO 8601 has it", true,
     [](Value& to, const Value& of, Document&) { return read_date(to, of.text); }},
    {"$time", "a time as ISO 8601 has it", true,
     [](Value& to, const Value& of, Document&) { return read_time(to, of.text); }},
    {"$duration", "[days, microseconds]", false,
     [](Value& to, const Value& of, Document&) { return read_duration(to, of); }},
    {"$zone", "seconds east of UTC, within a day", false,
     [](Value& to, const Value& of, Document&) { return read_offset(to, of); }},
    {"$numberDecimal", "a decimal number as a string", true,
     [](Value& to, const Value& of, Document&) {
       to.text = of.text;
       to.kind = Kind::decimal;
       return is_decimal(to.text);
     }},
    {"$numberDouble", "a number, NaN, Infinity or -Infinity as a string", true,
     [](Value& to, const Value& of, Document&) { return read_double(to, of.text); }},
    {"$uuid", "a UUID as a string", true,
     [](Value& to, const Value& of, Document& into) {
       std::string bytes;
       if (!read_uuid(of.text, bytes)) return false;
       to.kind = Kind::uuid;
       to.text = into.keep(bytes);
       return true;
     }},
    {"$tuple", "a list", false, [](Value& to, const Value& of, Document&) { return read_items(to, of, Kind::tuple); }},
    {"$set", "a list of what cannot change", false,
     [](Value& to, const Value& of, Document&) { return read_items(to, of, Kind::set); }},
    {"$frozenset", "a list of what cannot change", false,
     [](Value& to, const Value& of, Document&) { return read_items(to, of, Kind::frozenset); }},
    {"$map", "[[key, value], ...] with keys that cannot change", false,
     [](Value& to, const Value& of, Document& into) { return read_pairs(to, of, Kind::map, into); }},
    {"$ordered", "[[key, value], ...] with keys that cannot change", false,
     [](Value& to, const Value& of, Document& into) { return read_pairs(to, of, Kind::ordered, into); }},
};

}  // namespace

bool read_tag(Value& object, Document& into, std::string& why) {
  const std::string_view name = object.items[0]->text;
  const auto* const tag =
      std::find_if(std::begin(kTags), std::end(kTags), [&](const Tag& t) { return t.name == name; });
  if (tag == std::end(kTags)) return true;
  const Value inner = *object.items[1];
  if ((!tag->text || inner.kind == Kind::string) && tag->read(object, inner, into)) return true;
  why.append(tag->name).append(" holds ").append(tag->holds);
  return false;
}

}  // namespace cachetted::codecs
