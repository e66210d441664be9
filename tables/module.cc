// The module's way in (codecs/tables.h): reads one form, writes another, and says of what Arrow refuses why. Nothing
// of Arrow, and no exception, leaves this file.
#include <arrow/config.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <exception>

#include "tables/frame.h"
#include "tables/packing.h"
#include "tables/pool.h"

namespace cachetted::tables {
namespace {

using arrow::Status;

// A line for a client: Arrow's texts may have several, and bytes of the value.
std::string one_line(std::string_view text) {
  constexpr size_t kMost = 300;
  std::string line;
  for (const char c : text.substr(0, kMost)) {
    if (c == '\n') break;
    line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  if (text.size() <= kMost) return line;
  while (!line.empty() && (line.back() & 0xc0) == 0x80) line.pop_back();  // half a character, maybe
  if (!line.empty() && (line.back() & 0x80) != 0) line.pop_back();
  return line;
}

// What one call needs: the limits, and the memory that they allow.
struct Call {
  explicit Call(const Options& o) : options(o), pool(o.limits.bytes), context{o, &pool} {}

  bool refuse(const Status& status, std::string_view before, Outcome& outcome, std::string& why) const {
    if (status.IsCapacityError() || status.IsOutOfMemory() || pool.refused()) {
      outcome.refusal = Refusal::limit;
      why = pool.refused() || !status.IsCapacityError()
                ? "table needs more than the " + std::to_string(options.limits.bytes) +
                      " bytes that it may take (limits.table_bytes)"
                : one_line(status.message());
      return false;
    }
    outcome.refusal = status.IsNotImplemented() || status.IsTypeError() ? Refusal::type : Refusal::malformed;
    why = std::string(before) + one_line(status.message());
    return false;
  }
  // Runs what may throw: parquet's reader does within, and memory may end.
  template <class Run>
  Status guarded(const Run& run) const {
    try {
      return run();
    } catch (const std::bad_alloc&) {
      return Status::OutOfMemory("no memory");
    } catch (const std::exception& e) {
      return Status::Invalid(e.what());
    }
  }

  const Options& options;
  CappedPool pool;
  const Context context;
};

arrow::Result<Frame> read(std::string_view in, Form form, const Context& context) {
  if (form == Form::csv) return read_csv(in, context);
  return is_json(form) ? read_records(in, form, context) : read_columnar(in, form, context);
}

// pandas' periods and intervals are more than what they are kept in: integers, and structs.
Status check_texts(const Frame& frame) {
  for (const auto& field : frame.table->schema()->fields()) {
    if (field->metadata() == nullptr) continue;
    const auto name = field->metadata()->Get("ARROW:extension:name").ValueOr("");
    if (name.starts_with("pandas."))
      return Status::NotImplemented("column '", field->name(), "' is of type ", name, ", which has no text");
  }
  return Status::OK();
}

Status write(Frame& frame, Form from, Form to, const Context& context, std::string& out) {
  if (!is_columnar(to)) ARROW_RETURN_NOT_OK(check_texts(frame));
  if (to == Form::csv) return write_csv(frame, context, out);
  if (is_json(to)) return write_records(frame, to, context, out);
  if (!is_columnar(from)) ARROW_RETURN_NOT_OK(make_metadata(frame));
  return write_columnar(frame, to, context, out);
}

void measure(const Frame& frame, Outcome& outcome) {
  outcome.rows = static_cast<uint64_t>(frame.table->num_rows());
  outcome.columns = frame.columns.size();
  outcome.bytes = static_cast<uint64_t>(std::max<int64_t>(arrow::util::TotalBufferSize(*frame.table), 0));
}

bool convert_table(std::string_view in, Form from, Form to, const Options& options, std::string& out, Outcome& outcome,
                   std::string& why) {
  Call call(options);
  const size_t begun = out.size();
  Frame frame;
  Status status = call.guarded([&] { return read(in, from, call.context).Value(&frame); });
  if (!status.ok()) return call.refuse(status, "value is no " + std::string(name_of(from)) + ": ", outcome, why);
  measure(frame, outcome);
  status = call.guarded([&] {
    if (from == to) outcome.within = in;
    if (from == Form::feather && to == Form::arrow) outcome.within = stream_within(in, frame, call.context);
    return outcome.within.empty() ? write(frame, from, to, call.context, out) : Status::OK();
  });
  if (status.ok()) return true;
  out.resize(begun);
  return call.refuse(status, std::string(name_of(to)) + " cannot hold the table: ", outcome, why);
}

void tell(std::string& out, std::string_view name, std::string_view text) {
  out.append(name).append("\t").append(text).append("\n");
}

// At most so many: a thousand columns are no reading.
void tell_schema(const Frame& frame, std::string& out) {
  constexpr size_t kMost = 100;
  std::string text;
  for (size_t i = 0; i < frame.columns.size() && i < kMost; ++i) {
    const arrow::Field& field = *frame.table->field(frame.columns[i]);
    text += (i == 0 ? "" : ", ") + one_line(field.name()) + ": " + one_line(field.type()->ToString());
  }
  if (frame.columns.size() > kMost) text += ", and " + std::to_string(frame.columns.size() - kMost) + " more";
  tell(out, "schema", text);
}

std::string index_text(const Frame& frame) {
  auto named = [](const std::optional<std::string>& name) {
    return name ? " '" + one_line(*name) + "'" : std::string();
  };
  if (frame.index.empty()) {
    const Range& r = frame.range;
    return "range from " + std::to_string(r.start) + " to " + std::to_string(r.stop) + " by " + std::to_string(r.step) +
           named(r.name);
  }
  std::string text;
  for (const Level& level : frame.index)
    text += (text.empty() ? "" : ", ") + one_line(frame.table->field(level.at)->type()->ToString()) + named(level.name);
  return text;
}

bool describe_table(std::string_view in, Form form, const Options& options, std::string& out, Outcome& outcome,
                    std::string& why) {
  Call call(options);
  Frame frame;
  const size_t begun = out.size();
  const Status status = call.guarded([&] {
    ARROW_RETURN_NOT_OK(read(in, form, call.context).Value(&frame));
    measure(frame, outcome);
    tell_schema(frame, out);
    tell(out, "rows", std::to_string(outcome.rows));
    tell(out, "columns", std::to_string(outcome.columns));
    tell(out, "index", index_text(frame));
    if (form == Form::feather || form == Form::parquet) tell(out, "table_compression", packing_of(in, form));
    tell(out, "decoded_bytes", std::to_string(outcome.bytes));
    return Status::OK();
  });
  if (status.ok()) return true;
  out.resize(begun);
  return call.refuse(status, "value is no " + std::string(name_of(form)) + ": ", outcome, why);
}

constexpr Module kModule{kVersion, "Apache Arrow " ARROW_VERSION_STRING, convert_table, describe_table};

}  // namespace

extern "C" __attribute__((visibility("default"))) const Module* cachetted_tables() { return &kModule; }

}  // namespace cachetted::tables
