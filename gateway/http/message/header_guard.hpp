// header_guard.hpp — checks every byte of a request's header block before Beast reads it.
//
// Beast 1.81 lets pass what lets two servers read one message differently (request
// smuggling): a Transfer-Encoding that is not "chunked", chunked on HTTP/1.0, folded lines,
// two Hosts, lists in Content-Length. The guard refuses all of it and settles the framing.
#pragma once

#include "gateway/http/limits.hpp"
#include "protocol/error_code.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey::http {

enum class progress : std::uint8_t { need_more, complete, refused };

class header_guard {
public:
  explicit header_guard(const http_limits& limits) noexcept : limits_(&limits) {}

  /// `input` begins at the request line; what was seen before must still be there, more
  /// may follow. After `refused` the connection cannot go on.
  progress scan(std::string_view input);

  void reset() noexcept { *this = header_guard(*limits_); }

  std::size_t size() const noexcept { return line_; } // of the complete block
  error_code refusal() const noexcept { return refusal_; }
  bool is_chunked() const noexcept { return transfer_encodings_ != 0; }
  std::uint64_t content_length() const noexcept { return content_length_; } // 0: none

private:
  progress refuse(error_code code) noexcept {
    refusal_ = code;
    return progress::refused;
  }
  progress check_partial(std::string_view line);
  bool check_request_line(std::string_view line);
  bool check_field(std::string_view line);
  bool check_content_length(std::string_view value);
  bool check_framing() const noexcept;

  const http_limits* limits_;
  std::size_t line_ = 0;    // where the line being read begins
  std::size_t scanned_ = 0; // no line feed before here that has not been handled
  std::size_t fields_ = 0;
  std::uint64_t content_length_ = 0;
  std::uint8_t content_lengths_ = 0;
  std::uint8_t transfer_encodings_ = 0;
  std::uint8_t hosts_ = 0;
  std::uint8_t singletons_ = 0; // one bit a header that must not come twice
  bool has_request_line_ = false;
  bool is_http_1_1_ = false;
  error_code refusal_ = error_code::bad_request;
};

} // namespace latchkey::http
