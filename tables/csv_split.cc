// Implements csv_split.h.
#include "tables/csv_split.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "codecs/text.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace cachetted::tables {
namespace {

constexpr uint64_t kLongest = std::numeric_limits<int32_t>::max();  // bytes of a text: places in it have 31 bits

constexpr size_t kBlock = 64;  // bytes

bool ends_field(char c) { return c == ',' || c == '\n' || c == '\r'; }

#ifdef __SSE2__
// A bit for each of 64 bytes.
uint64_t marks_of(const char* block) {
  uint64_t marks = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + 16 * i));
    const __m128i line = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\r')));
    const __m128i any = _mm_or_si128(line, _mm_cmpeq_epi8(v, _mm_set1_epi8(',')));
    marks |= static_cast<uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(any))) << (16 * i);
  }
  return marks;
}
#else
uint64_t marks_of(const char* block) {
  uint64_t marks = 0;
  for (int i = 0; i < 64; ++i) marks |= uint64_t{ends_field(block[i])} << i;
  return marks;
}
#endif

uint64_t marks_within(const char* block, const char* end) {
  const auto left = static_cast<size_t>(end - block);
  if (left >= kBlock) return marks_of(block);
  char last[kBlock] = {};
  std::memcpy(last, block, left);
  return marks_of(last);
}

}  // namespace

bool Fields::room(size_t n, size_t most) {
  if (count_ + n <= room_) return true;
  const size_t wanted = std::max(count_ + n, std::min(most, std::max(room_ + room_ / 2, size_t{1024})));
  void* const moved = std::realloc(data_, wanted * sizeof(Field));
  if (moved == nullptr) return false;
  data_ = static_cast<Field*>(moved);
  room_ = wanted;
  return true;
}

inline const char* Marks::next(const char* at) {
  if (block_ == nullptr || static_cast<size_t>(at - block_) >= kBlock) {
    block_ = at - static_cast<size_t>(at - begin_) % kBlock;
    marks_ = marks_within(block_, end_);
  }
  uint64_t marks = marks_ & (~uint64_t{0} << (at - block_));
  while (marks == 0) {
    if (static_cast<size_t>(end_ - block_) <= kBlock) return end_;
    block_ += kBlock;
    marks = marks_ = marks_within(block_, end_);
  }
  return block_ + std::countr_zero(marks);
}

Splitter::Splitter(std::string_view in, const Limits& limits)
    : in_(in), at_(in.data()), end_(in.data() + in.size()), limits_(limits), marks_(in) {
  if (in.starts_with("\xef\xbb\xbf")) at_ += 3;
}

void Splitter::end_line() {
  if (at_ == end_) return;
  if (*at_++ == '\r' && at_ != end_ && *at_ == '\n') ++at_;
}

// "row 7", and the line where it begins unless every row has one.
std::string Splitter::place(size_t row, const char* at) const {
  size_t line = 1;
  for (const char* p = in_.data(); p != at; ++p) line += *p == '\n' || (*p == '\r' && p + 1 != end_ && p[1] != '\n');
  std::string text = row == 0 ? "the header" : "row " + std::to_string(row);
  return line == row + 1 ? text : text + " (line " + std::to_string(line) + ")";
}

// To the next line that has more than blanks.
bool Splitter::next_line() {
  for (;;) {
    const char* p = at_;
    while (p != end_ && (*p == ' ' || *p == '\t')) ++p;
    if (p == end_) return false;
    if (*p != '\n' && *p != '\r') return true;
    at_ = p + 1;
  }
}

// A field that begins with a quote. Behind the one that closes it, what comes up to the next comma belongs to it too.
// False: none closes it.
bool Splitter::quoted(Field& field) {
  const char* const begin = at_ + 1;
  const char* p = static_cast<const char*>(std::memchr(begin, '"', static_cast<size_t>(end_ - begin)));
  if (p == nullptr) return false;
  if (p + 1 == end_ || ends_field(p[1])) {
    field = {offset(begin), offset(p)};
    at_ = p + 1;
    return true;
  }
  const size_t start = unquoted_.size();
  const char* from = begin;
  while (p + 1 != end_ && p[1] == '"') {
    unquoted_.append(from, p + 1);
    from = p + 2;
    p = static_cast<const char*>(std::memchr(from, '"', static_cast<size_t>(end_ - from)));
    if (p == nullptr) return false;
  }
  unquoted_.append(from, p);
  at_ = marks_.next(p + 1);
  unquoted_.append(p + 1, at_);
  field = {static_cast<uint32_t>(start) | FieldCursor::kUnquoted, static_cast<uint32_t>(unquoted_.size())};
  return true;
}

// The fields of a line up to its end or to one in quotes; there is room for that many. How many there are.
size_t Splitter::take_plain(size_t most) {
  Marks marks = marks_;  // in registers, as the next three
  const char* at = at_;
  const char* const base = in_.data();
  const char* const end = end_;
  Field* to = fields_.end();
  Field* const stop = to + most;
  size_t count = 0;
  for (;;) {
    const char* const mark = marks.next(at);
    ++count;
    if (to != stop) *to++ = {static_cast<uint32_t>(at - base), static_cast<uint32_t>(mark - base)};
    at = mark;
    if (at == end || *at != ',') break;
    if (at + 1 != end && at[1] == '"') break;
    ++at;
  }
  fields_.added(static_cast<size_t>(to - fields_.end()));
  marks_ = marks;
  at_ = at;
  return count;
}

// The fields of a line, for which there is room; `expected` of them at most.
arrow::Status Splitter::take_row(size_t expected, size_t& count) {
  const char* const line = at_;
  count = 0;
  for (;; ++at_) {
    if (at_ != end_ && *at_ == '"') {
      Field field;
      if (!quoted(field)) {
        return arrow::Status::Invalid(place(header_ == 0 ? 0 : rows_ + 1, at_), ": a quote is not closed");
      }
      if (++count <= expected) {
        *fields_.end() = field;
        fields_.added(1);
      }
    } else {
      count += take_plain(expected - std::min(count, expected));
    }
    if (count > expected && header_ == 0) return over_limit("table_columns", count, expected);
    if (at_ == end_ || *at_ != ',') break;
  }
  end_line();
  return count > expected ? ragged(count, line) : arrow::Status::OK();
}

arrow::Status Splitter::ragged(size_t count, const char* line) const {
  const bool shifted = width_ != header_;
  return arrow::Status::Invalid(place(rows_ + 1, line), " has ", count, " fields, and the ",
                                shifted ? "first row " : "header ", shifted ? width_ : header_);
}

arrow::Status Splitter::take_header() {
  if (!next_line()) return arrow::Status::Invalid("no columns");
  const size_t most = std::min<size_t>(limits_.columns, in_.size() + 1);
  if (!fields_.room(most, most)) return arrow::Status::OutOfMemory("no memory for a header");
  size_t count = 0;
  ARROW_RETURN_NOT_OK(take_row(most, count));
  width_ = header_ = count;
  return arrow::Status::OK();
}

// As wide as the header, or as the first row if that has one field more: then the header has no name for the index.
// What a row lacks is empty.
arrow::Status Splitter::take_rows() {
  const size_t most = limits_.bytes / sizeof(Field);
  while (next_line()) {
    if (rows_ == limits_.rows) return over_limit("table_rows", rows_ + 1, limits_.rows);
    const size_t expected = rows_ == 0 ? header_ + 1 : width_;
    if (fields_.size() + expected > most) {
      return over_limit("table_bytes", (fields_.size() + expected) * sizeof(Field), limits_.bytes);
    }
    if (!fields_.room(expected, most)) return arrow::Status::OutOfMemory("no memory for ", fields_.size(), " fields");
    size_t count = 0;
    ARROW_RETURN_NOT_OK(take_row(expected, count));
    if (rows_ == 0) width_ = std::max(header_, count);
    if (width_ > limits_.columns) return over_limit("table_columns", width_, limits_.columns);
    std::fill_n(fields_.end(), width_ - count, Field{0, 0});
    fields_.added(width_ - count);
    ++rows_;
  }
  return arrow::Status::OK();
}

arrow::Status Splitter::split() {
  if (in_.size() > kLongest) return over_limit("table_bytes", in_.size(), kLongest);
  ARROW_RETURN_NOT_OK(take_header());
  ARROW_RETURN_NOT_OK(take_rows());
  return check_utf8();
}

arrow::Status Splitter::check_utf8() const {
  if (codecs::check_utf8(in_) == codecs::Utf8::good) return arrow::Status::OK();
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (codecs::check_utf8(cursor(0, i).next()) == codecs::Utf8::good) continue;
    if (i < header_) return arrow::Status::Invalid("the header is no UTF-8 in column ", i);
    const size_t row = (i - header_) / width_ + 1;
    return arrow::Status::Invalid("row ", row, " is no UTF-8 in column ", (i - header_) % width_);
  }
  return arrow::Status::Invalid("no UTF-8");
}

}  // namespace cachetted::tables
