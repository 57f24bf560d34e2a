// account/recovery.hpp — getting back in without the password, on every surface. Nothing here tells
// whether an address is anybody's.
#pragma once

#include "gateway/request/endpoint.hpp"

#include <string_view>

namespace latchkey::gateway {

/// Mails a reset token to the address, if it is a user's. The answer is the same in any case, and
/// comes at the same times. VALIDATION_ERROR for what is no address.
awaitable<result<void>> mail_reset(http::exchange& ex, std::string_view email);

/// A reset token for the right recovery passphrase. AUTH001 for everything else; that counts for
/// the account and for the address, and is on record before it is answered.
awaitable<result<messages::reset_grant>>
reset_by_passphrase(http::exchange& ex, std::string_view email, const secret& passphrase);

/// Sets a password by a reset token. AUTH003 (field "reset_token") and USER003.
awaitable<result<void>> reset_password_with(http::exchange& ex, const secret& token, secret next);

} // namespace latchkey::gateway
