// Implements shape.h: one walk over the values finds the type, another builds the array.
#include "tables/shape.h"

#include <arrow/builder.h>

#include <charconv>
#include <cmath>

#include "codecs/text.h"

namespace cachetted::tables {
namespace {

using arrow::Result;
using arrow::Status;
using codecs::Kind;
using codecs::Value;
using Values = std::span<const Value* const>;

constexpr int64_t kExact = int64_t{1} << 53;  // integers beyond are not all doubles

// "-9223372036854775808" and the like, beyond 2^53: what we write of such where it was asked for.
bool large_digits(std::string_view s, int64_t& number, uint64_t& natural) {
  constexpr size_t kLeast = 16;
  if (s.size() < kLeast) return false;
  const bool negative = s[0] == '-';
  const auto whole = [&](auto& to) {
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), to);
    return error == std::errc() && end == s.data() + s.size();
  };
  if (negative) return whole(number) && number < -kExact && s[1] != '0';
  number = 0;
  return s[0] != '0' && whole(natural) && natural > static_cast<uint64_t>(kExact);
}

// What was seen of the values of one column. natural: beyond int64. rounded: no double is that integer. digits: a
// string that stands for an integer, if all strings of the column do.
struct Shape {
  bool boolean = false, integer = false, negative = false, natural = false, rounded = false, real = false, text = false,
       list = false, object = false;
  bool digits = false, digits_negative = false, digits_natural = false;
  std::unique_ptr<Shape> item;                  // of lists
  Names names;                                  // of objects
  std::vector<std::unique_ptr<Shape>> members;  // by name

  bool number() const { return integer || natural || real; }
};

std::string_view word(const Shape& s) {
  return s.boolean            ? "booleans"
         : s.number()         ? "numbers"
         : s.text || s.digits ? "strings"
         : s.list             ? "lists"
                              : "objects";
}

// One column's walk; `row` is told where it ends badly.
class Walk {
 public:
  explicit Walk(const Options& options) : options_(options) {}

  Status see(Shape& s, const Value* v, uint64_t depth) {
    if (v == nullptr || v->kind == Kind::null) return Status::OK();
    if (depth > options_.limits.depth) return over_limit("table_depth", depth, options_.limits.depth);
    const bool fits = see_scalar(s, *v);
    if (v->kind == Kind::list) ARROW_RETURN_NOT_OK(see_list(s, *v, depth));
    if (v->kind == Kind::map) ARROW_RETURN_NOT_OK(see_object(s, *v, depth));
    if (!fits) return Status::TypeError("an integer of more than 64 bits");
    if (v->kind == Kind::string && v->known == codecs::Text::any && !is_text(v->text))
      return Status::Invalid("half of a surrogate pair");
    const int kinds = s.boolean + s.number() + (s.text || (s.digits && !s.number())) + s.list + s.object;
    if (kinds > 1) return Status::TypeError("values of several kinds: ", codecs::name_of(v->kind), " among ", word(s));
    const bool number_too = s.digits && !s.text;
    if (s.real && (s.rounded || number_too))
      return Status::TypeError("reals and an integer beyond 2^53, which would be rounded among them");
    if ((s.natural || (number_too && s.digits_natural)) && (s.negative || (number_too && s.digits_negative)))
      return Status::TypeError("integers below 0 and beyond 2^63, which no type holds together");
    return Status::OK();
  }

 private:
  static bool is_rounded(int64_t n) {
    const auto d = static_cast<double>(n);
    return d >= 0x1p63 || static_cast<int64_t>(d) != n;
  }
  // False: no column can hold it.
  bool see_scalar(Shape& s, const Value& v) const {
    int64_t number = 0;
    uint64_t natural = 0;
    if (v.kind == Kind::boolean) s.boolean = true;
    if (v.kind == Kind::real) s.real = true;
    if (v.kind == Kind::string) {
      const bool digits = options_.large_as_text && large_digits(v.text, number, natural);
      digits ? s.digits = true : s.text = true;
      if (natural > INT64_MAX) s.digits_natural = true;
      if (number < 0) s.digits_negative = true;
    }
    if (v.kind != Kind::integer) return true;
    if (!v.text.empty()) {
      s.natural = s.rounded = true;
      return codecs::is_unsigned(v.text);
    }
    s.integer = true;
    if (v.number < 0) s.negative = true;
    if (v.number > kExact || v.number < -kExact) s.rounded = s.rounded || is_rounded(v.number);
    return true;
  }
  Status see_list(Shape& s, const Value& v, uint64_t depth) {
    s.list = true;
    if (s.item == nullptr) s.item = std::make_unique<Shape>();
    for (const Value* item : v.items) ARROW_RETURN_NOT_OK(see(*s.item, item, depth + 1));
    return Status::OK();
  }
  Status see_object(Shape& s, const Value& v, uint64_t depth) {
    s.object = true;
    for (size_t i = 0; i + 1 < v.items.size(); i += 2) {
      const size_t at = s.names.place(v.items[i]->text, i / 2);
      if (at == s.members.size()) {
        if (!is_text(v.items[i]->text)) return Status::Invalid("half of a surrogate pair in a name");
        if (++fields_ > options_.limits.columns) return over_limit("table_columns", fields_, options_.limits.columns);
        s.members.push_back(std::make_unique<Shape>());
      }
      ARROW_RETURN_NOT_OK(see(*s.members[at], v.items[i + 1], depth + 1));
    }
    return Status::OK();
  }

  const Options& options_;
  uint64_t fields_ = 0;
};

bool missing(const Value* v) { return v == nullptr || v->kind == Kind::null; }

double real_of(const Value& v) {
  if (v.kind == Kind::real) return v.real;
  if (v.text.empty()) return static_cast<double>(v.number);
  double d = 0;
  std::from_chars(v.text.data(), v.text.data() + v.text.size(), d);
  return d;
}

template <class T>
T integer_of(const Value& v) {
  if (v.kind == Kind::integer && v.text.empty()) return static_cast<T>(v.number);
  T n = 0;
  std::from_chars(v.text.data(), v.text.data() + v.text.size(), n);
  return n;
}

template <class Builder, class Of>
Result<std::shared_ptr<arrow::Array>> scalars(Values values, arrow::MemoryPool* pool, const Of& of) {
  Builder builder(pool);
  ARROW_RETURN_NOT_OK(builder.Reserve(static_cast<int64_t>(values.size())));
  for (const Value* v : values) {
    if (missing(v)) {
      ARROW_RETURN_NOT_OK(builder.AppendNull());
    } else {
      ARROW_RETURN_NOT_OK(builder.Append(of(*v)));
    }
  }
  return builder.Finish();
}

// Where buffers come from, and the bytes that are left for places of values, which are not of these.
struct Means {
  const Context& context;
  uint64_t left;
  arrow::MemoryPool* pool() const { return context.pool; }
  arrow::Result<Means> take(uint64_t places) const {
    const uint64_t bytes = places * sizeof(const Value*);
    if (bytes > left)
      return over_limit("table_bytes", context.options.limits.bytes - left + bytes, context.options.limits.bytes);
    return Means{context, left - bytes};
  }
};

Result<std::shared_ptr<arrow::Array>> build(const Shape& shape, Values values, const Means& means);

// Which rows have a value.
Result<std::shared_ptr<arrow::Buffer>> validity(Values values, arrow::MemoryPool* pool, int64_t& nulls) {
  arrow::TypedBufferBuilder<bool> bits(pool);
  ARROW_RETURN_NOT_OK(bits.Reserve(static_cast<int64_t>(values.size())));
  for (const Value* v : values) bits.UnsafeAppend(!missing(v));
  nulls = bits.false_count();
  return bits.Finish();
}

Result<std::shared_ptr<arrow::Array>> lists(const Shape& shape, Values values, const Means& means) {
  arrow::MemoryPool* const pool = means.pool();
  int64_t nulls = 0;
  ARROW_ASSIGN_OR_RAISE(auto valid, validity(values, pool, nulls));
  arrow::TypedBufferBuilder<int32_t> offsets(pool);
  ARROW_RETURN_NOT_OK(offsets.Reserve(static_cast<int64_t>(values.size()) + 1));
  std::vector<const Value*> items;
  offsets.UnsafeAppend(0);
  for (const Value* v : values) {
    if (!missing(v)) items.insert(items.end(), v->items.begin(), v->items.end());
    if (items.size() > INT32_MAX) return Status::Invalid("lists of more than 2^31 items");
    offsets.UnsafeAppend(static_cast<int32_t>(items.size()));
  }
  ARROW_ASSIGN_OR_RAISE(auto ends, offsets.Finish());
  ARROW_ASSIGN_OR_RAISE(const Means rest, means.take(items.size()));
  ARROW_ASSIGN_OR_RAISE(auto inner, build(*shape.item, items, rest));
  return std::make_shared<arrow::ListArray>(arrow::list(inner->type()), static_cast<int64_t>(values.size()), ends,
                                            inner, valid, nulls);
}

Result<std::shared_ptr<arrow::Array>> objects(const Shape& shape, Values values, const Means& means) {
  int64_t nulls = 0;
  ARROW_ASSIGN_OR_RAISE(auto valid, validity(values, means.pool(), nulls));
  ARROW_ASSIGN_OR_RAISE(const Means rest, means.take(uint64_t{shape.members.size()} * values.size()));
  std::vector<std::vector<const Value*>> members(shape.members.size(), std::vector<const Value*>(values.size()));
  Names names = shape.names;
  for (size_t row = 0; row < values.size(); ++row) {
    if (missing(values[row])) continue;
    const codecs::Items& items = values[row]->items;
    for (size_t i = 0; i + 1 < items.size(); i += 2) members[names.place(items[i]->text, i / 2)][row] = items[i + 1];
  }
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (size_t i = 0; i < members.size(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto array, build(*shape.members[i], members[i], rest));
    fields.push_back(arrow::field(std::string(names[i]), array->type()));
    arrays.push_back(std::move(array));
  }
  return std::make_shared<arrow::StructArray>(arrow::struct_(fields), static_cast<int64_t>(values.size()), arrays,
                                              valid, nulls);
}

Result<std::shared_ptr<arrow::Array>> build(const Shape& s, Values values, const Means& means) {
  arrow::MemoryPool* const pool = means.pool();
  if (s.object) return objects(s, values, means);
  if (s.list) return lists(s, values, means);
  if (s.boolean) return scalars<arrow::BooleanBuilder>(values, pool, [](const Value& v) { return v.number != 0; });
  if (s.text) return scalars<arrow::StringBuilder>(values, pool, [](const Value& v) { return v.text; });
  if (s.real) return scalars<arrow::DoubleBuilder>(values, pool, real_of);
  if (s.natural || s.digits_natural) return scalars<arrow::UInt64Builder>(values, pool, integer_of<uint64_t>);
  if (s.integer || s.digits) return scalars<arrow::Int64Builder>(values, pool, integer_of<int64_t>);
  return std::make_shared<arrow::NullArray>(static_cast<int64_t>(values.size()));
}

}  // namespace

Result<std::shared_ptr<arrow::Array>> column_of(std::string_view name, Values values, const Context& context) {
  Shape shape;
  Walk walk(context.options);
  for (size_t row = 0; row < values.size(); ++row) {
    const Status status = walk.see(shape, values[row], 1);
    if (!status.ok() && !status.IsCapacityError())
      return status.WithMessage("row ", row + 1, ", column '", name, "' has ", status.message());
    ARROW_RETURN_NOT_OK(status);
  }
  return build(shape, values, Means{context, context.options.limits.bytes});
}

}  // namespace cachetted::tables
