// Implements describe.h. Every option stands under its section; top-level ones come as the table has them.
// The sample's lines can be uncommented one by one: a section without live lines is empty, which is no fault.
#include "config/describe.h"

#include <fmt/format.h>

namespace cachetted::config {

namespace {

constexpr size_t kWidth = 110;

std::string_view section_of(const Option& option) {
  const std::string_view path = option.path;
  const size_t dot = path.find('.');
  return dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot);
}

std::string_view name_of(const Option& option) {
  const std::string_view path = option.path;
  const size_t dot = path.find('.');
  return dot == std::string_view::npos ? path : path.substr(dot + 1);
}

const char* section_doc(std::string_view name) {
  for (const Section& section : sections())
    if (name == section.name) return section.doc;
  return "";
}

// A comment, broken at blanks.
std::string comment(std::string_view text, size_t indent) {
  const std::string begin = std::string(indent, ' ') + "#";
  std::string out;
  std::string line = begin;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (line.size() + 1 + word.size() > kWidth) {
      out += line + "\n";
      line = begin;
    }
    line.append(" ").append(word);
  }
  return out + line + "\n";
}

// What an unwritten option is, or "" where there is nothing to show.
std::string default_yaml(const Option& option) {
  const std::string text = option_yaml(Config{}, option);
  return text == "\"\"" || text == "[]" || text == "{}" ? "" : text;
}

std::string escaped_cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

// In a table cell, a backtick span ends at a backtick and a bar ends the cell.
std::string code_cell(std::string_view text) { return fmt::format("`{}`", escaped_cell(text)); }

template <typename Visit>
void by_section(const Visit& visit) {
  std::string_view section;
  for (const Option& option : options()) {
    const bool begins = section_of(option) != section;
    section = section_of(option);
    visit(option, section, begins);
  }
}

}  // namespace

std::string sample_yaml() {
  std::string out = comment(
      "Configuration of cachetted: every option, with its default. Made by `cachetted --describe-config`. Uncomment "
      "what you change. An option may also be set by `--set path=value`, as in `--set limits.max_key=1KiB`, or by the "
      "environment, as in CACHETTED_LIMITS_MAX_KEY=1KiB; the command line wins over the environment, and that over "
      "this file. `cachetted --config FILE --check` checks it. Options marked reloadable take effect on SIGHUP.",
      0);
  by_section([&](const Option& option, std::string_view section, bool begins) {
    const size_t indent = section.empty() ? 0 : 2;
    if (begins && !section.empty()) {
      out += fmt::format("\n{}{}:\n", comment(section_doc(section), 0), section);
    } else {
      out += "\n";
    }
    out += comment(option.doc, indent);
    const std::string shown_default = default_yaml(option);
    out += comment(fmt::format("Allowed: {}. Default: {}. {}", allowed_text(option),
                               shown_default.empty() ? "none" : shown_default,
                               option.reloadable ? "Reloadable." : "Needs a restart."),
                   indent);
    const std::string value = shown_default.empty() && option.example != nullptr ? option.example : shown_default;
    out += fmt::format("{}#{}: {}\n", std::string(indent, ' '), name_of(option), value);
  });
  return out;
}

std::string reference_markdown() {
  std::string out =
      "# Configuration\n\n"
      "Made from the option table (`src/config/options.cc`) by `cachetted --describe-config=markdown`.\n\n"
      "An option is given in the file (`--config FILE`), in the environment, or by `--set path=value`; the command "
      "line wins over the environment, the environment over the file, the file over the default. "
      "`--check` prints every fault, `--print-config` what is in force and from where. "
      "SIGHUP reads the file again: what is marked reloadable takes effect, the rest is reported and waits for a "
      "restart; on a fault everything stays as it was.\n";
  constexpr const char* kHead =
      "\n| option | allowed | default | reloadable | environment | meaning |\n| --- | --- | --- | --- | --- | --- |\n";
  bool open = false;
  by_section([&](const Option& option, std::string_view section, bool begins) {
    if (begins && !section.empty()) out += fmt::format("\n## {}\n\n{}\n", section, section_doc(section));
    if (begins && section.empty()) out += option.type == Type::routes ? "\n## routes\n" : "\n## Stores\n";
    if (!open && !begins) out += "\n## Basics\n";
    if (begins || !open) out += kHead;
    open = true;
    const std::string shown_default = default_yaml(option);
    out += fmt::format("| `{}` | {} | {} | {} | `{}` | {} |\n", option.path, code_cell(allowed_text(option)),
                       shown_default.empty() ? "none" : code_cell(shown_default), option.reloadable ? "yes" : "no",
                       environment_name(option.path), escaped_cell(option.doc));
  });
  return out;
}

std::string effective_yaml(const Loaded& loaded) {
  std::string out = "# The effective configuration. Passwords are hidden.\n";
  by_section([&](const Option& option, std::string_view section, bool begins) {
    if (begins && !section.empty()) out += std::string(section) + ":\n";
    const auto found = loaded.origins.find(option.path);
    const std::string origin = found == loaded.origins.end() ? "default" : found->second.text();
    out += fmt::format("{}{}: {}  # {}\n", section.empty() ? "" : "  ", name_of(option),
                       option_yaml(loaded.config, option), shown(origin));
  });
  return out;
}

}  // namespace cachetted::config
