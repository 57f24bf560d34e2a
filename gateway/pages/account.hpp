// account.hpp — the account's page: its forms, and the page again when one of them was refused.
#pragma once

#include "gateway/pages/endpoints.hpp"

#include <optional>
#include <string>

namespace latchkey::gateway::pages {

// -- the forms, in the order of the page ---------------------------------------------------------

form verification_wish_form(const visit& v);
form profile_form(const visit& v, std::string username, std::string full_name);
form password_form(const visit& v);
form new_passphrase_form(const visit& v);
form passphrase_removal_form(const visit& v);
form session_end_form(const visit& v, const session_record& session);
form end_of_others_form(const visit& v);
/// `caller`: a key may do no more than its owner.
form new_key_form(const visit& v, const principal& caller, std::string name);
form key_revocation_form(const visit& v, const api_key_record& key);
form deletion_form(const visit& v);

/// In a form of a new key: "scope.projects:read".
inline constexpr std::string_view scope_prefix = "scope.";
/// What a key may be for, of what its owner may do: the permissions that there are.
std::vector<std::string> scopes_to_offer(const principal& caller);

/// What the page shows beside what the account is.
struct account_extras {
  std::optional<refusal> refused = {};
  std::optional<messages::api_key_created> made = {}; // shown this once
};

/// The page.
endpoint_answer account_answer(visit& v, const principal& caller, account_extras extras);
/// The page again, or what no form can put right. A failure's field is the form's.
endpoint_answer refused_change(visit& v, const principal& caller, form sent, failure error);

} // namespace latchkey::gateway::pages
