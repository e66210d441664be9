// AWS credentials, where they are looked for in AWS's order: the configuration, the environment, the files of the AWS
// tools with a profile, web identity, the container's service, the machine's (IMDSv2).
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
// None of it is ever told: not in a log, an error, or a metric. The loop's thread.
#pragma once
#include <string>
#include <string_view>

#include "backends/dynamodb/http.h"
#include "backends/dynamodb/task.h"
#include "config/config.h"
#include "core/expiry.h"

namespace cachetted::dynamodb {

struct Credentials {
  std::string id, secret, token;
  int64_t expiry = kNever;  // ms since 1970
  const char* source = "";  // for the operator
};

class CredentialSource {
 public:
  CredentialSource(const config::Config& c, Http& http, std::string region);
  // Looks for them anew. True: they are in found(); else why() tells what was looked at.
  Task<bool> find();
  const Credentials& found() const { return found_; }
  const std::string& why() const { return why_; }

 private:
  enum class Look { found, absent, broken };  // broken: it is there, and cannot be used; nobody else is asked
  Look in_config();
  Look in_environment();
  Look in_files();
  Task<Look> by_web_identity();
  Task<Look> in_container();
  Task<Look> in_machine();
  Task<bool> get(Http::Ask ask, const std::string& whom);
  Look broken(const std::string& why);
  Look take_json(const std::string& whom, const char* source);

  const config::Dynamodb options_;
  Http& http_;
  const std::string region_;
  Credentials found_;
  std::string why_;
  std::string body_;  // of the last answer
};

// What follows the region in the names of AWS's services.
std::string domain_of_region(std::string_view region);

// The region that the environment or the files name; "": none.
std::string region_of_environment(const config::Config& c);

}  // namespace cachetted::dynamodb
