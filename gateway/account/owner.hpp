// account/owner.hpp — what a user who is signed in changes about the account, on every surface.
// Each change asks the user's actor, and is durable when it is answered.
#pragma once

#include "gateway/request/endpoint.hpp"

#include <optional>
#include <string>

namespace latchkey::gateway {

/// What may be shown of the caller.
awaitable<result<messages::user_view>> describe_owner(http::exchange& ex, const principal& caller);

/// Another name, another username, as far as they are given. VALIDATION_ERROR, USER002.
awaitable<result<messages::user_view>> rename_owner(http::exchange& ex, const principal& caller,
                                                    std::optional<std::string> full_name,
                                                    std::optional<std::string> username);

// Each of these takes the current password. A wrong one is AUTH001, counts as a failed login and is
// in the audit log before it is answered.

/// Ends every other session. USER003.
awaitable<result<void>> change_own_password(http::exchange& ex, const principal& caller,
                                            secret current, secret next);
/// VALIDATION_ERROR (field "recovery_passphrase") for a weak one.
awaitable<result<void>> set_own_passphrase(http::exchange& ex, const principal& caller,
                                           secret current, const secret& passphrase);
awaitable<result<void>> remove_own_passphrase(http::exchange& ex, const principal& caller,
                                              secret current);
/// With all that is the user's. CONFLICT for the last active administrator.
awaitable<result<void>> delete_own_account(http::exchange& ex, const principal& caller,
                                           secret current);

/// Mails another token to the caller's address: whether it was verified already. RATE_LIMITED after
/// a few, CONFLICT where addresses are not verified (EMAIL_VERIFICATION=off).
awaitable<result<messages::verification_begun>> mail_verification(http::exchange& ex,
                                                                  const principal& caller);
/// Verifies the address that the token was mailed to. AUTH003 (field "token").
awaitable<result<void>> verify_address_with(http::exchange& ex, const secret& token);

} // namespace latchkey::gateway
