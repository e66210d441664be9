// Implements command_line.h with CLI11. Nothing here opens a file or writes to a stream.
#include "config/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "config/describe.h"

namespace cachetted::config {

namespace {

constexpr int kFaults = 1;
constexpr int kUsage = 2;

void leave(Parsed& parsed, int status, std::string out, std::string err) {
  parsed.exit_status = status;
  parsed.out = std::move(out);
  parsed.err = std::move(err);
}

}  // namespace

Parsed parse_command_line(int argc, const char* const* argv) {
  Parsed parsed;
  Arguments& arguments = parsed.arguments;
  CLI::App app{
      "A cache daemon that Redis and memcached clients use, in front of the store that its configuration names."};
  app.name("cachetted");
  app.footer(
      "What is not given comes from the environment (CACHETTED_LISTEN_RESP=...), then from FILE, then by default.\n"
      "cachetted convert --help: one value from a form to another.");

  std::string file;
  std::string form;
  auto* config = app.add_option("--config", file, "Read this YAML file")->type_name("FILE");
  app.add_option("--set", arguments.sets, "Set one option, as in --set limits.max_key=1KiB; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  app.add_flag("--check", arguments.check, "Check the configuration, print every fault, and exit");
  auto* describe = app.add_option("--describe-config", form, "Print every option with its default, as a sample file")
                       ->type_name("[yaml|markdown]")
                       ->expected(0, 1)
                       ->check([](const std::string& name) {
                         return name == "yaml" || name == "markdown" ? "" : "must be yaml or markdown";
                       });
  app.add_flag("--print-config", arguments.print_config,
               "Print the configuration in force, and where each value is from");
  app.add_option("--write-docs", arguments.describe)->group("");  // hidden: the build makes docs/reference with it
  bool version = false;
  app.add_flag("--version", version, "Print the version");

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    leave(parsed, 0, app.help(), "");
    return parsed;
  } catch (const CLI::ParseError& error) {
    leave(parsed, kUsage, "", fmt::format("cachetted: {}\nTry: cachetted --help\n", error.what()));
    return parsed;
  }
  if (version) leave(parsed, 0, "cachetted " CACHETTED_VERSION "\n", "");
  if (config->count() > 0) arguments.config = file;
  if (describe->count() > 0) arguments.describe_config = form == "markdown" ? ConfigForm::markdown : ConfigForm::yaml;
  return parsed;
}

Sources sources_of(const Arguments& arguments, const char* const* environ) {
  return {arguments.config, environment_of(environ), arguments.sets};
}

std::string fault_lines(const std::vector<Fault>& faults) {
  std::string out;
  for (const Fault& fault : faults) out += fault.line() + "\n";
  return out;
}

Parsed answer(const Arguments& arguments, const Loaded& loaded) {
  Parsed parsed;
  parsed.arguments = arguments;
  const bool good = loaded.faults.empty();
  if (arguments.describe_config != ConfigForm::none) {
    leave(parsed, 0, arguments.describe_config == ConfigForm::markdown ? reference_markdown() : sample_yaml(), "");
  } else if (arguments.check) {
    const std::string name = arguments.config.value_or("configuration");
    leave(parsed, good ? 0 : kFaults, good ? name + ": no faults found\n" : fault_lines(loaded.faults), "");
  } else if (!good) {
    leave(parsed, kFaults, "", fault_lines(loaded.faults));
  } else if (arguments.print_config) {
    leave(parsed, 0, effective_yaml(loaded), "");
  }
  return parsed;
}

}  // namespace cachetted::config
