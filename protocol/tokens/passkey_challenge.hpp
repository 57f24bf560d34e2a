// passkey_challenge.hpp — what a browser has a passkey sign: sealed, so that nothing is kept until
// it comes back. It works once.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"
#include "protocol/tokens/secret.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr std::chrono::minutes passkey_challenge_ttl{5};

enum class passkey_ceremony : std::uint8_t {
  registration, // of a new passkey for that user
  assertion,    // by whichever user has the passkey
};

struct passkey_challenge {
  passkey_ceremony ceremony = passkey_ceremony::assertion;
  user_id user;   // nil for an assertion
  std::string id; // of this challenge alone; base64url
  time_point good_until{};
  std::string text; // as it stands in the client data; base64url
};

/// The user handle (WebAuthn Level 3, section 5.4.3): the bytes of the user's id.
std::string user_handle_of(const user_id& user);
/// Whose handle it is; nothing when it is none of ours.
std::optional<user_id> user_of_handle(std::string_view handle);

/// A new one. The authenticator signs the bytes that `text` encodes.
passkey_challenge make_passkey_challenge(const secret& key, passkey_ceremony ceremony,
                                         const user_id& user, time_point now);

/// AUTH003 for what is none of that ceremony, AUTH002 when its time is over; the field is
/// "credential".
result<passkey_challenge> read_passkey_challenge(const secret& key, passkey_ceremony ceremony,
                                                 std::string_view text, time_point now);

} // namespace latchkey
