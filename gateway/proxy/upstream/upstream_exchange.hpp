// upstream_exchange.hpp — one request on one connection to an upstream: sends it, reads the head of
// the answer, then the body piece by piece; private to the proxy.
#pragma once

#include "gateway/proxy/upstream/upstream_pool.hpp"

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::proxy {

/// How far an exchange came.
enum class exchange_end : std::uint8_t {
  answered,    // the head is there
  unreachable, // nothing was sent
  unanswered,  // not a byte of an answer came
  unusable,    // what came is not a head
  late,        // the deadline came first
  withdrawn    // the request's body failed: see `upstream_answer::state::withdrawal`
};

/// What an answer is made of, before and after its head has come.
struct upstream_answer::state : std::enable_shared_from_this<upstream_answer::state> {
  using parser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;

  state(pool_seat taken, const upstream_call& call);

  /// A connection that was kept, or a new one.
  awaitable<exchange_end> connect(const upstream_call& call);
  /// Head and body.
  awaitable<exchange_end> send(const upstream_call& call, std::string_view head);
  awaitable<exchange_end> receive_head(const upstream_call& call);

  awaitable<result<std::string_view>> next();
  std::optional<std::string> whole();
  /// The body has come to its end: whether its connection can serve another call is known.
  void finish();
  /// What is left of it is not wanted.
  void drop();
  /// Whether it failed while the client was waited for, who may be the cause.
  bool is_clients_doing() const noexcept;
  std::optional<std::uint64_t> size() const noexcept;

  // Destroyed from the last to the first.
  pool_seat seat;
  std::shared_ptr<upstream_client::core> core;
  upstream_pool& pool;
  used_connection connection;
  std::optional<parser> parsed;
  std::vector<http::header_view> headers;
  std::unique_ptr<char[]> piece;
  std::size_t held = 0; // bytes of `piece` that were parsed and not given yet
  std::chrono::milliseconds silence_max;
  std::shared_ptr<void> keep;
  std::optional<circuit_breaker::call> leave; // unset: the breaker does not hear of this call
  std::chrono::steady_clock::duration client_time{}; // waited for the request's body
  std::optional<failure> withdrawal;
  bool head_only;            // the answer to HEAD
  bool body_begun = false;   // somebody was asked for a piece of the request's body
  bool is_half_sent = false; // an answer came before the request's end
  bool is_broken = false;    // what came is no body

private:
  enum class body_step : std::uint8_t { piece, end, more, broken };

  awaitable<exchange_end> send_pieces(const upstream_call& call);
  awaitable<bool> has_next_piece(const upstream_call& call, std::string_view& bytes);
  awaitable<bool> send_piece(std::string_view bytes, bool is_chunked);
  awaitable<exchange_end> read_one_head(const upstream_call& call);
  bool has_usable_head(const upstream_call& call) const;
  void list_headers();
  body_step parse_body();
  std::string_view give();
  tl::unexpected<failure> cut();
  awaitable<boost::system::error_code> read_in_time();
  void throw_if_given_up(const boost::system::error_code& failed) const;
};

/// The request's head as it goes out.
std::string request_head(const upstream_call& call, const upstream& target);

} // namespace latchkey::proxy
