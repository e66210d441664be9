// Implements cells.h: for each type of Arrow's, what appends one of its values.
#include "tables/cells.h"

#include <arrow/array/array_decimal.h>
#include <arrow/array/array_dict.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>
#include <arrow/chunked_array.h>
#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/float16.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "codecs/json_quote.h"
#include "codecs/text.h"
#include "tables/moments.h"

namespace cachetted::tables {
namespace {

using std::string_view;
using Made = arrow::Result<std::unique_ptr<Cells>>;

constexpr int64_t kExact = int64_t{1} << 53;  // up to here every integer is a double
constexpr size_t kRoom = kMomentText;         // characters that hold any number or moment

// What is asked for, all the way down a nested type.
struct Asked {
  const arrow::ChunkedArray* column;  // null within a nested type
  Text text;
  bool large_as_text;
  size_t most;  // bytes of what is appended to, where items end
  bool in_dictionary = false;

  bool json() const { return text == Text::json; }
};

Made make(const std::shared_ptr<arrow::Array>& array, const Asked& asked);

template <class Put>
class Column final : public Cells {
 public:
  Column(const arrow::Array& array, bool json, bool may_quote, Put put)
      : valid_(array.null_bitmap_data()),
        offset_(array.offset()),
        json_(json),
        may_quote_(may_quote),
        put_(std::move(put)) {}

  void append(int64_t i, std::string& out) const override {
    if (valid_ != nullptr && !arrow::bit_util::GetBit(valid_, offset_ + i)) {
      if (json_) out += "null";
      return;
    }
    put_(i, out);
  }
  bool may_quote() const override { return may_quote_; }

 private:
  const uint8_t* const valid_;
  const int64_t offset_;
  const bool json_, may_quote_;
  const Put put_;
};

template <class Put>
std::unique_ptr<Cells> made(const arrow::Array& array, const Asked& asked, bool may_quote, Put put) {
  return std::make_unique<Column<Put>>(array, asked.json(), may_quote, std::move(put));
}

template <class Array>
const Array* as(const std::shared_ptr<arrow::Array>& array) {
  return static_cast<const Array*>(array.get());
}

// --- numbers ---

template <class Array>
Made integers(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const auto* const values = as<Array>(array)->raw_values();
  if (asked.text == Text::csv && !asked.in_dictionary && asked.column != nullptr && asked.column->null_count() != 0) {
    return made(*array, asked, false, [values](int64_t i, std::string& out) {
      char text[codecs::kRealText];
      out.append(text, codecs::python_real(text, static_cast<double>(values[i])));
    });
  }
  const bool quoted = asked.json() && asked.large_as_text && sizeof(*values) == sizeof(int64_t);
  return made(*array, asked, false, [values, quoted](int64_t i, std::string& out) {
    char text[kRoom];
    const auto n = values[i];
    char* const end = std::to_chars(text, text + sizeof text, n).ptr;
    if (!quoted || (std::cmp_less_equal(n, kExact) && std::cmp_greater_equal(n, -kExact))) {
      out.append(text, end);
    } else {
      out.append(1, '"').append(text, end).append(1, '"');
    }
  });
}

// What is no number has its own text.
template <class Real>
bool odd(Real d, bool json, std::string& out) {
  if (std::isfinite(d)) return false;
  if (json) {
    out += "null";
  } else if (std::isinf(d)) {
    out += d < 0 ? "-inf" : "inf";
  }
  return true;
}

// The fewest digits that are this number among halves, as to_chars has a float's.
char* shortest(char* to, char* end, arrow::util::Float16 half) {
  constexpr double kNudge = 1 + 1e-12;  // of a half, the digits behind may be exactly a 5: numpy tries both sides
  constexpr int kMostDigits = 5;
  const double exactly = half.ToDouble();
  for (int digits = 0;; ++digits) {
    for (const double d : {exactly, exactly * kNudge}) {
      char* const stop = std::to_chars(to, end, d, std::chars_format::scientific, digits).ptr;
      double again = 0;
      std::from_chars(to, stop, again);
      if (digits == kMostDigits || arrow::util::Float16::FromDouble(again).bits() == half.bits()) return stop;
    }
  }
}
char* shortest(char* to, char* end, float f) { return std::to_chars(to, end, f, std::chars_format::scientific).ptr; }

// numpy's text of a number that is less than a double: from `large` on it has an exponent.
template <class Small>
void small_real(Small number, double large, std::string& out) {
  const auto d = static_cast<double>(number);
  const double size = std::fabs(d);
  char text[kRoom];
  char* end = shortest(text, text + sizeof text, number);
  if (size != 0 && (size < 1e-4 || size >= large)) {
    out.append(text, end);
    return;
  }
  double rounded = 0;  // the same digits as a double's, which python_real finds again
  std::from_chars(text, end, rounded);
  end = codecs::python_real(text, rounded);
  out.append(text, end);
}

constexpr double kLargeFloat = 1e6, kLargeHalf = 1e3;  // since numpy 2.4; before, 1e16

Made doubles(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const double* const values = as<arrow::DoubleArray>(array)->raw_values();
  return made(*array, asked, false, [values, json = asked.json()](int64_t i, std::string& out) {
    if (odd(values[i], json, out)) return;
    char text[codecs::kRealText];
    out.append(text, codecs::python_real(text, values[i]));
  });
}

template <class Small, class Array>
Made small_reals(const std::shared_ptr<arrow::Array>& array, const Asked& asked, double large) {
  const auto* const values = as<Array>(array)->raw_values();
  const bool widened = asked.text == Text::csv_arrow || (!asked.json() && asked.in_dictionary);
  return made(*array, asked, false, [values, large, widened, json = asked.json()](int64_t i, std::string& out) {
    Small number;
    std::memcpy(static_cast<void*>(&number), values + i, sizeof number);
    const auto d = static_cast<double>(number);
    if (odd(d, json, out)) return;
    if (!widened) return small_real(number, large, out);
    char text[codecs::kRealText];
    out.append(text, codecs::python_real(text, d));
  });
}

Made booleans(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const auto* const values = as<arrow::BooleanArray>(array);
  const char* const yes = asked.json() ? "true" : "True";
  const char* const no = asked.json() ? "false" : "False";
  return made(*array, asked, false, [=](int64_t i, std::string& out) { out += values->Value(i) ? yes : no; });
}

template <class Array>
Made decimals(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const auto* const values = as<Array>(array);
  return made(*array, asked, false, [values, json = asked.json()](int64_t i, std::string& out) {
    if (json) out += '"';
    out += values->FormatValue(i);
    if (json) out += '"';
  });
}

// --- texts ---

void json_string(string_view s, std::string& out) {
  if (codecs::is_plain(s)) {
    out.append(1, '"').append(s).append(1, '"');
  } else {
    codecs::Sink sink(out, SIZE_MAX);
    codecs::quote(sink, s);
  }
}

// As Python's repr() has bytes.
void python_bytes(string_view s, std::string& out) {
  constexpr const char* kHex = "0123456789abcdef";
  const char quote = s.find('\'') != s.npos && s.find('"') == s.npos ? '"' : '\'';
  out.append(1, 'b').append(1, quote);
  for (const char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (c == '\t' || c == '\n' || c == '\r') {
      out.append(1, '\\').append(1, c == '\t' ? 't' : c == '\n' ? 'n' : 'r');
    } else if (byte < 0x20 || byte >= 0x7f) {
      out.append("\\x").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  out += quote;
}

template <class Array>
Made strings(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const auto* const values = as<Array>(array);
  if (!asked.json()) return made(*array, asked, true, [=](int64_t i, std::string& out) { out += values->GetView(i); });
  return made(*array, asked, true, [=](int64_t i, std::string& out) { json_string(values->GetView(i), out); });
}

template <class Array>
Made binaries(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const auto* const values = as<Array>(array);
  if (!asked.json()) {
    return made(*array, asked, true, [=](int64_t i, std::string& out) { python_bytes(values->GetView(i), out); });
  }
  return made(*array, asked, true, [=](int64_t i, std::string& out) {
    out += '"';
    codecs::base64(out, values->GetView(i));
    out += '"';
  });
}

Made uuids(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const auto* const values = as<arrow::FixedSizeBinaryArray>(array);
  return made(*array, asked, false, [values, json = asked.json()](int64_t i, std::string& out) {
    const std::string text = codecs::uuid_text(values->GetView(i));
    json ? json_string(text, out) : void(out += text);
  });
}

// --- days and times ---

// What the values of a whole column need.
struct Precision {
  bool days = true;  // all are whole ones
  int digits = 0;    // of the fraction
  void add(int64_t count, int64_t per) {
    days = days && count % (kDay * per) == 0;
    if (count % per != 0) digits = std::max(digits, digits_for(Moment(count, per).nanos));
  }
};

Precision precision_of(const arrow::ChunkedArray* column, int64_t per) {
  Precision all;
  if (column == nullptr) return all;
  for (const auto& chunk : column->chunks()) {
    const bool coded = chunk->type_id() == arrow::Type::DICTIONARY;
    const auto* const codes = coded ? as<arrow::DictionaryArray>(chunk) : nullptr;
    const arrow::Array& values = coded ? *codes->dictionary() : *chunk;
    const auto* const counts = values.data()->GetValues<int64_t>(1);
    for (int64_t i = 0; i < chunk->length(); ++i) {
      if (chunk->IsNull(i)) continue;
      const int64_t at = coded ? codes->GetValueIndex(i) : i;
      if (!coded || values.IsValid(at)) all.add(counts[at], per);
    }
  }
  return all;
}

// How many digits a fraction gets: as many as the column needs, or as a value does (as Python has it, 6 at least).
enum class Fraction : uint8_t { column, value, python };

Made timestamps(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const auto& type = static_cast<const arrow::TimestampType&>(*array->type());
  const int64_t per = per_second(type.unit());
  const bool zoned = !type.timezone().empty(), json = asked.json();
  Zone zone;
  if (zoned) {
    ARROW_ASSIGN_OR_RAISE(zone, Zone::of(type.timezone()));
  }
  const Fraction how = json ? Fraction::value : asked.text == Text::csv_arrow ? Fraction::python : Fraction::column;
  const Precision all = how == Fraction::column ? precision_of(asked.column, per) : Precision{false, 0};
  const int64_t* const counts = as<arrow::TimestampArray>(array)->raw_values();
  return made(*array, asked, false, [=](int64_t i, std::string& out) {
    const Moment moment(counts[i], per);
    const int offset = zoned ? zone.at(moment.seconds) : 0;
    const int64_t days = floor_of(moment.seconds, kDay);
    const int64_t local = rest_of(moment.seconds, kDay) + offset, shift = floor_of(local, kDay);
    char text[kRoom];
    char* to = text;
    if (json) *to++ = '"';
    to = day_text(to, days + shift);
    if (zoned || !all.days) {
      const int needed = how == Fraction::column ? all.digits : digits_for(moment.nanos);
      *to++ = json ? 'T' : ' ';
      to = clock_text(to, local - shift * kDay);
      to = fraction_text(to, moment.nanos, how == Fraction::python && needed == 3 ? 6 : needed);
      if (zoned) to = offset_text(to, offset);
    }
    if (json) *to++ = '"';
    out.append(text, to);
  });
}

Made durations(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const int64_t per = per_second(static_cast<const arrow::DurationType&>(*array->type()).unit());
  const bool json = asked.json(), own = asked.text == Text::csv_arrow;
  const Precision all = json || own ? Precision{false, 0} : precision_of(asked.column, per);
  const int64_t* const counts = as<arrow::DurationArray>(array)->raw_values();
  return made(*array, asked, false, [=](int64_t i, std::string& out) {
    const Moment moment(counts[i], per);
    const int64_t days = floor_of(moment.seconds, kDay), seconds = rest_of(moment.seconds, kDay);
    char text[kRoom];
    char* to = text;
    if (json) {
      *to++ = '"';
      to = duration_text(to, days, seconds, moment.nanos);
      *to++ = '"';
    } else {
      to = std::to_chars(to, to + kNumber, days).ptr;
      to = std::copy_n(" days", 5, to);
      if (!all.days) {
        const int needed = own ? digits_for(moment.nanos) : all.digits;
        *to++ = ' ';
        if (days < 0) *to++ = '+';
        to = clock_text(to, seconds);
        to = fraction_text(to, moment.nanos, needed == 3 ? 6 : needed);
      }
    }
    out.append(text, to);
  });
}

template <class Array>
Made dates(const std::shared_ptr<arrow::Array>& array, const Asked& asked, int64_t per_day) {
  const auto* const counts = as<Array>(array)->raw_values();
  return made(*array, asked, false, [counts, per_day, json = asked.json()](int64_t i, std::string& out) {
    char text[kRoom];
    char* to = text;
    if (json) *to++ = '"';
    to = day_text(to, floor_of(counts[i], per_day));
    if (json) *to++ = '"';
    out.append(text, to);
  });
}

template <class Array>
Made times(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const int64_t per = per_second(static_cast<const arrow::TimeType&>(*array->type()).unit());
  const auto* const counts = as<Array>(array)->raw_values();
  return made(*array, asked, false, [counts, per, json = asked.json()](int64_t i, std::string& out) {
    const Moment moment(counts[i], per);
    const int needed = digits_for(moment.nanos);
    char text[kRoom];
    char* to = text;
    if (json) *to++ = '"';
    to = clock_text(to, rest_of(moment.seconds, kDay));
    to = fraction_text(to, moment.nanos, needed == 3 ? 6 : needed);
    if (json) *to++ = '"';
    out.append(text, to);
  });
}

// --- types in types: JSON, in a CSV too ---

Asked within(const Asked& asked) { return {nullptr, Text::json, asked.large_as_text, asked.most}; }

template <class Array>
Made lists(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const auto* const list = as<Array>(array);
  ARROW_ASSIGN_OR_RAISE(auto items, make(list->values(), within(asked)));
  return made(
      *array, asked, true,
      [list, most = asked.most, values = list->values(), items = std::move(items)](int64_t i, std::string& out) {
        const int64_t begin = list->value_offset(i), end = begin + list->value_length(i);
        out += '[';
        for (int64_t at = begin; at < end && out.size() <= most; ++at) {
          if (at != begin) out += ',';
          items->append(at, out);
        }
        out += ']';
      });
}

Made maps(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const auto* const map = as<arrow::MapArray>(array);
  ARROW_ASSIGN_OR_RAISE(auto keys, make(map->keys(), within(asked)));
  ARROW_ASSIGN_OR_RAISE(auto items, make(map->items(), within(asked)));
  return made(*array, asked, true,
              [map, most = asked.most, keys = std::move(keys), items = std::move(items)](int64_t i, std::string& out) {
                const int64_t begin = map->value_offset(i), end = begin + map->value_length(i);
                out += '[';
                for (int64_t at = begin; at < end && out.size() <= most; ++at) {
                  out += at == begin ? "[" : ",[";
                  keys->append(at, out);
                  out += ',';
                  items->append(at, out);
                  out += ']';
                }
                out += ']';
              });
}

Made structs(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  struct Member {
    std::string name;                     // quoted, with its colon
    std::shared_ptr<arrow::Array> array;  // what the cells look into
    std::unique_ptr<Cells> cells;
  };
  const auto* const value = as<arrow::StructArray>(array);
  std::vector<Member> members;
  for (int i = 0; i < value->num_fields(); ++i) {
    Member& member = members.emplace_back();
    json_string(value->struct_type()->field(i)->name(), member.name);
    member.name += ':';
    member.array = value->field(i);
    ARROW_ASSIGN_OR_RAISE(member.cells, make(member.array, within(asked)));
  }
  return made(*array, asked, true, [most = asked.most, members = std::move(members)](int64_t i, std::string& out) {
    out += '{';
    for (const Member& member : members) {
      if (out.size() > most) break;
      if (&member != members.data()) out += ',';
      out += member.name;
      member.cells->append(i, out);
    }
    out += '}';
  });
}

Made dictionaries(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const auto* const codes = as<arrow::DictionaryArray>(array);
  Asked inner = asked;
  inner.in_dictionary = true;
  ARROW_ASSIGN_OR_RAISE(auto values, make(codes->dictionary(), inner));
  const bool may_quote = values->may_quote();
  return made(*array, asked, may_quote,
              [codes, owner = codes->dictionary(), values = std::move(values)](int64_t i, std::string& out) {
                values->append(codes->GetValueIndex(i), out);
              });
}

Made extensions(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  const auto& storage = as<arrow::ExtensionArray>(array)->storage();
  const auto& type = static_cast<const arrow::ExtensionType&>(*array->type());
  return type.extension_name() == "arrow.uuid" ? uuids(storage, asked) : make(storage, asked);
}

Made nulls(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  return made(*array, asked, false, [json = asked.json()](int64_t, std::string& out) {
    if (json) out += "null";
  });
}

Made make(const std::shared_ptr<arrow::Array>& array, const Asked& asked) {
  using arrow::Type;
  switch (array->type_id()) {
    case Type::NA: return nulls(array, asked);
    case Type::BOOL: return booleans(array, asked);
    case Type::INT8: return integers<arrow::Int8Array>(array, asked);
    case Type::INT16: return integers<arrow::Int16Array>(array, asked);
    case Type::INT32: return integers<arrow::Int32Array>(array, asked);
    case Type::INT64: return integers<arrow::Int64Array>(array, asked);
    case Type::UINT8: return integers<arrow::UInt8Array>(array, asked);
    case Type::UINT16: return integers<arrow::UInt16Array>(array, asked);
    case Type::UINT32: return integers<arrow::UInt32Array>(array, asked);
    case Type::UINT64: return integers<arrow::UInt64Array>(array, asked);
    case Type::HALF_FLOAT: return small_reals<arrow::util::Float16, arrow::HalfFloatArray>(array, asked, kLargeHalf);
    case Type::FLOAT: return small_reals<float, arrow::FloatArray>(array, asked, kLargeFloat);
    case Type::DOUBLE: return doubles(array, asked);
    case Type::DECIMAL32: return decimals<arrow::Decimal32Array>(array, asked);
    case Type::DECIMAL64: return decimals<arrow::Decimal64Array>(array, asked);
    case Type::DECIMAL128: return decimals<arrow::Decimal128Array>(array, asked);
    case Type::DECIMAL256: return decimals<arrow::Decimal256Array>(array, asked);
    case Type::STRING: return strings<arrow::StringArray>(array, asked);
    case Type::LARGE_STRING: return strings<arrow::LargeStringArray>(array, asked);
    case Type::STRING_VIEW: return strings<arrow::StringViewArray>(array, asked);
    case Type::BINARY: return binaries<arrow::BinaryArray>(array, asked);
    case Type::LARGE_BINARY: return binaries<arrow::LargeBinaryArray>(array, asked);
    case Type::BINARY_VIEW: return binaries<arrow::BinaryViewArray>(array, asked);
    case Type::FIXED_SIZE_BINARY: return binaries<arrow::FixedSizeBinaryArray>(array, asked);
    case Type::DATE32: return dates<arrow::Date32Array>(array, asked, 1);
    case Type::DATE64: return dates<arrow::Date64Array>(array, asked, kDay * 1000);
    case Type::TIME32: return times<arrow::Time32Array>(array, asked);
    case Type::TIME64: return times<arrow::Time64Array>(array, asked);
    case Type::TIMESTAMP: return timestamps(array, asked);
    case Type::DURATION: return durations(array, asked);
    case Type::LIST: return lists<arrow::ListArray>(array, asked);
    case Type::LARGE_LIST: return lists<arrow::LargeListArray>(array, asked);
    case Type::FIXED_SIZE_LIST: return lists<arrow::FixedSizeListArray>(array, asked);
    case Type::LIST_VIEW: return lists<arrow::ListViewArray>(array, asked);
    case Type::LARGE_LIST_VIEW: return lists<arrow::LargeListViewArray>(array, asked);
    case Type::MAP: return maps(array, asked);
    case Type::STRUCT: return structs(array, asked);
    case Type::DICTIONARY: return dictionaries(array, asked);
    case Type::EXTENSION: return extensions(array, asked);
    default: return arrow::Status::NotImplemented("column type ", array->type()->ToString(), " has no text");
  }
}

}  // namespace

arrow::Result<std::unique_ptr<Cells>> cells_of(const arrow::ChunkedArray& column,
                                               const std::shared_ptr<arrow::Array>& chunk, Text text,
                                               bool large_as_text, size_t most) {
  return make(chunk, {&column, text, large_as_text, most});
}

}  // namespace cachetted::tables
