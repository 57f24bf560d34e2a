// transfer/user_factors.hpp — a user's second factors as JSON: in our own form, which an export
// writes, and in the forms of Keycloak, Ory Kratos and Auth0.
//
//   "totp":[{"name":…,"secret":BASE32,"created_at":…,"last_used_at":…,"last_step":…}],
//   "passkeys":[{"name":…,"credential_id":…,"public_key":COSE,"sign_count":…,"aaguid":…,
//                "transports":[…],"backup_eligible":…,"backed_up":…,"second_factor":…,"foreign":…,
//                "created_at":…}],
//   "recovery_code_hashes":[…]
//
// Bytes are base64url. Keycloak names its own `credentials` (a list), Kratos too (an object), Auth0
// `mfa_factors` (the form of its imports).
#pragma once

#include "gateway/request/input/input.hpp"
#include "protocol/facts/factors.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::gateway {

/// An authenticator app whose secret is not sealed.
struct plain_totp {
  std::string name;
  secret key; // bytes
  time_point created_at{};
  std::optional<time_point> last_used_at = {};
  std::int64_t last_step = 0; // of the newest code that was used, which works no more
};

struct user_factors {
  std::vector<plain_totp> totp;         // that are confirmed
  std::vector<passkey_record> passkeys; // without id and owner
  std::vector<std::string> recovery_code_hashes;
  /// What other systems call second factors of the user that cannot be verified here, beside others
  /// that can.
  std::vector<std::string> passed_over;

  bool empty() const noexcept {
    return totp.empty() && passkeys.empty() && recovery_code_hashes.empty();
  }
  /// Whether a sign-in by password asks for one of them.
  bool are_asked_for() const noexcept;
};

/// The members above of the line `in`. `keeps_id`: whether the user has the id of before, which our
/// own passkeys name their owner by. Factors that say no time were made at `now`. VALIDATION_ERROR
/// with the path of the field ("passkeys[1].public_key") for what a sign-in could not verify, for
/// more than a user may have, and when all second factors would be passed over.
result<user_factors> read_user_factors(input& in, bool keeps_id, time_point now);

/// In our own form; members that would be empty are left out.
void write_user_factors(json_writer& out, const user_factors& factors);

} // namespace latchkey::gateway
