// A column's values as text: what pandas' to_csv writes of them, and what our JSON does. One thread.
#pragma once
#include <arrow/array.h>

#include <memory>
#include <string>
#include <string_view>

#include "tables/frame.h"

namespace cachetted::tables {

// Of one chunk of a column. made() once per column and chunk; append() per row.
class Cells {
 public:
  virtual ~Cells() = default;
  // Appends the value in row i of the chunk. csv: pandas' text, unquoted, nothing for a null (and for a NaN). json: a
  // JSON value, null for these. What has items ends in the middle once `out` is longer than cells_of() was told.
  virtual void append(int64_t i, std::string& out) const = 0;
  // csv: whether the text can have what CSV quotes (a comma, a quote, a line's end).
  virtual bool may_quote() const = 0;
};

// The csv ones differ by what pandas would hold the column in, and so what its text is: an array of numpy's (integers
// with nulls are floats, a datetime's precision is the column's), a masked one ("Int64"), or Arrow's
// ("int64[pyarrow]").
enum class Text : uint8_t { csv, csv_masked, csv_arrow, json };

// `column` is the whole column, since pandas looks at all of a datetime column before it writes one; `chunk` one of its
// chunks, which has to live as long; `most`: of all bytes of what is appended to. Error: a type that has no text.
arrow::Result<std::unique_ptr<Cells>> cells_of(const arrow::ChunkedArray& column,
                                               const std::shared_ptr<arrow::Array>& chunk, Text text,
                                               bool large_as_text, size_t most);

}  // namespace cachetted::tables
