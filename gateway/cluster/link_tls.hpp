// link_tls.hpp — how two nodes of a cluster know each other: TLS 1.3, in which both prove before
// anything else is read that they have the same secret (an external pre-shared key, RFC 8446,
// section 4.2.11), or certificates of the same authority.
#pragma once

#include "protocol/result.hpp"
#include "protocol/tokens/secret.hpp"

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace latchkey::gateway {

/// Of the node that is dialled, and of the one that dials.
struct link_tls {
  std::shared_ptr<boost::asio::ssl::context> accepts;
  std::shared_ptr<boost::asio::ssl::context> dials;
};

/// At least 32 bytes, for whoever sees a handshake may try words at it.
inline constexpr std::size_t cluster_secret_bytes_min = 32;

/// VALIDATION_ERROR when the secret is too short.
result<link_tls> link_tls_by_secret(const secret& cluster_secret);
/// PEM files: a chain (leaf first), its key, and the authority that the other's must be of. A
/// certificate names no host: whoever has one of that authority is a node. Fails with the file.
result<link_tls> link_tls_by_certificate(const std::string& chain_path, const std::string& key_path,
                                         const std::string& authority_path);

} // namespace latchkey::gateway
