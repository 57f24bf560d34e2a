#include "gateway/http/message/authority.hpp"

#include "gateway/http/message/request.hpp"
#include "gateway/http/message/syntax.hpp"
#include "protocol/text/text_codec.hpp"

#include <arpa/inet.h>
#include <array>
#include <charconv>

namespace latchkey::http {
namespace {

constexpr std::size_t name_bytes_max = 255;

/// Digits, none too many; "" is a port too (RFC 3986, section 3.2.3).
bool is_port(std::string_view text) noexcept {
  if (text.empty()) return true;
  unsigned port = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, port);
  return read.ec == std::errc{} && read.ptr == end && port <= 65535;
}

bool is_ipv6(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size()) return false;
  text.copy(copy.data(), text.size());
  in6_addr ignored{};
  return inet_pton(AF_INET6, copy.data(), &ignored) == 1;
}

bool is_name(std::string_view text) noexcept {
  if (text.empty() || text.size() > name_bytes_max || !all_of_class(text, host_char) ||
      text.find_first_of("[]:") != std::string_view::npos)
    return false;
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1))
    if (hex_byte(text.substr(at + 1)) < 0) return false;
  return true;
}

/// Without the port that the scheme has anyway.
std::string_view without_usual_port(std::string_view origin) noexcept {
  for (const auto& [scheme, port] :
       {std::pair<std::string_view, std::string_view>{"https://", ":443"}, {"http://", ":80"}})
    if (origin.size() > scheme.size() &&
        equal_ignoring_case(origin.substr(0, scheme.size()), scheme) && origin.ends_with(port))
      return origin.substr(0, origin.size() - port.size());
  return origin;
}

} // namespace

bool is_authority(std::string_view text) noexcept {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || !is_ipv6(text.substr(1, end - 1))) return false;
    const auto rest = text.substr(end + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return is_name(text);
  return is_name(text.substr(0, colon)) && is_port(text.substr(colon + 1));
}

bool same_origin(std::string_view a, std::string_view b) noexcept {
  return equal_ignoring_case(without_usual_port(a), without_usual_port(b));
}

} // namespace latchkey::http
