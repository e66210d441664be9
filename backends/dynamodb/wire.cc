// Implements wire.h.
#include "backends/dynamodb/wire.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "core/clock.h"

namespace cachetted::dynamodb {
namespace {

bool is_one_of(std::string_view s, std::initializer_list<std::string_view> of) {
  return std::find(of.begin(), of.end(), s) != of.end();
}

// A server's words, in one line, and not too many: what was to be signed, and was, is left out.
std::string one_line(std::string_view words) {
  constexpr size_t kMost = 300;
  for (const char* from : {"The Canonical String", "Authorization", "Credential="})
    words = words.substr(0, words.find(from));
  std::string s(words.substr(0, kMost));
  std::replace_if(
      s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return s;
}

// Of a transaction: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
Answered read_reasons(Json root) {
  bool condition = false, conflict = false, throttled = false;
  read_each(root["CancellationReasons"], [&](Json reason) {
    const std::string_view code = read(reason["Code"], std::string_view{});
    condition = condition || code == "ConditionalCheckFailed";
    conflict = conflict || code == "TransactionConflict";
    throttled = throttled || is_one_of(code, {"ThrottlingError", "ProvisionedThroughputExceeded"});
  });
  if (condition) return Answered::condition;
  if (conflict) return Answered::conflict;
  return throttled ? Answered::throttled : Answered::invalid;
}

bool is_of_clock(std::string_view said) {
  return said.starts_with("Signature expired") || said.starts_with("Signature not yet current");
}

// "Signature expired: 20260101T000000Z is now earlier than 20260101T001500Z (20260101T002000Z - 5 min.)": the last of
// these is the server's clock.
int64_t clock_in(std::string_view said) {
  const size_t open = said.find('(');
  std::tm t{};
  if (open == said.npos || strptime(std::string(said.substr(open + 1)).c_str(), "%Y%m%dT%H%M%SZ", &t) == nullptr)
    return 0;
  return int64_t{timegm(&t)} * 1000;
}

std::string clock_text(int64_t server_ms, const std::string& type) {
  const std::string rest = " that of DynamoDB, which refuses what it signs: set it (" + type + ")";
  if (server_ms == 0) return "the clock of this machine is far from" + rest;
  const int64_t off = (server_ms - wall_ms()) / 1000;
  return "the clock of this machine is " + std::to_string(std::abs(off)) + " s " + (off >= 0 ? "behind" : "ahead of") +
         rest;
}

}  // namespace

Endpoint::Endpoint(const config::Config& c) : url(c.store.dynamodb_url), region(c.store.region) {
  if (region.empty()) region = region_of_environment(c);
  if (region.empty()) region = "us-east-1";  // what DynamoDB Local is content with
  if (url.empty()) url = "https://dynamodb." + region + "." + domain_of_region(region);
  const size_t host = url.find("://") + 3;
  place = url.substr(host, url.find_first_of("/?#", host) - host);
  if (const size_t at = place.rfind('@'); at != place.npos) place.erase(0, at + 1);
  if (url.back() != '/') url += '/';
}

Http::Ask Endpoint::ask(Operation op, std::string body, const Credentials& c, int64_t timeout_ms,
                        int64_t connect_ms) const {
  Http::Ask a;
  a.url = url;
  a.headers = {"X-Amz-Target: DynamoDB_20120810." + std::string(metrics::value_text(op)),
               "Content-Type: application/x-amz-json-1.0"};
  if (!c.token.empty()) a.headers.push_back("X-Amz-Security-Token: " + c.token);
  a.body = std::move(body);
  a.timeout_ms = timeout_ms;
  a.connect_ms = connect_ms;
  a.sign = "aws:amz:" + region + ":dynamodb";
  a.id = c.id;
  a.secret = c.secret;
  return a;
}

Answered read_answer(const Http::Answer& a, const Endpoint& e, simdjson::dom::parser& parser, Json& root,
                     std::string& why) {
  constexpr long kGood = 200, kServer = 500;
  if (!a.fault.empty()) {
    why = e.place + ": " +
          (a.timed_out ? a.sent ? "no answer within timeouts.request" : "no connection in time" : a.fault);
    return a.sent ? Answered::lost : Answered::unreachable;
  }
  root = parser.parse(a.body);
  const bool json = root.is_object();
  const std::string http = "HTTP " + std::to_string(a.status);
  if (a.status == kGood) {
    if (json) return Answered::done;
    why = e.place + ": it answers something that is no JSON";
    return Answered::lost;
  }
  std::string_view type, said;
  if (json) {
    type = read(root["__type"], type);
    said = read(root["message"], read(root["Message"], said));
    type = type.substr(type.find('#') + 1);
  }
  if (type == "ConditionalCheckFailedException") return Answered::condition;
  why = type.empty() ? e.place + ": it answers " + http : one_line(type) + ": " + one_line(said);
  if (is_one_of(type, {"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"}))
    return Answered::throttled;
  if (type == "TransactionCanceledException") return read_reasons(root);
  if (is_one_of(type, {"TransactionConflictException", "TransactionInProgressException"})) return Answered::conflict;
  if (a.status >= kServer) {
    why = e.place + ": it answers " + http + (type.empty() ? "" : " (" + why + ")");
    return Answered::failed;
  }
  if (type == "ExpiredTokenException") return Answered::stale_token;
  if (type == "ResourceNotFoundException") return Answered::no_table;
  if (is_of_clock(said)) {
    const int64_t told = clock_in(said);
    why = clock_text(told != 0 ? told : a.date_ms, std::string(type));
    return Answered::refused;
  }
  if (is_one_of(type, {"UnrecognizedClientException", "InvalidSignatureException", "IncompleteSignatureException",
                       "MissingAuthenticationTokenException", "AccessDeniedException", "InvalidClientTokenId"})) {
    why = "it refuses the credentials (" + std::string(type) + ")";
    if (is_one_of(type, {"UnrecognizedClientException", "AccessDeniedException"})) why += ": " + one_line(said);
    return Answered::refused;
  }
  if (type.empty()) return Answered::lost;  // not DynamoDB: something between
  return Answered::invalid;
}

}  // namespace cachetted::dynamodb
