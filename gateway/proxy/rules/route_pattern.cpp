#include "gateway/proxy/rules/route_pattern.hpp"

#include "gateway/http/exchange.hpp"
#include "gateway/http/router.hpp"
#include "gateway/proxy/rules/proxy_routes.hpp"

#include <algorithm>
#include <array>

namespace latchkey::proxy {
namespace {

constexpr std::array<std::string_view, 2> internal_segments{"internal", "metrics"};

bool is_of_a_pattern(char c) noexcept {
  constexpr std::string_view marks = "-._~/{}*";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         marks.find(c) != std::string_view::npos;
}

/// Whether the router takes it: asked by making one with this route alone.
bool is_a_routers(std::string_view pattern) {
  http::route row;
  row.pattern = pattern;
  row.needs.open_to = http::access::principal;
  row.handle = [](http::exchange&) -> awaitable<http::response> { co_return http::response{}; };
  std::vector<http::route> rows;
  rows.push_back(std::move(row));
  return http::router::make(std::move(rows)).has_value();
}

/// Calls `take` with each segment; false when it is false once. `pattern` begins with a slash.
template <class Take>
bool all_segments(std::string_view pattern, Take take) {
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const auto segment = pattern.substr(0, pattern.find('/'));
    if (!take(segment)) return false;
    pattern.remove_prefix(segment.size());
  }
  return true;
}

} // namespace

std::string_view problem_of_pattern(std::string_view pattern) {
  if (pattern.size() > route_pattern_bytes_max || !std::ranges::all_of(pattern, is_of_a_pattern) ||
      !is_a_routers(pattern))
    return "a path such as /api/v1/things/{id}, with up to 4 {names}, of which the last may be "
           "{rest*}";
  const auto is_plain = [](std::string_view segment) { return segment != "." && segment != ".."; };
  if (!all_segments(pattern, is_plain)) return "a path without . and .. segments";
  const auto first = pattern.substr(1, pattern.find('/', 1) - 1);
  if (std::ranges::find(internal_segments, first) != internal_segments.end() || first.empty() ||
      first.starts_with('{'))
    return "a path that begins with fixed text, neither /internal nor /metrics";
  return {};
}

std::string shape_of_pattern(std::string_view pattern) {
  std::string out;
  all_segments(pattern, [&out](std::string_view segment) {
    out += '/';
    if (!segment.starts_with('{'))
      out += segment;
    else
      out += segment.ends_with("*}") ? "{*}" : "{}";
    return true;
  });
  return out;
}

} // namespace latchkey::proxy
