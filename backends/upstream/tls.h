// TLS over bytes that somebody else reads and writes: OpenSSL on memory buffers. One per connection, its loop's thread.
#pragma once
#include <cstddef>
#include <memory>
#include <string>

struct ssl_st;
struct ssl_ctx_st;

namespace cachetted::config {
struct Tls;
}

namespace cachetted::upstream {

struct FreeContext {
  void operator()(ssl_ctx_st* c) const;
};
// Shared by all connections of a store; any thread. TLS 1.2 at least. Throws std::runtime_error that names option and
// file.
std::unique_ptr<ssl_ctx_st, FreeContext> make_tls_context(const config::Tls& files);

class Tls {
 public:
  // The certificate must be for `host`, a name or an address.
  Tls(ssl_ctx_st* context, const std::string& host);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  bool ready() const { return ready_; }
  // Takes what the server sent and goes on with the handshake; false: error() says why it cannot.
  bool feed(const char* ciphertext, size_t n);
  // Plaintext received: bytes put to `to`, 0 when there is none now, -1 on an error or the server's end.
  int read(char* to, size_t n);
  bool write(const char* plaintext, size_t n);
  // What has to be sent.
  std::string take_output();
  std::string error() const;

 private:
  bool go_on();
  ssl_st* ssl_;
  bool ready_ = false;
};

}  // namespace cachetted::upstream
