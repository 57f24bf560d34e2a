// tls.hpp — the server's TLS: 1.2 and 1.3, forward-secret AEAD suites, HTTP/1.1 by ALPN.
#pragma once

#include "gateway/http/connection/taken_connection.hpp"
#include "protocol/result.hpp"

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace latchkey::http {

/// Loads a PEM chain (leaf first) and its PEM key. Failure: INTERNAL_ERROR whose reason
/// names the file and what is wrong with it. The result serves every reactor.
result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const std::string& chain_path,
                                                                    const std::string& key_path);

/// Sends close_notify (RFC 8446, section 6.1) after all that was written, without waiting: for a
/// stream on which nothing is being written. Nothing can be written afterwards; reading goes on.
/// A peer that has no room for it does not get it.
void send_close_notify(tls_stream& stream);

} // namespace latchkey::http
