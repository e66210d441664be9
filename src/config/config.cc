// The few functions that belong to the plain structs of config.h.
// No state; any thread. Called by sessions (AUTH) and wherever an address is printed.
#include "config/config.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

namespace cachetted::config {

namespace {

constexpr size_t kDigestSize = 32;
using Digest = std::array<unsigned char, kDigestSize>;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 0;
}

// What is not 64 digits becomes a digest that no password can be found for.
Digest digest_from_hex(const std::string& hex) {
  Digest out{};
  if (hex.size() != 2 * kDigestSize) return out;
  for (size_t i = 0; i < kDigestSize; ++i)
    out[i] = static_cast<unsigned char>(digit_of(hex[2 * i]) * 16 + digit_of(hex[2 * i + 1]));
  return out;
}

bool sha256(std::string_view text, Digest& out) {
  unsigned int size = 0;
  return EVP_Digest(text.data(), text.size(), out.data(), &size, EVP_sha256(), nullptr) == 1 && size == kDigestSize;
}

}  // namespace

std::string Address::text() const {
  std::string out = place();
  if (client_codec) out += std::string(" client_codec=") + kClientCodecs[static_cast<size_t>(*client_codec)];
  if (client_types) out += *client_types == ClientTypes::tagged ? " client_types=tagged" : " client_types=plain";
  return out;
}

std::string Address::place() const {
  if (kind == Kind::unix_socket) return "unix:" + path;
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

// Names are compared by digest too, and every user is looked at, so that neither the name nor the
// place of the first differing byte shows in the time taken.
bool check_password(const Auth& auth, std::string_view user, std::string_view password) {
  Digest given_name{};
  Digest given_password{};
  if (!sha256(user, given_name) || !sha256(password, given_password)) return false;
  unsigned matches = 0;
  for (const User& known : auth.users) {
    Digest name{};
    if (!sha256(known.name, name)) return false;
    const Digest expected = digest_from_hex(known.password_sha256);
    const unsigned same_name = CRYPTO_memcmp(name.data(), given_name.data(), kDigestSize) == 0;
    const unsigned same_password = CRYPTO_memcmp(expected.data(), given_password.data(), kDigestSize) == 0;
    matches |= same_name & same_password;
  }
  return matches != 0;
}

}  // namespace cachetted::config
