// endpoints.hpp — every page and every form of gateway/pages, by the file that has it.
#pragma once

#include "gateway/pages/rows.hpp"

namespace latchkey::gateway::pages {

// A form that was refused comes back with what was typed (never a password) and what is wrong; what
// no form can put right is a page of its own. What was done is answered by 303.

// -- sign_in.cpp -------------------------------------------------------------------------------

endpoint_answer show_sign_in(visit& v);
/// To /account, with the refresh cookie as POST /auth/token sets it.
endpoint_answer take_sign_in(visit& v, input& sent);
/// The same by a passkey alone.
endpoint_answer take_passkey_sign_in(visit& v, input& sent);
/// The same for a second factor, where the password was not enough.
endpoint_answer take_second_step(visit& v, input& sent);
endpoint_answer show_sign_out(visit& v, const principal& caller);
endpoint_answer take_sign_out(visit& v, const principal& caller, input& sent);

// -- register.cpp ------------------------------------------------------------------------------

endpoint_answer show_registration(visit& v);
/// Signs in as well, unless the address must be verified first.
endpoint_answer take_registration(visit& v, input& sent);
/// Asks before it uses the token up: who reads mail for somebody opens its links.
endpoint_answer show_verification(visit& v);
endpoint_answer take_verification(visit& v, input& sent);

// -- recover.cpp -------------------------------------------------------------------------------

endpoint_answer show_recovery(visit& v);
endpoint_answer take_recovery_by_mail(visit& v, input& sent);
/// The page that asks for the new password is the answer: its token stands in the form alone.
endpoint_answer take_recovery_by_passphrase(visit& v, input& sent);
endpoint_answer show_reset(visit& v);
endpoint_answer take_reset(visit& v, input& sent);

// -- account.cpp -------------------------------------------------------------------------------

endpoint_answer show_account(visit& v, const principal& caller);

// -- account_changes.cpp -----------------------------------------------------------------------

endpoint_answer take_profile(visit& v, const principal& caller, input& sent);
endpoint_answer take_verification_wish(visit& v, const principal& caller, input& sent);
endpoint_answer take_password(visit& v, const principal& caller, input& sent);
endpoint_answer take_passphrase(visit& v, const principal& caller, input& sent);
endpoint_answer take_passphrase_removal(visit& v, const principal& caller, input& sent);
endpoint_answer take_deletion(visit& v, const principal& caller, input& sent);

// -- account_factors.cpp -----------------------------------------------------------------------

endpoint_answer take_new_passkey(visit& v, const principal& caller, input& sent);
endpoint_answer take_passkey_use(visit& v, const principal& caller, input& sent);
endpoint_answer take_passkey_name(visit& v, const principal& caller, input& sent);
endpoint_answer take_passkey_removal(visit& v, const principal& caller, input& sent);
/// The app's secret is in the answer, this once; so are recovery codes.
endpoint_answer take_new_app(visit& v, const principal& caller, input& sent);
endpoint_answer take_app_code(visit& v, const principal& caller, input& sent);
endpoint_answer take_app_removal(visit& v, const principal& caller, input& sent);
endpoint_answer take_new_codes(visit& v, const principal& caller, input& sent);
/// Shows once more who is signed in, where a change asks for it.
endpoint_answer show_confirmation(visit& v, const principal& caller);
endpoint_answer take_confirmation(visit& v, const principal& caller, input& sent);

// -- account_access.cpp ------------------------------------------------------------------------

endpoint_answer take_session_end(visit& v, const principal& caller, input& sent);
endpoint_answer take_end_of_others(visit& v, const principal& caller, input& sent);
/// The key is in the answer, this once: nowhere else is it kept to be shown after a 303.
endpoint_answer take_new_key(visit& v, const principal& caller, input& sent);
endpoint_answer take_key_revocation(visit& v, const principal& caller, input& sent);

} // namespace latchkey::gateway::pages
