// http_connection.hpp — one connection: a coroutine that reads, routes, awaits the handler and
// writes, request after request. Plain TCP or TLS.
#pragma once

#include "gateway/http/body/input_buffer.hpp"
#include "gateway/http/client_presence.hpp"
#include "gateway/http/connection/server_core.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/message/request_parser.hpp"
#include "gateway/reactor/timer_wheel.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::http {

class body_stream;
class incoming_body;

/// One accepted socket. `run` owns it from its handshake to its end; the server ends it earlier by
/// `drain` or `close_socket`.
class http_connection final : public client_presence, private timer_wheel::entry {
public:
  http_connection(std::shared_ptr<http_server::core> core, tcp_socket socket,
                  const tcp::endpoint& peer, bool refuses);
  ~http_connection();

  awaitable<> run();

  /// Ends it if it waits between two requests; else it ends after its answer.
  void drain() noexcept;
  void close_socket() noexcept;
  const std::string& peer_address() const noexcept { return peer_address_; }
  bool has_gone() const noexcept override;

  http_connection* next = nullptr; // of the server's list
  http_connection* previous = nullptr;
  /// Of an answer, in memory of its own, for which the peer has no room.
  std::size_t unsent_bytes = 0;
  std::size_t unfinished_bytes = 0; // of a body, while the peer is waited for

private:
  friend class incoming_body; // reads where this would read

  enum class phase : std::uint8_t {
    handshaking,
    idle,
    receiving,
    handling,
    streaming, // waiting for the answer's source
    sending,
    lingering
  };
  enum class received : std::uint8_t { need_more, ready, refused, wants_continue };

  // -- reading: http_connection.cpp
  awaitable<bool> handshake();
  awaitable<> converse();
  awaitable<bool> fill();
  awaitable<std::size_t> read_some(input_buffer::room room, boost::system::error_code& error);
  void await_bytes();
  bool on_read_failed();
  received parse();
  progress begin_body();

  // -- answering: http_connection_answer.cpp
  awaitable<bool> answer_request();
  awaitable<> end_body();
  std::optional<response> refuse_at_once(exchange& x);
  static bool has_handler(const exchange& x);
  awaitable<response> answer_without_handler(exchange& x);
  response answer_without_route() const;
  void on_exception(const exchange& x, std::string_view reason) const;
  void answer_refusal(error_code code);
  response render(const failure& error) const;
  void check_upgrade(const exchange& x, response& answer) const;
  body_framing finish(response& answer, const exchange* x);
  void next_request();

  // -- answers that are more than a text: http_connection_stream.cpp
  awaitable<bool> go_on(const exchange& x, response& answer, body_framing framing);
  awaitable<bool> await_piece(body_stream& body);
  awaitable<bool> write_piece(body_stream& body);
  bool break_off(const exchange& x, const body_stream& body, body_framing framing);
  void hand_over(const exchange& x, takeover taken_by);

  // -- writing: http_connection_write.cpp
  bool write_now();
  void drop_output();
  void enter_last(phase next_phase, timer_wheel::clock::duration at_most);
  awaitable<bool> write_rest();
  awaitable<bool> flush();
  awaitable<> linger();

  void enter(phase next_phase, timer_wheel::clock::duration at_most);
  static void on_expired(timer_wheel::entry& e) noexcept;
  tcp_socket& socket() noexcept { return tls_ ? tls_->next_layer() : socket_; }
  const tcp_socket& socket() const noexcept { return tls_ ? tls_->next_layer() : socket_; }

  std::shared_ptr<http_server::core> core_;
  tcp_socket socket_; // moves into the TLS stream, or away with a takeover
  std::unique_ptr<tls_stream> tls_;
  body_stream* stream_ = nullptr;       // while an answer is streamed
  std::shared_ptr<incoming_body> body_; // while a handler streams the request's
  input_buffer input_;
  std::string output_;
  std::string peer_address_;
  request_parser parser_;
  std::size_t sent_ = 0; // of the output
  route_match match_;
  phase phase_ = phase::idle;
  bool reads_body_ = false;   // the header is parsed, the body is not complete
  bool has_begun_ = false;    // a byte of the present request has come
  bool is_continued_ = false; // "100 Continue" was sent or is not needed
  bool refuses_ = false;      // over the cap on connections: every answer is a 503
  bool keep_alive_ = true;
  bool timed_out_ = false;
};

} // namespace latchkey::http
