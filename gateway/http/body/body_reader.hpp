// body_reader.hpp — takes a request's body out of the input, chunked (RFC 9112, section
// 7.1) or counted. Strict where Beast 1.81 is not: chunk lines, extensions and trailers are
// bounded, and trailers are checked and dropped, never taken for headers.
#pragma once

#include "gateway/http/limits.hpp"
#include "gateway/http/message/header_guard.hpp"
#include "protocol/error_code.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::http {

class body_reader {
public:
  explicit body_reader(const http_limits& limits) noexcept : limits_(&limits) {}

  /// Begins a body of `content_length` bytes, or a chunked one. `refused` with
  /// payload_too_large when it is announced as longer than `bytes_max`; `complete` when
  /// there is none.
  progress begin(bool is_chunked, std::uint64_t content_length, std::size_t bytes_max) noexcept;

  /// Moves what it can of the body to the end of `body`; `consumed` says how much of
  /// `input` is done with. A chunk line is consumed only when it is there as a whole.
  progress read(std::string_view input, std::string& body, std::size_t& consumed);

  error_code refusal() const noexcept { return refusal_; }
  /// At most this many bytes are still to come of the present piece.
  std::uint64_t remaining() const noexcept { return remaining_; }

private:
  enum class stage : std::uint8_t { counted, chunk_line, chunk_data, chunk_end, trailers, done };

  progress refuse(error_code code) noexcept {
    refusal_ = code;
    return progress::refused;
  }
  std::size_t copy(std::string_view input, std::string& body);
  progress read_chunk_end(std::string_view input, std::size_t& consumed) noexcept;
  progress read_line(std::string_view input, std::size_t& consumed);
  bool on_chunk_line(std::string_view line);
  bool on_trailer(std::string_view line);

  const http_limits* limits_;
  std::uint64_t remaining_ = 0;
  std::size_t bytes_max_ = 0;
  std::size_t body_bytes_ = 0; // announced by chunks so far
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  stage stage_ = stage::done;
  error_code refusal_ = error_code::bad_request;
};

} // namespace latchkey::http
