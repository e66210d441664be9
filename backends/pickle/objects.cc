// Implements objects.h.
#include "backends/pickle/objects.h"

#include <charconv>

#include "codecs/envelope.h"
#include "codecs/pickle.h"
#include "codecs/pickle_opcodes.h"

namespace cachetted::pickle {
namespace {

// The value of a pickle that is one number or word; false where it is more, or none that is known.
bool read_small(std::string_view pickle, codecs::Document& document) {
  std::string why;
  return codecs::read_pickle(pickle, {}, document, why);
}

}  // namespace

std::optional<std::string_view> object_of(memory::Form form, std::string_view value) {
  if (form != memory::Form::foreign) [[likely]]
    return std::nullopt;
  const Opened o = open_envelope(value);
  if (!o.enveloped || o.codec != CodecId::pickle) return std::nullopt;
  return o.value;
}

std::string make_object(std::string_view pickle) { return make_envelope(0, CodecId::pickle).append(pickle); }

std::optional<std::string> digits_of(std::string_view pickle) {
  codecs::Document document;
  if (!read_small(pickle, document)) return std::nullopt;
  const codecs::Value& v = *document.root;
  if (v.kind != codecs::Kind::integer) return std::nullopt;
  return v.text.empty() ? std::to_string(v.number) : std::string(v.text);
}

// As Python writes it: the shortest opcode, and LONG1 in two's complement, its lowest byte first, none too many.
std::string pickle_digits(std::string_view digits) {
  uint64_t n = 0;
  const bool negative = digits.starts_with('-');
  const char* first = digits.data() + (negative ? 1 : 0);
  std::from_chars(first, digits.data() + digits.size(), n);
  if (negative) n = -n;
  std::string p("\x80\x04", 2);
  auto put = [&](char op, int bytes) {
    p += op;
    for (int i = 0; i < bytes; ++i) p += static_cast<char>(i < 8 ? n >> 8 * i : 0);
  };
  const auto s = static_cast<int64_t>(n);
  if (!negative && n <= 0xff) {
    put('K', 1);
  } else if (!negative && n <= 0xffff) {
    put('M', 2);
  } else if (negative == (s < 0) && s >= INT32_MIN && s <= INT32_MAX) {
    put('J', 4);
  } else {
    int bytes = 9;
    while (bytes > 1) {  // the highest byte is sign alone
      const auto sign = [&](int i) { return i > 8 ? false : (n >> (8 * i - 1) & 1) != 0; };
      const auto rest = bytes - 1 >= 8 ? (negative ? 0xffu : 0u) : static_cast<unsigned>(n >> 8 * (bytes - 1)) & 0xff;
      if (rest != (negative ? 0xffu : 0u) || sign(bytes - 1) != negative) break;
      --bytes;
    }
    p.append("\x8a").append(1, static_cast<char>(bytes));
    for (int i = 0; i < bytes; ++i) p += static_cast<char>(i < 8 ? n >> 8 * i : 0);
  }
  return p += '.';
}

std::string_view kind_of(std::string_view pickle) {
  codecs::Document document;
  if (!read_small(pickle, document)) return "object";
  using codecs::Kind;
  switch (document.root->kind) {
    case Kind::null: return "None";
    case Kind::boolean: return "bool";
    case Kind::integer: return "int";
    case Kind::real: return "float";
    case Kind::decimal: return "Decimal";
    case Kind::string: return "str";
    case Kind::bytes: return "bytes";
    case Kind::bytearray: return "bytearray";
    case Kind::list: return "list";
    case Kind::tuple: return "tuple";
    case Kind::set: return "set";
    case Kind::frozenset: return "frozenset";
    case Kind::map: return "dict";
    case Kind::ordered: return "OrderedDict";
    case Kind::date: return "date";
    case Kind::time: return "time";
    case Kind::datetime: return "datetime";
    case Kind::duration: return "timedelta";
    case Kind::zone: return "timezone";
    case Kind::uuid: return "UUID";
  }
  return "object";
}

bool embed(std::string_view pickle, uint32_t base, std::string& to) {
  codecs::Reader reader(pickle);
  codecs::Instruction i;
  std::string why;
  const size_t before = to.size();
  uint32_t places = 0;
  auto memo = [&](char op, uint64_t place) {
    const auto n = static_cast<uint32_t>(base + place);
    to += op;
    for (int shift = 0; shift < 32; shift += 8) to += static_cast<char>(n >> shift);
  };
  for (size_t at = 0; reader.next(i, why); at = reader.at()) {
    switch (i.op->code) {
      case '.': return reader.at() == pickle.size();
      case 0x80:
      case 0x95: break;
      case 0x94: memo('r', places++); break;
      case 'q':
      case 'r':
        memo('r', codecs::little(i.argument));
        ++places;
        break;
      case 'h':
      case 'j': memo('j', codecs::little(i.argument)); break;
      case 'p':
      case 'g': to.resize(before); return false;  // protocol 0 counts in text: made by nobody here
      default: to.append(pickle.substr(at, reader.at() - at));
    }
  }
  to.resize(before);
  return false;
}

}  // namespace cachetted::pickle
