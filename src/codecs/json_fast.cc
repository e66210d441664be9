// Implements json_fast.h.
#include "codecs/json_fast.h"

#include <simdjson.h>

#include <string>

#include "codecs/json_tags.h"
#include "codecs/map_keys.h"
#include "codecs/text.h"

namespace cachetted::codecs {
namespace {

using simdjson::dom::element_type;

struct Simdjson : Document::Parser {
  simdjson::dom::parser parser;  // it has the texts of the document
  size_t size() const override { return parser.capacity(); }
};

class Builder {
 public:
  Builder(Types types, const Limits& limits, Document& into)
      : tagged_(types == Types::tagged),
        depth_(tagged_ ? kTagLevels * limits.depth : limits.depth),
        limits_(limits),
        into_(into) {}

  // null: it is over a limit, or a tag is malformed. simdjson's own limit of depth bounds the recursion.
  Value* value(simdjson::dom::element e, size_t depth) {
    if (into_.size() >= limits_.items) return nullptr;
    switch (e.type()) {
      case element_type::ARRAY: return depth == depth_ ? nullptr : list(e, depth);
      case element_type::OBJECT: return depth == depth_ ? nullptr : map(e, depth);
      case element_type::INT64: return number(Kind::integer, int64_t{e});
      case element_type::UINT64: return large(uint64_t{e});
      case element_type::DOUBLE: {
        Value* v = into_.make(Kind::real);
        v->real = double{e};
        return v;
      }
      case element_type::STRING: return string(std::string_view{e});
      case element_type::BOOL: return number(Kind::boolean, bool{e} ? 1 : 0);
      case element_type::NULL_VALUE: return into_.make(Kind::null);
    }
    return nullptr;
  }

 private:
  Value* number(Kind kind, int64_t n) {
    Value* v = into_.make(kind);
    v->number = n;
    return v;
  }
  Value* large(uint64_t n) {
    Value* v = number(Kind::integer, static_cast<int64_t>(n));
    if (n > INT64_MAX) v->text = into_.keep(std::to_string(n));
    return v;
  }
  Value* string(std::string_view s) {
    Value* v = into_.make(Kind::string);
    v->text = s;
    v->known = is_plain(s) ? Text::plain : Text::utf8;
    return v;
  }
  Value* list(simdjson::dom::array a, size_t depth) {
    const size_t from = into_.loose.size();
    for (const simdjson::dom::element item : a) {
      Value* v = value(item, depth + 1);
      if (v == nullptr) return nullptr;
      into_.loose.push_back(v);
    }
    return collect(Kind::list, from, into_.loose.size() - from);
  }
  Value* map(simdjson::dom::object o, size_t depth) {
    const size_t from = into_.loose.size();
    for (const simdjson::dom::key_value_pair pair : o) {
      if (into_.size() >= limits_.items) return nullptr;
      into_.loose.push_back(string(pair.key));
      Value* v = value(pair.value, depth + 1);
      if (v == nullptr) return nullptr;
      into_.loose.push_back(v);
    }
    Value* v = collect(Kind::map, from, keep_last(into_.loose.data() + from, into_.loose.size() - from));
    std::string why;
    if (!tagged_ || v == nullptr || v->items.size() != 2 || !v->items[0]->text.starts_with('$')) return v;
    return read_tag(*v, into_, why) ? v : nullptr;
  }
  Value* collect(Kind kind, size_t from, size_t n) {
    if (into_.size() >= limits_.items) return nullptr;
    Value* v = into_.make(kind);
    into_.fill(v->items, into_.loose.data() + from, n);
    into_.loose.resize(from);
    return v;
  }

  const bool tagged_;
  const size_t depth_;
  const Limits& limits_;
  Document& into_;
};

}  // namespace

bool read_json_fast(std::string_view json, Types types, const Limits& limits, Document& into) {
  if (json.size() > kFastJson) return false;
  if (into.parser == nullptr) into.parser = std::make_unique<Simdjson>();
  simdjson::dom::element root;
  if (static_cast<Simdjson&>(*into.parser).parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS)
    return false;
  into.root = Builder(types, limits, into).value(root, 0);
  return into.root != nullptr;
}

}  // namespace cachetted::codecs
