// tls.hpp — the server's TLS: 1.2 and 1.3, forward-secret AEAD suites, HTTP/1.1 by ALPN.
#pragma once

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

} // namespace latchkey::http
