// url_values.cpp — hosts, origins and URLs, read strictly.
#include "config/settings/ascii.hpp"
#include "config/settings/redis_url.hpp"
#include "config/settings/setting_values.hpp"
#include "protocol/text/trim.hpp"

#include <algorithm>
#include <arpa/inet.h>

namespace latchkey::setting_values {
namespace {

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  bool only_digits_and_dots = true; // would be a mistyped IPv4 address
  std::size_t label = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_digit(c) && c != '.') only_digits_and_dots = false;
    if (c == '.') {
      if (label == 0 || text[i - 1] == '-') return false;
      label = 0;
    } else if (is_alnum(c) || c == '_' || (c == '-' && label > 0)) {
      if (++label > 63) return false;
    } else {
      return false;
    }
  }
  return label > 0 && text.back() != '-' && !only_digits_and_dots;
}

/// "host[:port]" as it stands in a URL. The port is 0 when there is none.
struct authority {
  std::string host; // as `host_in_url` gives it
  std::uint32_t port = 0;
};

std::optional<authority> parse_authority(std::string_view text) {
  const auto found = host_and_port(text);
  if (!found) return std::nullopt;
  return authority{host_in_url(found->first), found->second};
}

/// The scheme and what follows "://"; empty when there is none.
std::pair<std::string, std::string_view> split_scheme(std::string_view text) {
  const auto mark = text.find("://");
  if (mark == std::string_view::npos) return {};
  return {lowered(text.substr(0, mark)), text.substr(mark + 3)};
}

/// "host[:port],…" as libpq takes it: a part may be empty, or a socket's folder as %2F….
bool is_host_list(std::string_view list) {
  for (std::size_t from = 0; from <= list.size();) {
    const auto comma = std::min(list.find(',', from), list.size());
    const auto part = list.substr(from, comma - from);
    from = comma + 1;
    if (part.empty() || host_and_port(part)) continue;
    const auto colon = std::min(part.find(':'), part.size());
    const auto folder = percent_decoded(part.substr(0, colon));
    if (!folder || !folder->starts_with('/') || part.starts_with('/')) return false;
    if (colon < part.size() && !count(part.substr(colon + 1), 1, 65535)) return false;
  }
  return true;
}

/// Nothing, or "?name=value&…".
bool are_parameters(std::string_view query) {
  if (query.empty()) return true;
  for (std::size_t from = 1; from <= query.size();) {
    const auto end = std::min(query.find('&', from), query.size());
    const auto part = query.substr(from, end - from);
    from = end + 1;
    const auto equals = part.find('=');
    if (equals == 0 || equals == std::string_view::npos || part.find('=', equals + 1) != part.npos)
      return false;
    const auto is_of_a_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    if (!std::ranges::all_of(part.substr(0, equals), is_of_a_name)) return false;
  }
  return true;
}

} // namespace

std::optional<std::string> host(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  const std::string plain = lowered(bracketed ? text.substr(1, text.size() - 2) : text);
  unsigned char buffer[sizeof(in6_addr)];
  if (plain.find('\0') != std::string::npos) return std::nullopt;
  if (inet_pton(AF_INET6, plain.c_str(), buffer) == 1) return plain;
  if (bracketed) return std::nullopt;
  if (inet_pton(AF_INET, plain.c_str(), buffer) == 1 || is_hostname(plain)) return plain;
  return std::nullopt;
}

std::string host_in_url(std::string_view host) {
  if (host.find(':') == std::string_view::npos) return std::string(host);
  return "[" + std::string(host) + "]";
}

namespace {

/// The origin of a packaged app. Browsers send its host unchanged, as it was registered.
std::optional<std::string> app_origin(const std::string& scheme, std::string_view host) {
  // Pages of these have no such origin, or mean another scheme.
  constexpr std::string_view never[] = {"ws",   "wss",        "ftp",  "file",
                                        "data", "javascript", "blob", "about"};
  const auto is_of_a_scheme = [](char c) {
    return is_alnum(c) || c == '+' || c == '-' || c == '.';
  };
  const auto is_of_a_host = [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; };
  if (scheme.empty() || is_digit(scheme.front()) || !is_alnum(scheme.front()) ||
      !std::ranges::all_of(scheme, is_of_a_scheme) ||
      std::ranges::find(never, scheme) != std::end(never))
    return std::nullopt;
  const auto colon = std::min(host.find(':'), host.size());
  const auto name = host.substr(0, colon);
  if (name.empty() || name.size() > 253 || !std::ranges::all_of(name, is_of_a_host))
    return std::nullopt;
  if (colon < host.size() && !count(host.substr(colon + 1), 1, 65535)) return std::nullopt;
  return scheme + "://" + std::string(host);
}

} // namespace

std::optional<std::string> origin(std::string_view text) {
  const auto [scheme, rest] = split_scheme(text);
  if (scheme != "http" && scheme != "https") return app_origin(scheme, rest);
  const auto where = parse_authority(rest);
  if (!where) return std::nullopt;
  const std::uint32_t usual = scheme == "http" ? 80 : 443;
  std::string out = scheme + "://" + where->host;
  if (where->port != 0 && where->port != usual) out += ":" + std::to_string(where->port);
  return out;
}

std::optional<std::vector<std::string>> origins(std::string_view list) {
  return setting_values::list(list, origin);
}

bool is_issuer(std::string_view text) {
  if (!is_printable_word(text)) return false;
  if (text.find_first_of(":/") == std::string_view::npos) return true;
  return lowered(text.substr(0, 4)) == "urn:" || http_url(text).has_value();
}

std::optional<std::string> http_url(std::string_view text) {
  const auto [scheme, rest] = split_scheme(text);
  if (scheme != "http" && scheme != "https") return std::nullopt;
  const auto slash = std::min(rest.find('/'), rest.size());
  const auto where = parse_authority(rest.substr(0, slash));
  std::string_view path = rest.substr(slash);
  if (!where || (!path.empty() && !is_printable_word(path)) ||
      path.find_first_of("?#\\") != std::string_view::npos)
    return std::nullopt;
  while (path.ends_with('/'))
    path.remove_suffix(1);
  std::string out = scheme + "://" + where->host;
  if (where->port != 0) out += ":" + std::to_string(where->port);
  out += path;
  return out;
}

std::optional<std::pair<std::string, std::uint16_t>> host_and_port(std::string_view text) {
  std::string_view name = text;
  std::uint32_t port = 0;
  const auto bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  if (const auto colon = text.find(':', bracket); colon != std::string_view::npos) {
    name = text.substr(0, colon);
    const auto number = count(text.substr(colon + 1), 1, 65535);
    if (!number) return std::nullopt;
    port = *number;
  }
  auto known = host(name);
  if (!known) return std::nullopt;
  return std::pair(*std::move(known), static_cast<std::uint16_t>(port));
}

bool is_postgres_url(std::string_view text) {
  // libpq recognises a URL by these schemes, in lower case.
  const bool is_url = text.starts_with("postgresql://") || text.starts_with("postgres://");
  if (!is_url || !is_printable_word(text) || !percent_decoded(text)) return false;
  auto rest = text.substr(text.find("://") + 3);
  if (std::ranges::count(rest, '@') > 1) return false;
  const auto query_at = std::min(rest.find('?'), rest.size());
  const auto parameters = rest.substr(query_at);
  rest = rest.substr(0, std::min(query_at, rest.find('/')));
  const auto at = rest.find('@');
  if (at == std::string_view::npos && text.find('@') != std::string_view::npos) return false;
  if (at != std::string_view::npos) rest.remove_prefix(at + 1);
  return is_host_list(rest) && are_parameters(parameters);
}

bool is_redis_url(std::string_view text) {
  return parse_redis_url(secret(text)).has_value();
}

std::string with_password(std::string_view url, std::string_view password) {
  const auto rest = split_scheme(url).second;
  const auto authority_end = std::min(rest.find_first_of("/?"), rest.size());
  if (const auto at = rest.substr(0, authority_end).rfind('@'); at != std::string_view::npos) {
    const auto colon = rest.substr(0, at).find(':');
    if (colon != std::string_view::npos && colon + 1 < at) return std::string(url);
  }
  const auto query = url.find('?');
  const auto parameters = query == std::string_view::npos ? "" : url.substr(query);
  if (parameters.find("?password=") != std::string_view::npos ||
      parameters.find("&password=") != std::string_view::npos)
    return std::string(url);

  std::string out(url);
  out += parameters.empty() ? "?password=" : "&password=";
  for (const char c : password) { // RFC 3986, 2.1
    static constexpr char digits[] = "0123456789ABCDEF";
    if (is_alnum(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      (out += '%') += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

} // namespace latchkey::setting_values
