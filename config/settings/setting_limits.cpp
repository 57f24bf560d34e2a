// setting_limits.cpp — the forms of rates and the lists of services and prices.
#include "config/settings/setting_values.hpp"
#include "protocol/service_id.hpp"
#include "protocol/text/trim.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <string>

namespace latchkey::setting_values {
namespace {

struct unit_of_time {
  std::string_view name;
  std::uint32_t seconds;
};
constexpr std::array<unit_of_time, 8> units{{{"second", 1},
                                             {"minute", 60},
                                             {"hour", 3600},
                                             {"day", 86400},
                                             {"s", 1},
                                             {"m", 60},
                                             {"h", 3600},
                                             {"d", 86400}}};
constexpr std::uint32_t window_s_max = 366 * 86400;
constexpr std::uint32_t count_max = 1'000'000'000;
constexpr std::size_t service_key_bytes_min = 16;

/// Calls `take` with each part between commas; false when it is false once.
template <class Take>
bool all_parts(std::string_view list, Take take) {
  for (std::size_t from = 0; from <= list.size();) {
    const auto comma = std::min(list.find(',', from), list.size());
    if (!take(trim_blanks(list.substr(from, comma - from)))) return false;
    from = comma + 1;
  }
  return true;
}

} // namespace

std::optional<rate_limit> rate(std::string_view text) {
  if (text == "0") return rate_limit{};
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto times = count(text.substr(0, slash), 1, count_max);
  auto window = text.substr(slash + 1);
  const auto digits = std::min(window.find_first_not_of("0123456789"), window.size());
  std::uint32_t many = 1;
  if (digits > 0) {
    const auto number = count(window.substr(0, digits), 1, window_s_max);
    if (!number) return std::nullopt;
    many = *number;
    window.remove_prefix(digits);
  }
  if (window.size() > 2 && window.ends_with('s')) window.remove_suffix(1); // "minutes"
  const auto* unit = std::ranges::find(units, window, &unit_of_time::name);
  if (!times || unit == units.end()) return std::nullopt;
  const auto window_s = std::uint64_t{many} * unit->seconds;
  if (window_s > window_s_max) return std::nullopt;
  return rate_limit{*times, static_cast<std::uint32_t>(window_s)};
}

std::string shown_rate(const rate_limit& limit) {
  if (limit.is_off()) return "0";
  for (const auto& unit : {units[3], units[2], units[1], units[0]}) {
    if (limit.window_s % unit.seconds != 0) continue;
    const auto many = limit.window_s / unit.seconds;
    std::string out = std::to_string(limit.count) + "/";
    if (many > 1) out += std::to_string(many);
    (out += unit.name) += many > 1 ? "s" : "";
    return out;
  }
  return {};
}

bool is_service_keys(std::string_view text) {
  return all_parts(text, [](std::string_view part) {
    const auto colon = part.find(':');
    if (colon == std::string_view::npos || !is_service_id(part.substr(0, colon))) return false;
    const auto key = part.substr(colon + 1);
    return key.size() >= service_key_bytes_min && key.size() <= 128 && is_printable_word(key);
  });
}

bool is_price_list(std::string_view text) {
  return all_parts(text, [](std::string_view part) {
    const auto equals = part.find('=');
    return equals != std::string_view::npos && is_printable_word(part.substr(0, equals)) &&
           is_printable_word(part.substr(equals + 1));
  });
}

bool is_smtp_url(std::string_view text) {
  if (!is_printable_word(text) || !percent_decoded(text)) return false;
  const auto scheme = text.substr(0, std::min(text.find("://"), text.size()));
  if (scheme != "smtp" && scheme != "smtps") return false;
  auto rest = text.substr(scheme.size() + 3);
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const auto user = rest.substr(0, at);
    if (std::ranges::count(user, ':') != 1 || user.find_first_of("@/?#") != user.npos) return false;
    rest.remove_prefix(at + 1);
  }
  while (rest.ends_with('/'))
    rest.remove_suffix(1);
  return host_and_port(rest).has_value();
}

bool is_mail_greeting(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    std::string inside{text.substr(1, text.size() - 2)};
    std::array<unsigned char, 16> bytes{};
    if (inside.find('\0') != std::string::npos) return false;
    if (inet_pton(AF_INET, inside.c_str(), bytes.data()) == 1) return true;
    constexpr std::string_view tag = "IPv6:";
    return inside.starts_with(tag) &&
           inet_pton(AF_INET6, inside.c_str() + tag.size(), bytes.data()) == 1;
  }
  std::array<unsigned char, 4> bytes{};
  const bool is_address = inet_pton(AF_INET, std::string{text}.c_str(), bytes.data()) == 1;
  return !is_address && text.find(':') == std::string_view::npos &&
         text.find('.') != std::string_view::npos && !text.ends_with('.') && host(text).has_value();
}

bool is_reset_url(std::string_view text) {
  const bool is_http = text.starts_with("https://") || text.starts_with("http://");
  return is_http && is_printable_word(text) && text.size() <= 2000 &&
         text.find("{token}") != std::string_view::npos;
}

} // namespace latchkey::setting_values
