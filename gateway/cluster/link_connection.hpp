// link_connection.hpp — one connection between two nodes: its frames, its greeting and its time
// limit; private to node_link.cpp.
#pragma once

#include "gateway/http/connection/taken_connection.hpp"
#include "gateway/reactor/awaitable.hpp"
#include "protocol/ids.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace latchkey::gateway::link_io {

using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                reactor_executor>;

/// It is closed by closing its socket: what waits on it then ends.
struct connection {
  connection(http::tcp_socket socket, boost::asio::ssl::context& context)
      : stream(std::move(socket), context), limit(stream.get_executor()) {}

  http::tls_stream stream;
  timer limit; // closes it unless it is set anew
  std::deque<std::string> queue;
  std::size_t queued = 0;
  bool is_writing = false;

  void close();
};
using connection_ptr = std::shared_ptr<connection>;

/// Closes it after that time, unless it is called again before.
void limit_to(const connection_ptr& of, std::chrono::steady_clock::duration time);

/// The text behind its length.
std::string framed(const std::string& text);
/// A frame by which one node says to another who it is.
std::string greeting(const member_id& from, const member_id& to);
/// Who greets; nothing when the text is no greeting, or not for `self`.
std::optional<member_id> greeter_of(const std::string& text, const member_id& self);

/// The next frame's text; nothing when there will be none.
awaitable<std::optional<std::string>> read_frame(connection_ptr from);
/// Whether it was written.
awaitable<bool> write_text(connection_ptr to, std::string text);

} // namespace latchkey::gateway::link_io
