// What every form of a table is read into and written from: an Arrow table, and which of its columns pandas takes for
// the index. One thread has a Frame at a time. Arrow's failures come as arrow::Status within the module; module.cc
// makes of them the texts and reasons of codecs/tables.h.
#pragma once
#include <arrow/table.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/tables.h"

namespace cachetted::tables {

// pandas' RangeIndex, which is no column.
struct Range {
  int64_t start = 0, stop = 0, step = 1;
  std::optional<std::string> name;
};

// A column of the table that is (a level of) the index.
struct Level {
  int at;                           // in the table
  std::optional<std::string> name;  // as pandas shows it
};

struct Frame {
  std::shared_ptr<arrow::Table> table;  // its schema's metadata is pandas' own where a columnar form had it
  std::vector<Level> index;             // empty: `range` is the index
  Range range;
  std::vector<int> columns;  // places in the table of those that are no index, in order
};

// Fills index, range and columns from what the schema's metadata says ("pandas": a JSON object that
// pyarrow.pandas_compat writes); without it, or where it fits nothing, all are columns over a range from 0.
void read_index(Frame& frame);

// Gives a frame that was no columnar one the metadata of which pandas makes the same frame again. What a columnar form
// brought stays as it is.
arrow::Status make_metadata(Frame& frame);

// A refusal that is no fault of the bytes: over a limit of Options, by its name.
arrow::Status over_limit(std::string_view name, uint64_t value, uint64_t limit);

struct Context {
  const Options& options;
  arrow::MemoryPool* pool;  // refuses what would be over limits.bytes
};

// --- the forms; each looks at the limits before it takes memory ---

arrow::Result<Frame> read_csv(std::string_view in, const Context& context);
arrow::Status write_csv(const Frame& frame, const Context& context, std::string& out);
arrow::Result<Frame> read_records(std::string_view in, Form form, const Context& context);
arrow::Status write_records(const Frame& frame, Form form, const Context& context, std::string& out);
arrow::Result<Frame> read_columnar(std::string_view in, Form form, const Context& context);
// The Arrow stream that a feather is around, where its buffers are not compressed and it has no more in its footer than
// the stream; empty: there is none. `frame` is what read_columnar made of it.
std::string_view stream_within(std::string_view feather, const Frame& frame, const Context& context);
arrow::Status write_columnar(const Frame& frame, Form form, const Context& context, std::string& out);

}  // namespace cachetted::tables
