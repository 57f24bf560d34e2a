// settings.hpp — what the operator decides: every setting, its value and where it came from.
//
// One table (setting_table.cpp) holds each setting's name, default, rule and words;
// reading, `latchkey config check` and the test of .env.example all go by it. Names
// from "Auth Service Internal API Documentation", Environment Variables, keep them.
#pragma once

#include "config/ip_network.hpp"
#include "config/settings/tiers.hpp"
#include "protocol/authentication.hpp"
#include "protocol/email_verification.hpp"
#include "protocol/rate_limit.hpp"
#include "protocol/result.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

/// Where a setting's value came from, strongest first.
enum class setting_origin : std::uint8_t { environment, env_file, config_file, fallback };

/// "environment", ".env", "file" or "default".
std::string_view to_string(setting_origin origin) noexcept;

enum class log_level : std::uint8_t { debug, info, warning, error, critical, off };

/// Every value is within its documented range once `load_settings` has answered.
/// An empty string or secret is an unset one.
struct settings {
  // -- listeners
  std::string http_host;         // HTTP_HOST: an address (IPv6 without brackets) or a hostname
  std::uint16_t http_port{};     // HTTP_PORT; 0: any free port
  std::string internal_host;     // INTERNAL_HOST
  std::uint16_t internal_port{}; // INTERNAL_PORT; 0: any free port
  std::string tls_cert;          // TLS_CERT: PEM file; set together with the key
  std::string tls_key;           // TLS_KEY: PEM file
  std::vector<std::string> allowed_origins; // ALLOWED_ORIGINS: origins as browsers send them
  std::vector<std::string> cors_headers;    // CORS_HEADERS: request headers that pages may send

  // -- where facts live
  std::string data_dir;       // DATA_DIR
  secret database_url;        // DATABASE_URL, with AUTH_DB_PASSWORD put in when it had none
  secret auth_db_password;    // AUTH_DB_PASSWORD
  secret redis_url;           // REDIS_URL
  std::uint32_t db_writers{}; // DB_WRITERS: connections (SQLite always has one writer)
  std::uint32_t db_readers{}; // DB_READERS: connections

  // -- the other nodes
  std::string cluster_bind;           // CLUSTER_BIND: "host:port"; empty: this server is alone
  secret cluster_secret;              // CLUSTER_SECRET
  std::string cluster_cert;           // CLUSTER_CERT: PEM file; the three together
  std::string cluster_key;            // CLUSTER_KEY: PEM file
  std::string cluster_ca;             // CLUSTER_CA: PEM file
  std::uint32_t cluster_promise_ms{}; // CLUSTER_PROMISE
  std::uint32_t cluster_promise_renew_ms{}; // CLUSTER_PROMISE_RENEW
  std::uint32_t cluster_dead_after_ms{};    // CLUSTER_DEAD_AFTER
  std::uint32_t cluster_without_store_ms{}; // CLUSTER_WITHOUT_STORE

  // -- the first administrator
  std::string admin_username; // ADMIN_USERNAME
  std::string admin_email;    // ADMIN_EMAIL
  secret admin_password;      // ADMIN_PASSWORD: first start only; empty: generate one

  // -- tokens and sessions
  secret jwt_secret_key;                // JWT_SECRET_KEY; empty: load_or_create_signing_secret()
  std::string issuer;                   // ISSUER; derived from the public listener when unset
  std::string own_origin;               // ISSUER's origin; empty: unset, or ISSUER is no URL
  bool issuer_is_derived{};             // ISSUER is unset
  std::string audience;                 // AUDIENCE
  std::uint32_t access_token_ttl_s{};   // ACCESS_TOKEN_TTL
  std::uint32_t session_ttl_s{};        // SESSION_TTL: absolute end of a session
  std::uint32_t session_idle_ttl_s{};   // SESSION_IDLE_TTL: without a refresh; 0: off
  std::uint32_t refresh_grace_s{};      // REFRESH_GRACE: a retried refresh gets the same answer
  std::uint32_t refresh_unseen_max_s{}; // REFRESH_UNSEEN_MAX: so does one whose answer was lost
  bool cookie_same_site_none{};         // COOKIE_SAMESITE=none; else lax
  std::uint32_t session_history_s{};    // SESSION_HISTORY: kept after a session's end; 0: for ever
  std::uint32_t audit_history_s{};      // AUDIT_HISTORY: the same of the audit log
  std::uint32_t workflow_history_s{};   // WORKFLOW_HISTORY: the same of workflows

  // -- passwords
  std::uint32_t hash_workers{};        // HASH_WORKERS: threads
  std::uint32_t hash_queue_max{};      // HASH_QUEUE_MAX: waiting hashings, all workers together
  std::uint32_t argon2_memory_kib{};   // ARGON2_MEMORY_KIB
  std::uint32_t argon2_iterations{};   // ARGON2_ITERATIONS
  std::uint32_t password_length_min{}; // PASSWORD_LENGTH_MIN: code points

  // -- second factors
  assurance_level assurance{};                        // ASSURANCE
  bool second_factor_required{};                      // SECOND_FACTOR: of everybody
  std::vector<std::string> second_factor_roles;       // SECOND_FACTOR_ROLES: of their users
  std::vector<std::string> second_factor_permissions; // SECOND_FACTOR_PERMISSIONS
  std::uint32_t second_factor_grace_s{}; // SECOND_FACTOR_GRACE: from the first sign-in without one
  std::uint32_t recent_sign_in_s{};      // RECENT_SIGN_IN: what a change of factors asks for
  std::string passkey_domain;            // PASSKEY_DOMAIN; empty: the host of ISSUER
  std::vector<std::string> passkey_origins; // PASSKEY_ORIGINS: that ask for passkeys beside our own

  // -- work and its bounds
  std::uint32_t workers{};           // WORKERS: reactors
  std::uint32_t request_timeout_s{}; // REQUEST_TIMEOUT
  std::uint32_t keep_alive_s{};      // KEEP_ALIVE: of a connection between two requests
  std::uint32_t drain_delay_s{};     // DRAIN_DELAY: unready, but serving, before it stops
  std::uint32_t connections_max{};   // HTTP_CONNECTIONS_MAX: a reactor's; 0: by the descriptors
  std::uint32_t in_flight_max{};     // IN_FLIGHT_MAX: requests a reactor
  std::uint32_t body_bytes_max{};    // BODY_BYTES_MAX

  // -- live sockets
  std::uint32_t ws_sockets_max{};         // WS_SOCKETS_MAX; 0: by the descriptors there are
  std::uint32_t ws_sockets_per_session{}; // WS_SOCKETS_PER_SESSION
  std::uint32_t ws_ping_interval_s{};     // WS_PING_INTERVAL: of silence, before a ping
  std::uint32_t ws_expiry_notice_s{};     // WS_EXPIRY_NOTICE: before a token's end

  // -- limits
  rate_limit rate_limit_default; // RATE_LIMIT_DEFAULT: a principal's, else an address's
  // Windows of their own, each as RATE_LIMIT_DEFAULT when unset; all are off with that one.
  rate_limit rate_limit_gateway;    // RATE_LIMIT_GATEWAY: a principal's, passed on to upstreams
  rate_limit rate_limit_live;       // RATE_LIMIT_LIVE: a user's messages on live sockets
  rate_limit rate_limit_handshakes; // RATE_LIMIT_HANDSHAKES: a user's live sockets that open
  rate_limit rate_limit_refresh;    // RATE_LIMIT_REFRESH: a user's; an address's without a cookie
  rate_limit rate_limit_sign_in;  // RATE_LIMIT_SIGN_IN: an address's, registering and recovery too
  rate_limit rate_limit_unproven; // RATE_LIMIT_UNPROVEN: an address's 404s and bad credentials
  rate_limit rate_limit_webhook;  // RATE_LIMIT_WEBHOOK: of whoever signs what it sends
  rate_limit reset_mail_limit;    // RESET_MAIL_LIMIT: reset mails to one account
  rate_limit rate_limit_service;  // RATE_LIMIT_SERVICE: a service's without one of its own
  rate_limit login_failure_limit; // LOGIN_FAILURE_LIMIT: wrong passwords of one account
  rate_limit login_failure_limit_address;      // LOGIN_FAILURE_LIMIT_ADDRESS: from one address
  std::uint32_t login_failures_in_a_row_max{}; // LOGIN_FAILURES_IN_A_ROW; 0: no such limit
  std::vector<ip_network> trusted_proxies;     // TRUSTED_PROXIES: addresses or networks (CIDR)

  // -- services and subscriptions
  secret service_keys;                 // SERVICE_KEYS: "id:key[,id:key]"
  bool service_key_required{};         // SERVICE_KEY_REQUIRED: for /service/validate-token
  std::int64_t sync_user_number_max{}; // SYNC_USER_NUMBER_MAX: that a service may choose
  tier_table tiers;                    // TIERS
  secret stripe_webhook_secret;        // STRIPE_WEBHOOK_SECRET; empty: no webhook
  std::string stripe_prices;           // STRIPE_PRICES: "price=tier[,price=tier]"

  // -- mail and recovery
  secret smtp_url;                   // SMTP_URL; empty: DATA_DIR/outbox
  std::string mail_from;             // MAIL_FROM
  std::string smtp_helo;             // SMTP_HELO; empty: worked out (actors/mail/greeting.hpp)
  std::string password_reset_url;    // PASSWORD_RESET_URL, with {token}
  std::uint32_t reset_token_ttl_s{}; // RESET_TOKEN_TTL

  // -- registration
  bool registration_open{};                 // REGISTRATION: open or closed
  email_verification verification{};        // EMAIL_VERIFICATION
  std::string email_verification_url;       // EMAIL_VERIFICATION_URL, with {token}
  std::uint32_t email_verification_ttl_s{}; // EMAIL_VERIFICATION_TTL

  // -- pages
  bool pages_on{};         // PAGES: on or off
  std::string brand_name;  // BRAND_NAME: of authenticator apps too
  std::string brand_logo;  // BRAND_LOGO: a file; empty: the name alone
  std::string brand_color; // BRAND_COLOR: #rrggbb

  // -- neighbours and logs
  std::string core_manager_url; // CORE_MANAGER_URL: http(s)://host[:port][/path], no final slash
  std::uint32_t workflow_lost_after_s{};    // WORKFLOW_LOST_AFTER: without a word from upstream
  std::string proxy_routes;                 // PROXY_ROUTES: JSON, read by proxy::read_proxy_routes
  std::uint32_t upstream_connections_max{}; // UPSTREAM_CONNECTIONS_MAX: of one in one reactor
  std::uint32_t upstream_streams_max{};     // UPSTREAM_STREAMS_MAX: workflows; and upgrades
  std::uint32_t upstream_calls_per_user{};  // UPSTREAM_CALLS_PER_USER_MAX: in all reactors
  std::uint32_t workflow_silence_max_s{};   // WORKFLOW_SILENCE_MAX
  std::string log_file;                     // LOG_FILE: empty: console only
  log_level log_from = log_level::info;     // LOG_LEVEL

  /// One a row of `setting_table()`, in its order.
  std::vector<setting_origin> origins;

  /// A sentence for each name in `.env` that is no setting and looks like one; not refused, for
  /// other programs read that file too.
  std::vector<std::string> likenesses;

  bool uses_postgres() const noexcept { return !database_url.empty(); }
  bool is_clustered() const noexcept { return !cluster_bind.empty(); }
  bool uses_tls() const noexcept { return !tls_cert.empty(); }
  /// Of the password of an account without a second factor (config/settings/assurance.hpp).
  std::uint32_t password_length_min_alone() const noexcept;
  /// DATA_DIR/latchkey.db: the embedded store.
  std::string sqlite_path() const;
  /// DATA_DIR/outbox: where mail goes without SMTP_URL.
  std::string outbox_path() const;
};

/// The sources of the settings. Tests fill it by hand.
struct setting_sources {
  std::map<std::string, std::string, std::less<>> environment;
  std::string env_file = ".env";          // read when it exists; empty: none
  std::optional<std::string> config_file; // JSON; unset: LATCHKEY_CONFIG names it, or none
};

/// The process's environment, `.env` in the working directory and the given file.
setting_sources process_sources(std::optional<std::string> config_file = std::nullopt);

/// Every problem there is, one sentence each, fit to print: name, value (never a
/// secret's) and what would be right.
using setting_problems = std::vector<std::string>;

/// Reads, checks and completes. Nothing is created or changed on disk. An empty value
/// counts as unset.
tl::expected<settings, setting_problems> load_settings(const setting_sources& sources);

/// For `latchkey config check`: a line for each setting, "NAME value (origin): description";
/// secrets are `***`.
std::string describe(const settings& values);

/// Which database the settings name: the file's absolute path, or the URL's hosts and
/// database without anything that may be secret.
std::string describe_store(const settings& values);

/// Makes DATA_DIR (mode 0700) when it is missing. The failure's reason is a sentence.
result<void> prepare_data_dir(const settings& values);

/// JWT_SECRET_KEY, or the one kept in DATA_DIR/jwt_secret (mode 0600), which is made
/// when it is missing; processes that start at once agree on one.
result<secret> load_or_create_signing_secret(const settings& values);

/// To be asked before an ADMIN_PASSWORD is generated: the sentence of refusal when a
/// listener is reachable from other machines, else nothing.
std::optional<std::string> refuse_generated_admin_password(const settings& values);

/// 127.0.0.0/8, ::1 (also ::ffff:127.x) and "localhost".
bool is_loopback_host(std::string_view host) noexcept;

} // namespace latchkey
