// The generated texts: complete, loadable, without passwords, and the copies in the repository not stale.
#include "config/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace cachetted::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string fault_lines_of(const Loaded& loaded) {
  std::string out;
  for (const Fault& fault : loaded.faults) out += fault.line() + "\n";
  return out;
}

std::string in_repository(const std::string& path) {
#ifdef CACHETTED_SOURCE_ROOT
  const std::string root = CACHETTED_SOURCE_ROOT;
#else
  const std::string here = __FILE__;
  const std::string root = here.substr(0, here.size() - std::string("tests/unit/config/describe_test.cc").size()) + ".";
#endif
  std::ifstream file(root + "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return file ? text.str() : "";
}

TEST(Sample, IsTheFileInTheRepository) {
  EXPECT_EQ(in_repository("conf/cachetted.yaml"), sample_yaml())
      << "stale: run cachetted --describe-config > conf/cachetted.yaml";
}

TEST(Sample, LoadsAsItIs) {
  const Loaded loaded = load_text(sample_yaml(), "sample");
  EXPECT_EQ(fault_lines_of(loaded), "");
  EXPECT_EQ(loaded.config, Config{});
}

TEST(Sample, LoadsWithEveryOptionUncommented) {
  std::istringstream in(sample_yaml());
  std::string text;
  size_t uncommented = 0;
  for (std::string line; std::getline(in, line);) {
    const size_t mark = line.find('#');
    const bool option = mark != std::string::npos && mark + 1 < line.size() && line[mark + 1] != ' ';
    if (option) line.erase(mark, 1);
    uncommented += option;
    text += line + "\n";
  }
  EXPECT_EQ(uncommented, options().size());
  const Loaded loaded = load_text(text, "sample");
  EXPECT_EQ(fault_lines_of(loaded), "");
  for (const Option& option : options()) EXPECT_TRUE(loaded.origins.contains(option.path)) << option.path;
}

TEST(Sample, TellsEverythingOfAnOption) {
  const std::string text = sample_yaml();
  EXPECT_THAT(
      text,
      HasSubstr("  # The longest key.\n  # Allowed: 1 to 1048575. Default: 64KiB. Reloadable.\n  #max_key: 64KiB\n"));
  EXPECT_THAT(text, HasSubstr("# Allowed: 0 to 64. Default: 0. Needs a restart.\n#threads: 0\n"));
}

TEST(Examples, Load) {
  for (const char* name : {"memory", "redis", "valkey"}) {
    const std::string text = in_repository("conf/examples/" + std::string(name) + ".yaml");
    ASSERT_NE(text, "") << name;
    EXPECT_EQ(fault_lines_of(load_text(text, name, Available::everything())), "");
  }
}

TEST(Reference, HasARowForEveryOption) {
  const std::string page = reference_markdown();
  for (const Option& option : options()) {
    EXPECT_THAT(page, HasSubstr("| `" + std::string(option.path) + "` |"));
    EXPECT_THAT(page, HasSubstr("`" + environment_name(option.path) + "`"));
  }
  for (const Section& section : sections()) EXPECT_THAT(page, HasSubstr("\n## " + std::string(section.name) + "\n"));
  std::istringstream in(page);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("|")) continue;
    size_t bars = 0;
    for (size_t i = 0; i < line.size(); ++i) bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
    EXPECT_EQ(bars, 7u) << line;
  }
}

TEST(Effective, NamesEverySource) {
  const Loaded loaded = load({std::nullopt,
                              {{"CACHETTED_LIMITS_MAX_KEY", "1KiB"}},
                              {"redis_url=redis://u:hunter2@h/0", "memcached.password=hunter2",
                               "auth.users={a: {password_sha256: " + std::string(64, 'a') + "}}"}});
  const std::string text = effective_yaml(loaded);
  EXPECT_THAT(text, HasSubstr("  max_key: 1KiB  # environment CACHETTED_LIMITS_MAX_KEY\n"));
  EXPECT_THAT(text, HasSubstr("redis_url: \"redis://***@h/0\"  # --set redis_url\n"));
  EXPECT_THAT(text, HasSubstr("  password: \"********\"  # --set memcached.password\n"));
  EXPECT_THAT(text, HasSubstr("threads: 0  # default\n"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, Not(HasSubstr("aaaa")));
}

TEST(Effective, LoadsBack) {
  const Loaded loaded = load_text(
      "threads: 3\nttl: {default: 1500ms, max: 1d, jitter: 12.5}\nlisten: {resp: [\"[::1]:1\", \"unix:/a b\"], admin: "
      "\"\"}\n"
      "routes: [{prefix: \"a\\\"\\\\\\n: \", ttl: {min: 1, on_violation: reject}}, {prefix: b, ttl: {jitter: 1%, "
      "default: 0}}]\n"
      "slowlog: {threshold: off}\ntable_name: \"a: b #c\"\npickle_path: \"null\"\nlog: {level: error, format: json}\n"
      "memcached_host: \"--SERVER=h\"\ncommands: {allow: [SwapDB, json.get], deny: []}\npassthrough_ttl: default\n"
      "tls: {ca: \"/a b.pem\"}\n",
      "c.yaml");
  EXPECT_EQ(fault_lines_of(loaded), "");
  const std::string text = effective_yaml(loaded);
  const Loaded again = load_text(text, "again");
  EXPECT_EQ(fault_lines_of(again), "") << text;
  EXPECT_EQ(again.config, loaded.config) << text;
}

}  // namespace
}  // namespace cachetted::config
