// setting_table_services.cpp — services, tiers and payment; mail and what registration does with
// it.
#include "config/settings/setting_rows.hpp"
#include "protocol/email_verification.hpp"
#include "protocol/facts/users.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace latchkey::setting_rows {
namespace {

namespace values = setting_values;

bool read_tiers(settings& s, std::string_view text) {
  auto tiers = parse_tiers(text);
  if (tiers) s.tiers = std::move(*tiers);
  return tiers.has_value();
}
std::string show_tiers(const settings& s) {
  return to_string(s.tiers);
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

using s = settings;

constexpr setting_row service_rows[] = {
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
        "the page that a reset mail leads to; unset: /reset-password of PAGES, else the mail "
        "holds the token alone"),
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
        "the page that a verification mail leads to; unset: /verify-email of PAGES, else the mail "
        "holds the token alone"),
    seconds_row<&s::email_verification_ttl_s, 60, 30 * 86400>(
        "EMAIL_VERIFICATION_TTL", "1d", "1 minute to 30 days, such as 12h",
        "how long a verification token works"),
};

} // namespace

std::span<const setting_row> of_services() noexcept {
  return service_rows;
}

} // namespace latchkey::setting_rows
