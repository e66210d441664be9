// Tables (DataFrames): the codecs csv, feather and parquet, and the forms in which clients see them. What converts
// them is a module over Apache Arrow, cachetted-tables.so, loaded when a configuration first needs it; a daemon without
// such a route has nothing of Arrow in its process. This header is what the two sides share, and names nothing of
// Arrow. Every function may be called by any thread, several at once; none throws.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cachetted::tables {

// The ways a table is written. pandas' own text for the three stored forms: csv is to_csv (column 0 is the index),
// feather is to_feather (version 2: an Arrow IPC file), parquet is to_parquet.
enum class Form : uint8_t {
  csv,
  json,          // [{"column": value, ...}, ...]: pandas' orient "records", which has no index
  json_columns,  // {"column": {"index": value, ...}, ...}: "columns"
  json_split,    // {"columns": [...], "index": [...], "data": [[...], ...]}: "split"
  arrow,         // an Arrow IPC stream
  feather,
  parquet,
};
std::string_view name_of(Form form);
inline bool is_json(Form f) { return f >= Form::json && f <= Form::json_split; }
inline bool is_columnar(Form f) { return f >= Form::arrow; }

// How the columns within a feather or parquet are compressed; standard is pandas' own: lz4 and snappy.
enum class Packing : uint8_t { standard, none, lz4, zstd, snappy, gzip };
std::string_view name_of(Packing packing);

// What one table may be, looked at before memory is taken for it.
struct Limits {
  uint64_t rows = 10'000'000;
  uint64_t columns = 10'000;           // the index among them
  uint64_t bytes = uint64_t{1} << 29;  // of all that is decoded of it, and of what is written
  uint64_t depth = 32;                 // types in types: a list of structs of integers is 3
};

struct Options {
  Packing packing = Packing::standard;
  bool large_as_text = false;  // in JSON, integers beyond 2^53 either way are strings
  Limits limits;
};

// Why a table was refused, for the metric.
enum class Refusal : uint8_t { none, malformed, limit, type };

// What became of one; whatever it was refused for, `why` is a text for the client that names row or column.
struct Outcome {
  Refusal refusal = Refusal::none;
  uint64_t rows = 0, columns = 0;  // the index is none of the columns
  uint64_t bytes = 0;              // decoded
  // Where the other form stands in the input as it is: then this is it, and nothing is appended. A form stands so in
  // itself, and an Arrow stream in a feather whose buffers are not compressed.
  std::string_view within;
};

// What the module's one symbol, cachetted_tables, gives.
struct Module {
  uint32_t version;     // kVersion of the build that it is of: another is not used
  const char* library;  // "Apache Arrow 26.0.1"
  // Appends to `out`, or tells where in `in` it stands (Outcome::within). False, with why; `out` is as it was then.
  bool (*convert)(std::string_view in, Form from, Form to, const Options& options, std::string& out, Outcome& outcome,
                  std::string& why);
  // Appends "schema\tprice: double, ...\nrows\t100\n...": a line for each thing that is to be told of what is stored.
  bool (*describe)(std::string_view in, Form form, const Options& options, std::string& out, Outcome& outcome,
                   std::string& why);
};
inline constexpr uint32_t kVersion = 1;
inline constexpr const char* kSymbol = "cachetted_tables";
using Entry = const Module*();

// By the module; convert() appends what stands within, too. False, with why, also where it cannot be loaded.
bool view(std::string_view in, Form from, Form to, const Options& options, std::string& out, Outcome& outcome,
          std::string& why);
bool convert(std::string_view in, Form from, Form to, const Options& options, std::string& out, Outcome& outcome,
             std::string& why);
bool describe(std::string_view in, Form form, const Options& options, std::string& out, Outcome& outcome,
              std::string& why);

// The module, loaded on the first call, from the folder of the program or ../lib/cachetted beside it. Null, with why
// and what to install.
const Module* module(std::string& why);

}  // namespace cachetted::tables
