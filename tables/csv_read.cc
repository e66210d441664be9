// Reads a CSV as pandas' read_csv(index_col=0) does: once all of the text is cut into fields, each column is converted
// to the first type that takes all of its fields. pandas/_libs/parsers.pyx says in what order.
#include <arrow/array.h>
#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>
#include <arrow/buffer.h>
#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include <algorithm>
#include <cfloat>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "tables/csv_split.h"

namespace cachetted::tables {
namespace {

using std::string_view;

constexpr const char* kIndexColumn = "__index_level_0__";  // pyarrow's name for an index without one

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

// pandas' STR_NA_VALUES, beside the empty text.
constexpr string_view kMissing[] = {"#N/A", "#N/A N/A", "#NA",     "-1.#IND", "-1.#QNAN", "-NaN",
                                    "-nan", "1.#IND",   "1.#QNAN", "<NA>",    "N/A",      "NA",
                                    "NULL", "NaN",      "None",    "n/a",     "nan",      "null"};
constexpr size_t kLongestMissing = 8;

struct Firsts {
  bool of[256] = {};
  constexpr Firsts() {
    for (string_view name : kMissing) of[static_cast<unsigned char>(name[0])] = true;
  }
};
constexpr Firsts kFirsts;

bool is_na(string_view s) {
  if (s.empty()) return true;
  if (s.size() > kLongestMissing || !kFirsts.of[static_cast<unsigned char>(s[0])]) return false;
  return std::find(std::begin(kMissing), std::end(kMissing), s) != std::end(kMissing);
}

bool is_same(string_view s, string_view lower) {
  if (s.size() != lower.size()) return false;
  for (size_t i = 0; i < s.size(); ++i)
    if ((s[i] | 0x20) != lower[i] || (s[i] & 0x40) == 0) return false;
  return true;
}

enum class Made : uint8_t { good, invalid, overflow };

// An integer as strtoll takes it, blanks around it. Overflow: of one that nothing follows, as pandas has it. Negative:
// the number is to be negated.
Made whole(string_view s, uint64_t& number, bool& negative) {
  const char* p = s.data();
  const char* const end = p + s.size();
  while (p != end && is_space(*p)) ++p;
  negative = p != end && *p == '-';
  if (p != end && (*p == '-' || *p == '+')) ++p;
  if (p == end || !is_digit(*p)) return Made::invalid;
  uint64_t n = 0;
  bool over = false;
  for (; p != end && is_digit(*p); ++p) {
    const auto digit = static_cast<uint64_t>(*p - '0');
    if (n >= std::numeric_limits<uint64_t>::max() / 10) {
      over |= __builtin_mul_overflow(n, uint64_t{10}, &n);
      over |= __builtin_add_overflow(n, digit, &n);
    } else {
      n = n * 10 + digit;
    }
  }
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  number = n;
  if (over || (negative && n > kMost + 1)) return p == end ? Made::overflow : Made::invalid;
  while (p != end && is_space(*p)) ++p;
  return p == end ? Made::good : Made::invalid;
}

// Of digits that are known to be a number.
double nearest(const char* begin, const char* end) {
  double d = 0;
  if (std::from_chars(begin, end, d).ec != std::errc::result_out_of_range) return d;
  return std::strtod(std::string(begin, end).c_str(), nullptr);  // infinite, or next to nothing
}

bool infinite(string_view s, double& d) {
  const bool negative = s.starts_with('-');
  if (negative || s.starts_with('+')) s.remove_prefix(1);
  if (!is_same(s, "inf") && !is_same(s, "infinity")) return false;
  d = negative ? -HUGE_VAL : HUGE_VAL;
  return true;
}

// Adds the digits that begin there to the number, of which 64 bits are kept; where they end.
inline const char* digits(const char* p, const char* end, uint64_t& number) {
  constexpr uint64_t kTops = 0xf0f0f0f0f0f0f0f0, kThrees = 0x3030303030303030;
  for (; end - p >= 8; p += 8) {
    uint64_t w;
    std::memcpy(&w, p, sizeof w);
    if (((w & kTops) ^ kThrees) | (((w + 0x0606060606060606) & kTops) ^ kThrees)) break;
    w = (w & 0x0f0f0f0f0f0f0f0f) * 2561 >> 8;  // pairs, fours, and all eight
    w = (w & 0x00ff00ff00ff00ff) * 6553601 >> 16;
    w = (w & 0x0000ffff0000ffff) * 42949672960001 >> 32;
    number = number * 100'000'000 + w;
  }
  while (p != end && is_digit(*p)) number = number * 10 + static_cast<uint64_t>(*p++ - '0');
  return p;
}

constexpr int kMostDigits = 19;  // of which 64 bits have any

// Exact where the quotient of two numbers without error is: of doubles, or with 11 bits more to round from.
bool divided(uint64_t mantissa, ptrdiff_t places, double& d) {
  static constexpr double kTens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                     1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19};
  if (places >= std::ssize(kTens)) return false;
  if (mantissa <= uint64_t{1} << 53) {
    d = static_cast<double>(mantissa) / kTens[places];
    return true;
  }
#if LDBL_MANT_DIG == 64 && defined(__x86_64__)
  const long double quotient = static_cast<long double>(mantissa) / static_cast<long double>(kTens[places]);
  uint64_t bits;
  std::memcpy(&bits, &quotient, sizeof bits);
  d = static_cast<double>(quotient);
  return (bits & 0x7ff) != 0x400;  // in the middle of two doubles it may have been rounded already
#else
  return false;
#endif
}

ptrdiff_t zeros_before(const char* p, const char* end) {
  ptrdiff_t zeros = 0;
  for (; p != end && (*p == '0' || *p == '.'); ++p) zeros += *p == '0';
  return zeros;
}

bool real(string_view s, double& d) {
  const char* p = s.data();
  const char* const end = p + s.size();
  while (p != end && is_space(*p)) ++p;
  const bool negative = p != end && *p == '-';
  if (p != end && (*p == '-' || *p == '+')) ++p;
  const char* const begin = p;
  uint64_t mantissa = 0;
  while (p != end && is_digit(*p)) mantissa = mantissa * 10 + static_cast<uint64_t>(*p++ - '0');
  ptrdiff_t count = p - begin, places = 0;
  if (p != end && *p == '.') {
    const char* const point = ++p;
    p = digits(p, end, mantissa);
    places = p - point;
    count += places;
  }
  if (count == 0) return infinite(s, d);
  const bool scaled = p != end && (*p | 0x20) == 'e';
  if (scaled) {
    if (++p != end && (*p == '-' || *p == '+')) ++p;
    if (p == end || !is_digit(*p)) return false;
    while (p != end && is_digit(*p)) ++p;
  }
  const char* const stop = p;
  while (p != end && is_space(*p)) ++p;
  if (p != end) return false;
  const bool fits = count <= kMostDigits || count - zeros_before(begin, stop) <= kMostDigits;
  if (scaled || !fits || !divided(mantissa, places, d)) d = nearest(begin, stop);
  if (negative) d = -d;
  return true;
}

// One column's fields, and the array that is made of them.
class Column {
 public:
  Column(const Splitter& text, size_t at, arrow::MemoryPool* pool)
      : text_(text), at_(at), rows_(static_cast<int64_t>(text.rows())), pool_(pool) {}

  arrow::Result<std::shared_ptr<arrow::Array>> read();

 private:
  using Array = arrow::Result<std::shared_ptr<arrow::Array>>;

  FieldCursor fields() const { return text_.column(at_); }
  arrow::Status na(int64_t row);
  arrow::Result<Made> integers(int64_t* to);
  arrow::Result<bool> reals(double* to, int64_t from);
  Made unsigned_integers(uint64_t* to, bool& conflict);
  arrow::Result<Made> booleans(uint8_t* to);
  bool all_integers() const;
  Array strings(bool with_na);
  Array numbers(std::shared_ptr<arrow::DataType> type, std::shared_ptr<arrow::Buffer> values);
  Array big_integers(const std::shared_ptr<arrow::Buffer>& values);
  void forget() {
    nulls_ = 0;
    valid_.reset();
  }

  const Splitter& text_;
  const size_t at_;
  const int64_t rows_;
  arrow::MemoryPool* const pool_;
  int64_t nulls_ = 0, stopped_ = 0;
  bool minus_zero_ = false;
  std::shared_ptr<arrow::Buffer> valid_;  // none as long as there are no nulls
};

arrow::Status Column::na(int64_t row) {
  if (valid_ == nullptr) {
    ARROW_ASSIGN_OR_RAISE(valid_, arrow::AllocateBuffer(arrow::bit_util::BytesForBits(rows_), pool_));
    std::memset(valid_->mutable_data(), 0xff, static_cast<size_t>(valid_->size()));
  }
  ++nulls_;
  arrow::bit_util::ClearBit(valid_->mutable_data(), row);
  return arrow::Status::OK();
}

arrow::Result<Made> Column::integers(int64_t* to) {
  FieldCursor cells = fields();
  for (int64_t i = 0; i < rows_; ++i) {
    const string_view s = cells.next();
    uint64_t number = 0;
    bool negative = false;
    const Made made = whole(s, number, negative);
    if (made == Made::good && (negative || number <= std::numeric_limits<int64_t>::max())) {
      minus_zero_ |= negative && number == 0;
      to[i] = static_cast<int64_t>(negative ? 0 - number : number);
      continue;
    }
    if (made == Made::invalid && is_na(s)) {
      to[i] = 0;
      ARROW_RETURN_NOT_OK(na(i));
      continue;
    }
    stopped_ = i;
    if (made != Made::good) return made;
    return is_space(s.back()) ? Made::invalid : Made::overflow;
  }
  return Made::good;
}

// Conflict: there is one beyond 63 bits, and one below 0 or a null.
Made Column::unsigned_integers(uint64_t* to, bool& conflict) {
  bool large = false, other = false, below = false;
  FieldCursor cells = fields();
  for (int64_t i = 0; i < rows_; ++i) {
    const string_view s = cells.next();
    const auto first = std::find_if_not(s.begin(), s.end(), is_space);
    if (is_na(s)) {
      other = true;
      continue;
    }
    if (first != s.end() && *first == '-') {
      below = other = true;
      continue;
    }
    bool negative = false;
    const Made made = whole(s, to[i], negative);
    if (made != Made::good) return made;
    large |= to[i] > static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  }
  conflict = large && other;
  return below ? Made::overflow : Made::good;
}

arrow::Result<bool> Column::reals(double* to, int64_t from) {
  FieldCursor cells = fields();
  cells.skip(static_cast<size_t>(from));
  for (int64_t i = from; i < rows_; ++i) {
    const string_view s = cells.next();
    if (real(s, to[i])) continue;
    if (!is_na(s)) return false;
    to[i] = std::numeric_limits<double>::quiet_NaN();
    ARROW_RETURN_NOT_OK(na(i));
  }
  return true;
}

arrow::Result<Made> Column::booleans(uint8_t* to) {
  FieldCursor cells = fields();
  for (int64_t i = 0; i < rows_; ++i) {
    const string_view s = cells.next();
    const bool yes = is_same(s, "true");
    if (yes || is_same(s, "false")) {
      arrow::bit_util::SetBitTo(to, i, yes);
      continue;
    }
    if (!is_na(s)) return Made::invalid;
    arrow::bit_util::ClearBit(to, i);
    ARROW_RETURN_NOT_OK(na(i));
  }
  return Made::good;
}

bool Column::all_integers() const {
  FieldCursor cells = fields();
  for (int64_t i = 0; i < rows_; ++i) {
    uint64_t number = 0;
    bool negative = false;
    string_view s = cells.next();
    if (is_na(s)) continue;
    while (!s.empty() && is_space(s.back())) s.remove_suffix(1);
    if (whole(s, number, negative) == Made::invalid) return false;
  }
  return true;
}

Column::Array Column::strings(bool with_na) {
  forget();
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> offsets,
                        arrow::AllocateBuffer((rows_ + 1) * static_cast<int64_t>(sizeof(int32_t)), pool_));
  auto* const places = offsets->mutable_data_as<int32_t>();
  int64_t total = 0;
  FieldCursor cells = fields();
  for (int64_t i = 0; i < rows_; ++i) {
    const string_view s = cells.next();
    places[i] = static_cast<int32_t>(total);
    if (with_na && is_na(s)) {
      ARROW_RETURN_NOT_OK(na(i));
    } else {
      total += static_cast<int64_t>(s.size());
    }
  }
  places[rows_] = static_cast<int32_t>(total);  // no more than the text has: 31 bits
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> bytes, arrow::AllocateBuffer(total, pool_));
  auto* to = bytes->mutable_data();
  cells = fields();
  for (int64_t i = 0; i < rows_; ++i) {
    const auto n = static_cast<size_t>(places[i + 1] - places[i]);
    const char* const from = cells.next().data();
    if (n != 0) std::memcpy(to + places[i], from, n);
  }
  return std::make_shared<arrow::StringArray>(rows_, std::move(offsets), std::move(bytes), std::move(valid_), nulls_);
}

Column::Array Column::numbers(std::shared_ptr<arrow::DataType> type, std::shared_ptr<arrow::Buffer> values) {
  return arrow::MakeArray(
      arrow::ArrayData::Make(std::move(type), rows_, {std::move(valid_), std::move(values)}, nulls_));
}

// Integers, of which one is beyond int64. Those that are beyond uint64 too are objects in pandas, and text here.
Column::Array Column::big_integers(const std::shared_ptr<arrow::Buffer>& values) {
  forget();
  bool conflict = false;
  const Made made = unsigned_integers(values->mutable_data_as<uint64_t>(), conflict);
  if (made == Made::invalid) return nullptr;
  if (conflict) return strings(false);  // what is missing is text too: so does pandas have it
  if (made == Made::overflow) return strings(all_integers());
  return numbers(arrow::uint64(), values);
}

Column::Array Column::read() {
  if (rows_ == 0) return std::make_shared<arrow::NullArray>(0);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> values,
                        arrow::AllocateBuffer(rows_ * static_cast<int64_t>(sizeof(int64_t)), pool_));
  auto* const ints = values->mutable_data_as<int64_t>();
  auto* const doubles = values->mutable_data_as<double>();
  ARROW_ASSIGN_OR_RAISE(const Made made, integers(ints));
  if (made == Made::overflow) {
    ARROW_ASSIGN_OR_RAISE(auto array, big_integers(values));
    if (array != nullptr) return array;
  }
  int64_t known = made == Made::good ? rows_ : stopped_;
  if (made == Made::good && nulls_ == 0) return numbers(arrow::int64(), std::move(values));
  if (made == Made::overflow || (minus_zero_ && made != Made::good)) {
    forget();
    known = 0;
  }
  for (int64_t i = 0; i < known; ++i) {
    int64_t n;
    std::memcpy(&n, ints + i, sizeof n);
    doubles[i] = static_cast<double>(n);
  }
  ARROW_ASSIGN_OR_RAISE(const bool good, reals(doubles, known));
  if (good) return numbers(arrow::float64(), std::move(values));
  forget();
  ARROW_ASSIGN_OR_RAISE(const Made logical, booleans(values->mutable_data()));
  if (logical == Made::good) return numbers(arrow::boolean(), std::move(values));
  values.reset();
  return strings(true);
}

// --- the frame ---

// pandas: the second "a" is "a.1", unless there is one; what has no name is "Unnamed: 2", with its place.
std::vector<std::string> names_of(const Splitter& text) {
  std::vector<std::string> names;
  std::vector<size_t> order, unnamed;
  std::unordered_map<std::string, size_t> used, counts;
  for (size_t i = 0; i < text.header(); ++i) {
    const string_view name = text.name(i);
    names.push_back(name.empty() ? "Unnamed: " + std::to_string(i) : std::string(name));
    (name.empty() ? unnamed : order).push_back(i);
    ++used[names.back()];
  }
  order.insert(order.end(), unnamed.begin(), unnamed.end());
  for (size_t i : order) {
    const std::string given = names[i];
    std::string name = given;
    for (size_t count = counts[name]; count > 0;) {
      counts[given] = count + 1;
      name = given + "." + std::to_string(count);
      const auto found = used.find(name);
      count = found != used.end() && found->second > 0 ? count + 1 : counts[name];
    }
    ++counts[name];
    if (name == given) continue;
    --used[given];
    ++used[name];
    names[i] = std::move(name);
  }
  return names;
}

bool counts_up(const arrow::Array& array) {
  if (array.length() == 0) return true;
  if (array.type_id() != arrow::Type::INT64 || array.null_count() != 0) return false;
  const auto& numbers = static_cast<const arrow::Int64Array&>(array);
  for (int64_t i = 0; i < numbers.length(); ++i)
    if (numbers.Value(i) != i) return false;
  return true;
}

}  // namespace

arrow::Result<Frame> read_csv(string_view in, const Context& context) {
  Splitter text(in, context.options.limits);
  ARROW_RETURN_NOT_OK(text.split());
  std::vector<std::string> names = names_of(text);
  Frame frame;
  std::optional<std::string> index;
  if (text.width() > names.size()) {
    names.insert(names.begin(), std::string());
  } else if (!text.name(0).empty()) {
    index = names[0];
  }
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (size_t i = 0; i < text.width(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto array, Column(text, i, context.pool).read());
    // Arrow forgets how many rows a table without a column has, and so the last one stays.
    if (i == 0 && !index && text.width() > 1 && counts_up(*array)) {
      frame.range = {0, array->length(), 1, {}};
      continue;
    }
    if (i == 0) frame.index.push_back({0, index});
    if (i != 0) frame.columns.push_back(static_cast<int>(arrays.size()));
    fields.push_back(arrow::field(i == 0 && !index ? kIndexColumn : names[i], array->type()));
    arrays.push_back(std::move(array));
  }
  frame.table =
      arrow::Table::Make(arrow::schema(std::move(fields)), std::move(arrays), static_cast<int64_t>(text.rows()));
  return frame;
}

}  // namespace cachetted::tables
