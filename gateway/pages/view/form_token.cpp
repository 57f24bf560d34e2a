#include "gateway/pages/view/form_token.hpp"

#include "protocol/text/text_codec.hpp"

#include <charconv>

namespace latchkey::gateway::pages {
namespace {

/// A clock that steps back a little makes no token of the future worthless.
constexpr std::chrono::minutes clock_step_max{5};

std::string mac_of(const hmac_sha256_key& key, std::string_view issued, std::string_view bound_to) {
  // The time has no line break, so no two pairs give one text.
  return base64url_encode(bytes_of(key.mac(std::string{issued}.append("\n").append(bound_to))));
}

} // namespace

std::string make_form_token(const hmac_sha256_key& key, std::string_view bound_to, time_point now) {
  const auto issued =
      std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  return issued + "." + mac_of(key, issued, bound_to);
}

bool is_form_token(const hmac_sha256_key& key, std::string_view token, std::string_view bound_to,
                   time_point now) {
  const auto dot = token.find('.');
  if (dot == std::string_view::npos || bound_to.empty() || token.size() > form_token_bytes_max)
    return false;
  const auto issued = token.substr(0, dot);
  if (!equal_in_constant_time(token.substr(dot + 1), mac_of(key, issued, bound_to))) return false;
  std::int64_t seconds = 0;
  const auto* end = issued.data() + issued.size();
  const auto read = std::from_chars(issued.data(), end, seconds);
  if (read.ec != std::errc{} || read.ptr != end) return false;
  const time_point at{std::chrono::seconds{seconds}};
  return at <= now + clock_step_max && now < at + form_token_ttl;
}

} // namespace latchkey::gateway::pages
