#include "gateway/proxy/rules/header_rules.hpp"

#include "gateway/http/message/syntax.hpp"
#include "gateway/http/message/websocket_handshake.hpp"
#include "gateway/proxy/rules/identity_headers.hpp"

#include <algorithm>
#include <array>

namespace latchkey::proxy {
namespace {

// All names here are folded: lower case, `-` for whatever is no letter or digit.

constexpr std::array<std::string_view, 12> of_the_connection{
    "connection", "keep-alive",          "proxy-connection",
    "te",         "proxy-authorization", "proxy-authentication-info",
    "trailer",    "proxy-authenticate",  "transfer-encoding",
    "upgrade",    "http2-settings",      "content-length",
};

constexpr auto the_gateways = std::to_array<std::string_view>(
    {// what the connection to the upstream and the edge settle
     "host", "expect",
     // credentials, which are for us alone
     "authorization", "x-api-key", "x-service-key",
     // what we say ourselves
     "x-client-id", "x-request-id", "traceparent",
     // what else upstreams take for the client's address, or for how it came
     "forwarded", "x-forwarded", "x-real-ip", "x-client-ip", "client-ip", "true-client-ip",
     "x-true-client-ip", "x-cluster-client-ip", "x-originating-ip", "x-proxyuser-ip",
     "proxy-client-ip", "wl-proxy-client-ip", "x-original-forwarded-for", "x-original-host",
     "x-host", "x-envoy-external-address", "fastly-client-ip", "fly-client-ip",
     "x-appengine-user-ip", "x-azure-clientip", "x-azure-socketip", "x-scheme", "x-url-scheme",
     "front-end-https",
     // what else upstreams take for a user whom a proxy has signed in, or for a certificate
     "x-proxy-user", "x-auth-user", "x-auth-username", "x-auth-email", "x-auth-name",
     "x-auth-groups", "x-auth-roles", "x-email", "x-groups", "x-role", "x-roles", "x-login",
     "x-client-cert", "x-client-dn", "x-client-verify", "client-cert", "client-cert-chain",
     "x-token-subject",
     // what makes frameworks see another method or path than the one that was checked
     "x-http-method-override", "x-http-method", "x-method-override", "x-original-url",
     "x-original-uri", "x-rewrite-url", "x-original-method",
     // becomes HTTP_PROXY in CGI, which clients of HTTP obey
     "proxy"});

/// The names of whom a proxy has signed in come in families: oauth2-proxy's X-Auth-Request-*,
/// Authelia's Remote-*, Grafana's X-WEBAUTH-*, and those of the large clouds.
constexpr auto prefixes_of_the_gateway =
    std::to_array<std::string_view>({"x-user-",          "x-forwarded-",
                                     "x-auth-request-",  "remote-",
                                     "x-remote-",        "x-webauth-",
                                     "x-authenticated-", "x-authentik-",
                                     "x-authelia-",      "x-goog-authenticated-",
                                     "x-goog-iap-",      "x-ms-client-principal",
                                     "x-amzn-oidc-",     "cf-connecting-",
                                     "cf-access-",       "x-pomerium-",
                                     "x-vouch-",         "x-oidc-",
                                     "tailscale-user-",  "ssl-client-",
                                     "x-ssl-client-",    "x-consumer-",
                                     "x-credential-"});

constexpr std::array<std::string_view, 4> the_edges{
    "date", "x-request-id", "x-content-type-options", "strict-transport-security"};

constexpr std::array<std::string_view, 2> prefixes_of_the_edge{"access-control-", "x-ratelimit-"};

constexpr std::array<std::string_view, 2> own_cookies{"refresh_token", "__Host-refresh_token"};

constexpr char folded(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c + ('a' - 'A'));
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
}

bool begins_with(std::string_view name, std::string_view known) noexcept {
  if (name.size() < known.size()) return false;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (folded(name[i]) != known[i]) return false;
  return true;
}

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& known) noexcept {
  return std::ranges::any_of(known, [name](std::string_view known_name) {
    return name.size() == known_name.size() && begins_with(name, known_name);
  });
}

template <std::size_t N>
bool begins_with_one_of(std::string_view name,
                        const std::array<std::string_view, N>& known) noexcept {
  return std::ranges::any_of(
      known, [name](std::string_view known_name) { return begins_with(name, known_name); });
}

} // namespace

bool is_of_the_connection(std::string_view name) noexcept {
  return is_one_of(name, of_the_connection);
}

bool is_the_gateways(std::string_view name) noexcept {
  return begins_with_one_of(name, prefixes_of_the_gateway) || is_one_of(name, the_gateways);
}

bool is_the_edges(std::string_view name) noexcept {
  return begins_with_one_of(name, prefixes_of_the_edge) || is_one_of(name, the_edges);
}

bool is_own_cookie(std::string_view name) noexcept {
  return std::ranges::any_of(
      own_cookies, [name](std::string_view own) { return http::equal_ignoring_case(name, own); });
}

result<std::vector<std::string_view>>
connection_options(std::span<const http::header_view> headers) {
  std::vector<std::string_view> options;
  for (const auto& line : headers) {
    if (!http::equal_ignoring_case(line.name, "connection")) continue;
    for (auto rest = line.value; !rest.empty();) {
      const auto end = std::min(rest.find(','), rest.size());
      const auto option = http::trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (option.empty()) continue; // RFC 9110, 5.6.1.2: an empty element is none
      if (!http::all_of_class(option, http::token_char))
        return fail(error_code::validation_error, "Connection",
                    "names something that is not a header");
      if (options.size() == connection_options_max)
        return fail(error_code::validation_error, "Connection", "names too many headers");
      options.push_back(option);
    }
  }
  return options;
}

std::string without_bearer_subprotocols(std::string_view offered) {
  std::string kept;
  while (!offered.empty()) {
    const auto end = std::min(offered.find(','), offered.size());
    const auto protocol = http::trim(offered.substr(0, end));
    offered.remove_prefix(std::min(end + 1, offered.size()));
    const auto beginning = protocol.substr(0, http::bearer_subprotocol.size());
    if (protocol.empty() || http::equal_ignoring_case(beginning, http::bearer_subprotocol))
      continue;
    if (!kept.empty()) kept += ", ";
    kept += protocol;
  }
  return kept;
}

std::string without_own_cookies(std::string_view cookies) {
  std::string kept;
  while (!cookies.empty()) {
    const auto end = std::min(cookies.find(';'), cookies.size());
    const auto pair = http::trim(cookies.substr(0, end));
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    if (pair.empty() || is_own_cookie(http::trim(pair.substr(0, pair.find('='))))) continue;
    if (!kept.empty()) kept += "; ";
    kept += pair;
  }
  return kept;
}

} // namespace latchkey::proxy
