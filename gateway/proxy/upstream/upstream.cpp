#include "gateway/proxy/upstream/upstream.hpp"

#include "config/settings/setting_values.hpp"

#include <algorithm>

namespace latchkey::proxy {
namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

constexpr bool is_lower_or_digit(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_unreserved(char c) noexcept {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

/// Empty, or "/…" of segments that no reader resolves.
bool is_base_path(std::string_view path) noexcept {
  while (!path.empty()) { // begins with a slash
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    if (segment.empty() || segment == "." || segment == ".." ||
        !std::ranges::all_of(segment, is_unreserved))
      return false;
    path.remove_prefix(segment.size());
  }
  return true;
}

} // namespace

bool is_upstream_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= upstream_name_bytes_max &&
         is_lower_or_digit(text.front()) && std::ranges::all_of(text, [](char c) {
           return is_lower_or_digit(c) || c == '_' || c == '-';
         });
}

std::optional<upstream> parse_upstream_url(std::string_view url) {
  const auto normal = setting_values::http_url(url);
  if (!normal) return std::nullopt;
  upstream out;
  out.is_tls = normal->starts_with("https:");
  const auto rest = std::string_view{*normal}.substr(normal->find("//") + 2);
  const auto slash = std::min(rest.find('/'), rest.size());
  out.authority = rest.substr(0, slash);
  out.base_path = rest.substr(slash);
  const auto address = setting_values::host_and_port(out.authority);
  if (!address || !is_base_path(out.base_path)) return std::nullopt;
  out.host = address->first;
  out.port = address->second;
  if (out.port == 0) out.port = out.is_tls ? https_port : http_port;
  return out;
}

} // namespace latchkey::proxy
