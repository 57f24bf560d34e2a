#include "gateway/refresh_cookie.hpp"

#include "gateway/origin_check.hpp"

#include <string>

namespace latchkey::gateway {
namespace {

std::string_view name_of_cookie(const http::exchange& ex) {
  return ex.in.is_tls ? "__Host-refresh_token" : "refresh_token";
}

std::string attributes(const http::exchange& ex) {
  const auto& edge = acceptor_of(ex);
  const bool plain_loopback = !ex.in.is_tls && is_loopback_host(edge.configured().http_host) &&
                              !edge.issuer_origin().starts_with("https:");
  return plain_loopback ? "; HttpOnly; SameSite=Lax; Path=/"
                        : "; HttpOnly; Secure; SameSite=Lax; Path=/";
}

} // namespace

void set_refresh_cookie(const http::exchange& ex, const messages::token_pair& tokens,
                        http::response& answer) {
  std::string line{name_of_cookie(ex)};
  line += '=';
  line += tokens.refresh_token.reveal();
  line += "; Max-Age=" + std::to_string(tokens.refresh_ttl_s) + attributes(ex);
  answer.add("Set-Cookie", line);
}

void clear_refresh_cookie(const http::exchange& ex, http::response& answer) {
  answer.add("Set-Cookie", std::string{name_of_cookie(ex)} + "=; Max-Age=0" + attributes(ex));
}

result<std::optional<secret>> refresh_cookie(const http::exchange& ex) {
  const auto found = http::find_cookie(ex.in, name_of_cookie(ex));
  if (found.count == 0) return std::optional<secret>{};
  // What it proves, it proves for pages of our own site alone.
  if (auto own = check_cookie_origin(ex); !own) return tl::unexpected<failure>(own.error());
  if (found.count > 1)
    return fail(error_code::token_invalid, std::string{name_of_cookie(ex)}, "is sent twice");
  return std::optional<secret>{secret{found.value}};
}

result<void> check_origin(const http::exchange& ex) {
  // Behind a proxy that ends TLS our own origin is ISSUER's, not the one the request shows.
  return check_page_origin(ex);
}

bool wants_token_in_body(const http::exchange& ex) {
  const auto delivery = ex.in.header("X-Token-Delivery");
  return delivery && http::equal_ignoring_case(*delivery, "body");
}

} // namespace latchkey::gateway
