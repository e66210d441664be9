// Implements credentials.h.
#include "backends/dynamodb/credentials.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <sstream>

namespace cachetted::dynamodb {
namespace {

constexpr int64_t kMetadataMs = 1000;    // what a service on this machine may take
constexpr size_t kMostAnswer = 1 << 20;  // bytes

std::string env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string trimmed(std::string_view s) {
  const size_t begin = s.find_first_not_of(" \t\r\n");
  return begin == s.npos ? "" : std::string(s.substr(begin, s.find_last_not_of(" \t\r\n") + 1 - begin));
}

// A small file, a regular one: "" of anything else.
std::string read_file(const std::string& path) {
  constexpr off_t kMost = 1 << 20;
  const int fd = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return "";
  struct stat about {};
  std::string bytes;
  if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= kMost) {
    bytes.resize(static_cast<size_t>(about.st_size));
    const ssize_t n = read(fd, bytes.data(), bytes.size());
    bytes.resize(n < 0 ? 0 : static_cast<size_t>(n));
  }
  close(fd);
  return bytes;
}

// The values of one section: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
std::map<std::string, std::string> read_section(const std::string& file, const std::string& section) {
  std::map<std::string, std::string> values;
  std::istringstream in(read_file(file));
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      inside = trimmed(line.substr(1, line.find(']') - 1)) == section;
      continue;
    }
    const size_t equals = line.find('=');
    if (!inside || equals == line.npos || std::isspace(static_cast<unsigned char>(line[0])) != 0) continue;
    values[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
  }
  return values;
}

std::string file_of(const char* variable, const char* name) {
  if (std::string file = env(variable); !file.empty()) return file;
  const std::string home = env("HOME");
  return home.empty() ? "" : home + "/.aws/" + name;
}

std::string profile_of(const config::Dynamodb& options) {
  if (!options.profile.empty()) return options.profile;
  const std::string named = env("AWS_PROFILE");
  return named.empty() ? "default" : named;
}

std::string config_section(const std::string& profile) { return profile == "default" ? profile : "profile " + profile; }

// "2026-11-27T12:00:00Z"; kNever where it is none.
int64_t read_instant(const std::string& text) {
  std::tm t{};
  return strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &t) == nullptr ? kNever : int64_t{timegm(&t)} * 1000;
}

std::string in_element(const std::string& xml, const std::string& name) {
  const size_t begin = xml.find("<" + name + ">");
  const size_t end = xml.find("</" + name + ">");
  if (begin == xml.npos || end == xml.npos || end < begin) return "";
  return trimmed(xml.substr(begin + name.size() + 2, end - begin - name.size() - 2));
}

std::string url_encoded(const std::string& s) {
  std::string out;
  for (const char c : s) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("-_.~", c) != nullptr) {
      out += c;
    } else {
      char code[4];
      std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += code;
    }
  }
  return out;
}

// A token goes to nobody but this machine, its link, or by TLS.
bool may_have_token(const std::string& url) {
  if (url.starts_with("https://")) return true;
  constexpr std::string_view kPlain = "http://";
  if (!url.starts_with(kPlain)) return false;
  std::string host = url.substr(kPlain.size());
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.starts_with('[')) {
    const std::string name = host.substr(0, host.find(']') + 1);
    return host.find('@') == host.npos && (name == "[::1]" || name == "[fd00:ec2::23]");
  }
  host = host.substr(0, host.find(':'));
  in_addr address{};
  const bool literal = inet_pton(AF_INET, host.c_str(), &address) == 1;
  return host == "localhost" ||
         (literal && (host.starts_with("127.") || host == "169.254.170.2" || host == "169.254.170.23"));
}

}  // namespace

// https://docs.aws.amazon.com/general/latest/gr/ddb.html, and botocore's endpoints.json
std::string domain_of_region(std::string_view region) {
  constexpr std::pair<std::string_view, const char*> kOthers[] = {
      {"cn-", "amazonaws.com.cn"},    {"us-iso-", "c2s.ic.gov"},      {"us-isob-", "sc2s.sgov.gov"},
      {"us-isof-", "csp.hci.ic.gov"}, {"eu-isoe-", "cloud.adc-e.uk"},
  };
  for (const auto& [begin, domain] : kOthers)
    if (region.starts_with(begin)) return domain;
  return "amazonaws.com";
}

std::string region_of_environment(const config::Config& c) {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (std::string region = env(name); !region.empty()) return region;
  return read_section(file_of("AWS_CONFIG_FILE", "config"), config_section(profile_of(c.dynamodb)))["region"];
}

CredentialSource::CredentialSource(const config::Config& c, Http& http, std::string region)
    : options_(c.dynamodb), http_(http), region_(std::move(region)) {}

Task<bool> CredentialSource::find() {
  found_ = {};
  why_.clear();
  Look look = in_config();
  if (look == Look::absent && options_.profile.empty()) look = in_environment();
  if (look == Look::absent) look = in_files();
  if (look == Look::absent) look = co_await by_web_identity();
  if (look == Look::absent) look = co_await in_container();
  if (look == Look::absent) look = co_await in_machine();
  if (look == Look::absent)
    why_ =
        "no credentials: none in dynamodb.access_key_id, AWS_ACCESS_KEY_ID, the profile '" + profile_of(options_) +
        "' of the AWS files, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_CREDENTIALS_FULL_URI, nor from this machine" +
        (why_.empty() ? "" : ": " + why_);
  co_return look == Look::found;
}

CredentialSource::Look CredentialSource::broken(const std::string& why) {
  why_ = "no credentials: " + why;
  return Look::broken;
}

CredentialSource::Look CredentialSource::in_config() {
  if (options_.access_key_id.empty()) return Look::absent;
  found_ = {options_.access_key_id, options_.secret_access_key, options_.session_token, kNever, "the configuration"};
  return Look::found;
}

CredentialSource::Look CredentialSource::in_environment() {
  found_ = {env("AWS_ACCESS_KEY_ID"), env("AWS_SECRET_ACCESS_KEY"), env("AWS_SESSION_TOKEN"), kNever,
            "the environment"};
  if (found_.id.empty()) return Look::absent;
  return found_.secret.empty() ? broken("AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY") : Look::found;
}

CredentialSource::Look CredentialSource::in_files() {
  const std::string profile = profile_of(options_);
  const std::string credentials = file_of("AWS_SHARED_CREDENTIALS_FILE", "credentials");
  auto values = read_section(credentials, profile);
  if (values["aws_access_key_id"].empty())
    values = read_section(file_of("AWS_CONFIG_FILE", "config"), config_section(profile));
  if (values["aws_access_key_id"].empty())
    return options_.profile.empty() ? Look::absent
                                    : broken("the AWS files have none for the profile '" + profile + "'");
  if (values["aws_secret_access_key"].empty())
    return broken("the profile '" + profile + "' has aws_access_key_id without aws_secret_access_key");
  found_ = {values["aws_access_key_id"], values["aws_secret_access_key"], values["aws_session_token"], kNever,
            "a profile of the AWS files"};
  return Look::found;
}

// True: its body is in body_; else why_ tells what went wrong.
Task<bool> CredentialSource::get(Http::Ask ask, const std::string& whom) {
  ask.most = kMostAnswer;
  Http::Exchange x{http_, std::move(ask)};
  co_await x;
  constexpr long kGood = 200;
  if (!x.answer.fault.empty()) {
    why_ = whom + ": " + x.answer.fault;
  } else if (x.answer.status != kGood) {
    why_ = whom + ": HTTP " + std::to_string(x.answer.status);
  }
  body_ = std::move(x.answer.body);
  co_return why_.empty();
}

CredentialSource::Look CredentialSource::take_json(const std::string& whom, const char* source) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view id, secret, token, expiration;
  if (parser.parse(body_).get(root) != simdjson::SUCCESS || root["AccessKeyId"].get(id) != simdjson::SUCCESS ||
      root["SecretAccessKey"].get(secret) != simdjson::SUCCESS || id.empty() || secret.empty())
    return broken(whom + ": it answers something else");
  static_cast<void>(root["Token"].get(token) == simdjson::SUCCESS);
  static_cast<void>(root["Expiration"].get(expiration) == simdjson::SUCCESS);
  found_ = {std::string(id), std::string(secret), std::string(token), read_instant(std::string(expiration)), source};
  return Look::found;
}

// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
Task<CredentialSource::Look> CredentialSource::by_web_identity() {
  const std::string file = env("AWS_WEB_IDENTITY_TOKEN_FILE"), role = env("AWS_ROLE_ARN");
  if (file.empty() || role.empty()) co_return Look::absent;
  const std::string token = trimmed(read_file(file));
  if (token.empty()) co_return broken("AWS_WEB_IDENTITY_TOKEN_FILE names a file that cannot be read or is empty");
  std::string session = env("AWS_ROLE_SESSION_NAME");
  if (session.empty()) session = "cachetted";
  Http::Ask ask;
  ask.url = env("AWS_ENDPOINT_URL_STS");
  if (ask.url.empty()) ask.url = "https://sts." + region_ + "." + domain_of_region(region_) + "/";
  if (!may_have_token(ask.url)) co_return broken("AWS_ENDPOINT_URL_STS is neither https nor on this machine");
  ask.body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=" + url_encoded(role) +
             "&RoleSessionName=" + url_encoded(session) + "&WebIdentityToken=" + url_encoded(token);
  ask.timeout_ms = 5 * kMetadataMs;
  ask.connect_ms = 2 * kMetadataMs;
  const std::string whom = "AssumeRoleWithWebIdentity at STS";
  const bool good = co_await get(std::move(ask), whom);
  if (!good) {
    const std::string code = in_element(body_, "Code");
    co_return broken(why_ + (code.empty() ? "" : " (" + code + ")"));
  }
  found_ = {in_element(body_, "AccessKeyId"), in_element(body_, "SecretAccessKey"), in_element(body_, "SessionToken"),
            read_instant(in_element(body_, "Expiration")), "web identity"};
  co_return found_.id.empty() || found_.secret.empty() ? broken(whom + ": it answers something else") : Look::found;
}

// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
Task<CredentialSource::Look> CredentialSource::in_container() {
  Http::Ask ask;
  ask.url = env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (const std::string path = env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); !path.empty())
    ask.url = "http://169.254.170.2" + path;
  if (ask.url.empty()) co_return Look::absent;
  if (!may_have_token(ask.url))
    co_return broken("AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor on this machine");
  std::string token = env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const std::string file = env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty())
    token = trimmed(read_file(file));
  if (!token.empty()) ask.headers.push_back("Authorization: " + token);
  ask.timeout_ms = ask.connect_ms = 2 * kMetadataMs;
  ask.direct = true;
  const std::string whom = "the container's credentials service";
  const bool good = co_await get(std::move(ask), whom);
  co_return good ? take_json(whom, "the container's role") : broken(why_);
}

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
Task<CredentialSource::Look> CredentialSource::in_machine() {
  if (std::string off = env("AWS_EC2_METADATA_DISABLED"); off == "true" || off == "TRUE") co_return Look::absent;
  std::string base = env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (base.empty()) base = "http://169.254.169.254";
  if (base.back() == '/') base.pop_back();
  const std::string whom = "the metadata service of EC2";
  Http::Ask ask;
  ask.timeout_ms = ask.connect_ms = kMetadataMs;
  ask.direct = true;
  ask.url = base + "/latest/api/token";
  ask.method = "PUT";
  ask.headers = {"X-aws-ec2-metadata-token-ttl-seconds: 21600"};
  Http::Ask next = ask;
  bool good = co_await get(std::move(next), whom);
  if (!good) co_return Look::absent;
  ask.method = nullptr;
  ask.headers = {"X-aws-ec2-metadata-token: " + trimmed(body_)};
  ask.url = base + "/latest/meta-data/iam/security-credentials/";
  next = ask;
  good = co_await get(std::move(next), whom);
  const std::string role = trimmed(body_.substr(0, body_.find('\n')));
  if (!good || role.empty()) co_return broken(whom + ": this machine has no role");
  ask.url += role;
  next = ask;
  good = co_await get(std::move(next), whom);
  co_return good ? take_json(whom, "the machine's role") : broken(why_);
}

}  // namespace cachetted::dynamodb
