// OpenSSL on memory buffers.
#include "backends/upstream/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

#include "config/config.h"

namespace cachetted::upstream {

void FreeContext::operator()(ssl_ctx_st* c) const { SSL_CTX_free(c); }

std::unique_ptr<ssl_ctx_st, FreeContext> make_tls_context(const config::Tls& files) {
  std::unique_ptr<ssl_ctx_st, FreeContext> context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) throw std::runtime_error("OpenSSL does not start");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const std::string &ca = files.ca, &cert = files.cert, &key = files.key.empty() ? cert : files.key;
  bool loaded = ca.empty() ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                           : SSL_CTX_load_verify_locations(context.get(), ca.c_str(), nullptr) == 1;
  if (!loaded) throw std::runtime_error("tls.ca: '" + ca + "' holds no certificates in PEM, or cannot be read");
  if (cert.empty()) return context;
  if (SSL_CTX_use_certificate_chain_file(context.get(), cert.c_str()) != 1)
    throw std::runtime_error("tls.cert: '" + cert + "' holds no certificate in PEM, or cannot be read");
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("tls.key: '" + key + "' holds no private key in PEM for tls.cert, or cannot be read");
  return context;
}

Tls::Tls(ssl_ctx_st* context, const std::string& host) : ssl_(SSL_new(context)) {
  SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  unsigned char address[16];
  bool numeric = inet_pton(AF_INET, host.c_str(), address) == 1 || inet_pton(AF_INET6, host.c_str(), address) == 1;
  if (numeric) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), host.c_str());
  } else {
    SSL_set_tlsext_host_name(ssl_, host.c_str());
    SSL_set1_host(ssl_, host.c_str());
  }
  SSL_set_connect_state(ssl_);
  go_on();
}

Tls::~Tls() { SSL_free(ssl_); }

// The handshake, as far as it goes with what has come.
bool Tls::go_on() {
  if (ready_) return true;
  ERR_clear_error();
  int done = SSL_do_handshake(ssl_);
  ready_ = done == 1;
  return ready_ || SSL_get_error(ssl_, done) == SSL_ERROR_WANT_READ;
}

bool Tls::feed(const char* ciphertext, size_t n) {
  BIO_write(SSL_get_rbio(ssl_), ciphertext, static_cast<int>(n));
  return go_on();
}

int Tls::read(char* to, size_t n) {
  ERR_clear_error();
  int got = SSL_read(ssl_, to, static_cast<int>(n));
  if (got > 0) return got;
  return SSL_get_error(ssl_, got) == SSL_ERROR_WANT_READ ? 0 : -1;
}

bool Tls::write(const char* plaintext, size_t n) {
  ERR_clear_error();
  for (size_t at = 0; at < n;) {
    int done = SSL_write(ssl_, plaintext + at, static_cast<int>(n - at));
    if (done <= 0) return false;
    at += static_cast<size_t>(done);
  }
  return true;
}

std::string Tls::take_output() {
  std::string out(BIO_ctrl_pending(SSL_get_wbio(ssl_)), '\0');
  if (!out.empty()) BIO_read(SSL_get_wbio(ssl_), out.data(), static_cast<int>(out.size()));
  return out;
}

std::string Tls::error() const {
  long verdict = SSL_get_verify_result(ssl_);
  if (verdict != X509_V_OK) return std::string("certificate: ") + X509_verify_cert_error_string(verdict);
  unsigned long code = ERR_peek_last_error();
  const char* text = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return text != nullptr ? std::string("TLS: ") + text : "the server closed the connection";
}

}  // namespace cachetted::upstream
