// Implements json.h.
#include "codecs/json.h"

#include <cmath>
#include <utility>

#include "codecs/json_quote.h"
#include "codecs/sink.h"
#include "codecs/text.h"

namespace cachetted::codecs {
namespace {

class Writer {
 public:
  Writer(Types types, const Limits& limits, std::string& out)
      : tagged_(types == Types::tagged), limits_(limits), out_(out, limits.output) {}

  // `key`: of a map, or in a set, so that nothing in it can change. Only a pickle that Python would not load has
  // others.
  bool write(Value& v, size_t depth, bool key = false) {
    if (out_.full()) return fail("it is over " + std::to_string(limits_.output) + " bytes as JSON");
    if (depth > limits_.depth) return fail("it is over " + std::to_string(limits_.depth) + " levels deep");
    if (key && tagged_ && !is_hashable(v)) return fail(std::string(name_of(v.kind)) + " cannot be a key, nor in a set");
    if (!has_items(v.kind)) return scalar(v);
    if (v.open) return fail("it holds itself, which JSON cannot show");
    v.open = true;
    const bool good = container(v, depth, key);
    v.open = false;
    return good;
  }
  std::string why;

 private:
  bool fail(std::string what) {
    why = std::move(what);
    return false;
  }

  void tag(std::string_view name) {
    out_.put("{\"$");
    out_.put(name);
    out_.put("\":");
  }
  bool text_of(std::string_view name, std::string_view text) {
    if (tagged_) tag(name);
    quote(out_, text);
    if (tagged_) out_.put('}');
    return true;
  }

  bool scalar(const Value& v) {
    switch (v.kind) {
      case Kind::null: out_.put("null"); return true;
      case Kind::boolean: out_.put(v.number != 0 ? "true" : "false"); return true;
      case Kind::integer: put_integer(out_, v); return true;
      case Kind::real: return real(v.real);
      case Kind::decimal: return text_of("numberDecimal", v.text);
      case Kind::string: quote(out_, v.text, v.known); return true;
      case Kind::bytes:
      case Kind::bytearray: return binary(v);
      case Kind::date:
      case Kind::datetime: return text_of("date", moment_text(v));
      case Kind::time: return text_of("time", moment_text(v));
      case Kind::duration: return duration(v);
      case Kind::zone:
        if (!tagged_) return quote(out_, v.zone == 0 ? "UTC" : zone_text(v.zone)), true;
        tag("zone");
        finite(static_cast<double>(v.zone) / kSecond);
        out_.put('}');
        return true;
      case Kind::uuid: return text_of("uuid", uuid_text(v.text));
      case Kind::list:
      case Kind::tuple:
      case Kind::set:
      case Kind::frozenset:
      case Kind::map:
      case Kind::ordered: break;
    }
    return fail("it has a value of no kind");
  }
  bool container(Value& v, size_t depth, bool key) {
    if (v.kind == Kind::list) return array(v.items, depth, false);
    if (v.kind == Kind::tuple) return tagged_array("tuple", v.items, depth, key);
    if (v.kind == Kind::set) return tagged_array("set", v.items, depth, true);
    if (v.kind == Kind::frozenset) return tagged_array("frozenset", v.items, depth, true);
    return map(v, depth);
  }

  void finite(double d) { out_.reach(orjson_real(out_.room(kRealText), d)); }
  bool real(double d) {
    if (std::isfinite(d)) {
      finite(d);
    } else if (tagged_) {
      tag("numberDouble");
      out_.put(std::isnan(d) ? "\"NaN\"}" : d < 0 ? "\"-Infinity\"}" : "\"Infinity\"}");
    } else {
      out_.put("null");
    }
    return true;
  }

  bool binary(const Value& v) {
    if (!tagged_ && check_utf8(v.text) == Utf8::good) return quote(out_, v.text), true;
    std::string digits;
    base64(digits, v.text);
    const bool array = v.kind == Kind::bytearray;
    out_.put(!tagged_ ? "\"" : array ? "{\"$bytearray\":\"" : "{\"$binary\":{\"base64\":\"");
    out_.put(digits);
    out_.put(!tagged_ ? "\"" : array ? "\"}" : "\",\"subType\":\"00\"}}");
    return true;
  }

  bool duration(const Value& v) {
    if (tagged_) {
      tag("duration");
      out_.put("[" + std::to_string(v.days) + "," + std::to_string(v.number) + "]}");
    } else {
      finite(static_cast<double>(v.days) * 86'400 + static_cast<double>(v.number) / kSecond);
    }
    return true;
  }

  bool array(const Items& items, size_t depth, bool keys) {
    out_.put('[');
    bool first = true;
    for (Value* item : items) {
      if (!std::exchange(first, false)) out_.put(',');
      if (!write(*item, depth + 1, keys)) return false;
    }
    out_.put(']');
    return true;
  }
  bool tagged_array(std::string_view name, const Items& items, size_t depth, bool keys) {
    if (tagged_) tag(name);
    if (!array(items, depth, keys)) return false;
    if (tagged_) out_.put('}');
    return true;
  }

  bool is_object(const Value& v) const {
    const Items& items = v.items;
    if (!tagged_) return true;
    if (v.kind == Kind::ordered) return false;
    for (size_t i = 0; i < items.size(); i += 2)
      if (items[i]->kind != Kind::string) return false;
    return items.size() != 2 || !items[0]->text.starts_with('$');
  }
  bool map(const Value& v, size_t depth) {
    const Items& items = v.items;
    if (!is_object(v)) return pairs(v, depth);
    out_.put('{');
    for (size_t i = 0; i < items.size(); i += 2) {
      if (i != 0) out_.put(',');
      if (!key(*items[i], depth)) return false;
      out_.put(':');
      if (!write(*items[i + 1], depth + 1)) return false;
    }
    out_.put('}');
    return true;
  }
  bool pairs(const Value& v, size_t depth) {
    const Items& items = v.items;
    tag(v.kind == Kind::ordered ? "ordered" : "map");
    out_.put('[');
    for (size_t i = 0; i < items.size(); i += 2) {
      out_.put(i == 0 ? "[" : ",[");
      if (!write(*items[i], depth + 1, true)) return false;
      out_.put(',');
      if (!write(*items[i + 1], depth + 1)) return false;
      out_.put(']');
    }
    out_.put("]}");
    return true;
  }
  // Of a map in the plain form: a string, or the text of what it is.
  bool key(Value& k, size_t depth) {
    if (k.kind == Kind::string) return quote(out_, k.text, k.known), true;
    std::string text, fault;
    bool good = false;
    {
      Writer as_value(Types::plain, limits_, text);
      good = as_value.write(k, depth + 1);
      fault = std::move(as_value.why);
    }
    if (!good) return fail(std::move(fault));
    if (text.starts_with('"')) {
      out_.put(text);
    } else {
      quote(out_, text);
    }
    return true;
  }

  const bool tagged_;
  const Limits& limits_;
  Sink out_;
};

}  // namespace

bool write_json(Value& value, Types types, const Limits& limits, std::string& out, std::string& why) {
  Writer w(types, limits, out);
  const bool good = w.write(value, 0);
  why = std::move(w.why);
  return good;
}

}  // namespace cachetted::codecs
