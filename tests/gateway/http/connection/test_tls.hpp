// test_tls.hpp — a certificate made for a test, and a client that speaks TLS.
#pragma once

#include "tests/gateway/http/connection/test_server.hpp"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace latchkey::http::testing {

/// A folder with cert.pem and key.pem, gone at the end.
class certificate_files {
public:
  certificate_files() {
    std::string pattern = std::filesystem::temp_directory_path() / "latchkey-tls-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
    X509_set_pubkey(cert.get(), key.get());
    X509_sign(cert.get(), key.get(), EVP_sha256());
    std::unique_ptr<FILE, decltype(&fclose)> cert_file(fopen(chain().c_str(), "w"), fclose);
    PEM_write_X509(cert_file.get(), cert.get());
    std::unique_ptr<FILE, decltype(&fclose)> key_file(fopen(this->key().c_str(), "w"), fclose);
    PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }
  ~certificate_files() { std::filesystem::remove_all(folder_); }
  std::string chain() const { return folder_ + "/cert.pem"; }
  std::string key() const { return folder_ + "/key.pem"; }

private:
  std::string folder_;
};

/// Speaks TLS over a raw client's socket; `version` 0: what both like best.
class tls_client {
public:
  /// `hesitates`: before it begins to shake hands, unless the server says something first.
  explicit tls_client(std::uint16_t port, int version = 0,
                      std::chrono::milliseconds hesitates = 0ms)
      : client_(port), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    // Security level 0 lets the client offer what the server must refuse.
    SSL_CTX_set_security_level(context_.get(), 0);
    if (version != 0) {
      SSL_CTX_set_min_proto_version(context_.get(), version);
      SSL_CTX_set_max_proto_version(context_.get(), version);
    }
    const unsigned char offers[] = "\x02h2\x08http/1.1";
    SSL_CTX_set_alpn_protos(context_.get(), offers, sizeof(offers) - 1);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), client_.handle());
    if (hesitates > 0ms && client_.is_readable_within(hesitates)) return;
    is_connected_ = SSL_connect(ssl_.get()) == 1;
  }
  bool is_connected() const { return is_connected_; }
  int version() const { return SSL_version(ssl_.get()); }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  void send(std::string_view bytes) {
    SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  /// That many bytes; fewer when the peer closes.
  std::string read_bytes(std::size_t count) {
    std::string all(count, '\0');
    std::size_t size = 0;
    for (int n = 0; size < count && (n = SSL_read(ssl_.get(), all.data() + size,
                                                  static_cast<int>(count - size))) > 0;)
      size += static_cast<std::size_t>(n);
    all.resize(size);
    return all;
  }
  /// Up to the empty line, with it.
  std::string read_head() {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      const auto byte = read_bytes(1);
      if (byte.empty()) break;
      head += byte;
    }
    return head;
  }
  std::string read_to_end() {
    std::string all;
    char bytes[16384];
    for (int n = 0; (n = SSL_read(ssl_.get(), bytes, sizeof(bytes))) > 0;)
      all.append(bytes, static_cast<std::size_t>(n));
    ended_cleanly_ = SSL_get_shutdown(ssl_.get()) == SSL_RECEIVED_SHUTDOWN;
    return all;
  }
  /// Says that nothing follows, and reads on.
  void end_sending() { SSL_shutdown(ssl_.get()); }
  bool ended_cleanly() const { return ended_cleanly_; }

private:
  raw_client client_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  bool is_connected_ = false;
  bool ended_cleanly_ = false;
};

} // namespace latchkey::http::testing
