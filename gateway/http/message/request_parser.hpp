// request_parser.hpp — one connection's requests, one after the other: guard, Beast's
// header parser, target, body. Its memory is reused from request to request.
#pragma once

#include "gateway/http/body/body_reader.hpp"
#include "gateway/http/limits.hpp"
#include "gateway/http/message/header_guard.hpp"
#include "gateway/http/message/request.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::http {

class request_parser {
public:
  explicit request_parser(const http_limits& limits) : guard_(limits), reader_(limits) {}
  request_parser(const request_parser&) = delete; // the request views its own memory
  request_parser& operator=(const request_parser&) = delete;

  /// Looks for a whole header block at the front of `input`; when it is complete, `in()` is
  /// filled but for its body and `consumed` bytes are done with. Empty lines before the
  /// request are consumed as well (RFC 9112, section 2.2).
  progress read_header(std::string_view input, std::size_t& consumed);

  /// After a complete header. `complete`: there is no body. `refused`: it is too large.
  /// `is_streamed`: it is read with read_piece().
  progress begin_body(std::size_t bytes_max, bool is_streamed = false);
  progress read_body(std::string_view input, std::size_t& consumed);
  /// The same, to the end of `piece` instead of into in().body.
  progress read_piece(std::string_view input, std::string& piece, std::size_t& consumed);

  /// As announced: nothing when it comes in chunks.
  std::optional<std::uint64_t> body_size() const noexcept;

  /// Why it refused; the connection ends after the answer.
  error_code refusal() const noexcept { return refusal_; }
  /// Bytes of body that are known to be missing.
  std::uint64_t body_bytes_missing() const noexcept { return reader_.remaining(); }

  /// Bytes of memory that what has come of the body takes, unless it is streamed.
  std::size_t body_bytes_held() const noexcept { return body_.capacity(); }

  request& in() noexcept { return in_; }
  const request& in() const noexcept { return in_; }

  /// Makes ready for the next request; keeps its memory unless that grew large.
  void reset();

private:
  progress refuse(error_code code) noexcept {
    refusal_ = code;
    return progress::refused;
  }
  bool parse_block();

  header_guard guard_;
  body_reader reader_;
  request in_;
  std::string block_;   // the header block that `in_` views
  std::string decoded_; // the path, when it had escapes
  std::string body_;
  error_code refusal_ = error_code::bad_request;
};

} // namespace latchkey::http
