// cors.hpp — which pages of other origins may call the API, and which may not use a cookie.
#pragma once

#include "gateway/http/message/request.hpp"
#include "gateway/http/message/response.hpp"
#include "protocol/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::http {

/// ALLOWED_ORIGINS: origins as browsers send them ("https://app.example.com"), compared as
/// bytes. No wildcards.
class origin_list {
public:
  origin_list() = default;
  explicit origin_list(std::vector<std::string> origins) : origins_(std::move(origins)) {}
  bool contains(std::string_view origin) const noexcept;
  bool empty() const noexcept { return origins_.empty(); }

private:
  std::vector<std::string> origins_;
};

/// What pages of the list may send, for Access-Control-Allow-Headers: the usual names and `more`
/// (CORS_HEADERS).
std::string allowed_headers(const std::vector<std::string>& more = {});

/// Whether this is a preflight (Fetch standard, "CORS-preflight request").
bool is_preflight(const request& in) noexcept;

/// 204 with what the origin may do, for `methods` of the path (as in route_match) and with
/// `headers` (as of `allowed_headers`); without any Access-Control header for an origin that is not
/// in the list.
response preflight_response(const request& in, std::uint16_t methods, const origin_list& allowed,
                            std::string_view headers);

/// Adds `Access-Control-Allow-Origin` and its companions for an origin in the list, and
/// `Vary: Origin` whenever the list is not empty.
void add_cors_headers(const request& in, const origin_list& allowed, response& answer);

/// For requests that take or give a cookie, or might. CSRF_FAILED when Sec-Fetch-Site says
/// cross-site, or an Origin is present (even "null") that is not our own. That is `own_origin`, by
/// which browsers call us ("https://auth.example.com"), with or without the scheme's own port;
/// without one it is the request's own scheme and Host. An Origin in the list is never refused.
result<void> check_page(const request& in, const origin_list& allowed,
                        std::string_view own_origin = {});

/// For requests that authenticate by cookie and change state: the same, and whatever comes from
/// another site is refused, its Origin in the list or not.
result<void> check_csrf(const request& in, const origin_list& allowed,
                        std::string_view own_origin = {});

} // namespace latchkey::http
