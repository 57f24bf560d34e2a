// setting_table_accounts.cpp — the first administrator, tokens, sessions, passwords.
#include "config/secret_strength.hpp"
#include "config/settings/setting_rows.hpp"
#include "protocol/text/login_name.hpp"

namespace latchkey::setting_rows {
namespace {

namespace values = setting_values;

bool is_signing_key(std::string_view value) {
  return has_length<32, 4096>(value) && !is_blank(value);
}

// The rule that everybody's names go by, so that the first administrator can be made.
bool is_username(std::string_view value) {
  return check_username(value).has_value();
}

bool read_same_site(settings& s, std::string_view text) {
  if (text != "lax" && text != "none") return false;
  s.cookie_same_site_none = text == "none";
  return true;
}
std::string show_same_site(const settings& s) {
  return s.cookie_same_site_none ? "none" : "lax";
}

using s = settings;

constexpr setting_row account_rows[] = {
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
    // As far as the engine goes (actors/password/password_hash.hpp).
    count_row<&s::argon2_memory_kib, 1024, 262144>(
        "ARGON2_MEMORY_KIB", "19456", "a number of KiB, 1024 to 262144", "memory of one hash"),
    count_row<&s::argon2_iterations, 1, 16>("ARGON2_ITERATIONS", "2", "a number, 1 to 16",
                                            "passes of one hash"),

    count_row<&s::password_length_min, 8, 128>("PASSWORD_LENGTH_MIN", "8", "a number, 8 to 128",
                                               "characters that a new password must have"),
};

} // namespace

std::span<const setting_row> of_accounts() noexcept {
  return account_rows;
}

} // namespace latchkey::setting_rows
