// Tables in JSON, as pandas' to_json and read_json name the orients: https://pandas.pydata.org/docs/reference/api/
// pandas.DataFrame.to_json.html . What each keeps of the index: records nothing; columns its labels as text, of which
// digits become integers again; split its labels.
#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>

#include <charconv>
#include <unordered_set>

#include "codecs/json.h"
#include "codecs/json_quote.h"
#include "codecs/text.h"
#include "tables/cells.h"
#include "tables/frame.h"
#include "tables/shape.h"

namespace cachetted::tables {
namespace {

using arrow::Result;
using arrow::Status;
using codecs::Kind;
using codecs::Value;

// --- reading ---

// The values of a table by column, as they come; null where a row has none.
class Grid {
 public:
  explicit Grid(const Context& context) : context_(context) {}

  Status rows(size_t n) {
    rows_ = n;
    if (n > context_.options.limits.rows) return over_limit("table_rows", n, context_.options.limits.rows);
    return Status::OK();
  }
  // The place of a column; made where it is new.
  Result<size_t> column(std::string_view name, size_t hint) {
    const size_t at = names_.place(name, hint);
    if (at == columns_.size()) ARROW_RETURN_NOT_OK(add());
    return at;
  }
  // One more, whatever its name.
  Status add() {
    if (columns_.size() < names_.size() && !is_text(names_[columns_.size()]))
      return Status::Invalid("the name of column ", columns_.size() + 1, " has half of a surrogate pair");
    const Limits& limits = context_.options.limits;
    const uint64_t bytes = (columns_.size() + 1) * uint64_t{rows_} * sizeof(Value*);
    if (columns_.size() >= limits.columns) return over_limit("table_columns", columns_.size() + 1, limits.columns);
    if (bytes > limits.bytes) return over_limit("table_bytes", bytes, limits.bytes);
    columns_.emplace_back(rows_);
    return Status::OK();
  }
  const Value*& at(size_t column, size_t row) { return columns_[column][row]; }
  const Names& names() const { return names_; }

  // `index`: its levels, before the columns.
  Result<Frame> finish(std::vector<std::shared_ptr<arrow::Array>> index, const std::vector<std::string>& labels) {
    Frame frame;
    frame.range = {0, static_cast<int64_t>(rows_), 1, std::nullopt};
    arrow::FieldVector fields;
    for (size_t i = 0; i < index.size(); ++i) {
      fields.push_back(arrow::field("", index[i]->type()));
      frame.index.push_back({static_cast<int>(i), std::nullopt});
    }
    arrow::ArrayVector arrays = std::move(index);
    for (size_t i = 0; i < columns_.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(auto array, column_of(labels[i], columns_[i], context_));
      frame.columns.push_back(static_cast<int>(arrays.size()));
      fields.push_back(arrow::field(labels[i], array->type()));
      arrays.push_back(std::move(array));
    }
    frame.table = arrow::Table::Make(arrow::schema(fields), arrays, static_cast<int64_t>(rows_));
    return frame;
  }
  std::vector<std::string> labels() const {
    std::vector<std::string> all;
    for (size_t i = 0; i < names_.size(); ++i) all.emplace_back(names_[i]);
    return all;
  }

 private:
  const Context& context_;
  size_t rows_ = 0;
  Names names_;
  std::vector<std::vector<const Value*>> columns_;
};

Result<Frame> read_rows(const Value& root, const Context& context) {
  if (root.kind != Kind::list) return Status::Invalid("it is ", codecs::name_of(root.kind), ", and no list of records");
  Grid grid(context);
  ARROW_RETURN_NOT_OK(grid.rows(root.items.size()));
  for (size_t row = 0; row < root.items.size(); ++row) {
    const Value& record = *root.items[row];
    if (record.kind != Kind::map)
      return Status::Invalid("row ", row + 1, " is ", codecs::name_of(record.kind), ", and no object");
    for (size_t i = 0; i + 1 < record.items.size(); i += 2) {
      ARROW_ASSIGN_OR_RAISE(const size_t column, grid.column(record.items[i]->text, i / 2));
      grid.at(column, row) = record.items[i + 1];
    }
  }
  return grid.finish({}, grid.labels());
}

bool counts_up(const arrow::Array& array) {
  if (array.type_id() != arrow::Type::INT64 || array.null_count() != 0) return false;
  const auto& numbers = static_cast<const arrow::Int64Array&>(array);
  for (int64_t i = 0; i < numbers.length(); ++i)
    if (numbers.Value(i) != i) return false;
  return true;
}

// Labels that are all integers as Python writes them, else text.
Result<std::shared_ptr<arrow::Array>> labels_of(const Names& names, arrow::MemoryPool* pool) {
  arrow::Int64Builder numbers(pool);
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string_view s = names[i];
    int64_t n = 0;
    const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), n);
    if (error != std::errc() || end != s.data() + s.size() || std::to_string(n) != s) break;
    ARROW_RETURN_NOT_OK(numbers.Append(n));
  }
  if (static_cast<size_t>(numbers.length()) == names.size()) return numbers.Finish();
  arrow::StringBuilder texts(pool);
  for (size_t i = 0; i < names.size(); ++i) {
    if (!is_text(names[i])) return Status::Invalid("the label of row ", i + 1, " has half of a surrogate pair");
    ARROW_RETURN_NOT_OK(texts.Append(names[i]));
  }
  return texts.Finish();
}

Result<Frame> read_columns(const Value& root, const Context& context) {
  if (root.kind != Kind::map)
    return Status::Invalid("it is ", codecs::name_of(root.kind), ", and no object of columns");
  Names rows;
  for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
    const Value& column = *root.items[i + 1];
    if (column.kind != Kind::map)
      return Status::Invalid("column '", root.items[i]->text, "' is ", codecs::name_of(column.kind), ", and no object");
    for (size_t row = 0; row + 1 < column.items.size(); row += 2) rows.place(column.items[row]->text, row / 2);
  }
  Grid grid(context);
  ARROW_RETURN_NOT_OK(grid.rows(rows.size()));
  for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
    ARROW_ASSIGN_OR_RAISE(const size_t column, grid.column(root.items[i]->text, i / 2));
    const codecs::Items& values = root.items[i + 1]->items;
    for (size_t row = 0; row + 1 < values.size(); row += 2)
      grid.at(column, rows.place(values[row]->text, row / 2)) = values[row + 1];
  }
  ARROW_ASSIGN_OR_RAISE(auto index, labels_of(rows, context.pool));
  std::vector<std::shared_ptr<arrow::Array>> levels;
  if (!counts_up(*index)) levels.push_back(std::move(index));
  return grid.finish(std::move(levels), grid.labels());
}

const Value* member(const Value& object, std::string_view name) {
  for (size_t i = 0; i + 1 < object.items.size(); i += 2)
    if (object.items[i]->text == name) return object.items[i + 1];
  return nullptr;
}

// The label of a column in "split", which is no text where pandas' is none.
Result<std::string> label_of(const Value& v) {
  if (v.kind == Kind::string && !is_text(v.text))
    return Status::Invalid("a column's label has half of a surrogate pair");
  if (v.kind == Kind::string) return std::string(v.text);
  if (v.kind != Kind::integer && v.kind != Kind::real && v.kind != Kind::boolean)
    return Status::Invalid("a column's label is ", codecs::name_of(v.kind));
  if (v.kind == Kind::boolean) return std::string(v.number != 0 ? "True" : "False");
  if (v.kind == Kind::integer) return v.text.empty() ? std::to_string(v.number) : std::string(v.text);
  char text[codecs::kRealText];
  return std::string(text, codecs::python_real(text, v.real));
}

// The levels of "index"; of a list of lists each is one.
Result<std::vector<std::shared_ptr<arrow::Array>>> read_index(const Value& index, const Context& context) {
  std::vector<std::vector<const Value*>> levels(1);
  const bool several = !index.items.empty() && index.items[0]->kind == Kind::list;
  if (several) levels.resize(index.items[0]->items.size());
  if (levels.empty() || levels.size() > context.options.limits.columns)
    return Status::Invalid("\"index\" has no levels");
  for (const Value* label : index.items) {
    if (several != (label->kind == Kind::list) || (several && label->items.size() != levels.size()))
      return Status::Invalid("the labels in \"index\" have different numbers of levels");
    for (size_t i = 0; i < levels.size(); ++i) levels[i].push_back(several ? label->items[i] : label);
  }
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const auto& level : levels) {
    ARROW_ASSIGN_OR_RAISE(auto array, column_of("index", level, context));
    arrays.push_back(std::move(array));
  }
  if (arrays.size() == 1 && counts_up(*arrays[0])) arrays.clear();
  return arrays;
}

Result<Frame> read_split(const Value& root, const Context& context) {
  if (root.kind != Kind::map) return Status::Invalid("it is ", codecs::name_of(root.kind), ", and no object");
  const Value *columns = member(root, "columns"), *index = member(root, "index"), *data = member(root, "data");
  for (const Value* list : {columns, data})
    if (list == nullptr || list->kind != Kind::list)
      return Status::Invalid("\"columns\" and \"data\" have to be lists");
  const bool empty = columns->items.empty() && data->items.empty();  // so pandas writes one without columns
  const size_t rows = empty && index != nullptr ? index->items.size() : data->items.size();
  if (index != nullptr && (index->kind != Kind::list || index->items.size() != rows))
    return Status::Invalid("\"index\" has to be a list as long as \"data\"");
  Grid grid(context);
  ARROW_RETURN_NOT_OK(grid.rows(rows));
  std::vector<std::string> labels;
  for (const Value* label : columns->items) {
    ARROW_ASSIGN_OR_RAISE(std::string text, label_of(*label));
    labels.push_back(std::move(text));
    ARROW_RETURN_NOT_OK(grid.add());
  }
  for (size_t row = 0; row < data->items.size(); ++row) {
    const Value& values = *data->items[row];
    if (values.kind != Kind::list || values.items.size() != labels.size())
      return Status::Invalid("row ", row + 1, " is no list of ", labels.size(), " values");
    for (size_t i = 0; i < labels.size(); ++i) grid.at(i, row) = values.items[i];
  }
  std::vector<std::shared_ptr<arrow::Array>> levels;
  if (index != nullptr) {
    ARROW_ASSIGN_OR_RAISE(levels, read_index(*index, context));
  }
  return grid.finish(std::move(levels), labels);
}

// --- writing ---

// A column's cells, in the chunks that it and others have in common.
Result<std::vector<std::unique_ptr<Cells>>> cells_of_batch(const arrow::Table& table, const arrow::RecordBatch& batch,
                                                           const std::vector<int>& places, bool large_as_text,
                                                           size_t most) {
  std::vector<std::unique_ptr<Cells>> all;
  for (const int at : places) {
    ARROW_ASSIGN_OR_RAISE(auto cells, cells_of(*table.column(at), batch.column(at), Text::json, large_as_text, most));
    all.push_back(std::move(cells));
  }
  return all;
}

class Writer {
 public:
  Writer(const Frame& frame, const Context& context, std::string& out)
      : frame_(frame), context_(context), out_(out), begun_(out.size()), most_(begun_ + context.options.limits.bytes) {}

  Status records() {
    ARROW_ASSIGN_OR_RAISE(const auto names, quoted_names("records"));
    out_ += '[';
    ARROW_RETURN_NOT_OK(each_row(frame_.columns, [&](int64_t row, const auto& cells, int64_t i) {
      out_ += row == 0 ? "{" : ",{";
      for (size_t c = 0; c < cells.size() && out_.size() <= most_; ++c) {
        if (c > 0) out_ += ',';
        out_ += names[c];
        cells[c]->append(i, out_);
      }
      out_ += '}';
    }));
    out_ += ']';
    return check_size();
  }

  Status split() {
    out_ += "{\"columns\":[";
    for (size_t i = 0; i < frame_.columns.size(); ++i) {
      if (i > 0) out_ += ',';
      quote(frame_.table->field(frame_.columns[i])->name());
    }
    out_ += "],\"index\":[";
    ARROW_RETURN_NOT_OK(each_row(index_places(), [&](int64_t row, const auto& cells, int64_t i) {
      if (row > 0) out_ += ',';
      put_label(row, cells, i, out_);
    }));
    out_ += "],\"data\":[";
    ARROW_RETURN_NOT_OK(each_row(frame_.columns, [&](int64_t row, const auto& cells, int64_t i) {
      out_ += row == 0 ? "[" : ",[";
      for (size_t c = 0; c < cells.size() && out_.size() <= most_; ++c) {
        if (c > 0) out_ += ',';
        cells[c]->append(i, out_);
      }
      out_ += ']';
    }));
    out_ += "]}";
    return check_size();
  }

  Status columns() {
    if (frame_.index.size() > 1) return Status::TypeError("its index has ", frame_.index.size(), " levels");
    ARROW_ASSIGN_OR_RAISE(const auto names, quoted_names("columns"));
    ARROW_ASSIGN_OR_RAISE(const auto labels, label_names());
    out_ += '{';
    for (size_t c = 0; c < names.size(); ++c) {
      if (c > 0) out_ += ',';
      out_ += names[c] + "{";
      ARROW_RETURN_NOT_OK(each_row({frame_.columns[c]}, [&](int64_t row, const auto& cells, int64_t i) {
        if (row > 0) out_ += ',';
        if (labels.empty()) {
          put_name(row, {}, 0, out_);
        } else {
          out_ += labels[static_cast<size_t>(row)];
        }
        cells[0]->append(i, out_);
      }));
      out_ += '}';
    }
    out_ += '}';
    return check_size();
  }

 private:
  // Runs put(row, cells, place in the chunk) for each row of the columns at these places.
  template <class Put>
  Status each_row(const std::vector<int>& places, const Put& put) {
    if (places.empty()) {
      const std::vector<std::unique_ptr<Cells>> none;
      for (int64_t row = 0; row < frame_.table->num_rows(); ++row) put(row, none, 0);
      return Status::OK();
    }
    arrow::TableBatchReader reader(*frame_.table);
    for (int64_t row = 0; row < frame_.table->num_rows();) {
      std::shared_ptr<arrow::RecordBatch> batch;
      ARROW_RETURN_NOT_OK(reader.ReadNext(&batch));
      if (batch == nullptr) break;
      ARROW_ASSIGN_OR_RAISE(const auto cells,
                            cells_of_batch(*frame_.table, *batch, places, context_.options.large_as_text, most_));
      for (int64_t i = 0; i < batch->num_rows(); ++i, ++row) {
        put(row, cells, i);
        if (out_.size() > most_) return check_size();
      }
    }
    return Status::OK();
  }

  Status check_size() const {
    const uint64_t size = out_.size() - begun_, most = context_.options.limits.bytes;
    return size > most ? over_limit("table_bytes", size, most) : Status::OK();
  }
  void quote(std::string_view text) {
    codecs::Sink sink(out_, SIZE_MAX);
    codecs::quote(sink, text);
  }
  static std::string quoted(std::string_view text) {
    std::string out;
    {
      codecs::Sink sink(out, SIZE_MAX);
      codecs::quote(sink, text);
    }
    return out;
  }
  // "name": of each column, of which none may come twice.
  Result<std::vector<std::string>> quoted_names(std::string_view orient) const {
    std::vector<std::string> names;
    std::unordered_set<std::string_view> taken;
    for (const int at : frame_.columns) {
      const std::string& name = frame_.table->field(at)->name();
      if (!taken.insert(name).second)
        return Status::TypeError("two columns are called '", name, "', and the orient ", orient, " has names for keys");
      names.push_back(quoted(name) + ":");
    }
    return names;
  }
  std::vector<int> index_places() const {
    std::vector<int> places;
    for (const Level& level : frame_.index) places.push_back(level.at);
    return places;
  }
  // A row's label; of several levels a list.
  void put_label(int64_t row, const std::vector<std::unique_ptr<Cells>>& cells, int64_t i, std::string& out) const {
    if (cells.empty()) {
      char text[24];
      const int64_t label = frame_.range.start + row * frame_.range.step;
      out.append(text, std::to_chars(text, std::end(text), label).ptr);
      return;
    }
    if (cells.size() > 1) out += '[';
    for (size_t level = 0; level < cells.size(); ++level) {
      if (level > 0) out += ',';
      cells[level]->append(i, out);
    }
    if (cells.size() > 1) out += ']';
  }
  // The same as the name in an object.
  void put_name(int64_t row, const std::vector<std::unique_ptr<Cells>>& cells, int64_t i, std::string& out) const {
    const size_t at = out.size();
    put_label(row, cells, i, out);
    if (out[at] != '"') {  // a number, null, true ...
      out.insert(at, 1, '"');
      out += '"';
    }
    out += ':';
  }
  // Of each row, of which none may come twice; empty where the index is a range, in which none does.
  Result<std::vector<std::string>> label_names() {
    constexpr uint64_t kBytesOfLabel = 100;
    std::vector<std::string> labels;
    if (frame_.index.empty()) return labels;
    const auto rows = static_cast<uint64_t>(frame_.table->num_rows());
    if (rows * kBytesOfLabel > context_.options.limits.bytes)
      return over_limit("table_bytes", rows * kBytesOfLabel, context_.options.limits.bytes);
    labels.resize(rows);
    std::unordered_set<std::string_view> taken;
    taken.reserve(rows);
    std::string_view twice;
    ARROW_RETURN_NOT_OK(each_row(index_places(), [&](int64_t row, const auto& cells, int64_t i) {
      std::string& label = labels[static_cast<size_t>(row)];
      put_name(row, cells, i, label);
      if (!taken.insert(label).second && twice.empty()) twice = label;
    }));
    if (twice.empty()) return labels;
    return Status::TypeError("the label ", twice.substr(0, twice.size() - 1), " comes twice in its index");
  }

  const Frame& frame_;
  const Context& context_;
  std::string& out_;
  const size_t begun_, most_;
};

}  // namespace

Result<Frame> read_records(std::string_view in, Form form, const Context& context) {
  constexpr uint64_t kBytesOfValue = 64;
  codecs::Document document;
  codecs::Limits limits;
  limits.items = std::max<uint64_t>(context.options.limits.bytes / kBytesOfValue, 1);
  std::string why;
  if (!codecs::read_json(in, codecs::Types::plain, limits, document, why)) {
    if (document.size() >= limits.items)
      return over_limit("table_bytes", (document.size() + 1) * kBytesOfValue, context.options.limits.bytes);
    constexpr std::string_view kSaid = "value is not JSON: ";
    return Status::Invalid(why.starts_with(kSaid) ? why.substr(kSaid.size()) : why);
  }
  if (form == Form::json) return read_rows(*document.root, context);
  return form == Form::json_split ? read_split(*document.root, context) : read_columns(*document.root, context);
}

Status write_records(const Frame& frame, Form form, const Context& context, std::string& out) {
  Writer writer(frame, context, out);
  if (form == Form::json) return writer.records();
  return form == Form::json_split ? writer.split() : writer.columns();
}

}  // namespace cachetted::tables
