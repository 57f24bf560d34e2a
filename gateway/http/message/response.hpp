// response.hpp — one answer, and how it is written into its connection's output.
#pragma once

#include "gateway/http/body/body_source.hpp"
#include "gateway/http/connection/takeover.hpp"
#include "protocol/time.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace latchkey::http {

inline constexpr std::string_view json_type = "application/json";

struct response {
  unsigned status = 200;
  std::string_view content_type = json_type; // static text; empty: no Content-Type
  std::string body;
  bool close = false; // end the connection after this answer

  /// Instead of `body`, for what comes piece by piece: counted when the source knows its size,
  /// else chunked, else (HTTP/1.0) up to the connection's end. Dropped unasked when the
  /// answer has no body (HEAD, 204, 304).
  std::unique_ptr<body_source> source;
  /// What continues with the connection after a 101, which always has it. A 101 that the client
  /// did not ask for (asks_for_upgrade()) becomes a 500. Add the Upgrade header beside it.
  takeover taken_by;

  /// Adds a header line. Characters that would break the line are dropped, so that no
  /// value can add another. Content-Length, Transfer-Encoding, Content-Type, Date, Connection
  /// and X-Request-ID are the edge's own. Cache-Control: "no-store" unless it is added here.
  response& add(std::string_view name, std::string_view value);
  response& add(std::string_view name, std::uint64_t value);

  bool has(std::string_view name) const noexcept; // case as added
  std::string_view header_lines() const noexcept { return lines_; }

private:
  std::string lines_; // "Name: value\r\n…"
};

/// An answer with a JSON body that has been rendered already.
response json_response(unsigned status, std::string body);
/// 200 with `{"message":…}`.
response message_response(std::string_view message);
/// 204, without a body.
response empty_response();

/// "OK" for 200; a general word for what it does not know.
std::string_view reason_phrase(unsigned status) noexcept;

/// The Date header's value, rendered once a second. One a reactor.
class date_cache {
public:
  explicit date_cache(const clock_source& clock) : clock_(&clock) {}
  /// RFC 9110, section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
  std::string_view now();

private:
  const clock_source* clock_;
  std::int64_t second_ = -1;
  std::string text_;
};

/// What the connection knows and an answer needs.
struct answer_context {
  std::string_view request_id;
  bool is_http_1_1 = true;
  bool is_head = false;
  bool is_tls = false;
  bool keep_alive = true;
};

/// How a body goes out (RFC 9112, section 6.3).
enum class body_framing : std::uint8_t {
  text,       // in one, or none at all
  counted,    // from a source that knows its size
  chunked,    // from one that does not
  until_close // the same on HTTP/1.0; the connection cannot stay
};

/// Whether `answer` is streamed to this client, and how. Looks at `is_head` and `is_http_1_1`.
body_framing framing_of(const response& answer, const answer_context& context) noexcept;

/// Appends the answer as HTTP/1.1 bytes; of a streamed one only the head.
void serialize(const response& answer, const answer_context& context, date_cache& date,
               std::string& out);

} // namespace latchkey::http
