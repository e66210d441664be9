// Parses where to listen: "host:port", "[v6]:port", "unix:/path", and behind a blank what is said of that port's
// clients. Pure, any thread. Called by the option table; Address itself is in config.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"

namespace cachetted::config {

inline constexpr const char* kAddressForm = "host:port, [ipv6]:port or unix:/path";
inline constexpr size_t kMaxSocketPath = 107;  // sun_path of Linux, its NUL not counted

// None: `why` says what is wrong, and where there is one, what to write instead.
std::optional<Address> parse_address(std::string_view text, std::string& why);

// A DNS name or an IPv4 address; digits and dots only must be the latter.
bool valid_host(std::string_view host);
bool valid_ipv6(std::string_view host);

// 0 to 65535, decimal.
std::optional<uint16_t> parse_port(std::string_view text);

}  // namespace cachetted::config
