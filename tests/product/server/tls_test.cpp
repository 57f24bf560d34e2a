// tls_test.cpp — the public listener with a certificate.
#include "tests/product/product.hpp"
#include "tests/support/certificate.hpp"

#include <csignal>
#include <fstream>
#include <memory>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace latchkey::test {
namespace {

using context_ptr = std::shared_ptr<SSL_CTX>;

void require(bool holds) {
  if (!holds) throw std::runtime_error(ERR_error_string(ERR_get_error(), nullptr));
}

/// A client that trusts that certificate and speaks this version alone.
context_ptr client(const test_store& store, int version) {
  context_ptr made{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  SSL_CTX_set_security_level(made.get(), 0); // else OpenSSL itself would refuse TLS 1.1
  SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
  require(SSL_CTX_load_verify_file(made.get(), (store.folder() + "/cert.pem").c_str()) == 1);
  require(SSL_CTX_set_min_proto_version(made.get(), version) == 1);
  require(SSL_CTX_set_max_proto_version(made.get(), version) == 1);
  return made;
}

product make_product() {
  test_store store{"sqlite"};
  const auto paths = write_certificate(store.folder());
  return product{std::move(store), paths};
}

class Tls : public testing::Test {
protected:
  product one_ = make_product();
  http_reply call(const http_call& asked, int version = TLS1_3_VERSION) const {
    http_connection peer{one_.server->port(), client(one_.store, version)};
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
  http_connection idle{one_.server->port(), client(one_.store, TLS1_3_VERSION)};
  EXPECT_EQ(idle.exchange(get("/health")).status, 200);
  http_connection silent{one_.server->port()}; // has not even begun its handshake
  EXPECT_EQ(one_.server->stop(), 0);
  EXPECT_TRUE(silent.ends());
}

TEST_F(Tls, TakesANewCertificateWhenItIsToldTo) {
  http_connection held{one_.server->port(), client(one_.store, TLS1_3_VERSION)};
  EXPECT_EQ(held.exchange(get("/health")).status, 200);
  write_certificate(one_.store.folder());
  const auto trusting_the_new = client(one_.store, TLS1_3_VERSION);
  const auto is_shown = [&] {
    try {
      return http_connection{one_.server->port(), trusting_the_new}
                 .exchange(get("/health"))
                 .status == 200;
    } catch (const std::runtime_error&) {
      ERR_clear_error();
      return false;
    }
  };
  EXPECT_FALSE(is_shown()) << "nobody has said that it is there";
  ASSERT_EQ(::kill(one_.server->id(), SIGHUP), 0);
  EXPECT_TRUE(eventually(is_shown));
  EXPECT_EQ(held.exchange(get("/health")).status, 200) << "who was there stays";

  std::ofstream{one_.store.folder() + "/cert.pem"} << "no certificate";
  ASSERT_EQ(::kill(one_.server->id(), SIGHUP), 0);
  EXPECT_TRUE(eventually([&] {
    return one_.server->log().find("the certificate cannot be replaced") != std::string::npos;
  }));
  EXPECT_TRUE(is_shown());
  EXPECT_EQ(one_.server->stop(), 0);
}

/// A live socket over TLS, read to its end.
class secure_socket {
public:
  secure_socket(std::uint16_t port, SSL_CTX* context, const std::string& access_token)
      : tls_(SSL_new(context), SSL_free), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval wait{30, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    require(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    require(SSL_set_fd(tls_.get(), fd_) == 1 && SSL_connect(tls_.get()) == 1);
    const auto handshake = "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                           "Authorization: Bearer " +
                           access_token + "\r\n\r\n";
    require(SSL_write(tls_.get(), handshake.data(), static_cast<int>(handshake.size())) > 0);
  }
  ~secure_socket() { ::close(fd_); }
  secure_socket(const secure_socket&) = delete;
  secure_socket& operator=(const secure_socket&) = delete;

  /// Up to `text`, or to the end when that is empty.
  std::string read_until(const std::string& text) {
    std::string all;
    char piece[4096];
    while (text.empty() || all.find(text) == std::string::npos) {
      const int count = SSL_read(tls_.get(), piece, sizeof piece);
      if (count <= 0) {
        ended_by_ = SSL_get_error(tls_.get(), count);
        break;
      }
      all.append(piece, static_cast<std::size_t>(count));
    }
    return all;
  }
  bool ended_with_close_notify() const { return ended_by_ == SSL_ERROR_ZERO_RETURN; }

private:
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_;
  int fd_;
  int ended_by_ = SSL_ERROR_NONE;
};

TEST_F(Tls, EndsALiveSocketWithCloseNotify) {
  const auto name = new_name();
  call(post_json("/auth/register", registration(name).dump()));
  const auto signed_in = call(post_json("/auth/token", credentials(name).dump()));
  const auto access = json_of(signed_in)["access_token"].get<std::string>();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto context = client(one_.store, version);
    secure_socket closes{one_.server->port(), context.get(), access};
    EXPECT_TRUE(closes.read_until("\r\n\r\n").starts_with("HTTP/1.1 101"));
    const auto again = json_of(call(post_json("/auth/token", credentials(name).dump())));
    secure_socket revoked{one_.server->port(), context.get(),
                          again["access_token"].get<std::string>()};
    EXPECT_TRUE(revoked.read_until("\r\n\r\n").starts_with("HTTP/1.1 101"));
    EXPECT_EQ(call(post("/auth/logout").as(again["access_token"].get<std::string>())).status, 200);
    EXPECT_NE(revoked.read_until("").find("session_revoked"), std::string::npos);
    EXPECT_TRUE(revoked.ended_with_close_notify());
    if (version != TLS1_3_VERSION) continue;
    one_.server->ask_to_stop();
    closes.read_until("");
    EXPECT_TRUE(closes.ended_with_close_notify()) << "1001";
  }
  EXPECT_EQ(one_.server->wait(), 0);
}

} // namespace
} // namespace latchkey::test
