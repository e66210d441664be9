// The pages and files that are made from the tables.
#include "server/documents.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <vector>

#include "backends/registry.h"
#include "config/describe.h"
#include "core/op.h"
#include "metrics/document.h"
#include "protocol/memcache/commands.h"
#include "protocol/resp/commands.h"

namespace cachetted::server {
namespace {

constexpr const char* kNote = "<!-- Made by `make docs` from the tables in the code. Do not edit. -->\n\n";

std::string upper(std::string_view s) {
  std::string out;
  for (char c : s) out += c == '|' ? ' ' : static_cast<char>(std::toupper(c));
  return out;
}

std::string arity_text(int arity) {
  return arity > 0 ? std::to_string(arity - 1) : "at least " + std::to_string(-arity - 1);
}

std::string commands_page() {
  std::map<std::string_view, std::vector<const resp::Command*>> groups;
  size_t n = 0;
  for (const resp::Command& c : resp::commands()) {
    if (c.local == resp::Local::http) continue;
    groups[c.group].push_back(&c);
    ++n;
  }
  std::string s = "# Commands of the RESP port\n\n";
  s += kNote;
  s += std::to_string(n) +
       " commands and subcommands. Replies are byte for byte redis-server 7.0's; exceptions are listed in "
       "docs/exceptions.md. "
       "*Words* counts those behind the name.\n";
  for (auto& [group, rows] : groups) {
    s += "\n## " + std::string(group) +
         "\n\n| command | words | does | cost | operation |\n| --- | --- | --- | --- | --- |\n";
    for (const resp::Command* c : rows) {
      s += "| " + upper(c->name) + " | " + arity_text(c->arity) + " | " + std::string(c->summary) + " | " +
           std::string(c->complexity) + " | " + std::string(c->op == Op::local ? "" : row(c->op).name) + " |\n";
    }
  }
  s += "\n## memcached\n\nText and meta commands, on the port of `listen.memcache`. A command in another case is "
       "unknown.\n\n";
  s += "| command | words | what it does | operation |\n| --- | --- | --- | --- |\n";
  for (const memcache::Command& c : memcache::commands()) {
    std::string words;
    for (char ch : c.syntax) words += ch == '|' ? "\\|" : std::string(1, ch);
    s += "| " + std::string(c.name) + " | " + (words.empty() ? "" : "`" + words + "`") + " | " +
         std::string(c.summary) + " | " + std::string(c.op == Op::local ? "" : row(c.op).name) + " |\n";
  }
  return s;
}

std::string backends_page() {
  std::string s = "# Backends and operations\n\n";
  s += kNote;
  s += "The operations of src/core/ops.def and who does them: *own* by the store itself, *no* refused with an error "
       "that says so.\n\n";
  s += "| operation | what it does |";
  std::string line = "\n| --- | --- |";
  std::vector<Caps> caps;
  for (const BackendRow& b : backends()) {
    s += " " + std::string(b.name) + " |";
    line += " --- |";
    caps.push_back(b.caps());
  }
  s += line + "\n";
  for (int i = 0; i < kOpCount; ++i) {
    auto op = static_cast<Op>(i);
    if (op == Op::local) continue;
    s += "| `" + std::string(row(op).name) + "` | " + std::string(row(op).doc) + " |";
    for (const Caps& c : caps) s += c.has(op) ? " own |" : " no |";
    s += "\n";
  }
  s += "\n| | what it is |\n| --- | --- |\n";
  for (const BackendRow& b : backends()) s += "| `" + std::string(b.name) + "` | " + std::string(b.doc) + " |\n";
  return s;
}

}  // namespace

int write_documents(const std::string& folder) {
  const std::pair<const char*, std::string> files[] = {
      {"docs/reference/commands.md", commands_page()},
      {"docs/reference/backends.md", backends_page()},
      {"docs/reference/config.md", config::reference_markdown()},
      {"docs/reference/metrics.md", metrics::reference_page()},
      {"conf/cachetted.yaml", config::sample_yaml()},
      {"conf/alerts.yml", metrics::alert_rules()},
  };
  for (auto& [name, text] : files) {
    std::filesystem::path path = std::filesystem::path(folder) / name;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    std::ofstream out(path, std::ios::binary);
    out << text;
    out.close();
    if (!out) {
      std::cerr << "cannot write " << path.string() << "\n";
      return 1;
    }
    std::cout << path.string() << "\n";
  }
  return 0;
}

}  // namespace cachetted::server
