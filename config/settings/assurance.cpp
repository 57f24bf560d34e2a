#include "config/settings/assurance.hpp"

#include "config/settings/setting_table.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

// NIST SP 800-63B-4; the sections stand in `demands_of`.
constexpr std::uint32_t password_alone_min = 15;
constexpr std::uint32_t password_beside_factor_min = 8;
constexpr std::uint32_t failures_in_a_row_max = 100;
constexpr std::uint32_t session_s_max_aal1 = 30 * 86400;
constexpr std::uint32_t session_s_max_aal2 = 86400;
constexpr std::uint32_t idle_s_max_aal2 = 3600;
constexpr std::uint32_t mailed_code_s_max = 86400;
constexpr std::uint32_t idle_s_usual = 14 * 86400;

bool is_set(const settings& values, std::string_view name) {
  return values.origins[find_setting(name).value()] != setting_origin::fallback;
}

std::string shown(const settings& values, std::string_view name) {
  auto value = setting_table()[find_setting(name).value()].show(values);
  return std::string{name} + "=" + (value.empty() ? "-" : std::move(value));
}

/// The settings of aal2, one after the other.
class narrowing {
public:
  narrowing(settings& values, setting_problems& problems) : values_(values), problems_(problems) {}

  void refuse(std::string_view name, bool goes_beyond, std::string_view expected) {
    if (goes_beyond)
      problems_.push_back("ASSURANCE is aal2 and " + shown(values_, name) + ": expected " +
                          std::string{expected});
  }
  /// One that is not set takes the largest value; one that is set must be no more.
  void at_most(std::string_view name, std::uint32_t settings::*field, std::uint32_t max,
               std::string_view expected) {
    if (is_set(values_, name))
      refuse(name, values_.*field > max, expected);
    else
      values_.*field = std::min(values_.*field, max);
  }

private:
  settings& values_;
  setting_problems& problems_;
};

// -- the demands ------------------------------------------------------------------------------

using demand_list = std::vector<assurance_demand>;

assurance_demand::state kept_if(bool holds) {
  return holds ? assurance_demand::state::kept : assurance_demand::state::not_kept;
}

bool is_https(const settings& values) {
  return values.uses_tls() || values.own_origin.starts_with("https://");
}

void add_passwords(demand_list& out, const settings& values) {
  const auto alone = values.password_length_min_alone();
  out.push_back({"3.1.1.2", "A password that is used alone has at least 15 characters.",
                 "PASSWORD_LENGTH_MIN and ASSURANCE: " + std::to_string(alone),
                 kept_if(alone >= password_alone_min)});
  out.push_back({"3.1.1.2", "A password beside a second factor has at least 8 characters.",
                 shown(values, "PASSWORD_LENGTH_MIN"),
                 kept_if(values.password_length_min >= password_beside_factor_min)});
  out.push_back({"3.1.1.2",
                 "At least 64 characters are taken, of all of Unicode, each counted as one after "
                 "normalization, and all of them are verified.",
                 "every new password and every sign-in"});
  out.push_back({"3.1.1.2",
                 "A new password is compared with those that are common or expected, and refused "
                 "with the reason.",
                 "every new password: USER003"});
  out.push_back({"3.1.1.2",
                 "There are no rules of composition, no changes on a schedule, no hints and no "
                 "questions.",
                 "there are none"});
  out.push_back({"3.1.1.2", "Passwords are stored salted, by a hash that is costly to compute.",
                 "Argon2id, " + shown(values, "ARGON2_MEMORY_KIB") + ", " +
                     shown(values, "ARGON2_ITERATIONS")});
}

void add_factors(demand_list& out, assurance_level level, const settings& values) {
  const auto in_a_row = values.login_failures_in_a_row_max;
  out.push_back({"3.2.2", "At most 100 failures in a row are allowed on an account.",
                 shown(values, "LOGIN_FAILURES_IN_A_ROW"),
                 kept_if(in_a_row > 0 && in_a_row <= failures_in_a_row_max)});
  if (level == assurance_level::aal2) {
    out.push_back({"2.2.1", "Two different factors are shown before a session does anything.",
                   shown(values, "SECOND_FACTOR") + ", " + shown(values, "SECOND_FACTOR_GRACE"),
                   kept_if(values.second_factor_required && values.second_factor_grace_s == 0)});
    out.push_back({"2.2.2", "An authenticator that resists phishing is offered.",
                   "passkeys, for the domain of " + shown(values, "ISSUER") + " with https",
                   kept_if(values.own_origin.starts_with("https://"))});
  }
  out.push_back({"3.1.4",
                 "Codes of an app have a secret of at least 112 bits, change at least every "
                 "two minutes, and are accepted once.",
                 "160 bits, steps of 30 seconds with one of drift, once over all nodes"});
  out.push_back({"4.2.1.1",
                 "Recovery codes that are put away have at least 64 random bits, are stored "
                 "hashed, and are accepted once.",
                 "80 bits each"});
  out.push_back({"3.1.7", "A passkey that is used alone verifies its user.",
                 "sign-ins by passkey ask for user verification"});
  out.push_back({"3.1.3.1", "Email is not used to prove a factor.",
                 "mail resets a password; a second factor is asked for afterwards"});
}

void add_sessions(demand_list& out, assurance_level level, const settings& values) {
  const bool is_aal2 = level == assurance_level::aal2;
  out.push_back(
      {is_aal2 ? "2.2.3" : "2.1.3",
       is_aal2 ? "A session should end within 24 hours." : "A session should end within 30 days.",
       shown(values, "SESSION_TTL"),
       kept_if(values.session_ttl_s <= (is_aal2 ? session_s_max_aal2 : session_s_max_aal1))});
  if (is_aal2)
    out.push_back(
        {"2.2.3", "A session should end within an hour of its last use.",
         shown(values, "SESSION_IDLE_TTL"),
         kept_if(values.session_idle_ttl_s > 0 && values.session_idle_ttl_s <= idle_s_max_aal2)});
  out.push_back({"5.1", "Session secrets have at least 64 bits, and end with the session at once.",
                 "256 bits; every node and every open socket before the answer leaves"});
  out.push_back({"5.1.1", "Cookies are sent over https alone, and no script reads them.",
                 "__Host-, Secure, HttpOnly: with an ISSUER of https, or TLS_CERT",
                 kept_if(is_https(values))});
  out.push_back({"2.1.2", "Secrets are sent over an authenticated protected channel.",
                 shown(values, "ISSUER") + ", " + shown(values, "TLS_CERT"),
                 kept_if(is_https(values))});
}

void add_changes(demand_list& out, assurance_level level, const settings& values) {
  out.push_back({"4.1.2.1",
                 "To add an authenticator, its owner signs in at the account's own level.",
                 shown(values, "RECENT_SIGN_IN")});
  out.push_back({"4.6", "The owner is told of new authenticators and of recovery.",
                 values.smtp_url.empty() ? "SMTP_URL is not set: mails stay in DATA_DIR/outbox"
                                         : "mail, by SMTP_URL",
                 kept_if(!values.smtp_url.empty())});
  out.push_back({"4.2.1.2", "A recovery code that is mailed works for at most 24 hours.",
                 shown(values, "RESET_TOKEN_TTL"),
                 kept_if(values.reset_token_ttl_s <= mailed_code_s_max)});
  out.push_back({"4.6", "The owner may have two addresses that notices are sent to.",
                 "an account has one email address", assurance_demand::state::not_offered});
  if (level == assurance_level::aal2)
    out.push_back({"4.2.2.2", "Recovery takes two proofs.",
                   "a reset by mail or passphrase, and then a second factor or a saved code"});
}

/// All of one width.
const char* word_of(assurance_demand::state state) {
  switch (state) {
  case assurance_demand::state::kept:
    return "kept         ";
  case assurance_demand::state::not_kept:
    return "NOT KEPT     ";
  case assurance_demand::state::not_offered:
    break;
  }
  return "not offered  ";
}

} // namespace

std::uint32_t idle_usual_s(assurance_level level) noexcept {
  return level == assurance_level::aal2 ? idle_s_max_aal2 : idle_s_usual;
}

std::uint32_t settings::password_length_min_alone() const noexcept {
  return assurance == assurance_level::aal2 ? std::max(password_alone_min, password_length_min)
                                            : password_length_min;
}

void keep_assurance(settings& values, setting_problems& problems) {
  if (values.assurance != assurance_level::aal2) return;
  narrowing level{values, problems};
  if (is_set(values, "SECOND_FACTOR"))
    level.refuse("SECOND_FACTOR", !values.second_factor_required, "required, or unset");
  values.second_factor_required = true;
  level.refuse("SECOND_FACTOR_GRACE", values.second_factor_grace_s > 0, "0, or unset");
  level.at_most("SESSION_TTL", &settings::session_ttl_s, session_s_max_aal2, "at most 24h");
  level.at_most("SESSION_IDLE_TTL", &settings::session_idle_ttl_s, idle_s_max_aal2, "at most 1h");
  level.at_most("RESET_TOKEN_TTL", &settings::reset_token_ttl_s, mailed_code_s_max, "at most 24h");
  level.at_most("LOGIN_FAILURES_IN_A_ROW", &settings::login_failures_in_a_row_max,
                failures_in_a_row_max, "1 to 100");
  level.refuse("LOGIN_FAILURES_IN_A_ROW", values.login_failures_in_a_row_max == 0, "1 to 100");
  if (is_set(values, "SESSION_IDLE_TTL"))
    level.refuse("SESSION_IDLE_TTL", values.session_idle_ttl_s == 0, "1 to 3600 seconds");
}

std::vector<assurance_demand> demands_of(assurance_level level, const settings& values) {
  demand_list out;
  add_passwords(out, values);
  add_factors(out, level, values);
  add_sessions(out, level, values);
  add_changes(out, level, values);
  return out;
}

std::string describe(const std::vector<assurance_demand>& demands) {
  std::string out;
  for (const auto& one : demands)
    out.append(word_of(one.is))
        .append(one.section)
        .append("  ")
        .append(one.demand)
        .append("\n             by ")
        .append(one.kept_by)
        .append("\n");
  return out;
}

} // namespace latchkey
