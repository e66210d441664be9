// Fuzzes reading an item of DynamoDB: an answer or a named fault, and what was read is the same once it was composed and
// read again. An input is an item in JSON; seeds are in seeds/dynamodb.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "backends/dynamodb/item.h"

using namespace cachetted;
using namespace cachetted::dynamodb;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kNow = 1'700'000'000'000;
  simdjson::dom::parser parser;
  const simdjson::padded_string json(reinterpret_cast<const char*>(data), size);
  const Json root = parser.parse(json);
  const Found f = read_item(root, kNow, true);
  if (!f || f.fault != nullptr) return 0;
  const std::string_view key = key_of(root);
  std::string again;
  put_attributes(again, key, f.view(), f.expiry, f.flags);
  simdjson::dom::parser other;
  const simdjson::padded_string composed(again);
  const Json back = other.parse(composed);
  const Found g = read_item(back, kNow, false);
  if (!g || g.fault != nullptr || g.view() != f.view() || g.flags != f.flags || g.expiry != f.expiry || key_of(back) != key)
    abort();
  Expression e;
  std::string body;
  e.unchanged(f).put(body, "ConditionExpression");
  e.put_words(body);
  const simdjson::padded_string condition("{" + body.substr(1) + "}");
  if (!other.parse(condition).is_object()) abort();
  return 0;
}
