// body_source.hpp — an answer's body that is made piece by piece, because it is too large or too
// slow for one text.
#pragma once

#include "gateway/reactor/awaitable.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey::http {

/// Asked on the connection's reactor, one piece at a time, and destroyed there: when it has
/// given all, when it has failed, or when the client has gone. The request stays valid
/// meanwhile. Once it is cancelled it must touch nothing but its own: neither request nor
/// server may be there any more.
class body_source {
public:
  virtual ~body_source() = default;

  /// The next piece: memory of the source's own, good until it is asked again, which is once
  /// the piece has been written. Empty: that was all. A failure or an exception ends the
  /// connection, so that the client sees a body that was cut off. While it waits it is
  /// cancelled (Asio's per-operation cancellation, terminal) when the client goes or
  /// the server closes. How long it may wait is its own business. A piece has no maximum here,
  /// but a client has `http_limits::send_max` to read it: tens of KiB are good.
  virtual awaitable<result<std::string_view>> next() = 0;

  /// How many bytes it gives in all, when it knows before the first; becomes Content-Length.
  /// To give fewer or more is a failure.
  virtual std::optional<std::uint64_t> size() const noexcept { return std::nullopt; }

  /// Whether a piece takes memory for this answer alone; it then counts against
  /// `http_limits::unsent_bytes_max` until the client has read it.
  virtual bool owns_pieces() const noexcept { return true; }
};

} // namespace latchkey::http
