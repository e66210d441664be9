// Implements store_url.h as redis-py's from_url does, which the library calls: user and password before the '@' win
// over those of the query, the query's db over that of the path; of what the query names twice, the first counts.
#include "config/store_url.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "config/address.h"
#include "config/units.h"

namespace cachetted::config {

namespace {

std::string decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* hex = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(hex, hex + 2, value, 16).ptr == hex + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Of the query, where '+' is a blank.
std::string decoded_form(std::string_view value) {
  std::string text(value);
  std::replace(text.begin(), text.end(), '+', ' ');
  return decoded(text);
}

// One that does not fit becomes the largest, which a server refuses.
uint32_t database_of(std::string_view text) {
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
  return static_cast<uint32_t>(std::min(parse_count(text).value_or(0), kMost));
}

// What stands before `mark`; `text` keeps what stands behind it.
std::string_view cut(std::string_view& text, char mark) {
  const std::string_view head = text.substr(0, text.find(mark));
  text.remove_prefix(std::min(text.size(), head.size() + 1));
  return head;
}

// host, host:port, [v6] or [v6]:port.
void read_host_port(std::string_view text, StoreUrl& url) {
  if (text.starts_with('[')) {
    text.remove_prefix(1);
    url.host = cut(text, ']');
    cut(text, ':');
  } else {
    url.host = cut(text, ':');
  }
  url.port = parse_port(text).value_or(url.port);
}

void read_query(std::string_view query, StoreUrl& url) {
  std::string_view database;
  while (!query.empty()) {
    std::string_view value = cut(query, '&');
    const std::string_view name = cut(value, '=');
    if (name == "db" && database.empty()) database = value;
    if (name == "username" && url.user.empty()) url.user = decoded_form(value);
    if (name == "password" && url.password.empty()) url.password = decoded_form(value);
  }
  if (!database.empty()) url.database = database_of(database);
}

}  // namespace

std::string StoreUrl::text() const {
  if (!unix_path.empty()) return Address{Address::Kind::unix_socket, "", unix_path, 0}.text();
  return Address{Address::Kind::tcp, host, "", port}.text();
}

StoreUrl parse_redis_url(std::string_view text) {
  StoreUrl url;
  const std::string scheme = lower_case(cut(text, ':'));
  url.tls = scheme == "rediss" || scheme == "valkeys";
  text.remove_prefix(std::min<size_t>(text.size(), 2));  // the slashes
  std::string_view query = text;
  text = cut(query, '?');
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    std::string_view password = text.substr(0, at);
    url.user = decoded(cut(password, ':'));
    url.password = decoded(password);
    text.remove_prefix(at + 1);
  }
  if (scheme == "unix") {
    url.unix_path = decoded(text);
  } else {
    read_host_port(cut(text, '/'), url);
    url.database = database_of(cut(text, '/'));
  }
  read_query(query, url);
  return url;
}

}  // namespace cachetted::config
