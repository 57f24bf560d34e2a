#include "gateway/cluster/link_tls.hpp"

#include "protocol/tokens/hmac.hpp"

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/verify_mode.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string_view>

namespace latchkey::gateway {
namespace {

namespace ssl = boost::asio::ssl;

constexpr std::string_view identity = "latchkey";
constexpr std::size_t key_bytes = 32;
// TLS_AES_128_GCM_SHA256: the hash of a pre-shared key's suite is part of it.
constexpr std::array<unsigned char, 2> suite{0x13, 0x01};

tl::unexpected<failure> broken(const char* field, const std::string& problem) {
  return fail(error_code::internal_error, field, problem);
}

// -- the secret --------------------------------------------------------------------------

void free_key(void*, void* key, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<secret*>(key);
}

/// Where a context keeps its key.
int key_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_key);
  return index;
}

/// The key as OpenSSL takes it: a session. Null when there is no memory.
SSL_SESSION* session_of_key(SSL* tls) {
  const auto* key =
      static_cast<const secret*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(tls), key_index()));
  const auto* cipher = SSL_CIPHER_find(tls, suite.data());
  if (key == nullptr || cipher == nullptr) return nullptr;
  SSL_SESSION* session = SSL_SESSION_new();
  if (session == nullptr) return nullptr;
  const auto bytes = key->reveal();
  const auto* begin = reinterpret_cast<const unsigned char*>(bytes.data());
  if (SSL_SESSION_set1_master_key(session, begin, bytes.size()) == 1 &&
      SSL_SESSION_set_cipher(session, cipher) == 1 &&
      SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1)
    return session;
  SSL_SESSION_free(session);
  return nullptr;
}

int offer_key(SSL* tls, const EVP_MD* hash, const unsigned char** id, std::size_t* id_size,
              SSL_SESSION** session) {
  *session = nullptr;
  // A second hello may ask for another hash; there is no key for it.
  if (hash != nullptr && EVP_MD_get_type(hash) != NID_sha256) return 1;
  *session = session_of_key(tls);
  *id = reinterpret_cast<const unsigned char*>(identity.data());
  *id_size = identity.size();
  return *session != nullptr ? 1 : 0;
}

int find_key(SSL* tls, const unsigned char* id, std::size_t id_size, SSL_SESSION** session) {
  const std::string_view offered{reinterpret_cast<const char*>(id), id_size};
  *session = offered == identity ? session_of_key(tls) : nullptr;
  return 1;
}

// -- contexts ----------------------------------------------------------------------------

std::shared_ptr<ssl::context> make_context(ssl::context::method method) {
  auto context = std::make_shared<ssl::context>(method);
  auto* handle = context->native_handle();
  SSL_CTX_set_min_proto_version(handle, TLS1_3_VERSION);
  SSL_CTX_set_options(handle, SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(handle, 0);
  SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
  // Whoever proves nothing by a key must show a certificate that we believe.
  context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  return context;
}

bool give_key(ssl::context& context, const secret& key) {
  auto* handle = context.native_handle();
  SSL_CTX_set_ciphersuites(handle, "TLS_AES_128_GCM_SHA256");
  return SSL_CTX_set_ex_data(handle, key_index(), new secret(key)) == 1;
}

result<void> load(ssl::context& context, const std::string& chain_path, const std::string& key_path,
                  const std::string& authority_path) {
  boost::system::error_code error;
  context.use_certificate_chain_file(chain_path, error);
  if (error) return broken("CLUSTER_CERT", chain_path + ": " + error.message());
  context.use_private_key_file(key_path, ssl::context::pem, error);
  if (error) return broken("CLUSTER_KEY", key_path + ": " + error.message());
  context.load_verify_file(authority_path, error);
  if (error) return broken("CLUSTER_CA", authority_path + ": " + error.message());
  return {};
}

} // namespace

result<link_tls> link_tls_by_secret(const secret& cluster_secret) {
  if (cluster_secret.reveal().size() < cluster_secret_bytes_min)
    return fail(error_code::validation_error, "CLUSTER_SECRET",
                "has fewer than 32 bytes: whoever sees two nodes greet each other could guess it");
  const auto key = hkdf_sha256(cluster_secret, "", "latchkey cluster link", key_bytes);
  link_tls out{make_context(ssl::context::tls_server), make_context(ssl::context::tls_client)};
  if (!give_key(*out.accepts, key) || !give_key(*out.dials, key))
    return broken("CLUSTER_SECRET", "OpenSSL does not take the key");
  // A pre-shared key is a session to OpenSSL, which accepts none that is of no named context.
  SSL_CTX_set_session_id_context(out.accepts->native_handle(),
                                 reinterpret_cast<const unsigned char*>(identity.data()),
                                 static_cast<unsigned>(identity.size()));
  SSL_CTX_set_psk_find_session_callback(out.accepts->native_handle(), find_key);
  SSL_CTX_set_psk_use_session_callback(out.dials->native_handle(), offer_key);
  return out;
}

result<link_tls> link_tls_by_certificate(const std::string& chain_path, const std::string& key_path,
                                         const std::string& authority_path) {
  link_tls out{make_context(ssl::context::tls_server), make_context(ssl::context::tls_client)};
  for (auto* context : {out.accepts.get(), out.dials.get()})
    if (auto loaded = load(*context, chain_path, key_path, authority_path); !loaded)
      return fail(loaded.error());
  return out;
}

} // namespace latchkey::gateway
