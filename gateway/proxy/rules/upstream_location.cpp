#include "gateway/proxy/rules/upstream_location.hpp"

#include "config/settings/setting_values.hpp"
#include "gateway/http/message/request.hpp"
#include "gateway/http/message/syntax.hpp"

#include <algorithm>

namespace latchkey::proxy {
namespace {

constexpr std::uint16_t plain_port = 80;
constexpr std::uint16_t tls_port = 443;

/// Takes `beginning` off, in any case.
bool take(std::string_view& text, std::string_view beginning) {
  if (!http::equal_ignoring_case(text.substr(0, beginning.size()), beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

bool is_address_of(std::string_view authority, std::uint16_t port_by_scheme, const upstream& from) {
  authority.remove_prefix(authority.rfind('@') + 1); // npos + 1 is 0
  if (http::equal_ignoring_case(authority, from.authority)) return true;
  const auto address = setting_values::host_and_port(authority);
  if (!address || !http::equal_ignoring_case(address->first, from.host)) return false;
  return (address->second == 0 ? port_by_scheme : address->second) == from.port;
}

/// A path at our origin, which no browser may read as the name of a host.
std::string own_path(std::string_view rest, const upstream& from) {
  const auto path = rest.substr(0, rest.find_first_of("?#"));
  const auto& base = from.base_path;
  const bool is_under_base = !base.empty() && path.starts_with(base) &&
                             (path.size() == base.size() || path[base.size()] == '/');
  if (is_under_base) rest.remove_prefix(base.size());
  std::string out;
  if (!rest.starts_with('/')) out = "/";
  const bool looks_like_a_host = rest.size() > 1 && (rest[1] == '/' || rest[1] == '\\');
  if (rest.starts_with('/') && looks_like_a_host) out = "/.";
  return out.append(rest);
}

} // namespace

std::string client_location(std::string_view reference, const upstream& from) {
  auto rest = reference;
  auto port = from.is_tls ? tls_port : plain_port; // of a reference without a scheme
  if (take(rest, "http:"))
    port = plain_port;
  else if (take(rest, "https:"))
    port = tls_port;
  if (take(rest, "//")) {
    const auto authority = rest.substr(0, rest.find_first_of("/?#\\"));
    if (!is_address_of(authority, port, from)) return std::string{reference};
    rest.remove_prefix(authority.size());
    return own_path(rest, from);
  }
  const bool is_path = rest.size() == reference.size() && rest.starts_with('/');
  return is_path && !from.base_path.empty() ? own_path(rest, from) : std::string{reference};
}

std::string client_refresh(std::string_view value, const upstream& from) {
  constexpr std::string_view name = "url=";
  const auto found = std::ranges::search(value, name, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  });
  if (found.empty()) return std::string{value};
  const auto at = static_cast<std::size_t>(found.begin() - value.begin()) + name.size();
  auto url = value.substr(at);
  const char quote = url.starts_with('"') || url.starts_with('\'') ? url.front() : '\0';
  if (quote != '\0') {
    url.remove_prefix(1);
    url = url.substr(0, url.find(quote));
  }
  return std::string{value.substr(0, at)} + client_location(http::trim(url), from);
}

} // namespace latchkey::proxy
