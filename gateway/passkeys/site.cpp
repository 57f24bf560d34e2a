#include "gateway/passkeys/site.hpp"

#include <algorithm>

namespace latchkey::gateway {
namespace {

constexpr std::string_view local_domain = "localhost";

/// The host of "scheme://host[:port]".
std::string_view host_of(std::string_view origin) {
  const auto scheme = origin.find("://");
  if (scheme == std::string_view::npos) return {};
  const auto host = origin.substr(scheme + 3);
  if (host.starts_with('[')) return host; // an IPv6 address
  return host.substr(0, host.find(':'));
}

/// No name ends in a number, as an IPv4 address does (URL Standard, "ends in a number").
bool is_domain(std::string_view host) {
  if (host.empty() || host.starts_with('[')) return false;
  const auto last = host.substr(host.rfind('.') + 1);
  return !std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

result<messages::passkey_site> passkey_site_of(const http::exchange& ex) {
  std::string reached{ex.in.is_tls ? "https://" : "http://"};
  reached += ex.in.host;
  return passkey_site_of(edge_of(ex).configured(), reached);
}

result<messages::passkey_site> passkey_site_of(const settings& configured,
                                               std::string_view local_origin) {
  auto own = configured.own_origin;
  const bool is_local = configured.issuer_is_derived && is_loopback_host(configured.http_host);
  if (is_local) {
    own = local_origin;
    if (host_of(own) != local_domain)
      return fail(error_code::not_found, "passkey",
                  "needs a domain: open the server as localhost, or set ISSUER");
  }
  const auto host = host_of(own);
  if (!is_domain(host))
    return fail(error_code::not_found, "passkey", "needs a domain: set ISSUER to a URL with one");
  messages::passkey_site site;
  site.rp_id = configured.passkey_domain.empty() ? std::string{host} : configured.passkey_domain;
  site.origins.push_back(own);
  for (const auto& other : configured.passkey_origins)
    site.origins.push_back(other);
  return site;
}

} // namespace latchkey::gateway
