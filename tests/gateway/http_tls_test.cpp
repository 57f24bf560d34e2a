// http_tls_test.cpp — the edge over TLS, with a certificate made for the test.
#include "http_test_source.hpp"

#include "gateway/http/tls.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

namespace latchkey::http::testing {
namespace {

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
  std::string read_to_end() {
    std::string all;
    char bytes[16384];
    for (int n = 0; (n = SSL_read(ssl_.get(), bytes, sizeof(bytes))) > 0;)
      all.append(bytes, static_cast<std::size_t>(n));
    ended_cleanly_ = SSL_get_shutdown(ssl_.get()) == SSL_RECEIVED_SHUTDOWN;
    return all;
  }
  bool ended_cleanly() const { return ended_cleanly_; }

private:
  raw_client client_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  bool is_connected_ = false;
  bool ended_cleanly_ = false;
};

class Tls : public ::testing::Test {
protected:
  void use_tls(http_server_options& options) {
    auto made = make_tls_context(files_.chain(), files_.key());
    ASSERT_TRUE(made.has_value()) << made.error().reason;
    options.tls = *made;
    options.limits.linger_max = std::chrono::milliseconds{500};
  }
  certificate_files files_;
  test_server server_{[this](http_server_options& options) { use_tls(options); }};
};

TEST_F(Tls, RefusesVersionsBefore12) {
  EXPECT_FALSE(tls_client(server_.port(), TLS1_VERSION).is_connected());
  EXPECT_FALSE(tls_client(server_.port(), TLS1_1_VERSION).is_connected());
}

TEST_F(Tls, Answers12And13) {
  for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    tls_client client(server_.port(), version);
    ASSERT_TRUE(client.is_connected());
    EXPECT_EQ(client.version(), version);
    EXPECT_EQ(client.protocol(), "http/1.1");
    client.send(get("/fixed") + get("/headers", "Connection: close\r\n"));
    auto all = client.read_to_end();
    EXPECT_NE(all.find("{\"ok\":true}"), std::string::npos) << all;
    EXPECT_NE(all.find("over tls"), std::string::npos);
    EXPECT_NE(all.find("Strict-Transport-Security: max-age="), std::string::npos);
    EXPECT_TRUE(client.ended_cleanly()); // close_notify: the answer was not cut off
  }
}

TEST_F(Tls, CarriesLargeBodiesBothWays) {
  tls_client client(server_.port());
  ASSERT_TRUE(client.is_connected());
  std::string body(1024 * 1024, 'b');
  client.send(post("/echo", body) + get("/large", "Connection: close\r\n"));
  EXPECT_GT(client.read_to_end().size(), 9u * 1024 * 1024);
}

TEST_F(Tls, ClosesAPeerThatSpeaksPlainHttp) {
  raw_client client(server_.port());
  client.send(get("/fixed"));
  auto all = client.read_to_end();
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->find("HTTP/1.1"), std::string::npos);
}

/// A server over TLS with other routes.
class TlsRoutes : public ::testing::Test {
protected:
  void serve(std::shared_ptr<const router> routes) {
    server_ = std::make_unique<test_server>([&](http_server_options& options) {
      long_limits(options);
      options.tls = *make_tls_context(files_.chain(), files_.key());
      options.limits.stream_check = 10ms;
      options.routes = std::move(routes);
    });
  }
  certificate_files files_;
  std::shared_ptr<source_script> script_ = std::make_shared<source_script>();
  std::unique_ptr<test_server> server_;
};

TEST_F(TlsRoutes, AStreamThatFailsHasNoCleanEnd) {
  script_->pieces = {"abc"};
  script_->then = ending::failure;
  serve(stream_routes(script_));
  tls_client client(server_->port());
  client.send("GET /stream HTTP/1.0\r\n\r\n");
  client.read_to_end();
  EXPECT_FALSE(client.ended_cleanly());
}

TEST_F(TlsRoutes, AClientThatWentEndsItsStream) {
  script_->then = ending::waiting;
  serve(stream_routes(script_));
  {
    tls_client client(server_->port());
    client.send(get("/stream"));
    EXPECT_TRUE(client.read_bytes(12).starts_with("HTTP/1.1 200"));
  }
  EXPECT_TRUE(server_->wait_until(
      [this](http_server& s) { return s.connections() == 0 && script_->alive == 0; }));
}

TEST_F(TlsRoutes, StreamsPieceByPiece) {
  script_->pieces = {"hello", std::string(0x12345, 'x')};
  script_->rounds = 50;
  serve(stream_routes(script_));
  tls_client client(server_->port());
  client.send(get("/stream") + get("/fixed", "Connection: close\r\n"));
  const auto all = client.read_to_end();
  const auto once = "5\r\nhello\r\n12345\r\n" + script_->pieces[1] + "\r\n";
  std::size_t count = 0;
  for (auto at = all.find(once); at != std::string::npos; at = all.find(once, at + once.size()))
    ++count;
  EXPECT_EQ(count, script_->rounds);
  EXPECT_TRUE(all.ends_with("fixed"));
  EXPECT_TRUE(client.ended_cleanly());
}

TEST_F(TlsRoutes, GiveAConnectionAwayWithItsEncryption) {
  serve(make_table({make_route(method::get, "/echo", [](exchange&) -> awaitable<response> {
    response answer;
    answer.status = 101;
    answer.content_type = {};
    answer.taken_by = echo_over;
    co_return answer;
  })}));
  tls_client client(server_->port());
  client.send(get("/echo", "Connection: Upgrade\r\nUpgrade: echo\r\n") + "behind");
  std::string head;
  while (!head.ends_with("\r\n\r\n") && head.size() < 1000)
    head += client.read_bytes(1);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << head;
  EXPECT_EQ(client.read_bytes(17), "127.0.0.1|behind|");
  EXPECT_TRUE(server_->wait_until([](http_server& s) { return s.connections() == 0; }));
  client.send(std::string(20'000, 'y'));
  EXPECT_EQ(client.read_bytes(20'000), std::string(20'000, 'y'));
}

TEST(TlsDeadline, ClosesAPeerThatNeverShakesHands) {
  certificate_files files;
  test_server server([&](http_server_options& options) {
    options.tls = *make_tls_context(files.chain(), files.key());
    options.limits.receive_max = 50ms;
  });
  raw_client client(server.port());
  EXPECT_TRUE(client.is_closed());
}

TEST(TlsDeadline, IsOneForTheHandshakeAndTheFirstRequest) {
  certificate_files files;
  constexpr auto limit = 3s; // half of it for a busy machine, on either side
  constexpr auto hesitates = 1500ms;
  test_server server([&](http_server_options& options) {
    options.tls = *make_tls_context(files.chain(), files.key());
    options.limits.receive_max = limit;
  });
  const auto begin = std::chrono::steady_clock::now();
  tls_client client(server.port(), 0, hesitates);
  EXPECT_TRUE(client.is_connected());
  EXPECT_EQ(client.read_to_end(), "");
  // With a clock that begins anew after the handshake it would be no less than this.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, hesitates + limit);
}

TEST(TlsContext, NamesTheFileThatIsWrong) {
  certificate_files one, other;
  auto missing = make_tls_context("/nonexistent/cert.pem", one.key());
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().reason.find("/nonexistent/cert.pem"), std::string::npos);
  auto mismatch = make_tls_context(one.chain(), other.key());
  ASSERT_FALSE(mismatch.has_value());
  EXPECT_NE(mismatch.error().reason.find(other.key()), std::string::npos);
  std::ofstream(one.chain()) << "not a certificate";
  auto garbage = make_tls_context(one.chain(), one.key());
  ASSERT_FALSE(garbage.has_value());
  EXPECT_NE(garbage.error().reason.find(one.chain()), std::string::npos);
}

} // namespace
} // namespace latchkey::http::testing
