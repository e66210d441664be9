// Implements packing.h.
#include "tables/packing.h"

#include <arrow/io/memory.h>
#include <arrow/ipc/message.h>
#include <arrow/util/compression.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <cstring>
#include <optional>
#include <set>

namespace cachetted::tables {
namespace {

// One table of a flatbuffer: its fields by number (https://flatbuffers.dev/internals/). Nothing outside the bytes is
// read; what does not fit is absent.
class FlatTable {
 public:
  FlatTable(std::string_view bytes, size_t at) : bytes_(bytes), at_(at) {}

  static std::optional<FlatTable> root(std::string_view bytes) {
    const auto offset = number<uint32_t>(bytes, 0);
    return offset ? std::optional(FlatTable(bytes, *offset)) : std::nullopt;
  }
  template <class T>
  std::optional<T> field(size_t number_of_field) const {
    const auto place = find(number_of_field);
    return place ? number<T>(bytes_, *place) : std::nullopt;
  }
  std::optional<FlatTable> table(size_t number_of_field) const {
    const auto place = find(number_of_field);
    const auto offset = place ? number<uint32_t>(bytes_, *place) : std::nullopt;
    return offset ? std::optional(FlatTable(bytes_, *place + *offset)) : std::nullopt;
  }

 private:
  template <class T>
  static std::optional<T> number(std::string_view bytes, size_t at) {
    T value;
    if (at > bytes.size() || bytes.size() - at < sizeof value) return std::nullopt;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  }
  std::optional<size_t> find(size_t number_of_field) const {
    const auto back = number<int32_t>(bytes_, at_);
    if (!back || static_cast<int64_t>(at_) < *back) return std::nullopt;
    const size_t fields = static_cast<size_t>(static_cast<int64_t>(at_) - *back), slot = 4 + 2 * number_of_field;
    const auto size = number<uint16_t>(bytes_, fields);
    if (!size || *size < slot + 2) return std::nullopt;
    const auto offset = number<uint16_t>(bytes_, fields + slot);
    return offset && *offset != 0 ? std::optional(at_ + *offset) : std::nullopt;
  }

  std::string_view bytes_;
  size_t at_;
};

// By Arrow's format/Message.fbs: Message.header (2) is a RecordBatch, of which compression (3) has a codec (0).
std::optional<std::string> packing_of(const arrow::ipc::Message& message) {
  if (message.type() != arrow::ipc::MessageType::RECORD_BATCH) return std::nullopt;
  const auto root = FlatTable::root(std::string_view(*message.metadata()));
  const auto batch = root ? root->table(2) : std::nullopt;
  if (!batch) return std::nullopt;
  const auto compression = batch->table(3);
  if (!compression) return "none";
  return compression->field<int8_t>(0).value_or(0) == 0 ? "lz4" : "zstd";
}

std::string packing_of_feather(std::string_view in) {
  constexpr size_t kMagic = 8;  // "ARROW1" and two zeros; messages follow, up to the footer
  arrow::io::BufferReader input(std::make_shared<arrow::Buffer>(in.substr(std::min(kMagic, in.size()))));
  const auto reader = arrow::ipc::MessageReader::Open(&input);
  while (true) {
    auto message = reader->ReadNextMessage();
    if (!message.ok() || *message == nullptr) return "none";
    if (auto packing = packing_of(**message)) return *packing;
  }
}

std::string packing_of_parquet(std::string_view in) {
  const auto file = std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(in));
  const auto footer = parquet::ReadMetaData(file);
  std::set<std::string> names;
  for (int group = 0; group < footer->num_row_groups(); ++group)
    for (int column = 0; column < footer->num_columns(); ++column) {
      const auto how = footer->RowGroup(group)->ColumnChunk(column)->compression();
      names.insert(how == arrow::Compression::UNCOMPRESSED ? "none" : arrow::util::Codec::GetCodecAsString(how));
    }
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " and ") + name;
  return text.empty() ? "none" : text;
}

}  // namespace

std::string packing_of(std::string_view in, Form form) {
  return form == Form::parquet ? packing_of_parquet(in) : packing_of_feather(in);
}

}  // namespace cachetted::tables
