// DynamoDB's protocol on the wire: where it is, what a call looks like, and what an answer that is no success means.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
#pragma once
#include <simdjson.h>

#include <string>
#include <string_view>

#include "backends/dynamodb/credentials.h"
#include "backends/dynamodb/http.h"
#include "config/config.h"
#include "metrics/metrics.h"

namespace cachetted::dynamodb {

using Operation = metrics::DynamodbOperation;
using Json = simdjson::simdjson_result<simdjson::dom::element>;  // or nothing, as is all below it then

// What stands there, or `other` where nothing does, or something else.
template <class T>
T read(Json at, T other) {
  T value{};
  return at.get(value) == simdjson::SUCCESS ? value : other;
}
// each(Json) of an array; of anything else none.
template <class Each>
void read_each(Json at, Each each) {
  simdjson::dom::array all;
  if (at.get(all) != simdjson::SUCCESS) return;
  for (simdjson::dom::element one : all) each(Json(std::move(one)));
}

inline constexpr std::string_view kUnavailable = "backend 'dynamodb' is unavailable: ";

struct Endpoint {
  explicit Endpoint(const config::Config& c);
  std::string url;     // with a slash at its end
  std::string place;   // for the operator: host and port
  std::string region;  // that is signed for
  Http::Ask ask(Operation op, std::string body, const Credentials& c, int64_t timeout_ms, int64_t connect_ms) const;
};

enum class Answered : uint8_t {
  done,
  condition,    // a condition did not hold; nothing was done
  conflict,     // with another transaction; nothing was done
  throttled,    // nothing was done
  failed,       // HTTP 5xx: who knows what was done
  lost,         // no answer came, or none that can be read: who knows what was done
  unreachable,  // nothing was sent
  stale_token,  // the session token has expired; nothing was done
  refused,      // the credentials, or the clock
  no_table,
  invalid,  // anything else
};

// Whether what was asked may have been done although no success was answered.
inline bool is_uncertain(Answered a) { return a == Answered::failed || a == Answered::lost; }

// What an answer means; `why` is filled where it is no success, with the server's own words. `root` is the body where
// it is JSON, and lives as long as the parser leaves it.
Answered read_answer(const Http::Answer& a, const Endpoint& e, simdjson::dom::parser& parser, Json& root,
                     std::string& why);

}  // namespace cachetted::dynamodb
