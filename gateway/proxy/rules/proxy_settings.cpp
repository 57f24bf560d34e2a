#include "gateway/proxy/rules/proxy_settings.hpp"

#include "config/settings/setting_table.hpp"

#include <string>

namespace latchkey::proxy {
namespace {

std::string origin_of(const settings& configured, std::string_view name) {
  const auto index = find_setting(name);
  if (!index || *index >= configured.origins.size()) return {};
  return " (" + std::string{to_string(configured.origins[*index])} + ")";
}

std::string sentence_of(const settings& configured, const failure& problem) {
  constexpr std::string_view url = "CORE_MANAGER_URL";
  constexpr std::string_view routes = "PROXY_ROUTES";
  if (problem.field == url)
    return problem.field + origin_of(configured, url) + " " + problem.reason;
  const auto field = problem.field.empty() ? " " : ": " + problem.field + " ";
  return std::string{routes} + origin_of(configured, routes) + field + problem.reason;
}

} // namespace

result<proxy_table> configured_routes(const settings& configured) {
  const proxy_defaults defaults{configured.core_manager_url, configured.body_bytes_max,
                                std::chrono::seconds{configured.request_timeout_s}};
  auto table = read_proxy_routes(configured.proxy_routes, defaults);
  if (table) return table;
  auto problem = table.error();
  problem.reason = sentence_of(configured, problem);
  return fail(std::move(problem));
}

} // namespace latchkey::proxy
