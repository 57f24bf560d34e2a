// setting_table_limits.cpp — how much, how often and how long clients may.
#include "config/settings/setting_rows.hpp"
#include "protocol/text/trim.hpp"

#include <algorithm>

namespace latchkey::setting_rows {
namespace {

namespace values = setting_values;

bool read_networks(settings& s, std::string_view list) {
  std::vector<ip_network> found;
  for (std::size_t from = 0; from <= list.size();) {
    const auto comma = std::min(list.find(',', from), list.size());
    auto network = parse_network(trim_blanks(list.substr(from, comma - from)));
    if (!network) return false;
    found.push_back(std::move(*network));
    from = comma + 1;
  }
  s.trusted_proxies = std::move(found);
  return true;
}
std::string show_networks(const settings& s) {
  std::string out;
  for (const auto& network : s.trusted_proxies)
    (out += out.empty() ? "" : ",") += network.text;
  return out;
}

using s = settings;

constexpr setting_row limit_rows[] = {
    count_row<&s::workers, 1, 256>("WORKERS", "", "a number, 1 to 256",
                                   "threads that serve sockets; unset: one a core"),
    seconds_row<&s::request_timeout_s, 1, 300>("REQUEST_TIMEOUT", "30", "1 to 300 seconds",
                                               "a request's deadline"),
    seconds_row<&s::keep_alive_s, 1, 86400>(
        "KEEP_ALIVE", "75", "1 second to 1 day, such as 75 or 10m",
        "how long an HTTP connection is kept open between two requests"),
    seconds_row<&s::drain_delay_s, 0, 300>(
        "DRAIN_DELAY", "0", "0 to 300 seconds",
        "how long a server that is told to stop still serves while /health says so"),
    count_row<&s::connections_max, 0, 1000000>(
        "HTTP_CONNECTIONS_MAX", "0", "a number, 0 to 1000000",
        "HTTP connections at once in each worker; 0: its share of three quarters of the "
        "descriptors there are, of 100000 at most"),
    count_row<&s::in_flight_max, 1, 1000000>("IN_FLIGHT_MAX", "4096", "a number, 1 to 1000000",
                                             "requests at once in each worker; more are refused"),
    {"BODY_BYTES_MAX", "1MiB", "1 KiB to 64 MiB, such as 65536 or 1MiB", "the largest request body",
     false, number<&s::body_bytes_max, values::bytes, 1024, 64 * 1024 * 1024>,
     show_number<&s::body_bytes_max>},

    count_row<&s::ws_sockets_max, 0, 1000000>(
        "WS_SOCKETS_MAX", "0", "a number, 0 to 1000000",
        "live sockets at once; 0: three quarters of the descriptors there are, 100000 at most"),
    count_row<&s::ws_sockets_per_session, 1, 100000>("WS_SOCKETS_PER_SESSION", "64",
                                                     "a number, 1 to 100000",
                                                     "live sockets of one session in each worker"),
    seconds_row<&s::ws_ping_interval_s, 1, 3600>(
        "WS_PING_INTERVAL", "30", "1 second to 1 hour, such as 30s",
        "how long a live socket may be silent before it is pinged"),
    seconds_row<&s::ws_expiry_notice_s, 0, 3600>("WS_EXPIRY_NOTICE", "60", "0 seconds to 1 hour",
                                                 "how long before its token's end a live socket "
                                                 "is told"),

    rate_row<&s::rate_limit_default>("RATE_LIMIT_DEFAULT", "1000/hour",
                                     "requests of one user or API key, else of one address"),
    rate_row<&s::rate_limit_gateway>("RATE_LIMIT_GATEWAY", "600/minute",
                                     "requests of one user or API key that are passed on to "
                                     "upstreams; off with RATE_LIMIT_DEFAULT unless set, as "
                                     "the windows below that are a user's or an address's"),
    rate_row<&s::rate_limit_live>("RATE_LIMIT_LIVE", "600/minute",
                                  "messages of one user on live sockets"),
    rate_row<&s::rate_limit_handshakes>("RATE_LIMIT_HANDSHAKES", "",
                                        "live sockets that one user opens; unset, as the next "
                                        "three: RATE_LIMIT_DEFAULT"),
    rate_row<&s::rate_limit_refresh>("RATE_LIMIT_REFRESH", "",
                                     "refreshes of one user; those without a cookie of one "
                                     "address"),
    rate_row<&s::rate_limit_sign_in>("RATE_LIMIT_SIGN_IN", "",
                                     "sign-ins, registrations and recoveries of one address"),
    rate_row<&s::rate_limit_unproven>("RATE_LIMIT_UNPROVEN", "",
                                      "requests of one address that find nothing or show what "
                                      "is no good"),
    rate_row<&s::rate_limit_webhook>("RATE_LIMIT_WEBHOOK", "6000/minute",
                                     "what one sender signs (Stripe)"),
    rate_row<&s::rate_limit_service>("RATE_LIMIT_SERVICE", "100/minute",
                                     "requests of one service that has no rate of its own"),
    rate_row<&s::login_failure_limit>("LOGIN_FAILURE_LIMIT", "10/15minutes",
                                      "wrong passwords for one account, then none is tried"),
    rate_row<&s::login_failure_limit_address>("LOGIN_FAILURE_LIMIT_ADDRESS", "100/15minutes",
                                              "wrong passwords from one address, then 429"),
    count_row<&s::login_failures_in_a_row_max, 0, 1000000>(
        "LOGIN_FAILURES_IN_A_ROW", "100", "a number, 0 (no such limit) to 1000000",
        "wrong passwords in a row for one account, then only recovery opens it"),
    {"TRUSTED_PROXIES", "", "addresses or networks such as 10.0.0.0/8, separated by commas",
     "whose X-Forwarded-For is believed; unset: nobody's", false, read_networks, show_networks},
};

} // namespace

std::span<const setting_row> of_limits() noexcept {
  return limit_rows;
}

} // namespace latchkey::setting_rows
