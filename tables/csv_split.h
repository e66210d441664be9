// The text of a CSV, cut into fields as pandas' C tokenizer (pandas/_libs/src/parser/tokenizer.c) does it; csv_read.cc
// makes columns of them. One thread.
#pragma once
#include <arrow/status.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tables/frame.h"

namespace cachetted::tables {

// Where a field is in the text. One that is not in it as it is (a quote in quotes) is in a text beside it.
struct Field {
  uint32_t begin, end;
};

// A column's fields, from one row to the next.
class FieldCursor {
 public:
  FieldCursor(const Field* at, size_t width, const char* text, const char* unquoted)
      : at_(at), width_(width), text_(text), unquoted_(unquoted) {}
  std::string_view next() {
    const Field f = *at_;
    at_ += width_;
    const uint32_t begin = f.begin & ~kUnquoted;
    return {((f.begin & kUnquoted) == 0 ? text_ : unquoted_) + begin, f.end - begin};
  }
  void skip(size_t rows) { at_ += rows * width_; }

  static constexpr uint32_t kUnquoted = uint32_t{1} << 31;  // a bit of begin: it is in the text beside

 private:
  const Field* at_;
  size_t width_;
  const char* text_;
  const char* unquoted_;
};

// All fields, row by row; in a block that realloc may move without a copy.
class Fields {
 public:
  Fields() = default;
  Fields(const Fields&) = delete;
  Fields& operator=(const Fields&) = delete;
  ~Fields() { std::free(data_); }

  // Room for n more; false: there is no memory.
  bool room(size_t n, size_t most);
  Field* end() { return data_ + count_; }  // to write to
  void added(size_t n) { count_ += n; }
  const Field* data() const { return data_; }
  size_t size() const { return count_; }

 private:
  Field* data_ = nullptr;
  size_t count_ = 0, room_ = 0;
};

// The places of commas and line ends, of 64 bytes at once.
class Marks {
 public:
  explicit Marks(std::string_view text) : begin_(text.data()), end_(text.data() + text.size()) {}
  // The first at or behind a place, or the end.
  const char* next(const char* at);

 private:
  const char* begin_;
  const char* end_;
  const char* block_ = nullptr;
  uint64_t marks_ = 0;
};

class Splitter {
 public:
  // Both have to live as long.
  Splitter(std::string_view in, const Limits& limits);

  // Error: a limit, a row with too many fields, a quote that nothing closes, what is no UTF-8. Its fields take up to
  // limits.bytes of memory, beside what is made of them.
  arrow::Status split();

  std::string_view name(size_t column) const { return cursor(0, column).next(); }
  FieldCursor column(size_t at) const { return cursor(header_, at); }
  size_t header() const { return header_; }  // how many fields it has
  size_t width() const { return width_; }    // of a row: as many, or one more
  size_t rows() const { return rows_; }

 private:
  FieldCursor cursor(size_t first, size_t at) const {
    return {fields_.data() + first + at, width_, in_.data(), unquoted_.data()};
  }
  bool next_line();
  bool quoted(Field& field);
  size_t take_plain(size_t most);
  arrow::Status take_header();
  arrow::Status take_rows();
  arrow::Status take_row(size_t expected, size_t& count);
  arrow::Status ragged(size_t count, const char* line) const;
  arrow::Status check_utf8() const;
  std::string place(size_t row, const char* at) const;
  uint32_t offset(const char* p) const { return static_cast<uint32_t>(p - in_.data()); }
  void end_line();

  std::string_view in_;
  const char* at_;
  const char* end_;
  const Limits& limits_;
  Marks marks_;
  Fields fields_;
  std::string unquoted_;
  size_t header_ = 0, width_ = 0, rows_ = 0;
};

}  // namespace cachetted::tables
