// Implements convert.h.
#include "server/convert.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "codecs/codec.h"
#include "codecs/pickle.h"
#include "codecs/text.h"

namespace cachetted::server {
namespace {

constexpr const char* kClient = "client";

// Forms that no codec has, and their texts for the help.
constexpr std::pair<tables::Form, const char*> kOfClients[] = {
    {tables::Form::json_columns, "a table in JSON, as pandas' orient \"columns\""},
    {tables::Form::json_split, "a table in JSON, as pandas' orient \"split\""},
    {tables::Form::arrow, "a table as an Arrow IPC stream"},
};

// A table's form; none: it is for other values, or the clients' JSON.
std::optional<tables::Form> table_of(std::string_view name) {
  if (const codecs::Codec* codec = codecs::find_codec(name); codec != nullptr) return codec->table;
  for (const auto& [form, doc] : kOfClients)
    if (tables::name_of(form) == name) return form;
  return std::nullopt;
}

// From one form to another; neither a codec nor a table: the clients' JSON, which opposite a table is its records.
class Converter {
 public:
  Converter(std::string_view from, std::string_view to, std::string_view types, const tables::Options& options)
      : from_(codecs::find_codec(from)),
        to_(codecs::find_codec(to)),
        table_from_(table_of(from)),
        table_to_(table_of(to)),
        options_(options),
        form_(types == "plain" ? codecs::Form::json_plain : codecs::Form::json) {
    if (table_to_ && from == kClient) table_from_ = tables::Form::json;
    if (table_from_ && to == kClient) table_to_ = tables::Form::json;
  }

  bool is_table() const { return table_from_ && table_to_; }
  // One is a table, and the other cannot be.
  bool is_mixed() const { return table_from_.has_value() != table_to_.has_value(); }

  bool convert(std::string_view in, std::string& out, std::string& why) {
    out.clear();
    why.clear();
    if (is_table()) {
      tables::Outcome outcome;
      return tables::convert(in, *table_from_, *table_to_, options_, out, outcome, why);
    }
    if (from_ != nullptr && to_ != nullptr) return codecs::between(in, *from_, *to_, limits_, scratch_, out, why);
    if (from_ != nullptr) return codecs::to_client(in, *from_, form_, limits_, scratch_, out, why);
    if (to_ != nullptr) return codecs::to_store(in, form_, *to_, limits_, scratch_, out, why);
    return codecs::as_client(in, form_, limits_, scratch_, out, why);
  }

 private:
  const codecs::Codec *const from_, *const to_;
  std::optional<tables::Form> table_from_, table_to_;
  const tables::Options options_;
  const codecs::Form form_;
  const codecs::Limits limits_;
  codecs::Document scratch_;
};

bool is_binary(std::string_view form) { return form == "msgpack" || form == "pickle"; }

int one(Converter& converter, bool line) {
  const std::string in{std::istreambuf_iterator<char>(std::cin), {}};
  std::string out, why;
  if (!converter.convert(in, out, why)) {
    std::cerr << "cachetted convert: " << why << "\n";
    return 1;
  }
  std::cout << out << (line ? "\n" : "");
  return 0;
}

// A line each way for a value; of binary forms in base64. One that cannot be converted is an empty line.
int lines(Converter& converter, bool binary_in, bool binary_out) {
  std::string line, in, out, why;
  int status = 0;
  for (size_t n = 1; std::getline(std::cin, line); ++n) {
    in.clear();
    bool good = true;
    if (binary_in && !(good = codecs::read_base64(line, in))) why = "it is no base64";
    good = good && converter.convert(binary_in ? in : line, out, why);
    if (!good) {
      std::cerr << "cachetted convert: line " << n << ": " << why << "\n";
      status = 1;
      out.clear();
    }
    if (good && binary_out) {
      in = std::move(out);
      out.clear();
      codecs::base64(out, in);
    }
    std::cout << out << "\n";
  }
  return status;
}

int explain(std::string_view from, const tables::Options& options) {
  const std::string in{std::istreambuf_iterator<char>(std::cin), {}};
  if (const auto form = table_of(from)) {
    std::string told, why;
    tables::Outcome outcome;
    const bool good = tables::describe(in, *form, options, told, outcome, why);
    std::cout << told;
    if (!good) std::cerr << "cachetted convert: " << why << "\n";
    return good ? 0 : 1;
  }
  std::cout << codecs::explain_pickle(in);
  codecs::Document document;
  std::string why;
  if (codecs::read_pickle(in, {}, document, why)) return 0;
  std::cerr << "cachetted convert: codec 'pickle': " << why << "\n";
  return 1;
}

}  // namespace

int convert(int argc, const char* const* argv) {
  std::string about =
      "Converts a value from standard input to standard output, as requests are converted.\n\nForms:\n"
      "  client        JSON as clients write and read it (see --types); of a table its records\n";
  std::vector<std::string> forms{kClient};
  for (const codecs::Codec& c : codecs::codecs()) {
    forms.emplace_back(c.name);
    about.append("  ").append(c.name).append(14 - c.name.size(), ' ').append(c.doc).append("\n");
  }
  for (const auto& [form, doc] : kOfClients) {
    const std::string_view name = tables::name_of(form);
    forms.emplace_back(name);
    about.append("  ").append(name).append(14 - name.size(), ' ').append(doc).append("\n");
  }
  std::string from = kClient, to = kClient, types = "tagged", integers = "number";
  bool explained = false, by_lines = false;
  CLI::App app(about, "cachetted convert");
  app.add_option("--from", from, "the form of the input (client)")->check(CLI::IsMember(forms));
  app.add_option("--to", to, "the form of the output (client)")->check(CLI::IsMember(forms));
  app.add_option("--types", types,
                 "what JSON lacks is, in the clients' form, tagged (nothing is lost; the default) or plain")
      ->check(CLI::IsMember({"tagged", "plain"}));
  std::map<std::string, tables::Packing> packings;
  for (int i = 0; i <= static_cast<int>(tables::Packing::gzip); ++i)
    packings.emplace(tables::name_of(static_cast<tables::Packing>(i)), static_cast<tables::Packing>(i));
  tables::Options options;
  app.add_option("--table-compression", options.packing, "how feather and parquet compress their columns (default)")
      ->transform(CLI::CheckedTransformer(packings));
  app.add_option("--client-integers", integers, "a table's integers beyond 2^53 in JSON (number)")
      ->check(CLI::IsMember({"number", "string"}));
  app.add_flag("--lines", by_lines,
               "each line is a value, msgpack, pickle and tables in base64; an empty line for each that is refused");
  app.add_flag(
      "--explain", explained,
      "print instead what there is to be told of a table, or of a pickle its opcodes and what would be refused");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  options.large_as_text = integers == "string";
  if (explained) return explain(from, options);
  Converter converter(from, to, types, options);
  if (converter.is_mixed()) {
    std::cerr << "cachetted convert: of '" << from << "' and '" << to << "' one is a table, and the other keeps none\n";
    return 2;
  }
  const bool table = converter.is_table();
  return by_lines ? lines(converter, table || is_binary(from), table || is_binary(to))
                  : one(converter, to == kClient || to.starts_with("json_"));
}

}  // namespace cachetted::server
