// Implements item.h.
#include "backends/dynamodb/item.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>

#include "codecs/text.h"

namespace cachetted::dynamodb {
namespace {

constexpr std::pair<char, std::string_view> kNames[] = {
    {'k', "key"}, {'v', "value"}, {'e', "expires"}, {'m', "expires_ms"}, {'f', "flags"}};

void put_number(std::string& out, int64_t n) {
  out += "{\"N\":\"";
  out += std::to_string(n);
  out += "\"}";
}

// {"N": "..."} as a whole number, rounded up as "greater than this second" wants it; else false.
bool read_number(Json attribute, int64_t& n) {
  std::string_view text;
  if (attribute["N"].get(text) != simdjson::SUCCESS) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error == std::errc() && end == text.data() + text.size()) return true;
  constexpr double kMost = 9e15;  // beyond, a double has no whole seconds
  const double d = std::strtod(std::string(text).c_str(), nullptr);
  if (std::isnan(d)) return false;
  n = static_cast<int64_t>(std::ceil(std::clamp(d, -kMost, kMost)));
  return true;
}

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
const char* name_of(std::string_view type) {
  constexpr std::pair<std::string_view, const char*> kTypes[] = {
      {"N", "a number"}, {"BOOL", "a boolean"}, {"NULL", "null"}, {"M", "a map"},
      {"L", "a list"},   {"SS", "a set"},       {"NS", "a set"},  {"BS", "a set"}};
  for (const auto& [t, name] : kTypes)
    if (t == type) return name;
  return "something else";
}

void read_value(Json attribute, Found& f) {
  std::string_view text;
  f.fault = "something else";
  if (attribute["B"].get(text) == simdjson::SUCCESS) {
    std::string bytes;
    if (!codecs::read_base64(text, bytes)) return;
    f.bytes = BlobRef(Blob::copy_of(bytes));
    f.fault = nullptr;
  } else if (attribute["S"].get(text) == simdjson::SUCCESS) {
    f.bytes = BlobRef(Blob::copy_of(text));
    f.fault = nullptr;
  } else if (simdjson::dom::object o; attribute.get_object().get(o) == simdjson::SUCCESS && o.size() == 1) {
    f.fault = name_of((*o.begin()).key);
  }
}

}  // namespace

Found Found::share(bool exactly) const {
  Found f;
  f.live = live;
  f.fault = fault;
  f.flags = flags;
  f.expiry = expiry;
  if (bytes) f.bytes = BlobRef::share(bytes.get());
  if (!exactly) return f;
  f.value = value;
  f.expires = expires;
  f.expires_ms = expires_ms;
  f.flags_now = flags_now;
  return f;
}

std::string key_fault(std::string_view key) {
  if (key.empty() || key.size() > kMostKey)
    return "a key of " + std::to_string(key.size()) + " bytes: the 'dynamodb' backend has keys of 1 to " +
           std::to_string(kMostKey) + " bytes";
  if (!simdjson::validate_utf8(key.data(), key.size()))
    return "a key that is not UTF-8: the 'dynamodb' backend keeps keys as strings";
  return "";
}

Found read_item(Json attributes, int64_t now, bool exactly) {
  Found f;
  f.fault = "nothing";
  int64_t seconds = std::numeric_limits<int64_t>::min(), exact = kNever;
  simdjson::dom::object fields;
  if (attributes.get_object().get(fields) != simdjson::SUCCESS) return f;
  for (const auto& [name, stands] : fields) {
    const Json attribute(simdjson::dom::element{stands});
    int64_t n = 0;
    if (name == "value") {
      read_value(attribute, f);
      if (exactly) f.value = simdjson::minify(stands);
    } else if (name == "expires") {
      if (read_number(attribute, n)) seconds = n;
      if (exactly) f.expires = simdjson::minify(stands);
    } else if (name == "expires_ms") {
      if (read_number(attribute, n)) exact = n;
      if (exactly) f.expires_ms = simdjson::minify(stands);
    } else if (name == "flags") {
      if (read_number(attribute, n) && n >= 0 && n <= UINT32_MAX) f.flags = static_cast<uint32_t>(n);
      if (exactly) f.flags_now = simdjson::minify(stands);
    }
  }
  f.expiry = expiry_of(seconds, exact);
  f.live = f.expiry == kNever || now < f.expiry;
  return f;
}

std::string_view key_of(Json attributes) { return read(attributes["key"]["S"], std::string_view{}); }

// --- composing ---

void put_text(std::string& out, std::string_view s) {
  out += '"';
  for (const char c : s) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr const char* kDigits = "0123456789abcdef";
      out += "\\u00";
      out += kDigits[c >> 4];
      out += kDigits[c & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void put_key(std::string& out, std::string_view key) {
  out += "{\"key\":{\"S\":";
  put_text(out, key);
  out += "}}";
}

void put_attributes(std::string& out, std::string_view key, std::string_view value, int64_t expiry, uint32_t flags) {
  out += "{\"key\":{\"S\":";
  put_text(out, key);
  out += "},\"value\":{\"B\":\"";
  codecs::base64(out, value);
  out += "\"},\"expires\":";
  put_number(out, expiry == kNever ? kNeverSeconds : seconds_up(expiry));
  if (expiry != kNever) {
    out += ",\"expires_ms\":";
    put_number(out, expiry);
  }
  if (flags != 0) {
    out += ",\"flags\":";
    put_number(out, flags);
  }
  out += '}';
}

std::string delete_request(std::string_view key) {
  std::string json = "{\"DeleteRequest\":{\"Key\":";
  put_key(json, key);
  return json + "}}";
}

Expression& Expression::add(std::string_view piece) {
  text += piece;
  for (size_t at = 0; (at = piece.find('#', at)) != piece.npos; ++at)
    for (size_t i = 0; i < std::size(kNames); ++i)
      if (kNames[i].first == piece[at + 1]) names_ |= static_cast<uint8_t>(1 << i);
  return *this;
}

Expression& Expression::json(std::string_view raw) {
  const std::string name = ":" + std::to_string(n_++);
  text += name;
  values_ += values_.empty() ? "\"" : ",\"";
  values_ += name;
  values_ += "\":";
  values_ += raw;
  return *this;
}

Expression& Expression::number(int64_t n) {
  std::string raw;
  put_number(raw, n);
  return json(raw);
}

Expression& Expression::string(std::string_view s) {
  std::string raw = "{\"S\":";
  put_text(raw, s);
  return json(raw + "}");
}

// Not by arithmetic there: what expires by its milliseconds within this second has expires = this second + 1.
Expression& Expression::live(int64_t now) {
  const int64_t second = now / 1000;
  add("#e > ").number(second).add(" AND NOT (#e = ").number(second + 1).add(" AND #m > ").number(second * 1000);
  return add(" AND #m <= ").number(now).add(")");
}

Expression& Expression::dead(int64_t now) {
  const int64_t second = now / 1000;
  add("(NOT #e > ").number(second).add(" OR (#e = ").number(second + 1).add(" AND #m > ").number(second * 1000);
  return add(" AND #m <= ").number(now).add("))");
}

Expression& Expression::readable() {
  add("(attribute_type(#v, ").json(R"({"S":"B"})");
  return add(") OR attribute_type(#v, ").json(R"({"S":"S"})").add("))");
}

Expression& Expression::same_expiry(const Found& found) {
  const std::pair<const char*, const std::string*> kParts[] = {
      {"#e", &found.expires}, {"#m", &found.expires_ms}, {"#f", &found.flags_now}};
  for (const auto& [name, stands] : kParts) {
    if (!text.empty()) add(" AND ");
    if (stands->empty()) {
      add("attribute_not_exists(").add(name).add(")");
    } else {
      add(name).add(" = ").json(*stands);
    }
  }
  return *this;
}

Expression& Expression::unchanged(const Found& found) { return same_expiry(found).add(" AND #v = ").json(found.value); }

Expression& Expression::set_expiry(int64_t expiry) {
  add("SET #e = ").number(expiry == kNever ? kNeverSeconds : seconds_up(expiry));
  return expiry == kNever ? add(" REMOVE #m") : add(", #m = ").number(expiry);
}

void Expression::put_words(std::string& out) const {
  if (names_ != 0) {
    const char* before = ",\"ExpressionAttributeNames\":{\"#";
    for (size_t i = 0; i < std::size(kNames); ++i) {
      if ((names_ >> i & 1) == 0) continue;
      out += std::exchange(before, ",\"#");
      out += kNames[i].first;
      out += "\":\"";
      out += kNames[i].second;
      out += '"';
    }
    out += '}';
  }
  if (!values_.empty()) {
    out += ",\"ExpressionAttributeValues\":{";
    out += values_;
    out += '}';
  }
}

void Expression::put(std::string& out, std::string_view what) {
  out += ",\"";
  out += what;
  out += "\":\"";
  out += text;
  out += '"';
  text.clear();
}

}  // namespace cachetted::dynamodb
