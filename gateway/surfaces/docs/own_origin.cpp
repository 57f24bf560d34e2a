#include "gateway/surfaces/docs/own_origin.hpp"

#include "gateway/http/message/authority.hpp"

#include <algorithm>

namespace latchkey::gateway::docs {
namespace {

constexpr std::string_view fallback = "http://localhost";

/// A Host header may have quotes and dollar signs (RFC 3986, section 3.2.2); a command may not.
bool is_plain(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{".-_:[]"}.find(c) != std::string_view::npos;
  });
}

/// The scheme and authority of a URL; empty when it has none, or other characters.
std::string_view origin_of_url(std::string_view url) noexcept {
  const auto scheme_end = url.find("://");
  if (!url.starts_with("http") || scheme_end == std::string_view::npos) return {};
  const auto authority_at = scheme_end + 3;
  const auto end = std::min(url.find_first_of("/?#", authority_at), url.size());
  return is_plain(url.substr(authority_at, end - authority_at)) ? url.substr(0, end)
                                                                : std::string_view{};
}

} // namespace

std::string own_origin(const http::request& in, std::string_view issuer) {
  const auto origin_of_issuer = origin_of_url(issuer);
  if (!is_plain(in.host))
    return std::string{origin_of_issuer.empty() ? fallback : origin_of_issuer};
  auto secure = "https://" + std::string{in.host};
  if (in.is_tls || http::same_origin(origin_of_issuer, secure)) return secure;
  return "http://" + std::string{in.host};
}

} // namespace latchkey::gateway::docs
