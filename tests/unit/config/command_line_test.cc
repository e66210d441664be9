// The arguments: what each means, what is refused, and what --check and the printing ones answer.
#include "config/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/describe.h"

namespace cachetted::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Parsed parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "cachetted");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLine, Nothing) {
  const Parsed parsed = parse({});
  EXPECT_FALSE(parsed.exit_status);
  EXPECT_FALSE(parsed.arguments.config) << "no file is read unasked";
  EXPECT_TRUE(parsed.arguments.sets.empty());
}

TEST(CommandLine, Everything) {
  const Parsed parsed =
      parse({"--config", "a.yaml", "--set", "threads=2", "--set=listen.resp=[::1]:7379,unix:/a", "--set",
             "routes=[{prefix: a, ttl: 5}]", "--set", "redis_url=", "--check", "--print-config"});
  ASSERT_FALSE(parsed.exit_status) << parsed.err;
  EXPECT_EQ(parsed.arguments.config, "a.yaml");
  EXPECT_THAT(parsed.arguments.sets,
              ElementsAre("threads=2", "listen.resp=[::1]:7379,unix:/a", "routes=[{prefix: a, ttl: 5}]", "redis_url="));
  EXPECT_TRUE(parsed.arguments.check);
  EXPECT_TRUE(parsed.arguments.print_config);
}

TEST(CommandLine, DescribeConfigForms) {
  EXPECT_EQ(parse({}).arguments.describe_config, ConfigForm::none);
  EXPECT_EQ(parse({"--describe-config"}).arguments.describe_config, ConfigForm::yaml);
  EXPECT_EQ(parse({"--describe-config=yaml"}).arguments.describe_config, ConfigForm::yaml);
  EXPECT_EQ(parse({"--describe-config=markdown"}).arguments.describe_config, ConfigForm::markdown);
  EXPECT_EQ(parse({"--describe-config", "--set", "threads=1"}).arguments.describe_config, ConfigForm::yaml);
  EXPECT_EQ(parse({"--describe-config=html"}).exit_status, 2);
  EXPECT_EQ(parse({"--write-docs", "metrics"}).arguments.describe, "metrics");
}

TEST(CommandLine, HelpAndVersion) {
  const Parsed help = parse({"--help"});
  EXPECT_EQ(help.exit_status, 0);
  for (const char* option :
       {"--config", "--set", "--check", "--describe-config", "--print-config", "--version", "--help"})
    EXPECT_THAT(help.out, HasSubstr(option));
  EXPECT_EQ(help.out.find("--write-docs"), std::string::npos) << "for the build only";
  const Parsed version = parse({"--version"});
  EXPECT_EQ(version.exit_status, 0);
  EXPECT_EQ(version.out, "cachetted " CACHETTED_VERSION "\n");
}

TEST(CommandLine, FaultsAreStatus2) {
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{"--nonsense"},
                                             {"a.yaml"},
                                             {"--config"},
                                             {"--set"},
                                             {"--set", "a=1", "b=2"},
                                             {"--config", "a", "--config", "b"}}) {
    const Parsed parsed = parse(arguments);
    EXPECT_EQ(parsed.exit_status, 2) << arguments[0];
    EXPECT_THAT(parsed.err, HasSubstr("--help"));
    EXPECT_EQ(parsed.out, "");
  }
}

TEST(CommandLine, SourcesAreTheArgumentsAndTheEnvironment) {
  const char* const variables[] = {"CACHETTED_THREADS=2", "PATH=/bin", nullptr};
  const Sources sources = sources_of(parse({"--config", "a.yaml", "--set", "a=b"}).arguments, variables);
  EXPECT_EQ(sources.file, "a.yaml");
  EXPECT_THAT(sources.sets, ElementsAre("a=b"));
  EXPECT_EQ(sources.environment.size(), 1u);
}

TEST(Answer, CheckSaysThatAllIsWell) {
  Parsed parsed = answer(parse({"--config", "a.yaml", "--check"}).arguments, load_text("threads: 1", "a.yaml"));
  EXPECT_EQ(parsed.exit_status, 0);
  EXPECT_EQ(parsed.out, "a.yaml: no faults found\n");
  parsed = answer(parse({"--check"}).arguments, {});
  EXPECT_EQ(parsed.out, "configuration: no faults found\n");
}

TEST(Answer, CheckPrintsEveryFault) {
  const Parsed parsed = answer(parse({"--check"}).arguments, load_text("threads: x\nfoo: 1\n", "a.yaml"));
  EXPECT_EQ(parsed.exit_status, 1);
  EXPECT_EQ(parsed.out,
            "a.yaml:1:10: threads: not a whole number (value 'x', allowed 0 to 64)\n"
            "a.yaml:2:1: foo: unknown option; --describe-config lists them\n");
  EXPECT_EQ(parsed.err, "");
}

TEST(Answer, FaultsStopAStart) {
  const Parsed parsed = answer(parse({}).arguments, load_text("threads: x\n", "a.yaml"));
  EXPECT_EQ(parsed.exit_status, 1);
  EXPECT_EQ(parsed.out, "");
  EXPECT_THAT(parsed.err, HasSubstr("a.yaml:1:10: threads"));
  EXPECT_EQ(answer(parse({"--print-config"}).arguments, load_text("threads: x\n", "a.yaml")).exit_status, 1);
}

TEST(Answer, AGoodStartGoesOn) { EXPECT_FALSE(answer(parse({}).arguments, {}).exit_status); }

TEST(Answer, Descriptions) {
  EXPECT_EQ(answer(parse({"--describe-config"}).arguments, {}).out, sample_yaml());
  EXPECT_EQ(answer(parse({"--describe-config=markdown"}).arguments, {}).out, reference_markdown());
  EXPECT_EQ(answer(parse({"--print-config"}).arguments, {}).out, effective_yaml({}));
}

}  // namespace
}  // namespace cachetted::config
