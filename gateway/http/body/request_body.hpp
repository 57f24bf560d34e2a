// request_body.hpp — a request's body that comes piece by piece, for a route that does not wait for
// all of it (`route::streams_body`).
#pragma once

#include "gateway/reactor/awaitable.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace latchkey::http {

/// Asked on the connection's reactor by one coroutine at a time: the handler, then the source of
/// its answer, or a coroutine beside both, so that an answer may begin while the body still
/// comes. Valid as long as that source lives; who needs it longer holds shared_from_this().
class request_body : public std::enable_shared_from_this<request_body> {
public:
  virtual ~request_body() = default;

  /// The next piece, without chunking: good until it is asked again, at most
  /// input_buffer::bytes_max. Empty: that was all, trailers dropped. Nothing is read before it is
  /// asked for; a client that expects "100 Continue" hears it the first time, unless its answer
  /// has begun. Fails, and then for good, with payload_too_large over the route's limit,
  /// with request_timeout when the client takes longer than `http_limits::receive_max` over
  /// a piece of it, and with bad_request when it breaks HTTP or ends early; a client that is slow
  /// after its answer's head has no connection left. Once the answer is over or the server
  /// closes, it throws operation_aborted as a cancelled operation does.
  virtual awaitable<result<std::string_view>> next() = 0;

  /// Content-Length; 0 when there is no body, nothing when it comes in chunks.
  virtual std::optional<std::uint64_t> size() const noexcept = 0;
};

} // namespace latchkey::http
