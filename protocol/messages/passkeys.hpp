// messages/passkeys.hpp — messages to a user's actor about passkeys (WebAuthn Level 3). Every
// answer to a change comes after COMMIT. A change needs what one of the other factors needs
// (factors.hpp).
//
// An answer of a browser that does not hold is AUTH001 (field "credential"), with the step that
// failed (webauthn::refusal) for the logs; an answer to a challenge that was answered before is
// AUTH003.
#pragma once

#include "protocol/facts/passkeys.hpp"
#include "protocol/messages/factors.hpp"
#include "protocol/tokens/passkey_challenge.hpp"
#include "protocol/webauthn/ceremony.hpp"

#include <optional>
#include <string>
#include <vector>

namespace latchkey::messages {

/// Open a session for a passkey alone, which must have verified its user: then it is two factors.
/// AUTH004 while the address must be verified first, as after a password. A credential that the
/// user does not have is AUTH001 with the member `unknown_credential`.
struct sign_in_with_passkey {
  passkey_proof proof;
  surface opened_by = surface::auth_service;
  client_info client;
  time_point deadline{};
};

/// Begin to add a passkey: what the browser is to be told of the user. CONFLICT (field "passkey")
/// when the user has as many as may be.
struct begin_passkey {
  signed_in_session caller;
  time_point deadline{};
};
struct passkey_wanted {
  std::string name; // of the account: its email
  std::string display_name;
  std::vector<passkey_record> present;
};

/// Add it by the browser's answer. CONFLICT (field "credential") when it is registered already.
struct add_passkey {
  webauthn::registration_response response;
  passkey_challenge challenge;
  passkey_site site;
  std::string name;
  bool is_second_factor = true; // sign-ins by password ask for it from now on
  bool was_unattended = false;  // made by the way ("conditional"): nobody was asked
  signed_in_session caller;
  author by;
  time_point deadline{};
};
/// With the first factor that is asked for come recovery codes.
struct passkey_added {
  passkey_record passkey;
  std::vector<secret> recovery_codes;
};

/// Change what is given. NOT_FOUND.
struct change_passkey {
  std::uint64_t id = 0;
  std::optional<std::string> name;
  std::optional<bool> is_second_factor;
  signed_in_session caller;
  author by;
  time_point deadline{};
};

/// NOT_FOUND.
struct remove_passkey {
  std::uint64_t id = 0;
  signed_in_session caller;
  author by;
  time_point deadline{};
};

} // namespace latchkey::messages
