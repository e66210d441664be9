// The URL of a Redis or Valkey store, taken apart. Pure; any thread. Called by their backend.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cachetted::config {

struct StoreUrl {
  bool tls = false;
  std::string unix_path;  // empty: TCP
  std::string host;       // a name or an IP address, without brackets
  uint16_t port = 6379;
  std::string user, password;  // decoded; empty: none
  uint32_t database = 0;

  // For logs and errors, without user and password: "127.0.0.1:6379", "[::1]:6379", "unix:/path".
  std::string text() const;
};

// Of a text that accept_redis_url or accept_valkey_url (store_rules.h) took.
StoreUrl parse_redis_url(std::string_view text);

}  // namespace cachetted::config
