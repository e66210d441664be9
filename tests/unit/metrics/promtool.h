// Runs promtool over a text. Without promtool the caller skips, or fails where REQUIRE_ALL=1.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace cachetted::testing {

struct Outcome {
  int status = -1;
  std::string said;  // stdout and stderr
};

inline Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return outcome;
  char piece[4096];
  while (const size_t n = std::fread(piece, 1, sizeof piece, pipe)) outcome.said.append(piece, n);
  outcome.status = WEXITSTATUS(::pclose(pipe));
  return outcome;
}

inline bool has_promtool() { return run("promtool --version").status == 0; }
inline bool all_required() {
  const char* value = std::getenv("REQUIRE_ALL");
  return value && std::string(value) == "1";
}

// A folder of the test's own, removed with it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "cachetted-test-XXXXXX").string();
    if (::mkdtemp(name.data())) path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

#define SKIP_WITHOUT_PROMTOOL()                                              \
  if (!cachetted::testing::has_promtool()) {                                 \
    if (cachetted::testing::all_required()) FAIL() << "promtool is missing"; \
    GTEST_SKIP() << "promtool is missing";                                   \
  }

}  // namespace cachetted::testing
