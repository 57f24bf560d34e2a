#include "gateway/http/connection/tls.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string_view>

namespace latchkey::http {
namespace {

namespace ssl = boost::asio::ssl;

constexpr const char* tls_1_2_suites = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                       "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                       "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr unsigned char http_1_1_protocol[] = "\x08http/1.1";

tl::unexpected<failure> broken(const std::string& problem, const std::string& path,
                               const boost::system::error_code& error) {
  return fail(error_code::internal_error, {}, problem + " " + path + ": " + error.message());
}

/// Takes "http/1.1" when the client offers it; other offers go on without ALPN.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* chosen = nullptr;
  auto found = SSL_select_next_proto(&chosen, out_size, http_1_1_protocol,
                                     sizeof(http_1_1_protocol) - 1, offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

result<void> load(ssl::context& context, const std::string& chain_path,
                  const std::string& key_path) {
  for (const auto& path : {chain_path, key_path}) {
    std::error_code status;
    if (!std::filesystem::is_regular_file(path, status))
      return fail(error_code::internal_error, {},
                  "TLS file " + path + ": " + (status ? status.message() : "not a file"));
  }
  boost::system::error_code error;
  context.use_certificate_chain_file(chain_path, error);
  if (error) return broken("TLS certificate", chain_path, error);
  // Checked against the certificate as well.
  context.use_private_key_file(key_path, ssl::context::pem, error);
  if (error) return broken("TLS key", key_path, error);
  return {};
}

} // namespace

result<std::shared_ptr<ssl::context>> make_tls_context(const std::string& chain_path,
                                                       const std::string& key_path) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  auto* handle = context->native_handle();
  ERR_clear_error();
  if (SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(handle, tls_1_2_suites) != 1)
    return fail(error_code::internal_error, {}, "OpenSSL offers no suitable TLS");
  SSL_CTX_set_options(handle, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                  SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Idle connections give their record buffers back.
  SSL_CTX_set_mode(handle, SSL_MODE_RELEASE_BUFFERS);
  constexpr std::string_view session_context = "latchkey";
  SSL_CTX_set_session_id_context(handle,
                                 reinterpret_cast<const unsigned char*>(session_context.data()),
                                 static_cast<unsigned>(session_context.size()));
  SSL_CTX_set_alpn_select_cb(handle, select_protocol, nullptr);
  if (auto loaded = load(*context, chain_path, key_path); !loaded) return fail(loaded.error());
  return context;
}

void send_close_notify(tls_stream& stream) {
  auto* tls = stream.native_handle();
  if (SSL_in_init(tls) == 1 || (SSL_get_shutdown(tls) & SSL_SENT_SHUTDOWN) != 0) return;
  // Asio's own shutdown waits for the peer's as well, and would read where others read. So what
  // OpenSSL writes last goes through a buffer of ours and not through Asio's.
  BIO* last = BIO_new(BIO_s_mem());
  if (last == nullptr) return;
  SSL_set0_wbio(tls, last);
  ERR_clear_error();
  SSL_shutdown(tls);
  ERR_clear_error();
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(last, &bytes);
  if (size <= 0) return;
  boost::system::error_code ignored;
  stream.next_layer().write_some(boost::asio::buffer(bytes, static_cast<std::size_t>(size)),
                                 ignored);
}

} // namespace latchkey::http
