// Arrow streams, feather (an Arrow IPC file) and parquet, by Arrow's own readers and writers under our limits. The
// formats: https://arrow.apache.org/docs/format/Columnar.html and https://parquet.apache.org/docs/file-format/ .
#include <arrow/extension_type.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <cstring>

#include "codecs/text.h"
#include "tables/frame.h"
#include "tables/packing.h"

namespace cachetted::tables {
namespace {

using arrow::Result;
using arrow::Status;

constexpr int64_t kFeatherRows = 1 << 16;  // of a batch, as pyarrow.feather writes it
constexpr int64_t kParquetRows = 1 << 20;  // of a row group, as pyarrow.parquet does
constexpr uint64_t kMostChunks = 1 << 20;  // columns times batches: each takes some memory, even without rows
constexpr int32_t kMostThrift = 1 << 20;   // things in one list of a parquet's footer
constexpr int32_t kMostThriftText = 64 << 20;

// The end of a string as what Arrow writes to.
class StringOutput final : public arrow::io::OutputStream {
 public:
  StringOutput(std::string& out, uint64_t limit) : out_(out), begun_(out.size()), limit_(limit) {}

  Status Write(const void* data, int64_t n) override {
    if (out_.size() - begun_ + static_cast<uint64_t>(n) > limit_)
      return over_limit("table_bytes", out_.size() - begun_ + static_cast<uint64_t>(n), limit_);
    out_.append(static_cast<const char*>(data), static_cast<size_t>(n));
    return Status::OK();
  }
  Result<int64_t> Tell() const override { return static_cast<int64_t>(out_.size() - begun_); }
  Status Close() override {
    closed_ = true;
    return Status::OK();
  }
  bool closed() const override { return closed_; }

 private:
  std::string& out_;
  const size_t begun_;
  const uint64_t limit_;
  bool closed_ = false;
};

std::shared_ptr<arrow::io::BufferReader> input(std::string_view in) {
  return std::make_shared<arrow::io::BufferReader>(
      std::make_shared<arrow::Buffer>(reinterpret_cast<const uint8_t*>(in.data()), static_cast<int64_t>(in.size())));
}

Status check_field(const arrow::Field& field, uint64_t depth, const Limits& limits, uint64_t& columns);

// Counts the fields in fields, too: each is a column of its own where the bytes are.
Status check_type(const arrow::DataType& type, uint64_t depth, const Limits& limits, uint64_t& columns) {
  if (depth > limits.depth) return over_limit("table_depth", depth, limits.depth);
  if (++columns > limits.columns) return over_limit("table_columns", columns, limits.columns);
  if (type.id() == arrow::Type::DICTIONARY)
    return check_type(*static_cast<const arrow::DictionaryType&>(type).value_type(), depth + 1, limits, columns);
  if (type.id() == arrow::Type::EXTENSION)
    return check_type(*static_cast<const arrow::ExtensionType&>(type).storage_type(), depth + 1, limits, columns);
  for (const auto& field : type.fields()) ARROW_RETURN_NOT_OK(check_field(*field, depth + 1, limits, columns));
  return Status::OK();
}

Status check_field(const arrow::Field& field, uint64_t depth, const Limits& limits, uint64_t& columns) {
  if (codecs::check_utf8(field.name()) != codecs::Utf8::good)
    return Status::Invalid("the name of column ", columns + 1, " is not UTF-8");
  return check_type(*field.type(), depth, limits, columns);
}

Status check_schema(const arrow::Schema& schema, const Limits& limits) {
  if (static_cast<uint64_t>(schema.num_fields()) > limits.columns)
    return over_limit("table_columns", static_cast<uint64_t>(schema.num_fields()), limits.columns);
  uint64_t columns = 0;
  for (const auto& field : schema.fields()) ARROW_RETURN_NOT_OK(check_field(*field, 1, limits, columns));
  return Status::OK();
}

// The batches of one table, as they come.
class Batches {
 public:
  Batches(std::shared_ptr<arrow::Schema> schema, const Limits& limits) : schema_(std::move(schema)), limits_(limits) {}

  Status add(std::shared_ptr<arrow::RecordBatch> batch) {
    rows_ += static_cast<uint64_t>(batch->num_rows());
    bytes_ += static_cast<uint64_t>(std::max<int64_t>(arrow::util::TotalBufferSize(*batch), 0));
    if (bytes_ > limits_.bytes) return over_limit("table_bytes", bytes_, limits_.bytes);  // one may come many times
    chunks_ += static_cast<uint64_t>(schema_->num_fields()) + 1;
    if (rows_ > limits_.rows) return over_limit("table_rows", rows_, limits_.rows);
    if (chunks_ > std::max(kMostChunks, limits_.columns))
      return Status::Invalid("it is in ", batches_.size() + 1, " batches: too many for its columns");
    batches_.push_back(std::move(batch));
    return Status::OK();
  }
  Result<Frame> finish() {
    Frame frame;
    ARROW_ASSIGN_OR_RAISE(frame.table, arrow::Table::FromRecordBatches(schema_, std::move(batches_)));
    return frame;
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  const Limits& limits_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  uint64_t rows_ = 0, chunks_ = 0, bytes_ = 0;
};

arrow::ipc::IpcReadOptions ipc_reading(const Context& context) {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.memory_pool = context.pool;
  options.use_threads = false;
  options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  options.max_recursion_depth = static_cast<int>(std::min<uint64_t>(context.options.limits.depth + 1, 128));
  return options;
}

Result<Frame> read_stream(std::string_view in, const Context& context) {
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchStreamReader::Open(input(in), ipc_reading(context)));
  ARROW_RETURN_NOT_OK(check_schema(*reader->schema(), context.options.limits));
  Batches batches(reader->schema(), context.options.limits);
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) return batches.finish();
    ARROW_RETURN_NOT_OK(batches.add(std::move(batch)));
  }
}

Result<Frame> read_feather(std::string_view in, const Context& context) {
  if (in.starts_with("FEA1")) return Status::NotImplemented("it is of version 1, and pandas has written 2 since 1.0");
  ARROW_ASSIGN_OR_RAISE(auto reader, arrow::ipc::RecordBatchFileReader::Open(input(in), ipc_reading(context)));
  ARROW_RETURN_NOT_OK(check_schema(*reader->schema(), context.options.limits));
  Batches batches(reader->schema(), context.options.limits);
  for (int i = 0; i < reader->num_record_batches(); ++i) {
    ARROW_ASSIGN_OR_RAISE(auto batch, reader->ReadRecordBatch(i));
    ARROW_RETURN_NOT_OK(batches.add(std::move(batch)));
  }
  return batches.finish();
}

parquet::ReaderProperties parquet_reading(const Context& context) {
  parquet::ReaderProperties properties(context.pool);
  properties.set_thrift_container_size_limit(kMostThrift);
  properties.set_thrift_string_size_limit(kMostThriftText);
  return properties;
}

Status check_footer(const parquet::FileMetaData& footer, const Limits& limits) {
  if (static_cast<uint64_t>(footer.num_columns()) > limits.columns)
    return over_limit("table_columns", static_cast<uint64_t>(footer.num_columns()), limits.columns);
  if (footer.num_rows() < 0) return Status::Invalid("its footer tells ", footer.num_rows(), " rows");
  if (static_cast<uint64_t>(footer.num_rows()) > limits.rows)
    return over_limit("table_rows", static_cast<uint64_t>(footer.num_rows()), limits.rows);
  if (static_cast<uint64_t>(footer.num_row_groups()) * (static_cast<uint64_t>(footer.num_columns()) + 1) > kMostChunks)
    return Status::Invalid("it is in ", footer.num_row_groups(), " row groups: too many for its columns");
  return Status::OK();
}

Result<Frame> read_parquet(std::string_view in, const Context& context) {
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(input(in), parquet_reading(context)));
  const auto footer = builder.raw_reader()->metadata();
  if (footer->is_encryption_algorithm_set()) return Status::NotImplemented("it is encrypted");
  ARROW_RETURN_NOT_OK(check_footer(*footer, context.options.limits));
  parquet::ArrowReaderProperties properties(/*use_threads=*/false);
  properties.set_pre_buffer(false);
  properties.set_arrow_extensions_enabled(true);  // UUIDs are such
  std::unique_ptr<parquet::arrow::FileReader> reader;
  ARROW_RETURN_NOT_OK(builder.memory_pool(context.pool)->properties(properties)->Build(&reader));
  std::shared_ptr<arrow::Schema> schema;
  ARROW_RETURN_NOT_OK(reader->GetSchema(&schema));
  ARROW_RETURN_NOT_OK(check_schema(*schema, context.options.limits));
  Frame frame;
  ARROW_ASSIGN_OR_RAISE(frame.table, reader->ReadTable());
  return frame;
}

arrow::Compression::type compression_of(Packing packing, arrow::Compression::type standard) {
  switch (packing) {
    case Packing::standard: return standard;
    case Packing::none: return arrow::Compression::UNCOMPRESSED;
    case Packing::lz4: return arrow::Compression::LZ4_FRAME;
    case Packing::zstd: return arrow::Compression::ZSTD;
    case Packing::snappy: return arrow::Compression::SNAPPY;
    case Packing::gzip: return arrow::Compression::GZIP;
  }
  return standard;
}

Result<arrow::ipc::IpcWriteOptions> ipc_writing(const Context& context, Form form) {
  auto options = arrow::ipc::IpcWriteOptions::Defaults();
  options.memory_pool = context.pool;
  options.use_threads = false;
  options.unify_dictionaries = true;
  options.allow_64bit = true;
  options.max_recursion_depth = 128;
  if (form != Form::feather) return options;
  auto compression = compression_of(context.options.packing, arrow::Compression::LZ4_FRAME);
  const bool has = compression == arrow::Compression::UNCOMPRESSED || compression == arrow::Compression::ZSTD;
  if (!has) compression = arrow::Compression::LZ4_FRAME;  // the format has no other
  ARROW_ASSIGN_OR_RAISE(options.codec, arrow::util::Codec::Create(compression));
  return options;
}

// All of what is written, at once: a string that grows is copied, and page after page of it comes anew.
void make_room(const arrow::Table& table, const Context& context, std::string& out) {
  constexpr int64_t kBesides = 16 << 10;  // schema, metadata, what fills up
  const int64_t bytes = arrow::util::ReferencedBufferSize(table).ValueOr(0) + kBesides;
  out.reserve(out.size() +
              static_cast<size_t>(std::min<uint64_t>(static_cast<uint64_t>(bytes), context.options.limits.bytes)));
}

Status write_ipc(const Frame& frame, Form form, const Context& context, std::string& out) {
  ARROW_ASSIGN_OR_RAISE(const auto options, ipc_writing(context, form));
  if (options.codec == nullptr) make_room(*frame.table, context, out);
  const auto sink = std::make_shared<StringOutput>(out, context.options.limits.bytes);
  const auto& schema = frame.table->schema();
  ARROW_ASSIGN_OR_RAISE(auto writer, form == Form::feather ? arrow::ipc::MakeFileWriter(sink, schema, options)
                                                           : arrow::ipc::MakeStreamWriter(sink, schema, options));
  ARROW_RETURN_NOT_OK(writer->WriteTable(*frame.table, kFeatherRows));
  return writer->Close();
}

// Whether a dictionary would be the column once more: of a thousand values, taken evenly, none comes twice.
bool all_differ(const arrow::ChunkedArray& column) {
  constexpr int64_t kSample = 1024, kLeast = 16 * kSample;  // rows
  const arrow::Type::type type = column.type()->id();
  const bool wide = type == arrow::Type::INT64 || type == arrow::Type::UINT64 || type == arrow::Type::DOUBLE;
  if (!wide || column.length() < kLeast) return false;
  std::vector<uint64_t> seen;
  int chunk = 0;
  int64_t before = 0;  // rows of the chunks before it
  for (int64_t i = 0; i < kSample; ++i) {
    const int64_t row = i * (column.length() / kSample);
    while (row >= before + column.chunk(chunk)->length()) before += column.chunk(chunk++)->length();
    seen.push_back(column.chunk(chunk)->data()->GetValues<uint64_t>(1)[row - before]);
  }
  std::sort(seen.begin(), seen.end());
  return std::adjacent_find(seen.begin(), seen.end()) == seen.end();
}

Status write_parquet(const Frame& frame, const Context& context, std::string& out) {
  auto compression = compression_of(context.options.packing, arrow::Compression::SNAPPY);
  if (compression == arrow::Compression::LZ4_FRAME) compression = arrow::Compression::LZ4;  // what parquet calls so
  parquet::WriterProperties::Builder builder;
  builder.memory_pool(context.pool)->version(parquet::ParquetVersion::PARQUET_2_6)->compression(compression);
  for (int i = 0; i < frame.table->num_columns(); ++i)
    if (all_differ(*frame.table->column(i)))
      builder.disable_dictionary(
          std::make_shared<parquet::schema::ColumnPath>(std::vector<std::string>{frame.table->field(i)->name()}));
  const auto properties = builder.build();
  const auto with_schema = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  const auto sink = std::make_shared<StringOutput>(out, context.options.limits.bytes);
  return parquet::arrow::WriteTable(*frame.table, context.pool, sink, kParquetRows, properties, with_schema);
}

bool is_same_memory(const arrow::ArrayData& a, const arrow::ArrayData& b) {
  if (a.length != b.length || a.offset != b.offset || a.buffers.size() != b.buffers.size() ||
      a.child_data.size() != b.child_data.size() || (a.dictionary == nullptr) != (b.dictionary == nullptr))
    return false;
  for (size_t i = 0; i < a.buffers.size(); ++i) {
    const arrow::Buffer *const x = a.buffers[i].get(), *const y = b.buffers[i].get();
    if ((x == nullptr) != (y == nullptr) || (x != nullptr && (x->data() != y->data() || x->size() != y->size())))
      return false;
  }
  for (size_t i = 0; i < a.child_data.size(); ++i)
    if (!is_same_memory(*a.child_data[i], *b.child_data[i])) return false;
  return a.dictionary == nullptr || is_same_memory(*a.dictionary, *b.dictionary);
}

bool is_same_memory(const arrow::Table& a, const arrow::Table& b) {
  if (!a.schema()->Equals(*b.schema(), /*check_metadata=*/true)) return false;
  for (int i = 0; i < a.num_columns(); ++i) {
    const auto &x = *a.column(i), &y = *b.column(i);
    if (x.num_chunks() != y.num_chunks()) return false;
    for (int c = 0; c < x.num_chunks(); ++c)
      if (!is_same_memory(*x.chunk(c)->data(), *y.chunk(c)->data())) return false;
  }
  return a.num_rows() == b.num_rows();
}

}  // namespace

Result<Frame> read_columnar(std::string_view in, Form form, const Context& context) {
  auto read = form == Form::arrow     ? read_stream(in, context)
              : form == Form::feather ? read_feather(in, context)
                                      : read_parquet(in, context);
  ARROW_ASSIGN_OR_RAISE(Frame frame, std::move(read));
  ARROW_RETURN_NOT_OK(frame.table->ValidateFull());
  read_index(frame);
  return frame;
}

// "ARROW1", two zeros, the stream, the footer, its size in 4 bytes, "ARROW1": what the format promises is looked at, as
// a footer may name batches in any order, and bodies may lie anywhere.
std::string_view stream_within(std::string_view in, const Frame& frame, const Context& context) {
  constexpr size_t kBefore = 8, kBehind = 10;
  constexpr std::string_view kEnd("\xff\xff\xff\xff\0\0\0\0", 8);
  uint32_t footer = 0;
  if (in.size() < kBefore + kBehind) return {};
  std::memcpy(&footer, in.data() + in.size() - kBehind, sizeof footer);
  if (footer > in.size() - kBefore - kBehind) return {};
  const std::string_view stream = in.substr(kBefore, in.size() - kBefore - kBehind - footer);
  if (!stream.ends_with(kEnd) || packing_of(in, Form::feather) != "none") return {};
  const auto read = read_stream(stream, context);
  return read.ok() && is_same_memory(*read->table, *frame.table) ? stream : std::string_view();
}

Status write_columnar(const Frame& frame, Form form, const Context& context, std::string& out) {
  return form == Form::parquet ? write_parquet(frame, context, out) : write_ipc(frame, form, context, out);
}

}  // namespace cachetted::tables
