// account/factors.hpp — what a user who is signed in does about second factors and passkeys, on
// every surface. Each change needs a recent sign-in of the account's own level, MFA_REQUIRED else,
// and is durable when it is answered. A wrong code, or a passkey that does not hold, is in the
// audit log before it is answered.
#pragma once

#include "gateway/request/endpoint.hpp"
#include "protocol/messages/passkeys.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::gateway {

awaitable<result<messages::factor_list>> own_factors(http::exchange& ex, const principal& caller);

/// An authenticator app, which a first code confirms. CONFLICT (field "totp").
awaitable<result<messages::totp_enrolled>>
enrol_own_totp(http::exchange& ex, const principal& caller, std::string name);
/// AUTH001 (field "code"), NOT_FOUND.
awaitable<result<messages::totp_confirmed>> confirm_own_totp(http::exchange& ex,
                                                             const principal& caller, secret code);
/// NOT_FOUND also for what is no id.
awaitable<result<void>> remove_own_totp(http::exchange& ex, const principal& caller,
                                        std::string_view id);

/// CONFLICT (field "recovery_codes") without a second factor.
awaitable<result<messages::recovery_codes_made>> make_own_recovery_codes(http::exchange& ex,
                                                                         const principal& caller);

/// PublicKeyCredentialCreationOptionsJSON. CONFLICT (field "passkey"), NOT_FOUND without a domain.
awaitable<result<std::string>> own_passkey_options(http::exchange& ex, const principal& caller);

struct wanted_passkey {
  std::string credential; // RegistrationResponseJSON
  std::string name;
  bool is_second_factor = true;
  bool was_unattended = false;
};
/// AUTH001, AUTH002, AUTH003, CONFLICT (field "credential").
awaitable<result<messages::passkey_added>>
add_own_passkey(http::exchange& ex, const principal& caller, wanted_passkey wanted);
/// What is given. NOT_FOUND also for what is no id.
awaitable<result<messages::passkey_added>>
change_own_passkey(http::exchange& ex, const principal& caller, std::string_view id,
                   std::optional<std::string> name, std::optional<bool> is_second_factor);
awaitable<result<void>> remove_own_passkey(http::exchange& ex, const principal& caller,
                                           std::string_view id);

/// Shows once more who the caller is: the session as it is then. AUTH001, NOT_FOUND.
awaitable<result<authentication>> step_up(http::exchange& ex, const principal& caller,
                                          messages::factor_proof proof);

} // namespace latchkey::gateway
