// Implements codecs/tables.h: the names, and how the module is found and loaded.
#include "codecs/tables.h"

#include <dlfcn.h>
#include <unistd.h>

#include <array>

namespace cachetted::tables {
namespace {

constexpr const char* kFile = "cachetted-tables.so";
constexpr std::string_view kInstall =
    "; install Apache Arrow and Parquet for C++ from version 26 on (libarrow-dev, libparquet-dev), "
    "or let `scripts/setup run` fetch the Python package pyarrow, which has them, and build again";

std::string folder_of_program() {
  std::array<char, 4096> path;
  const ssize_t n = readlink("/proc/self/exe", path.data(), path.size());
  const std::string_view whole(path.data(), n > 0 ? static_cast<size_t>(n) : 0);
  return std::string(whole.substr(0, whole.rfind('/') + 1));
}

struct Loaded {
  const Module* module = nullptr;
  std::string why;

  Loaded() {
    const std::string folder = folder_of_program();
    std::string found;
    for (const std::string& path : {folder + kFile, folder + "../lib/cachetted/" + kFile})
      if (found.empty() && access(path.c_str(), F_OK) == 0) found = path;
    if (found.empty()) {
      why = std::string("the tables' module ") + kFile + " is not installed in " + folder + " or " + folder +
            "../lib/cachetted/" + std::string(kInstall);
    } else {
      load(found);
    }
  }

  void load(const std::string& path) {
    void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      why = std::string("the tables' module cannot be loaded: ") + dlerror() + std::string(kInstall);
      return;
    }
    const auto entry = reinterpret_cast<Entry*>(dlsym(library, kSymbol));
    module = entry == nullptr ? nullptr : entry();
    if (module != nullptr && module->version == kVersion) return;
    module = nullptr;
    why = "the tables' module " + path + " is of another version of cachetted: install the one that was built with it";
  }
};

}  // namespace

const Module* module(std::string& why) {
  static const Loaded loaded;  // for the life of the process: Arrow is not made to be unloaded
  if (loaded.module == nullptr) why = loaded.why;
  return loaded.module;
}

bool view(std::string_view in, Form from, Form to, const Options& options, std::string& out, Outcome& outcome,
          std::string& why) {
  const Module* const m = module(why);
  return m != nullptr && m->convert(in, from, to, options, out, outcome, why);
}

bool convert(std::string_view in, Form from, Form to, const Options& options, std::string& out, Outcome& outcome,
             std::string& why) {
  if (!view(in, from, to, options, out, outcome, why)) return false;
  out.append(outcome.within);
  return true;
}

bool describe(std::string_view in, Form form, const Options& options, std::string& out, Outcome& outcome,
              std::string& why) {
  const Module* const m = module(why);
  return m != nullptr && m->describe(in, form, options, out, outcome, why);
}

std::string_view name_of(Form form) {
  constexpr std::string_view kNames[] = {"csv", "json", "json_columns", "json_split", "arrow", "feather", "parquet"};
  return kNames[static_cast<size_t>(form)];
}

std::string_view name_of(Packing packing) {
  constexpr std::string_view kNames[] = {"default", "none", "lz4", "zstd", "snappy", "gzip"};
  return kNames[static_cast<size_t>(packing)];
}

}  // namespace cachetted::tables
