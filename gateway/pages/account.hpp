// account.hpp — the account's page: its forms, and the page again when one of them was refused.
#pragma once

#include "gateway/pages/endpoints.hpp"

#include <optional>
#include <string>

namespace latchkey::gateway::pages {

// -- the forms, in the order of the page ---------------------------------------------------------

form verification_wish_form(const visit& v);
form profile_form(const visit& v, std::string username, std::string full_name);
form password_form(const visit& v, bool has_second_factor);
form new_passphrase_form(const visit& v);
form passphrase_removal_form(const visit& v);
form session_end_form(const visit& v, const session_record& session);
form end_of_others_form(const visit& v);
/// `caller`: a key may do no more than its owner.
form new_key_form(const visit& v, const principal& caller, std::string name);
form key_revocation_form(const visit& v, const api_key_record& key);
form deletion_form(const visit& v);

// Of the factors (account_factors.cpp). Without options a page shows no form for a new passkey.
form new_passkey_form(const visit& v, std::string options, bool tries_unattended);
form passkey_use_form(const visit& v, const passkey_record& key);
form passkey_rename_form(const visit& v, const passkey_record& key);
form passkey_removal_form(const visit& v, const passkey_record& key);
form new_app_form(const visit& v);
form app_code_form(const visit& v);
form app_removal_form(const visit& v, const totp_record& app);
form new_codes_form(const visit& v);

/// In a form of a new key: "scope.projects:read".
inline constexpr std::string_view scope_prefix = "scope.";
/// What a key may be for, of what its owner may do: the permissions that there are.
std::vector<std::string> scopes_to_offer(const principal& caller);

/// What the page shows beside what the account is.
struct account_extras {
  std::optional<refusal> refused = {};
  std::optional<messages::api_key_created> made = {}; // shown this once, as these are
  std::optional<messages::totp_enrolled> enrolled = {};
  std::vector<secret> codes = {}; // for recovery
};

/// The page.
endpoint_answer account_answer(visit& v, const principal& caller, account_extras extras);
/// The page again, or what no form can put right. A failure's field is the form's. Where a recent
/// sign-in is missing, the page that takes one.
endpoint_answer ask_to_confirm(visit& v, const principal& caller, const failure& asked);
endpoint_answer refused_change(visit& v, const principal& caller, form sent, failure error);

} // namespace latchkey::gateway::pages
