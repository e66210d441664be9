// Implements write_python_json and write_orjson.
#include <cmath>

#include "codecs/json.h"
#include "codecs/json_quote.h"
#include "codecs/sink.h"
#include "codecs/text.h"

namespace cachetted::codecs {
namespace {

// https://docs.python.org/3/library/json.html#py-to-json-table , with the separators and escapes it has by default.
struct Python {
  static constexpr std::string_view kComma = ", ", kColon = ": ";

  static bool string(Sink& out, const Value& v, std::string&) { return quote_ascii(out, v.text, v.known), true; }
  static void real(Sink& out, double d) {
    if (std::isfinite(d)) return out.reach(python_real(out.room(kRealText), d));
    out.put(std::isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity");
  }
  static bool integer(Sink& out, const Value& v, std::string&) { return put_integer(out, v), true; }
  // Numbers, booleans and null are the text of theirs.
  static bool key(Sink& out, const Value& k, std::string& why) {
    if (k.kind == Kind::string) return string(out, k, why);
    const bool text =
        k.kind == Kind::null || k.kind == Kind::boolean || k.kind == Kind::integer || k.kind == Kind::real;
    if (!text) {
      why.append(name_of(k.kind)).append(" cannot be a key");
      return false;
    }
    out.put('"');
    if (k.kind == Kind::integer) put_integer(out, k);
    if (k.kind == Kind::real) real(out, k.real);
    if (k.kind == Kind::null) out.put("null");
    if (k.kind == Kind::boolean) out.put(k.number != 0 ? "true" : "false");
    out.put('"');
    return true;
  }
  static bool other(Sink&, const Value& v, std::string& why) {
    why.append("it cannot hold ").append(name_of(v.kind));
    return false;
  }
};

// https://github.com/ijl/orjson#types
struct Orjson {
  static constexpr std::string_view kComma = ",", kColon = ":";

  static bool string(Sink& out, const Value& v, std::string& why) {
    if (quote_strictly(out, v.text, v.known)) return true;
    why = "it cannot hold a string with a lone surrogate";
    return false;
  }
  static void real(Sink& out, double d) {
    if (std::isfinite(d)) return out.reach(orjson_real(out.room(kRealText), d));
    out.put("null");
  }
  static bool integer(Sink& out, const Value& v, std::string& why) {
    if (!v.text.empty() && !is_unsigned(v.text)) {
      why = "it cannot hold an integer beyond 64 bits";
      return false;
    }
    put_integer(out, v);
    return true;
  }
  static bool key(Sink& out, const Value& k, std::string& why) {
    if (k.kind == Kind::string) return string(out, k, why);
    why.append("a key is ").append(name_of(k.kind)).append(", and only strings can be");
    return false;
  }
  static bool other(Sink& out, const Value& v, std::string& why) {
    const bool moment = v.kind == Kind::date || v.kind == Kind::datetime || v.kind == Kind::time;
    if (v.kind == Kind::time && v.zone != kNoZone) {
      why = "it cannot hold a time with a zone";
    } else if (moment && v.kind != Kind::date && v.zone != kNoZone && v.zone % (60 * kSecond) != 0) {
      why = "it would round the zone " + zone_text(v.zone) + " to minutes";
    } else if (moment || v.kind == Kind::uuid) {
      quote(out, moment ? moment_text(v) : uuid_text(v.text));
      return true;
    } else {
      why.append("it cannot hold ").append(name_of(v.kind));
    }
    return false;
  }
};

template <class Style>
class TreeWriter {
 public:
  TreeWriter(const Limits& limits, std::string& out, std::string& why)
      : limits_(limits), out_(out, limits.output), why_(why) {}

  bool write(Value& v, size_t depth) {
    switch (v.kind) {
      case Kind::null: out_.put("null"); return true;
      case Kind::boolean: out_.put(v.number != 0 ? "true" : "false"); return true;
      case Kind::integer: return Style::integer(out_, v, why_);
      case Kind::real: Style::real(out_, v.real); return true;
      case Kind::string: return Style::string(out_, v, why_);
      case Kind::list:
      case Kind::tuple:
      case Kind::map:
      case Kind::ordered: break;
      case Kind::decimal:
      case Kind::bytes:
      case Kind::bytearray:
      case Kind::set:
      case Kind::frozenset:
      case Kind::date:
      case Kind::time:
      case Kind::datetime:
      case Kind::duration:
      case Kind::zone:
      case Kind::uuid: return Style::other(out_, v, why_);
    }
    if (depth == limits_.depth) return fail("it is over " + std::to_string(limits_.depth) + " levels deep");
    if (v.open) return fail("it holds itself");
    v.open = true;
    const bool good = v.kind == Kind::list || v.kind == Kind::tuple ? array(v.items, depth) : object(v.items, depth);
    v.open = false;
    return good;
  }

 private:
  bool fail(std::string what) {
    why_ = std::move(what);
    return false;
  }
  bool fits() { return !out_.full() || fail("it is over " + std::to_string(limits_.output) + " bytes"); }

  bool array(const Items& items, size_t depth) {
    out_.put('[');
    for (size_t i = 0; i < items.size(); ++i) {
      if (i != 0) out_.put(Style::kComma);
      if (!write(*items[i], depth + 1) || !fits()) return false;
    }
    out_.put(']');
    return true;
  }
  bool object(const Items& items, size_t depth) {
    out_.put('{');
    for (size_t i = 0; i < items.size(); i += 2) {
      if (i != 0) out_.put(Style::kComma);
      if (!Style::key(out_, *items[i], why_)) return false;
      out_.put(Style::kColon);
      if (!write(*items[i + 1], depth + 1) || !fits()) return false;
    }
    out_.put('}');
    return true;
  }

  const Limits& limits_;
  Sink out_;
  std::string& why_;
};

}  // namespace

bool write_python_json(Value& value, const Limits& limits, std::string& out, std::string& why) {
  return TreeWriter<Python>(limits, out, why).write(value, 0);
}

bool write_orjson(Value& value, const Limits& limits, std::string& out, std::string& why) {
  return TreeWriter<Orjson>(limits, out, why).write(value, 0);
}

}  // namespace cachetted::codecs
