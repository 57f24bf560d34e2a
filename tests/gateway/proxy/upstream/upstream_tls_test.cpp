// Upstreams behind TLS: asked when an authority that the system trusts says who they are.
#include "gateway/http/connection/tls.hpp"
#include "scripted_upstream.hpp"
#include "tests/gateway/http/connection/test_server.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

namespace latchkey::proxy::testing {
namespace {

/// A certificate for "localhost" that has signed itself; the folder is gone at the end.
class certificate {
public:
  certificate() {
    std::string pattern = std::filesystem::temp_directory_path() / "latchkey-upstream-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    auto* name = X509_get_subject_name(made.get());
    const auto* text = reinterpret_cast<const unsigned char*>("upstream");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    X509_set_pubkey(made.get(), key.get());
    auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(made.get(), names, -1);
    X509_EXTENSION_free(names);
    X509_sign(made.get(), key.get(), EVP_sha256());
    const std::unique_ptr<FILE, decltype(&fclose)> chain_file(fopen(chain().c_str(), "w"), fclose);
    PEM_write_X509(chain_file.get(), made.get());
    const std::unique_ptr<FILE, decltype(&fclose)> key_file(fopen(this->key().c_str(), "w"),
                                                            fclose);
    PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  }
  ~certificate() { std::filesystem::remove_all(folder_); }
  std::string chain() const { return folder_ + "/cert.pem"; }
  std::string key() const { return folder_ + "/key.pem"; }

private:
  std::string folder_;
};

class UpstreamTls : public ::testing::Test {
protected:
  ~UpstreamTls() override { ::unsetenv("SSL_CERT_FILE"); }

  /// As a system does that knows this authority.
  void trust() { ::setenv("SSL_CERT_FILE", files_.chain().c_str(), 1); }
  seen ask(const std::string& host, const std::string& target = "/fixed") {
    client_fixture client("https://" + host + ":" + std::to_string(server_.port()));
    question request;
    request.target = target;
    return client.ask(request);
  }

  certificate files_;
  http::testing::test_server server_{[this](http::http_server_options& options) {
    options.tls = *http::make_tls_context(files_.chain(), files_.key());
  }};
};

TEST_F(UpstreamTls, IsAskedWhenItIsTrusted) {
  trust();
  EXPECT_EQ(ask("localhost").body, R"({"ok":true})");
  EXPECT_EQ(ask("localhost", "/large").body.size(), 8u * 1024 * 1024);
}

TEST_F(UpstreamTls, IsGw001WhenNobodyVouchesForIt) {
  EXPECT_EQ(ask("localhost").code(), error_code::upstream_unavailable);
}

TEST_F(UpstreamTls, IsGw001WhenItIsSomebodyElse) {
  trust();
  EXPECT_EQ(ask("127.0.0.1").code(), error_code::upstream_unavailable);
}

TEST_F(UpstreamTls, IsGw001WhenItSpeaksPlainHttp) {
  scripted_upstream plain({[](peer& connection) {
    connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_end();
  }});
  client_fixture client("https://127.0.0.1:" + std::to_string(plain.port()));
  EXPECT_EQ(client.ask({}).code(), error_code::upstream_unavailable);
}

} // namespace
} // namespace latchkey::proxy::testing
