#include "gateway/http/message/cors.hpp"

#include "gateway/http/message/authority.hpp"
#include "gateway/http/router.hpp"

#include <algorithm>

namespace latchkey::http {
namespace {

constexpr std::string_view preflight_age_s = "600";

/// Our own, those of conditional and repeated requests, and W3C Trace Context and Baggage.
constexpr std::string_view usual_headers =
    "Authorization, Content-Type, X-API-Key, X-Request-ID, X-Token-Delivery, Idempotency-Key, "
    "If-Match, X-Requested-With, traceparent, tracestate, baggage";

bool is_cross_site(const request& in) noexcept {
  return equal_ignoring_case(in.sec_fetch_site, "cross-site");
}

tl::unexpected<failure> refused(const char* reason) {
  return fail(error_code::csrf_failed, {}, reason);
}

} // namespace

bool origin_list::contains(std::string_view origin) const noexcept {
  return std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

std::string allowed_headers(const std::vector<std::string>& more) {
  std::string all{usual_headers};
  for (const auto& header : more)
    (all += ", ") += header;
  return all;
}

bool is_preflight(const request& in) noexcept {
  return in.method == method::options && !in.origin.empty() &&
         in.header("Access-Control-Request-Method").has_value();
}

response preflight_response(const request& in, std::uint16_t methods, const origin_list& allowed,
                            std::string_view headers) {
  auto answer = empty_response();
  add_cors_headers(in, allowed, answer);
  if (!allowed.contains(in.origin)) return answer;
  answer.add("Access-Control-Allow-Methods", allow_list(methods));
  answer.add("Access-Control-Allow-Headers", headers);
  answer.add("Access-Control-Max-Age", preflight_age_s);
  return answer;
}

void add_cors_headers(const request& in, const origin_list& allowed, response& answer) {
  if (allowed.empty()) return;
  // Beside what else it varies by; a preflight's answer says so already.
  if (answer.header_lines().find("Vary: Origin\r\n") == std::string_view::npos)
    answer.add("Vary", "Origin");
  if (in.origin.empty() || !allowed.contains(in.origin) ||
      answer.has("Access-Control-Allow-Origin"))
    return;
  answer.add("Access-Control-Allow-Origin", in.origin);
  answer.add("Access-Control-Allow-Credentials", "true");
  if (in.method != method::options)
    answer.add("Access-Control-Expose-Headers",
               "X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, "
               "Retry-After, ETag, Location");
}

result<void> check_page(const request& in, const origin_list& allowed,
                        std::string_view own_origin) {
  const bool has_origin = in.origin.data() != nullptr;
  if (has_origin && allowed.contains(in.origin)) return {};
  if (is_cross_site(in)) return refused("cross-site request");
  if (!has_origin) return {};
  if (!own_origin.empty())
    return same_origin(in.origin, own_origin) ? result<void>{} : refused("foreign origin");
  if (in.host.empty()) return refused("foreign origin");
  std::string shown{in.is_tls ? "https://" : "http://"};
  shown += in.host;
  return same_origin(in.origin, shown) ? result<void>{} : refused("foreign origin");
}

result<void> check_csrf(const request& in, const origin_list& allowed,
                        std::string_view own_origin) {
  if (is_cross_site(in)) return refused("cross-site request");
  return check_page(in, allowed, own_origin);
}

} // namespace latchkey::http
