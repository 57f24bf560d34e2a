#include "gateway/request/origin_check.hpp"

#include "config/log.hpp"
#include "gateway/http/message/cors.hpp"

#include <string>

namespace latchkey::gateway {
namespace {

/// What is our own, in the operator's terms.
std::string own_of(const http::exchange& ex) {
  const auto& configured = edge_of(ex).configured();
  if (!configured.own_origin.empty()) return "ISSUER " + configured.own_origin;
  std::string shown{ex.in.is_tls ? "https://" : "http://"};
  shown.append(ex.in.host).append(", by the Host header (ISSUER is not set to a URL)");
  return shown;
}

/// Which other origins would have been right.
std::string of_others(const http::exchange& ex, const http::origin_list& allowed) {
  if (allowed.empty() && !edge_of(ex).origins().empty())
    return "ALLOWED_ORIGINS does not count here";
  return "ALLOWED_ORIGINS has " + std::to_string(edge_of(ex).configured().allowed_origins.size());
}

result<void> logged(const http::exchange& ex, const http::origin_list& allowed,
                    result<void> checked) {
  if (checked || !log_enabled(log_level::info)) return checked;
  const auto origin = ex.in.origin.data() == nullptr ? "none" : ex.in.origin;
  log_info("csrf", ex.in.request_id, " ", ex.client_address, " ", http::to_string(ex.in.method),
           " ", ex.in.path, " CSRF_FAILED: ", checked.error().reason, "; Origin ", origin,
           ", Sec-Fetch-Site ", ex.in.sec_fetch_site.empty() ? "none" : ex.in.sec_fetch_site,
           "; own is ", own_of(ex), "; ", of_others(ex, allowed));
  return checked;
}

} // namespace

result<void> check_page_origin(const http::exchange& ex) {
  const auto& edge = edge_of(ex);
  return logged(ex, edge.origins(),
                http::check_page(ex.in, edge.origins(), edge.configured().own_origin));
}

result<void> check_cookie_origin(const http::exchange& ex) {
  const auto& edge = edge_of(ex);
  return logged(ex, edge.origins(),
                http::check_csrf(ex.in, edge.origins(), edge.configured().own_origin));
}

result<void> check_own_origin(const http::exchange& ex) {
  static const http::origin_list nobody_else;
  return logged(ex, nobody_else,
                http::check_page(ex.in, nobody_else, edge_of(ex).configured().own_origin));
}

} // namespace latchkey::gateway
