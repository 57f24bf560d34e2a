// taken_connection.hpp — a connection that has left HTTP, as a takeover gets it.
#pragma once

#include "gateway/reactor/awaitable.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <string>

namespace latchkey::http {

using tcp = boost::asio::ip::tcp;
using tcp_socket = boost::asio::basic_stream_socket<tcp, reactor_executor>;
using tls_stream = boost::asio::ssl::stream<tcp_socket>;

/// No operation is under way on it, and the server neither counts nor closes it any more:
/// limits, deadlines and draining are the taker's from here on. Non-blocking.
struct taken_connection {
  tcp_socket plain;                // not open under TLS
  std::unique_ptr<tls_stream> tls; // after its handshake, with its socket; nullptr: plain TCP
  std::string received;            // bytes that came behind the request, decrypted; at most
                                   // input_buffer::bytes_max
  std::string peer_address; // "127.0.0.1", "::1": of the TCP connection, not X-Forwarded-For's

  tcp_socket& socket() noexcept { return tls ? tls->next_layer() : plain; }
};

} // namespace latchkey::http
