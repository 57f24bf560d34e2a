// passkeys/ceremony.hpp — what browsers are asked for, and what they answer, in JSON (WebAuthn
// Level 3, sections 5.1.8, 5.1.9 and 5.1).
#pragma once

#include "gateway/request/endpoint.hpp"
#include "protocol/messages/passkeys.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::gateway {

/// PublicKeyCredentialRequestOptionsJSON with a new challenge. With the passkeys of a user, one of
/// these; else whichever passkey the person chooses, who is found by it. A passkey that stands
/// alone must verify its user.
result<std::string> assertion_options(const http::exchange& ex,
                                      const std::vector<passkey_record>& allowed, bool is_alone);

/// The same for pages of that site.
std::string assertion_options(const actor_env& env, const messages::passkey_site& site,
                              const std::vector<passkey_record>& allowed, bool is_alone);

/// PublicKeyCredentialCreationOptionsJSON with a new challenge for that user.
result<std::string> registration_options(const http::exchange& ex, const user_id& user,
                                         const messages::passkey_wanted& wanted);

/// An AuthenticationResponseJSON together with the challenge that it answers. VALIDATION_ERROR with
/// the member's path below `field`, AUTH002 and AUTH003 (field "credential") for the challenge.
result<messages::passkey_proof> read_assertion(const http::exchange& ex, std::string_view json);

/// The same for pages of that site.
result<messages::passkey_proof> read_assertion(const actor_env& env, messages::passkey_site site,
                                               std::string_view json);

struct passkey_registration {
  webauthn::registration_response response;
  passkey_challenge challenge;
  messages::passkey_site site;
};
/// The same of a RegistrationResponseJSON.
result<passkey_registration> read_registration(const http::exchange& ex, std::string_view json);

/// Signs in whoever the passkey belongs to. AUTH001 (field "credential"), which is audited; AUTH002
/// and AUTH003 for its challenge; AUTH004 while the address must be verified first.
awaitable<result<messages::token_pair>>
sign_in_with_passkey(http::exchange& ex, messages::passkey_proof proof, surface opened_by);

} // namespace latchkey::gateway
