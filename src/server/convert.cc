// Implements convert.h.
#include "server/convert.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <string>

#include "codecs/json.h"
#include "codecs/pickle.h"

namespace cachetted::server {

int convert(int argc, const char* const* argv) {
  std::string from, to = "json", types = "tagged";
  bool explain = false;
  CLI::App app("Converts one value from standard input to standard output, as requests are converted.",
               "cachetted convert");
  app.add_option("--from", from, "the form of the input: pickle")->required()->check(CLI::IsMember({"pickle"}));
  app.add_option("--to", to, "the form of the output: json")->check(CLI::IsMember({"json"}));
  app.add_option("--types", types, "what JSON lacks: tagged (nothing is lost), or plain")
      ->check(CLI::IsMember({"tagged", "plain"}));
  app.add_flag("--explain", explain, "print a pickle's opcodes instead, and what would be refused");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  const std::string in{std::istreambuf_iterator<char>(std::cin), {}};
  if (explain) std::cout << codecs::explain_pickle(in);
  codecs::Document document;
  std::string out, why;
  const codecs::Limits limits;
  const bool good = codecs::read_pickle(in, limits, document, why);
  if (!good) why = "codec 'pickle': " + why;
  if (good && !explain &&
      !codecs::write_json(*document.root, types == "plain" ? codecs::Types::plain : codecs::Types::tagged, limits, out,
                          why))
    why = "codec 'json': " + why;
  if (!why.empty()) {
    std::cerr << "cachetted convert: " << why << "\n";
    return 1;
  }
  if (!explain) std::cout << out << "\n";
  return 0;
}

}  // namespace cachetted::server
