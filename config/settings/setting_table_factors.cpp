// setting_table_factors.cpp — who must show a second factor, when, and where passkeys are for.
#include "config/settings/setting_rows.hpp"
#include "protocol/permission.hpp"

namespace latchkey::setting_rows {
namespace {

namespace values = setting_values;
bool read_assurance(settings& s, std::string_view text) {
  if (text != "aal1" && text != "aal2") return false;
  s.assurance = text == "aal2" ? assurance_level::aal2 : assurance_level::aal1;
  return true;
}
std::string show_assurance(const settings& s) {
  return std::string{to_string(s.assurance)};
}

bool read_requirement(settings& s, std::string_view text) {
  if (text != "optional" && text != "required") return false;
  s.second_factor_required = text == "required";
  return true;
}
std::string show_requirement(const settings& s) {
  return s.second_factor_required ? "required" : "optional";
}

using s = settings;

constexpr setting_row factor_rows[] = {
    {"ASSURANCE", "aal1", "aal1 or aal2",
     "level of NIST SP 800-63B-4 that is kept; aal2 narrows other settings: `latchkey config check "
     "--assurance aal2` prints what it demands",
     false, read_assurance, show_assurance},
    {"SECOND_FACTOR", "", "optional or required",
     "whether every user must have a second factor; unset: optional, and required with "
     "ASSURANCE=aal2",
     false, read_requirement, show_requirement},
    {"SECOND_FACTOR_ROLES", "", "a comma-separated list of roles such as admin,superuser",
     "roles whose users must have one; a role of /admin/roles may say so of itself", false,
     words<&s::second_factor_roles, is_role_name>, show_words<&s::second_factor_roles>},
    {"SECOND_FACTOR_PERMISSIONS", "", "a comma-separated list of permissions such as users:write",
     "what a session may do once a second factor was shown in it", false,
     words<&s::second_factor_permissions, is_permission>,
     show_words<&s::second_factor_permissions>},
    seconds_row<&s::second_factor_grace_s, 0, 366 * 86400>(
        "SECOND_FACTOR_GRACE", "0", "0 (none) to 366 days, such as 14d",
        "how long a user who must have a second factor may still sign in without one"),
    seconds_row<&s::recent_sign_in_s, 60, 86400>(
        "RECENT_SIGN_IN", "10m", "1 minute to 1 day, such as 10m",
        "how old a sign-in may be where second factors are changed"),
    normal_row<&s::passkey_domain, values::host>(
        "PASSKEY_DOMAIN", "", "a domain that is ISSUER's host or ends it, such as example.com",
        "the domain that passkeys are made for; unset: the host of ISSUER"),
    {"PASSKEY_ORIGINS", "", "a comma-separated list of origins such as https://app.example.net",
     "web pages beside our own that may ask for these passkeys (/.well-known/webauthn)", false,
     origins<&s::passkey_origins>, show_origins<&s::passkey_origins>},
};

} // namespace

std::span<const setting_row> of_factors() noexcept {
  return factor_rows;
}

} // namespace latchkey::setting_rows
