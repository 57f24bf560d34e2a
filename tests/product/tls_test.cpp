// tls_test.cpp — the public listener with a certificate.
#include "tests/product/product.hpp"
#include "tests/support/certificate.hpp"

#include <memory>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdexcept>

namespace latchkey::test {
namespace {

using context_ptr = std::shared_ptr<SSL_CTX>;

void require(bool holds) {
  if (!holds) throw std::runtime_error(ERR_error_string(ERR_get_error(), nullptr));
}

/// A client that trusts that certificate and speaks this version alone.
context_ptr client(const place& where, int version) {
  context_ptr made{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  SSL_CTX_set_security_level(made.get(), 0); // else OpenSSL itself would refuse TLS 1.1
  SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
  require(SSL_CTX_load_verify_file(made.get(), (where.folder() + "/cert.pem").c_str()) == 1);
  require(SSL_CTX_set_min_proto_version(made.get(), version) == 1);
  require(SSL_CTX_set_max_proto_version(made.get(), version) == 1);
  return made;
}

product make_product() {
  place where{"sqlite"};
  const auto paths = write_certificate(where.folder());
  return product{std::move(where), paths};
}

class Tls : public testing::Test {
protected:
  product one_ = make_product();
  http_reply call(const http_call& asked, int version = TLS1_3_VERSION) const {
    http_connection peer{one_.server->port(), client(one_.where, version)};
    return peer.exchange(asked);
  }
};

TEST_F(Tls, ServesEverythingWithHostCookies) {
  EXPECT_NE(one_.server->banner().find("https://127.0.0.1:"), std::string::npos);
  const auto name = new_name();
  const auto registered = call(post_json("/auth/register", registration(name).dump()));
  EXPECT_EQ(registered.status, 201);
  EXPECT_TRUE(registered.header("Strict-Transport-Security").starts_with("max-age="));

  const auto signed_in = call(post_json("/auth/token", credentials(name).dump()));
  ASSERT_EQ(signed_in.status, 200);
  const auto cookie = signed_in.header("Set-Cookie");
  ASSERT_TRUE(cookie.starts_with("__Host-refresh_token=")) << cookie;
  for (const auto* attribute : {"; HttpOnly", "; Secure", "; SameSite=Lax", "; Path=/"})
    EXPECT_NE((cookie + ";").find(std::string{attribute} + ";"), std::string::npos) << cookie;
  EXPECT_EQ(cookie.find("Domain"), std::string::npos);

  const auto pair = cookie.substr(0, cookie.find(';'));
  const auto own = "https://127.0.0.1:" + std::to_string(one_.server->port());
  const auto refresh = [&] { return post("/auth/token/refresh"); };
  EXPECT_TRUE(is_error(call(refresh().with("Cookie", pair).with("Origin", "http" + own.substr(5))),
                       403, "CSRF_FAILED"));
  EXPECT_EQ(call(refresh().with("Cookie", pair).with("Origin", own)).status, 200);
  // A name that a page without TLS could have set does not count.
  EXPECT_TRUE(is_error(call(refresh().with("Cookie", pair.substr(7))), 401, "AUTH003"));

  const auto access = json_of(signed_in)["access_token"].get<std::string>();
  const auto out = call(post("/auth/logout").as(access));
  EXPECT_EQ(out.status, 200);
  EXPECT_TRUE(out.header("Set-Cookie").starts_with("__Host-refresh_token=; Max-Age=0;"));
  EXPECT_NE(out.header("Set-Cookie").find("; Secure"), std::string::npos);
  EXPECT_EQ(one_.server->stop(), 0);
}

TEST_F(Tls, SpeaksOnePointTwoAndThreeAndNothingOlder) {
  EXPECT_EQ(call(get("/health"), TLS1_2_VERSION).status, 200);
  EXPECT_EQ(call(get("/health"), TLS1_3_VERSION).status, 200);
  for (const int version : {TLS1_1_VERSION, TLS1_VERSION}) {
    ERR_clear_error();
    EXPECT_THROW(call(get("/health"), version), std::runtime_error);
    EXPECT_EQ(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV1_ALERT_PROTOCOL_VERSION)
        << ERR_error_string(ERR_peek_error(), nullptr);
  }
  ERR_clear_error();
  EXPECT_EQ(call(get("/health")).status, 200);
  EXPECT_EQ(one_.server->stop(), 0);
}

TEST_F(Tls, DoesNotAnswerPlainHttp) {
  http_connection plain{one_.server->port()};
  plain.send(get("/health"));
  EXPECT_THROW(plain.receive(), std::runtime_error);
  // The internal side stays plain.
  EXPECT_EQ(one_.call_internal(get("/internal/health")).status, 200);
  EXPECT_EQ(one_.server->stop(), 0);
}

TEST_F(Tls, ClosesIdleConnectionsWhenItStops) {
  http_connection idle{one_.server->port(), client(one_.where, TLS1_3_VERSION)};
  EXPECT_EQ(idle.exchange(get("/health")).status, 200);
  http_connection silent{one_.server->port()}; // has not even begun its handshake
  EXPECT_EQ(one_.server->stop(), 0);
  EXPECT_TRUE(silent.ends());
}

} // namespace
} // namespace latchkey::test
