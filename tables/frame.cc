// The index of a frame, as pandas keeps it in an Arrow schema: pyarrow/pandas_compat.py, construct_metadata and
// table_to_dataframe, is where the format of the "pandas" entry stands.
#include "tables/frame.h"

#include <arrow/builder.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "codecs/json.h"
#include "codecs/json_quote.h"
#include "codecs/value.h"

namespace cachetted::tables {
namespace {

using codecs::Kind;

constexpr const char* kEntry = "pandas";

const codecs::Value* member(const codecs::Value* object, std::string_view name) {
  if (object == nullptr || object->kind != Kind::map) return nullptr;
  for (size_t i = 0; i + 1 < object->items.size(); i += 2)
    if (object->items[i]->kind == Kind::string && object->items[i]->text == name) return object->items[i + 1];
  return nullptr;
}

std::optional<std::string> text_of(const codecs::Value* v) {
  if (v == nullptr || v->kind != Kind::string) return std::nullopt;
  return std::string(v->text);
}

// A name of an index that is no string, as pandas shows it.
std::optional<std::string> label_of(const codecs::Value* v) {
  if (v == nullptr || v->kind == Kind::null) return std::nullopt;
  if (v->kind == Kind::integer && v->text.empty()) return std::to_string(v->number);
  return text_of(v);
}

bool read_range(const codecs::Value* v, int64_t rows, Range& range) {
  const codecs::Value *start = member(v, "start"), *stop = member(v, "stop"), *step = member(v, "step");
  for (const codecs::Value* part : {start, stop, step})
    if (part == nullptr || part->kind != Kind::integer || !part->text.empty()) return false;
  range = {start->number, stop->number, step->number, label_of(member(v, "name"))};
  // As many as Python's range() has: the stop is beyond the last label, and by a step at most.
  int64_t last = 0, next = 0;
  if (range.step == 0) return false;
  if (rows == 0) return range.step > 0 ? range.stop <= range.start : range.stop >= range.start;
  if (__builtin_mul_overflow(rows - 1, range.step, &last) || __builtin_add_overflow(last, range.start, &last))
    return false;
  if (__builtin_add_overflow(last, range.step, &next)) next = range.step > 0 ? INT64_MAX : INT64_MIN;
  return range.step > 0 ? last < range.stop && range.stop <= next : last > range.stop && range.stop >= next;
}

// The fields of a table, and what the metadata call them.
class Fields {
 public:
  Fields(const arrow::Schema& schema, const codecs::Value* columns) {
    for (int i = 0; i < schema.num_fields(); ++i) places_[schema.field(i)->name()] = i;
    if (columns == nullptr || columns->kind != Kind::list) return;
    for (const codecs::Value* column : columns->items) {
      const codecs::Value* const field = member(column, "field_name");
      if (field != nullptr && field->kind == Kind::string) names_[field->text] = member(column, "name");
    }
  }
  // The last field of several of that name, as pandas puts the index behind the columns.
  std::optional<Level> level(std::string_view field) const {
    const auto place = places_.find(field);
    if (place == places_.end()) return std::nullopt;
    Level level{place->second, std::string(field)};
    if (const auto named = names_.find(field); named != names_.end()) level.name = label_of(named->second);
    if (level.name && level.name->starts_with("__index_level_")) level.name = std::nullopt;
    return level;
  }

 private:
  std::unordered_map<std::string_view, int> places_;
  std::unordered_map<std::string_view, const codecs::Value*> names_;
};

bool read_levels(Frame& frame, const codecs::Value& root) {
  const codecs::Value* const said = member(&root, "index_columns");
  if (said == nullptr || said->kind != Kind::list) return false;
  if (said->items.size() > static_cast<size_t>(frame.table->num_columns()) + 1) return false;
  const Fields fields(*frame.table->schema(), member(&root, "columns"));
  std::unordered_set<int> taken;
  for (const codecs::Value* one : said->items) {
    if (one->kind == Kind::map) {
      if (said->items.size() != 1) return false;
      return read_range(one, frame.table->num_rows(), frame.range);
    }
    if (one->kind != Kind::string) return false;
    std::optional<Level> level = fields.level(one->text);
    if (!level || !taken.insert(level->at).second) return false;
    frame.index.push_back(std::move(*level));
  }
  return true;
}

// How pandas calls the type of a column that was no columnar one's; numpy's name behind it.
std::pair<std::string_view, std::string_view> names_of(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::INT64: return {"int64", "int64"};
    case arrow::Type::UINT64: return {"uint64", "uint64"};
    case arrow::Type::DOUBLE: return {"float64", "float64"};
    case arrow::Type::STRING: return {"unicode", "object"};
    case arrow::Type::NA: return {"empty", "object"};
    default: return {"object", "object"};
  }
}

std::pair<std::string_view, std::string_view> names_of(const arrow::Field& field, const arrow::ChunkedArray& column) {
  if (field.type()->id() != arrow::Type::BOOL) return names_of(*field.type());
  return {"bool", column.null_count() == 0 ? "bool" : "object"};
}

void put_text(std::string& out, std::optional<std::string_view> text) {
  if (!text) {
    out += "null";
    return;
  }
  codecs::Sink sink(out, SIZE_MAX);
  codecs::quote(sink, *text);
}

std::string describe_columns(const Frame& frame) {
  std::string out = "\"columns\": [";
  const arrow::Schema& schema = *frame.table->schema();
  for (int i = 0; i < schema.num_fields(); ++i) {
    const arrow::Field& field = *schema.field(i);
    std::optional<std::string_view> name = field.name();
    for (const Level& level : frame.index)
      if (level.at == i) name = level.name ? std::optional<std::string_view>(*level.name) : std::nullopt;
    const auto [pandas, numpy] = names_of(field, *frame.table->column(i));
    out += i == 0 ? "{\"name\": " : ", {\"name\": ";
    put_text(out, name);
    out += ", \"field_name\": ";
    put_text(out, field.name());
    out.append(", \"pandas_type\": \"").append(pandas).append("\", \"numpy_type\": \"").append(numpy);
    out += "\", \"metadata\": null}";
  }
  return out + "]";
}

std::string describe_index(const Frame& frame) {
  std::string out = "\"index_columns\": [";
  if (frame.index.empty()) {
    const Range& r = frame.range;
    out += "{\"kind\": \"range\", \"name\": ";
    put_text(out, r.name ? std::optional<std::string_view>(*r.name) : std::nullopt);
    out += ", \"start\": " + std::to_string(r.start) + ", \"stop\": " + std::to_string(r.stop) +
           ", \"step\": " + std::to_string(r.step) + "}";
  }
  for (size_t i = 0; i < frame.index.size(); ++i) {
    if (i > 0) out += ", ";
    put_text(out, frame.table->field(frame.index[i].at)->name());
  }
  return out + "]";
}

// Columns first, then the index, under names that no column has: as pyarrow orders and names them.
arrow::Status reorder(Frame& frame) {
  std::vector<int> order = frame.columns;
  std::unordered_set<std::string> taken;
  for (const int at : frame.columns) taken.insert(frame.table->field(at)->name());
  std::vector<std::string> names;
  names.reserve(order.size() + frame.index.size());
  for (const int at : frame.columns) names.push_back(frame.table->field(at)->name());
  for (size_t i = 0; i < frame.index.size(); ++i) {
    Level& level = frame.index[i];
    const bool as_named = level.name && taken.insert(*level.name).second;
    names.push_back(as_named ? *level.name : "__index_level_" + std::to_string(i) + "__");
    order.push_back(level.at);
    level.at = static_cast<int>(order.size()) - 1;
  }
  ARROW_ASSIGN_OR_RAISE(frame.table, frame.table->SelectColumns(order));
  ARROW_ASSIGN_OR_RAISE(frame.table, frame.table->RenameColumns(names));
  for (size_t i = 0; i < frame.columns.size(); ++i) frame.columns[i] = static_cast<int>(i);
  return arrow::Status::OK();
}

// Of a frame without columns the index is one: Arrow's formats count rows by their columns.
arrow::Status write_out_range(Frame& frame) {
  const int64_t rows = frame.table->num_rows();
  arrow::Int64Builder labels;
  ARROW_RETURN_NOT_OK(labels.Reserve(rows));
  for (int64_t i = 0; i < rows; ++i) labels.UnsafeAppend(frame.range.start + i * frame.range.step);
  ARROW_ASSIGN_OR_RAISE(const auto array, labels.Finish());
  frame.table = arrow::Table::Make(arrow::schema({arrow::field("", arrow::int64())}), {array});
  frame.index.push_back({0, frame.range.name});
  return arrow::Status::OK();
}

}  // namespace

void read_index(Frame& frame) {
  frame.index.clear();
  frame.columns.clear();
  frame.range = {0, frame.table->num_rows(), 1, std::nullopt};
  const auto& metadata = frame.table->schema()->metadata();
  const int at = metadata == nullptr ? -1 : metadata->FindKey(kEntry);
  if (at >= 0) {
    codecs::Document document;
    std::string why;
    const bool good = codecs::read_json(metadata->value(at), codecs::Types::plain, {}, document, why);
    if (!good || !read_levels(frame, *document.root)) {
      frame.index.clear();
      frame.range = {0, frame.table->num_rows(), 1, std::nullopt};
    }
  }
  std::vector<bool> is_level(static_cast<size_t>(frame.table->num_columns()));
  for (const Level& level : frame.index) is_level[static_cast<size_t>(level.at)] = true;
  for (size_t i = 0; i < is_level.size(); ++i)
    if (!is_level[i]) frame.columns.push_back(static_cast<int>(i));
}

arrow::Status make_metadata(Frame& frame) {
  if (frame.columns.empty() && frame.index.empty() && frame.table->num_rows() > 0)
    ARROW_RETURN_NOT_OK(write_out_range(frame));
  ARROW_RETURN_NOT_OK(reorder(frame));
  std::string text = "{" + describe_index(frame) + ", \"column_indexes\": [], " + describe_columns(frame) +
                     ", \"creator\": {\"library\": \"cachetted\", \"version\": \"" CACHETTED_VERSION
                     "\"}, \"pandas_version\": \"2.0.0\"}";
  frame.table = frame.table->ReplaceSchemaMetadata(arrow::key_value_metadata({kEntry}, {std::move(text)}));
  return arrow::Status::OK();
}

arrow::Status over_limit(std::string_view name, uint64_t value, uint64_t limit) {
  std::string_view what = name.substr(name.find('_') + 1);
  return arrow::Status::CapacityError("table of ", value, what == "depth" ? " levels of types" : " ",
                                      what == "depth" ? "" : what, " is over the limit of ", limit, " (limits.", name,
                                      ")");
}

}  // namespace cachetted::tables
