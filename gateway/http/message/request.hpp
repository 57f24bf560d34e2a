// request.hpp — one request as a handler sees it: views into memory of its connection,
// valid until the handler has answered.
#pragma once

#include "protocol/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::http {

enum class method : std::uint8_t {
  get,
  head,
  post,
  put,
  patch,
  delete_,
  options,
  trace,
  connect,
  other
};

inline constexpr std::size_t method_count = 10;

/// "GET"; "OTHER" for one that is not in the list.
std::string_view to_string(method m) noexcept;
/// Methods are case-sensitive (RFC 9110, section 9.1).
method parse_method(std::string_view text) noexcept;

struct header_view {
  std::string_view name;  // as sent
  std::string_view value; // without white space around it
};

struct request {
  http::method method = http::method::other;
  std::string_view method_text;
  std::string_view target; // origin-form, as sent: path and query; "*" for OPTIONS *
  std::string_view path;   // percent-decoded once and checked: what is routed
  std::string_view query;  // as sent, without the "?"; empty when there is none
  std::string_view host;   // of an absolute target, else of the Host header
  std::vector<header_view> headers;
  std::string_view body;

  // Headers that many requests need, looked up once; empty when absent.
  std::string_view authorization;
  std::string_view cookie; // the first line; use find_cookie()
  std::string_view content_type;
  std::string_view origin;
  std::string_view accept;
  std::string_view user_agent;
  std::string_view x_api_key;
  std::string_view x_service_key;
  std::string_view sec_fetch_site;

  std::string request_id;        // the client's when well-formed, else a new one
  std::string_view peer_address; // "127.0.0.1", "::1"
  std::chrono::steady_clock::time_point received_at{}; // its headers were complete
  bool is_tls = false;
  bool is_http_1_1 = true;
  bool keep_alive = true;
  bool expects_continue = false;

  /// The first header of that name, in any case; empty optional when there is none.
  std::optional<std::string_view> header(std::string_view name) const noexcept;

  /// Back to nothing, with its memory kept.
  void clear() noexcept;
};

struct cookie_lookup {
  std::size_t count = 0;  // how often the name occurs; more than 1 is ambiguous
  std::string_view value; // of the first
};

/// Looks through every Cookie header (RFC 6265, section 5.4).
cookie_lookup find_cookie(const request& in, std::string_view name) noexcept;
/// The values of all cookies of that name, in the order in which they were sent.
std::vector<std::string_view> find_cookies(const request& in, std::string_view name);

/// The value of `name` in a query or in an `application/x-www-form-urlencoded` body,
/// decoded. VALIDATION_ERROR with `field` = name when it occurs twice, has a bad escape
/// or is not UTF-8.
result<std::optional<std::string>> form_value(std::string_view encoded, std::string_view name);

/// Whether a Content-Type names `wanted` ("application/json"), parameters aside.
bool is_media_type(std::string_view content_type, std::string_view wanted) noexcept;

/// The token of `Authorization: Bearer <token>` (RFC 6750, section 2.1); empty when the
/// header is absent or of another kind.
std::string_view bearer_token(const request& in) noexcept;

/// ASCII letters compare in any case.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

} // namespace latchkey::http
