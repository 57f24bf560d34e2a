// body_stream.hpp — writes one streamed answer: asks its source for pieces, lets the connection
// stop waiting for one, and frames them (RFC 9112, section 7.1).
#pragma once

#include "gateway/http/body/body_source.hpp"
#include "gateway/http/connection/server_core.hpp"
#include "gateway/http/message/response.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace latchkey::http {

/// Belongs to its connection, and to the question that is under way: a source that does not
/// heed its cancellation keeps itself, but not its connection.
class body_stream : public std::enable_shared_from_this<body_stream> {
public:
  /// `kept` lives as long as the source.
  body_stream(boost::asio::io_context& io, std::unique_ptr<body_source> source,
              body_framing framing, std::shared_ptr<const void> kept);

  /// Asks for the next piece; not again before it is given.
  void ask();
  bool has_given() const noexcept { return has_given_; }
  /// Ends when the source gives, when it is cancelled, or sooner: look at has_given().
  awaitable<> wait();
  /// Cancels what the source waits for, and wait().
  void cancel();

  // Of what was given:
  bool is_end() const noexcept { return piece_ && piece_->empty() && remaining_ == 0; }
  bool is_broken() const noexcept; // failed, or of another size than announced
  /// The text of an exception; empty when there was none.
  std::string_view exception() const noexcept { return exception_; }

  using buffers = std::array<boost::asio::const_buffer, 3>;
  /// The piece as it goes out; good until ask(). Once a piece, which is neither end nor broken.
  const buffers& frame();
  /// As body_source says of it.
  bool owns_pieces() const noexcept { return source_->owns_pieces(); }
  /// What follows the last piece.
  std::string_view trailer() const noexcept;

private:
  awaitable<> pull();

  boost::asio::io_context& io_;
  std::shared_ptr<const void> kept_;
  std::unique_ptr<body_source> source_;
  clock_timer wake_; // never expires; its end is the signal
  boost::asio::cancellation_signal stop_;
  result<std::string_view> piece_;
  std::string exception_;
  std::uint64_t remaining_ = 0; // of a counted body
  buffers buffers_;
  std::array<char, 18> chunk_line_; // 16 digits, CRLF
  body_framing framing_;
  bool has_given_ = true;
};

} // namespace latchkey::http
