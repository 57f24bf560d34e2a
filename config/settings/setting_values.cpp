// setting_values.cpp — numbers, hosts, origins and URLs, read strictly.
#include "config/settings/setting_values.hpp"

#include "config/log.hpp"
#include "config/settings/redis_url.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace latchkey::setting_values {
namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_alnum(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_print(char c) noexcept {
  return c >= 0x20 && c != 0x7f;
}
constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

template <std::size_t N>
std::optional<std::uint32_t> measure(std::string_view text, const unit (&units)[N],
                                     std::uint32_t min, std::uint32_t max) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number > max) return std::nullopt;
  const std::string_view suffix(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto* found = std::ranges::find(units, suffix, &unit::name);
  if (found == std::end(units)) return std::nullopt;
  number *= found->factor; // no overflow: both are below 2^32
  if (number < min || number > max) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

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
    const auto one = list.substr(from, comma - from);
    from = comma + 1;
    if (one.empty() || host_and_port(one)) continue;
    const auto colon = std::min(one.find(':'), one.size());
    const auto folder = percent_decoded(one.substr(0, colon));
    if (!folder || !folder->starts_with('/') || one.starts_with('/')) return false;
    if (colon < one.size() && !count(one.substr(colon + 1), 1, 65535)) return false;
  }
  return true;
}

/// Nothing, or "?name=value&…".
bool are_parameters(std::string_view query) {
  if (query.empty()) return true;
  for (std::size_t from = 1; from <= query.size();) {
    const auto end = std::min(query.find('&', from), query.size());
    const auto one = query.substr(from, end - from);
    from = end + 1;
    const auto equals = one.find('=');
    if (equals == 0 || equals == std::string_view::npos || one.find('=', equals + 1) != one.npos)
      return false;
    const auto is_of_a_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    if (!std::ranges::all_of(one.substr(0, equals), is_of_a_name)) return false;
  }
  return true;
}

} // namespace

std::optional<std::uint32_t> count(std::string_view text, std::uint32_t min, std::uint32_t max) {
  static constexpr unit units[] = {{"", 1}};
  return measure(text, units, min, max);
}

std::optional<std::uint32_t> seconds(std::string_view text, std::uint32_t min, std::uint32_t max) {
  static constexpr unit units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
  return measure(text, units, min, max);
}

std::optional<std::uint32_t> bytes(std::string_view text, std::uint32_t min, std::uint32_t max) {
  static constexpr unit units[] = {
      {"", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}};
  return measure(text, units, min, max);
}

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

/// Of a packaged app: its host is opaque to browsers, which send it as it was registered.
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

bool is_issuer(std::string_view text) {
  if (!is_printable_word(text)) return false;
  if (text.find_first_of(":/") == std::string_view::npos) return true;
  return lowered(text.substr(0, 4)) == "urn:" || http_url(text).has_value();
}

bool is_header_name(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && text.size() <= 100 && std::ranges::all_of(text, [&](char c) {
    return is_alnum(c) || marks.find(c) != std::string_view::npos;
  });
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

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = from_hex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1 || byte->front() == '\0') return std::nullopt;
    out += *byte;
    i += 2;
  }
  return out;
}

bool is_postgres_url(std::string_view text) {
  // What libpq takes for a URL begins so, in lower case.
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

bool is_printable_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c != 0x7f; });
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

std::string shown(std::string_view text) {
  const auto mark = text.find("://");
  const auto at = text.rfind('@');
  if (mark == std::string_view::npos || at == std::string_view::npos || at < mark)
    return escaped_for_log(text, 100);
  std::string hidden(text.substr(0, mark + 3));
  ((hidden += "***") += text.substr(at));
  return escaped_for_log(hidden, 100);
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

} // namespace latchkey::setting_values
