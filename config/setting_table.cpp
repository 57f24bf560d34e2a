// setting_table.cpp — the table itself. A new setting is a field, a row here and a
// paragraph in .env.example; nothing else.
#include "config/setting_table.hpp"

#include "config/secret_strength.hpp"
#include "config/setting_rows.hpp"
#include "config/setting_values.hpp"
#include "protocol/login_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace latchkey {
namespace {

namespace values = setting_values;
using namespace setting_rows;

template <std::size_t Min, std::size_t Max>
bool has_length(std::string_view value) {
  return value.size() >= Min && value.size() <= Max;
}

bool is_signing_key(std::string_view value) {
  return has_length<32, 4096>(value) && !is_blank(value);
}

bool is_path(std::string_view value) {
  return has_length<1, 4000>(value) &&
         std::ranges::none_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// The rules that everybody's names go by, so that the first administrator can be made.
bool is_username(std::string_view value) {
  return check_username(value).has_value();
}
std::optional<std::string> email(std::string_view value) {
  auto normal = normal_email(value);
  return normal ? std::optional(std::move(*normal)) : std::nullopt;
}

bool read_origins(settings& s, std::string_view list) {
  std::vector<std::string> found;
  for (std::size_t from = 0; from <= list.size();) {
    const auto comma = std::min(list.find(',', from), list.size());
    auto one = values::origin(values::trimmed(list.substr(from, comma - from)));
    if (!one) return false;
    if (std::ranges::find(found, *one) == found.end()) found.push_back(std::move(*one));
    from = comma + 1;
  }
  s.allowed_origins = std::move(found);
  return true;
}
std::string show_origins(const settings& s) {
  std::string out;
  for (const auto& one : s.allowed_origins)
    (out += out.empty() ? "" : ",") += one;
  return out;
}

bool read_same_site(settings& s, std::string_view text) {
  if (text != "lax" && text != "none") return false;
  s.cookie_same_site_none = text == "none";
  return true;
}
std::string show_same_site(const settings& s) {
  return s.cookie_same_site_none ? "none" : "lax";
}

bool read_header_names(settings& s, std::string_view list) {
  constexpr std::size_t names_max = 32;
  std::vector<std::string> found;
  for (std::size_t from = 0; from <= list.size();) {
    const auto comma = std::min(list.find(',', from), list.size());
    const auto name = values::trimmed(list.substr(from, comma - from));
    if (!values::is_header_name(name) || found.size() == names_max) return false;
    found.emplace_back(name);
    from = comma + 1;
  }
  s.cors_headers = std::move(found);
  return true;
}
std::string show_header_names(const settings& s) {
  std::string out;
  for (const auto& one : s.cors_headers)
    (out += out.empty() ? "" : ",") += one;
  return out;
}

bool read_tiers(settings& s, std::string_view text) {
  auto tiers = parse_tiers(text);
  if (tiers) s.tiers = std::move(*tiers);
  return tiers.has_value();
}
std::string show_tiers(const settings& s) {
  return to_string(s.tiers);
}

bool read_networks(settings& s, std::string_view list) {
  std::vector<std::string> found;
  for (std::size_t from = 0; from <= list.size();) {
    const auto comma = std::min(list.find(',', from), list.size());
    const auto one = values::trimmed(list.substr(from, comma - from));
    if (!values::is_network(one)) return false;
    found.emplace_back(one);
    from = comma + 1;
  }
  s.trusted_proxies = std::move(found);
  return true;
}
std::string show_networks(const settings& s) {
  std::string out;
  for (const auto& one : s.trusted_proxies)
    (out += out.empty() ? "" : ",") += one;
  return out;
}

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

constexpr std::array<std::string_view, 3> verification_names = {"off", "optional", "required"};
bool read_verification(settings& s, std::string_view text) {
  const auto* found = std::ranges::find(verification_names, text);
  if (found == verification_names.end()) return false;
  s.verification = static_cast<email_verification>(found - verification_names.begin());
  return true;
}
std::string show_verification(const settings& s) {
  return std::string(verification_names[static_cast<std::size_t>(s.verification)]);
}

bool read_registration(settings& s, std::string_view text) {
  if (text != "open" && text != "closed") return false;
  s.registration_open = text == "open";
  return true;
}
std::string show_registration(const settings& s) {
  return s.registration_open ? "open" : "closed";
}

/// Digits alone; at most what may be chosen at all (16 of them).
bool read_user_number(settings& s, std::string_view text) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end || number < 1 || number > chosen_user_number_max)
    return false;
  s.sync_user_number_max = number;
  return true;
}

// -- rows ------------------------------------------------------------------------------

using s = settings;

constexpr std::string_view a_port = "a port, 0 (any free one) to 65535";
constexpr std::string_view a_host = "an IPv4 or IPv6 address or a hostname";
constexpr std::string_view a_path = "a path of 1 to 4000 bytes";

constexpr setting_row rows[] = {
    normal_row<&s::http_host, values::host>("HTTP_HOST", "127.0.0.1", a_host,
                                            "where the public listener binds"),
    count_row<&s::http_port, 0, 65535>("HTTP_PORT", "8000", a_port, "its port"),
    normal_row<&s::internal_host, values::host>(
        "INTERNAL_HOST", "127.0.0.1", a_host,
        "where the internal listener binds (metrics, health)"),
    count_row<&s::internal_port, 0, 65535>("INTERNAL_PORT", "9090", a_port, "its port"),
    text_row<&s::tls_cert, is_path>("TLS_CERT", "",
                                    "a readable PEM file, set together with TLS_KEY",
                                    "certificate chain of the public listener; unset: plain HTTP"),
    text_row<&s::tls_key, is_path>("TLS_KEY", "", "a readable PEM file, set together with TLS_CERT",
                                   "its private key"),
    {"ALLOWED_ORIGINS", "",
     "a comma-separated list of origins such as https://app.example.com or "
     "capacitor://localhost (no path, no *)",
     "web pages of these origins may call (CORS); unset: none but our own", false, read_origins,
     show_origins},
    {"CORS_HEADERS", "", "a comma-separated list of up to 32 header names (no *)",
     "request headers that those pages may send beside the usual ones", false, read_header_names,
     show_header_names},

    text_row<&s::data_dir, is_path>("DATA_DIR", "./data", a_path,
                                    "folder of the embedded database and generated secrets"),
    secret_row<&s::database_url, values::is_postgres_url>(
        "DATABASE_URL", "postgresql://user@host/database (%XX for what is special in a password)",
        "unset: SQLite in DATA_DIR/latchkey.db"),
    secret_row<&s::auth_db_password, has_length<1, 1024>>(
        "AUTH_DB_PASSWORD", "1 to 1024 bytes", "password for DATABASE_URL when that has none"),
    secret_row<&s::redis_url, values::is_redis_url>(
        "REDIS_URL", "redis://[user:password@]host[:port][/number] or unix:///path",
        "a Redis that /health watches and nothing depends on; unset: none"),
    count_row<&s::db_writers, 1, 64>("DB_WRITERS", "2", "a number, 1 to 64",
                                     "connections that write (SQLite: always one)"),
    count_row<&s::db_readers, 1, 64>("DB_READERS", "2", "a number, 1 to 64",
                                     "connections that read"),

    text_row<&s::admin_username, is_username>("ADMIN_USERNAME", "admin",
                                              "1 to 64 visible characters without @",
                                              "first start: the administrator's name"),
    normal_row<&s::admin_email, email>("ADMIN_EMAIL", "admin@example.com", "an email address",
                                       "first start: the administrator's email"),
    secret_row<&s::admin_password, has_length<1, 1024>>(
        "ADMIN_PASSWORD", "PASSWORD_LENGTH_MIN characters, at most 1024 bytes",
        "first start: the administrator's password; unset: generated and printed once"),

    secret_row<&s::jwt_secret_key, is_signing_key>(
        "JWT_SECRET_KEY", "at least 32 bytes, such as `openssl rand -base64 48` prints",
        "signs access tokens; unset: generated once and kept in DATA_DIR/jwt_secret"),
    text_row<&s::issuer, values::is_issuer>(
        "ISSUER", "",
        "an http(s) URL without user, query and fragment, a URN, or a word without : and /",
        "`iss` of the tokens; a URL is also our own origin; unset: the public listener's URL"),
    text_row<&s::audience, values::is_printable_word>(
        "AUDIENCE", "latchkey", "printable characters without spaces", "`aud` of the tokens"),
    seconds_row<&s::access_token_ttl_s, 1, 86400>("ACCESS_TOKEN_TTL", "3600",
                                                  "1 second to 1 day, such as 3600 or 15m",
                                                  "how long an access token lives"),
    seconds_row<&s::session_ttl_s, 60, 400 * 86400>("SESSION_TTL", "30d",
                                                    "1 minute to 400 days, such as 12h or 30d",
                                                    "how long a session lives at most"),
    seconds_row<&s::session_idle_ttl_s, 0, 400 * 86400>(
        "SESSION_IDLE_TTL", "", "0 (off) to SESSION_TTL, such as 14d",
        "how long a session lives without a refresh; unset: 14 days or SESSION_TTL"),
    seconds_row<&s::refresh_grace_s, 0, 300>("REFRESH_GRACE", "10", "0 to 300 seconds",
                                             "a refresh retried within it gets the same answer"),
    seconds_row<&s::refresh_unseen_max_s, 0, 400 * 86400>(
        "REFRESH_UNSEEN_MAX", "24h", "0 (no longer than REFRESH_GRACE) to 400 days, such as 24h",
        "so does one whose answer was lost: its new tokens never came back"),
    {"COOKIE_SAMESITE", "lax", "lax or none",
     "SameSite of the refresh cookie; none (only with https) lets pages of ALLOWED_ORIGINS on "
     "other "
     "sites use it",
     false, read_same_site, show_same_site},
    seconds_row<&s::session_history_s, 0, 4000 * 86400>(
        "SESSION_HISTORY", "30d", "0 (for ever) to 4000 days, such as 90d",
        "how long a session is kept after it ended or expired"),
    seconds_row<&s::audit_history_s, 0, 4000 * 86400>("AUDIT_HISTORY", "0",
                                                      "0 (for ever) to 4000 days, such as 400d",
                                                      "how long the audit log keeps a line"),
    seconds_row<&s::workflow_history_s, 0, 4000 * 86400>(
        "WORKFLOW_HISTORY", "24h", "0 (for ever) to 4000 days, such as 7d",
        "how long a workflow that has ended can be resumed"),

    count_row<&s::hash_workers, 1, 256>("HASH_WORKERS", "", "a number, 1 to 256",
                                        "password hashing threads, never more than the cores; "
                                        "unset: half of them"),
    count_row<&s::hash_queue_max, 1, 100000>("HASH_QUEUE_MAX", "256", "a number, 1 to 100000",
                                             "passwords that may wait; more are refused"),
    // As far as the engine goes (actors/password_hash.hpp).
    count_row<&s::argon2_memory_kib, 1024, 262144>(
        "ARGON2_MEMORY_KIB", "19456", "a number of KiB, 1024 to 262144", "memory of one hash"),
    count_row<&s::argon2_iterations, 1, 16>("ARGON2_ITERATIONS", "2", "a number, 1 to 16",
                                            "passes of one hash"),

    count_row<&s::password_length_min, 8, 128>("PASSWORD_LENGTH_MIN", "8", "a number, 8 to 128",
                                               "characters that a new password must have"),

    count_row<&s::workers, 1, 256>("WORKERS", "", "a number, 1 to 256",
                                   "threads that serve sockets; unset: one a core"),
    seconds_row<&s::request_timeout_s, 1, 300>("REQUEST_TIMEOUT", "30", "1 to 300 seconds",
                                               "a request's deadline"),
    seconds_row<&s::keep_alive_s, 1, 86400>(
        "KEEP_ALIVE", "75", "1 second to 1 day, such as 75 or 10m",
        "how long an HTTP connection is kept open between two requests"),
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
                                     "upstreams; as all that follow, off with RATE_LIMIT_DEFAULT "
                                     "unless set"),
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

    secret_row<&s::service_keys, values::is_service_keys>(
        "SERVICE_KEYS", "id:key[,id:key], keys of at least 16 bytes",
        "services that are there from the start (`latchkey service-key create` adds more)"),
    {"SERVICE_KEY_REQUIRED", "false", "true or false",
     "whether POST /service/validate-token wants a service key", false,
     read_flag<&s::service_key_required>, show_flag<&s::service_key_required>},
    {"SYNC_USER_NUMBER_MAX", "2147483647", "a number, 1 to 4503599627370496",
     "the largest number that a service may choose for a user", false, read_user_number,
     show_number<&s::sync_user_number_max>},
    {"TIERS",
     "free:projects=3,api_keys=5,workflows=100/month;"
     "pro:projects=50,api_keys=50,workflows=10000/month;"
     "enterprise:projects=unlimited,api_keys=unlimited,workflows=unlimited",
     "name:quota=limit[/day|/month],…;name:… with a tier \"free\"; a limit may be unlimited",
     "what each subscription tier allows", false, read_tiers, show_tiers},
    secret_row<&s::stripe_webhook_secret, has_length<16, 1024>>(
        "STRIPE_WEBHOOK_SECRET", "16 to 1024 bytes, as Stripe shows it (whsec_…)",
        "checks what Stripe sends; unset: the webhook answers 404"),
    text_row<&s::stripe_prices, values::is_price_list>(
        "STRIPE_PRICES", "", "price=tier[,price=tier] with tiers of TIERS",
        "which tier a Stripe price or its lookup key buys"),

    secret_row<&s::smtp_url, values::is_smtp_url>(
        "SMTP_URL", "smtp[s]://[user:password@]host[:port] (%XX for what is special)",
        "where mail is handed in; unset: files in DATA_DIR/outbox"),
    normal_row<&s::mail_from, email>("MAIL_FROM", "latchkey@localhost.localdomain",
                                     "an email address", "sender of the mails"),
    text_row<&s::smtp_helo, values::is_mail_greeting>(
        "SMTP_HELO", "", "a full name such as auth.example.com, or [192.0.2.1]",
        "what we call ourselves to mail servers; unset: ISSUER's host or the machine's name"),
    text_row<&s::password_reset_url, values::is_reset_url>(
        "PASSWORD_RESET_URL", "", "an http(s) URL with {token} in it",
        "the page that a reset mail leads to; unset: the mail holds the token alone"),
    seconds_row<&s::reset_token_ttl_s, 60, 7 * 86400>(
        "RESET_TOKEN_TTL", "1h", "1 minute to 7 days, such as 30m", "how long a reset token works"),
    rate_row<&s::reset_mail_limit>("RESET_MAIL_LIMIT", "3/hour", "reset mails to one account"),

    {"REGISTRATION", "open", "open or closed",
     "whether anybody may register; closed: users come by import and from services", false,
     read_registration, show_registration},
    {"EMAIL_VERIFICATION", "optional", "off, optional or required",
     "whether new addresses are verified by mail; required: nobody signs in before", false,
     read_verification, show_verification},
    text_row<&s::email_verification_url, values::is_reset_url>(
        "EMAIL_VERIFICATION_URL", "", "an http(s) URL with {token} in it",
        "the page that a verification mail leads to; unset: the mail holds the token alone"),
    seconds_row<&s::email_verification_ttl_s, 60, 30 * 86400>(
        "EMAIL_VERIFICATION_TTL", "1d", "1 minute to 30 days, such as 12h",
        "how long a verification token works"),

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

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

} // namespace

std::span<const setting_row> setting_table() noexcept {
  return rows;
}

std::optional<std::size_t> find_setting(std::string_view name) noexcept {
  const auto* found = std::ranges::find(rows, name, &setting_row::name);
  if (found == std::end(rows)) return std::nullopt;
  return static_cast<std::size_t>(found - std::begin(rows));
}

std::string_view nearest_setting(std::string_view name) {
  if (name.size() > 64) return {}; // bounds the work; no name is as long
  std::string upper(name);
  for (auto& c : upper)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  std::ranges::replace(upper, '-', '_');
  std::string_view best;
  auto distance = std::max<std::size_t>(2, name.size() / 3) + 1; // further away is no likeness
  for (const auto& row : rows) {
    if (const auto d = edit_distance(upper, row.name); d < distance) {
      distance = d;
      best = row.name;
    }
  }
  return best;
}

} // namespace latchkey
