// Implements convert.h.
#include "server/convert.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "codecs/codec.h"
#include "codecs/pickle.h"
#include "codecs/text.h"

namespace cachetted::server {
namespace {

constexpr const char* kClient = "client";

// From one form to another; null: the clients' JSON.
class Converter {
 public:
  Converter(std::string_view from, std::string_view to, std::string_view types)
      : from_(codecs::find_codec(from)),
        to_(codecs::find_codec(to)),
        form_(types == "plain" ? codecs::Form::json_plain : codecs::Form::json) {}

  bool convert(std::string_view in, std::string& out, std::string& why) {
    out.clear();
    why.clear();
    if (from_ != nullptr && to_ != nullptr) return codecs::between(in, *from_, *to_, limits_, scratch_, out, why);
    if (from_ != nullptr) return codecs::to_client(in, *from_, form_, limits_, scratch_, out, why);
    if (to_ != nullptr) return codecs::to_store(in, form_, *to_, limits_, scratch_, out, why);
    return codecs::as_client(in, form_, limits_, scratch_, out, why);
  }

 private:
  const codecs::Codec *const from_, *const to_;
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

int explain() {
  const std::string in{std::istreambuf_iterator<char>(std::cin), {}};
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
      "  client   JSON as clients write and read it (see --types)\n";
  std::vector<std::string> forms{kClient};
  for (const codecs::Codec& c : codecs::codecs()) {
    forms.emplace_back(c.name);
    about.append("  ").append(c.name).append(9 - c.name.size(), ' ').append(c.doc).append("\n");
  }
  std::string from = kClient, to = kClient, types = "tagged";
  bool explained = false, by_lines = false;
  CLI::App app(about, "cachetted convert");
  app.add_option("--from", from, "the form of the input (client)")->check(CLI::IsMember(forms));
  app.add_option("--to", to, "the form of the output (client)")->check(CLI::IsMember(forms));
  app.add_option("--types", types,
                 "what JSON lacks is, in the clients' form, tagged (nothing is lost; the default) or plain")
      ->check(CLI::IsMember({"tagged", "plain"}));
  app.add_flag("--lines", by_lines,
               "each line is a value, msgpack and pickle in base64; an empty line for each that is refused");
  app.add_flag("--explain", explained, "print a pickle's opcodes instead, and what would be refused");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (explained) return explain();
  Converter converter(from, to, types);
  return by_lines ? lines(converter, is_binary(from), is_binary(to)) : one(converter, to == kClient);
}

}  // namespace cachetted::server
