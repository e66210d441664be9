// Writes a frame as pandas' to_csv does of what pandas would make of it. A field that has to be quoted is so only
// after it was written, since few are.
#include <arrow/chunked_array.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include "codecs/json.h"
#include "tables/cells.h"
#include "tables/frame.h"

namespace cachetted::tables {
namespace {

using codecs::Kind;
using std::string_view;

constexpr int64_t kBlock = 100'000;  // cells that pandas writes at once; by them it looks at datetimes
constexpr int64_t kSample = 1'000;   // rows after which the size of the whole is foreseen

// --- quotes ---

constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;

bool has(uint64_t eight, char c) {
  const uint64_t x = eight ^ (kOnes * static_cast<unsigned char>(c));
  return ((x - kOnes) & ~x & kHigh) != 0;
}

bool is_special(char c) { return c == ',' || c == '"' || c == '\n' || c == '\r'; }

bool needs_quotes(string_view s) {
  const char* p = s.data();
  const char* const end = p + s.size();
  for (; end - p >= 8; p += 8) {
    uint64_t w;
    std::memcpy(&w, p, sizeof w);
    if (has(w, ',') || has(w, '"') || has(w, '\n') || has(w, '\r')) return true;
  }
  return std::any_of(p, end, is_special);
}

// What `out` has from there on is a field.
void quote_if_needed(std::string& out, size_t from) {
  if (!needs_quotes(string_view(out).substr(from))) return;
  const std::string field(out, from);
  out.resize(from);
  out += '"';
  for (size_t i = 0; i < field.size();) {
    const size_t quote = std::min(field.find('"', i), field.size() - 1) + 1;
    out.append(field, i, quote - i);
    if (field[quote - 1] == '"') out += '"';
    i = quote;
  }
  out += '"';
}

void write_name(string_view name, std::string& out) {
  const size_t from = out.size();
  out += name;
  quote_if_needed(out, from);
}

// Python's csv: a line with nothing in it is a line of one empty field, which has quotes.
void end_line(std::string& out, size_t line) {
  if (out.size() == line) out += "\"\"";
  out += '\n';
}

// --- what pandas would hold a column in ---

const codecs::Value* member(const codecs::Value* object, string_view name) {
  if (object == nullptr || object->kind != Kind::map) return nullptr;
  for (size_t i = 0; i + 1 < object->items.size(); i += 2)
    if (object->items[i]->kind == Kind::string && object->items[i]->text == name) return object->items[i + 1];
  return nullptr;
}

Text text_of(string_view numpy_type) {
  constexpr string_view kMasked[] = {"Int8",   "Int16",  "Int32",   "Int64",   "UInt8",  "UInt16",
                                     "UInt32", "UInt64", "Float32", "Float64", "boolean"};
  if (numpy_type.ends_with("[pyarrow]")) return Text::csv_arrow;
  return std::find(std::begin(kMasked), std::end(kMasked), numpy_type) != std::end(kMasked) ? Text::csv_masked
                                                                                            : Text::csv;
}

// By the names of fields, where pandas' metadata say so.
std::unordered_map<std::string, Text> texts_of(const arrow::Schema& schema) {
  std::unordered_map<std::string, Text> texts;
  const auto& metadata = schema.metadata();
  const int at = metadata == nullptr ? -1 : metadata->FindKey("pandas");
  if (at < 0) return texts;
  codecs::Document document;
  std::string why;
  if (!codecs::read_json(metadata->value(at), codecs::Types::plain, {}, document, why)) return texts;
  const codecs::Value* const columns = member(document.root, "columns");
  if (columns == nullptr || columns->kind != Kind::list) return texts;
  for (const codecs::Value* column : columns->items) {
    const codecs::Value* name = member(column, "field_name");
    if (name == nullptr || name->kind != Kind::string) name = member(column, "name");
    const codecs::Value* const type = member(column, "numpy_type");
    if (name == nullptr || name->kind != Kind::string || type == nullptr || type->kind != Kind::string) continue;
    texts[std::string(name->text)] = text_of(type->text);
  }
  return texts;
}

// Whether the text of one value depends on the others.
bool is_timed(const arrow::DataType& type) {
  if (type.id() == arrow::Type::DICTIONARY) {
    return is_timed(*static_cast<const arrow::DictionaryType&>(type).value_type());
  }
  return type.id() == arrow::Type::TIMESTAMP || type.id() == arrow::Type::DURATION;
}

// --- rows ---

// A column, and where in it the writer is.
class Source {
 public:
  Source(std::shared_ptr<arrow::ChunkedArray> all, Text text, bool by_block)
      : all_(std::move(all)), part_(all_), text_(text), by_block_(by_block) {}

  bool by_block() const { return by_block_; }
  // The next rows come from this part of the column, of which a datetime's precision is.
  void start(int64_t row, int64_t count) {
    part_ = all_->Slice(row, count);
    chunk_ = -1;
    left_ = 0;
  }
  // How many rows can be had from the chunk that it is in now.
  arrow::Result<int64_t> prepare(bool large_as_text, size_t most) {
    while (left_ == 0) {
      const std::shared_ptr<arrow::Array>& chunk = part_->chunk(++chunk_);
      left_ = chunk->length();
      row_ = 0;
      if (left_ == 0) continue;
      ARROW_ASSIGN_OR_RAISE(cells_, cells_of(*part_, chunk, text_, large_as_text, most));
      may_quote_ = cells_->may_quote();
    }
    return left_;
  }
  void write(int64_t i, std::string& out) const {
    const size_t from = out.size();
    cells_->append(row_ + i, out);
    if (may_quote_) quote_if_needed(out, from);
  }
  void advance(int64_t n) {
    row_ += n;
    left_ -= n;
  }

 private:
  std::shared_ptr<arrow::ChunkedArray> all_, part_;
  Text text_;
  bool by_block_, may_quote_ = false;
  std::unique_ptr<Cells> cells_;
  int chunk_ = -1;
  int64_t row_ = 0, left_ = 0;
};

class Writer {
 public:
  Writer(const Frame& frame, const Context& context, std::string& out)
      : frame_(frame),
        context_(context),
        out_(out),
        begun_(out.size()),
        most_(begun_ + context.options.limits.bytes),
        rows_(frame.table->num_rows()) {}

  arrow::Status write() {
    write_header();
    open_columns();
    const auto wide = static_cast<int64_t>(std::max<size_t>(frame_.columns.size(), 1));
    const bool blocks = std::any_of(sources_.begin(), sources_.end(), [](const Source& s) { return s.by_block(); });
    const int64_t block = blocks ? std::max<int64_t>(kBlock / wide, 1) : rows_;
    for (int64_t row = 0; row < rows_; row += block) {
      const int64_t end = std::min(rows_, row + block);
      for (Source& source : sources_)
        if (source.by_block()) source.start(row, end - row);
      ARROW_RETURN_NOT_OK(write_block(row, end));
    }
    return check();
  }

 private:
  void write_header();
  void open_columns();
  arrow::Status write_block(int64_t row, int64_t end);
  void write_row(int64_t row, int64_t i);
  arrow::Status check() const {
    const uint64_t limit = context_.options.limits.bytes, size = out_.size() - begun_;
    return size > limit ? over_limit("table_bytes", size, limit) : arrow::Status::OK();
  }
  // Room for all of it, as the first rows were; it costs no memory until it is written to.
  void foresee(int64_t rows) {
    const double whole =
        1.1 * static_cast<double>(out_.size() - begun_) / static_cast<double>(rows) * static_cast<double>(rows_);
    out_.reserve(begun_ + static_cast<size_t>(std::min(whole, static_cast<double>(context_.options.limits.bytes))));
  }

  const Frame& frame_;
  const Context& context_;
  std::string& out_;
  const size_t begun_, most_;
  const int64_t rows_;
  std::vector<Source> sources_;
};

void Writer::write_header() {
  const size_t line = out_.size();
  bool first = true;
  auto name = [&](string_view text) {
    if (!first) out_ += ',';
    first = false;
    write_name(text, out_);
  };
  if (frame_.index.empty()) name(frame_.range.name.value_or(""));
  for (const Level& level : frame_.index) name(level.name.value_or(""));
  for (const int at : frame_.columns) name(frame_.table->schema()->field(at)->name());
  end_line(out_, line);
}

void Writer::open_columns() {
  const auto texts = texts_of(*frame_.table->schema());
  auto add = [&](int at, bool by_block) {
    const auto& field = frame_.table->schema()->field(at);
    const auto found = texts.find(field->name());
    sources_.emplace_back(frame_.table->column(at), found == texts.end() ? Text::csv : found->second,
                          by_block && is_timed(*field->type()));
  };
  // pandas looks at the whole of a level that is one of several.
  for (const Level& level : frame_.index) add(level.at, frame_.index.size() == 1);
  for (const int at : frame_.columns) add(at, true);
}

arrow::Status Writer::write_block(int64_t row, int64_t end) {
  while (row < end) {
    int64_t run = row < kSample ? std::min(end - row, kSample - row) : end - row;
    for (Source& source : sources_) {
      ARROW_ASSIGN_OR_RAISE(const int64_t left, source.prepare(context_.options.large_as_text, most_));
      run = std::min(run, left);
    }
    for (int64_t i = 0; i < run; ++i) {
      write_row(row + i, i);
      ARROW_RETURN_NOT_OK(check());
    }
    for (Source& source : sources_) source.advance(run);
    row += run;
    if (row == kSample) foresee(row);
  }
  return arrow::Status::OK();
}

void Writer::write_row(int64_t row, int64_t i) {
  const size_t line = out_.size();
  if (frame_.index.empty()) {
    char text[24];
    const uint64_t number = static_cast<uint64_t>(frame_.range.start) +
                            static_cast<uint64_t>(row) * static_cast<uint64_t>(frame_.range.step);
    out_.append(text, std::to_chars(text, text + sizeof text, static_cast<int64_t>(number)).ptr);
    if (!sources_.empty()) out_ += ',';
  }
  for (const Source& source : sources_) {
    if (out_.size() > most_) return;  // check() follows
    source.write(i, out_);
    out_ += ',';
  }
  if (!sources_.empty()) out_.pop_back();
  end_line(out_, line);
}

}  // namespace

arrow::Status write_csv(const Frame& frame, const Context& context, std::string& out) {
  const size_t begun = out.size();
  const arrow::Status status = Writer(frame, context, out).write();
  if (!status.ok()) out.resize(begun);
  return status;
}

}  // namespace cachetted::tables
