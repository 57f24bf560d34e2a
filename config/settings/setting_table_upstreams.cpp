// setting_table_upstreams.cpp — what requests are passed on to, and the log.
#include "config/settings/setting_rows.hpp"

#include <algorithm>
#include <array>

namespace latchkey::setting_rows {
namespace {

namespace values = setting_values;

constexpr std::array<std::string_view, 5> level_names = {"debug", "info", "warning", "error",
                                                         "critical"};
bool read_level(settings& s, std::string_view text) {
  const auto* found = std::ranges::find(level_names, text);
  if (found != level_names.end()) s.log_from = static_cast<log_level>(found - level_names.begin());
  return found != level_names.end();
}
std::string show_level(const settings& s) {
  return std::string(level_names[static_cast<std::size_t>(s.log_from)]);
}

using s = settings;

constexpr setting_row upstream_rows[] = {
    normal_row<&s::core_manager_url, values::http_url>("CORE_MANAGER_URL", "",
                                                       "a URL such as http://core-manager:8088",
                                                       "the service behind the platform gateway"),
    seconds_row<&s::workflow_lost_after_s, 30, 30 * 86400>(
        "WORKFLOW_LOST_AFTER", "10m", "30 seconds to 30 days, such as 1h",
        "how long a running workflow waits for a word from there before it has failed"),
    text_row<&s::proxy_routes, has_length<1, 64UL * 1024>>(
        "PROXY_ROUTES", "", "a JSON object of upstreams and routes",
        "what else is passed on, and to whom; unset: the documented routes alone"),
    count_row<&s::upstream_connections_max, 1, 10000>(
        "UPSTREAM_CONNECTIONS_MAX", "64", "a number, 1 to 10000",
        "requests that each worker has under way at each upstream; more wait"),
    count_row<&s::upstream_streams_max, 1, 100000>(
        "UPSTREAM_STREAMS_MAX", "1024", "a number, 1 to 100000",
        "workflows that each worker follows, and its open sockets through the gateway"),
    count_row<&s::upstream_calls_per_user, 1, 100000>(
        "UPSTREAM_CALLS_PER_USER_MAX", "32", "a number, 1 to 100000",
        "requests of one user that are passed on at a time; more are answered with 429"),
    seconds_row<&s::workflow_silence_max_s, 1, 86400>(
        "WORKFLOW_SILENCE_MAX", "5m", "1 second to 1 day, such as 90 or 5m",
        "after so long without a word the stream of a workflow counts as cut"),
    text_row<&s::log_file, is_path>("LOG_FILE", "", "a file in a folder that exists",
                                    "log lines go here too; unset: stderr alone"),
    {"LOG_LEVEL", "info", "debug, info, warning, error or critical", "lines below it are left out",
     false, read_level, show_level},
};

} // namespace

std::span<const setting_row> of_upstreams() noexcept {
  return upstream_rows;
}

} // namespace latchkey::setting_rows
