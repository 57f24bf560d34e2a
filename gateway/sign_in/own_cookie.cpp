#include "gateway/sign_in/own_cookie.hpp"

namespace latchkey::gateway {
namespace {

std::string name_of_page_cookie(const http::exchange& ex, std::string_view name) {
  return std::string{reaches_us_by_https(ex) ? "__Host-" : ""}.append(name);
}

} // namespace

bool reaches_us_by_https(const http::exchange& ex) {
  return ex.in.is_tls || edge_of(ex).configured().own_origin.starts_with("https:");
}

std::string_view cookie_protection(const http::exchange& ex) {
  const bool plain_loopback =
      !reaches_us_by_https(ex) && is_loopback_host(edge_of(ex).configured().http_host);
  return plain_loopback ? "; HttpOnly" : "; HttpOnly; Secure";
}

void set_page_cookie(const http::exchange& ex, std::string_view name, std::string_view value,
                     std::int64_t max_age_s, http::response& answer) {
  auto line = name_of_page_cookie(ex, name);
  line.append("=").append(value);
  line.append("; Max-Age=").append(std::to_string(max_age_s));
  line.append(cookie_protection(ex)).append("; SameSite=Lax; Path=/");
  answer.add("Set-Cookie", line);
}

std::optional<std::string_view> page_cookie(const http::exchange& ex, std::string_view name) {
  const auto found = http::find_cookie(ex.in, name_of_page_cookie(ex, name));
  if (found.count != 1) return std::nullopt;
  return found.value;
}

} // namespace latchkey::gateway
