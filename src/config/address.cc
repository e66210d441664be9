// Implements address.h. Names are only checked for form: resolving them is the listener's work.
#include "config/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "config/fault.h"
#include "config/units.h"

namespace cachetted::config {

namespace {

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool control_character(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::optional<Address> parse_unix(std::string_view path, std::string& why) {
  if (path.empty() || path[0] != '/') {
    why = "the path of a unix socket must begin with '/', as in unix:/run/cachetted/resp.sock";
    return std::nullopt;
  }
  path.remove_prefix(path.find_first_not_of('/') == std::string_view::npos ? 0 : path.find_first_not_of('/') - 1);
  if (path.size() > kMaxSocketPath) {
    why = fmt::format("the path of a unix socket is too long ({} bytes, allowed {})", path.size(), kMaxSocketPath);
    return std::nullopt;
  }
  if (path.back() == '/' || std::any_of(path.begin(), path.end(), control_character)) {
    why = "the path of a unix socket must name a file";
    return std::nullopt;
  }
  return Address{Address::Kind::unix_socket, "", std::string(path), 0};
}

// Splits at the port's colon; false where the text has none, or is an IPv6 address without brackets.
bool split_host_port(std::string_view text, std::string_view& host, std::string_view& port, std::string& why) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos || end + 1 >= text.size() || text[end + 1] != ':') {
      why = "an IPv6 address needs its bracket and a port, as in [::1]:7379";
      return false;
    }
    host = text.substr(1, end - 1);
    port = text.substr(end + 2);
    return true;
  }
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    why = parse_count(text) ? fmt::format("a host is missing; write 127.0.0.1:{}", text) : "a port is missing";
    return false;
  }
  if (text.find(':', colon + 1) != std::string_view::npos) {
    why = "an IPv6 address needs brackets, as in [::1]:7379";
    return false;
  }
  host = text.substr(0, colon);
  port = text.substr(colon + 1);
  return true;
}

std::optional<Address> parse_place(std::string_view text, std::string& why) {
  if (text.starts_with("unix:")) return parse_unix(text.substr(5), why);
  if (text.starts_with('/') || text.starts_with("./")) {
    why = "a unix socket is written unix:/path";
    return std::nullopt;
  }
  if (text.find("://") != std::string_view::npos) {
    why = "an address has no scheme";
    return std::nullopt;
  }
  std::string_view host;
  std::string_view port_text;
  if (!split_host_port(text, host, port_text, why)) return std::nullopt;
  const std::optional<uint16_t> port = parse_port(port_text);
  if (!port) {
    why = "the port is not a number from 0 to 65535";
    return std::nullopt;
  }
  if (host.empty() || host == "*") {
    why = fmt::format("a host is missing; write 127.0.0.1:{} for this machine, 0.0.0.0:{} for every interface", *port,
                      *port);
    return std::nullopt;
  }
  if (text.starts_with('[') ? !valid_ipv6(host) : !valid_host(host)) {
    why = text.starts_with('[') ? "not an IPv6 address" : "not a host name or an IPv4 address";
    return std::nullopt;
  }
  return Address{Address::Kind::tcp, std::string(host), "", *port};
}

// Behind a blank: what is said of the clients of that port.
bool read_client(std::string_view word, Address& address, std::string& why) {
  const size_t equals = std::min(word.find('='), word.size());
  const std::string name = lower_case(word.substr(0, equals));
  const std::string value = lower_case(word.substr(std::min(equals + 1, word.size())));
  const auto* const codec = std::find(std::begin(kClientCodecs), std::end(kClientCodecs), value);
  if (name == "client_codec" && codec != std::end(kClientCodecs)) {
    address.client_codec = static_cast<ClientCodec>(codec - std::begin(kClientCodecs));
  } else if (name == "client_types" && (value == "tagged" || value == "plain")) {
    address.client_types = value == "tagged" ? ClientTypes::tagged : ClientTypes::plain;
  } else {
    why = "behind an address stands client_codec= one of " +
          comma_list(std::vector<std::string>(std::begin(kClientCodecs), std::end(kClientCodecs))) +
          ", or client_types=tagged or plain";
    return false;
  }
  return true;
}

}  // namespace

bool valid_ipv6(std::string_view host) {
  host = host.substr(0, host.find('%'));  // a zone is the system's to judge
  in6_addr out;
  return inet_pton(AF_INET6, std::string(host).c_str(), &out) == 1;
}

bool valid_host(std::string_view host) {
  if (host.empty() || host.size() > 253 || !std::all_of(host.begin(), host.end(), host_character)) return false;
  if (host.front() == '-' || host.front() == '.' || host.find("..") != std::string_view::npos) return false;
  if (host.find_first_not_of("0123456789.") != std::string_view::npos) return true;
  in_addr out;
  return inet_pton(AF_INET, std::string(host).c_str(), &out) == 1;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  const std::optional<uint64_t> port = parse_count(text);
  if (!port || *port > 65535) return std::nullopt;
  return static_cast<uint16_t>(*port);
}

std::optional<Address> parse_address(std::string_view text, std::string& why) {
  const size_t end = std::min(text.find(" client_"), text.size());
  std::optional<Address> address = parse_place(trimmed(text.substr(0, end)), why);
  std::string_view rest = trimmed(text.substr(end));
  while (address && !rest.empty()) {
    const size_t blank = std::min(rest.find(' '), rest.size());
    if (!read_client(rest.substr(0, blank), *address, why)) return std::nullopt;
    rest = trimmed(rest.substr(blank));
  }
  return address;
}

}  // namespace cachetted::config
