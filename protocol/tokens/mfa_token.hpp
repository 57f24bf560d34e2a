// mfa_token.hpp — what a user holds between the password and the second factor: sealed, so that
// nothing is kept until the second factor is shown. It works once.
#pragma once

#include "protocol/authentication.hpp"
#include "protocol/facts/sessions.hpp"
#include "protocol/ids.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"
#include "protocol/tokens/secret.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr std::size_t mfa_token_bytes_max = 512;
inline constexpr std::chrono::minutes mfa_token_ttl{5};

struct mfa_token {
  user_id user;
  surface opened_by = surface::auth_service; // whose words the sign-in is answered in
  auth_methods shown;                        // so far
  std::string password_stamp;                // of the password that was shown
  std::string id;                            // of this token alone; base64url
  time_point good_until{};
};

/// With a new id.
mfa_token make_mfa_token(const user_id& user, surface opened_by, auth_methods shown,
                         std::string password_stamp, time_point now);

/// Sealed with `key` (protocol/tokens/sealed.hpp).
secret write_mfa_token(const secret& key, const mfa_token& token);
/// AUTH003 for what is none, AUTH002 when its time is over; the field is "mfa_token".
result<mfa_token> read_mfa_token(const secret& key, std::string_view text, time_point now);

/// AUTH003: it is none, or is no longer good.
failure unusable_mfa_token();

/// What tells one password's hash from another and gives neither away.
std::string stamp_of_password(const secret& phc);

} // namespace latchkey
