// messages/factors.hpp — messages to a user's actor about second factors: to finish a sign-in, to
// prove again who one is, and to manage the factors. Every answer to a change comes after COMMIT.
//
// A change of factors needs a sign-in that is recent and of the account's own level: of two factors
// once the account has a second one. Otherwise MFA_REQUIRED, whose details say what to show. It
// needs a session that lives when the change is written, too: AUTH003.
#pragma once

#include "protocol/messages/account.hpp"
#include "protocol/tokens/mfa_token.hpp"
#include "protocol/tokens/passkey_challenge.hpp"
#include "protocol/webauthn/ceremony.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::messages {

/// Where a browser may have asked for a passkey.
struct passkey_site {
  std::string rp_id;                // the domain that passkeys are made for
  std::vector<std::string> origins; // of pages: "https://example.org"
};

/// A browser's answer to a challenge of ours.
struct passkey_proof {
  webauthn::assertion_response response;
  passkey_challenge challenge;
  passkey_site site;
};

/// What somebody shows to prove that they have a factor.
struct factor_proof {
  auth_method method = auth_method::totp;
  secret code;                               // of an app, of paper; or the password
  std::optional<passkey_proof> passkey = {}; // with that method
};

/// Open the session that a password alone did not open. AUTH001 (field "code") for a wrong code or
/// one that was used, which counts; RATE_LIMITED after too many; AUTH003 (field "mfa_token") when
/// the token was used, or the password is another one since; NOT_FOUND (field "method") when the
/// user has no such factor.
struct finish_sign_in {
  mfa_token token;
  factor_proof proof;
  client_info client;
  time_point deadline{};
};

/// The caller proves once more who they are: the session's methods and time, after COMMIT. Errors
/// as above; AUTH003 when the session has ended. The password alone is enough for an account
/// without a second factor only; VALIDATION_ERROR (field "method") otherwise.
struct step_up {
  session_id session;
  factor_proof proof;
  author by;
  time_point deadline{};
};
struct stepped_up {
  authentication authenticated;
};

/// Does this sign-in allow what needs a recent one, of the account's own level? MFA_REQUIRED.
struct require_recent_sign_in {
  authentication shown;
};

struct list_factors {
  time_point deadline{};
};
struct factor_list {
  std::vector<totp_record> totp; // confirmed, oldest first, without their secrets
  std::vector<passkey_record> passkeys;
  std::size_t recovery_codes = 0;
  std::size_t recovery_codes_left = 0;
  std::vector<std::string> methods; // what may be shown once more: "passkey", "totp" …
  bool is_required = false;         // that there is a second factor
  /// Of a user without the one that is required: from then on a password opens no session but to
  /// add it.
  std::optional<time_point> due_at = {};

  /// Whether there is a second factor.
  bool is_enabled() const {
    return !totp.empty() || std::ranges::any_of(passkeys, &passkey_record::is_second_factor);
  }
};

/// Begin to enrol an authenticator app: its secret, which a first code confirms. CONFLICT (field
/// "totp") when the user has as many as may be.
struct enrol_totp {
  std::string name;
  signed_in_session caller;
  author by;
  time_point deadline{};
};
struct totp_enrolled {
  std::uint64_t id = 0;
  secret key;          // raw bytes: protocol/tokens/totp.hpp
  std::string account; // what the app shows beside the issuer
};

/// The first code: the app is a factor from now on, on every path to a session. AUTH001 (field
/// "code") when it is wrong, NOT_FOUND when nothing waits to be confirmed. With the first factor
/// come recovery codes.
struct confirm_totp {
  secret code;
  signed_in_session caller; // has shown the app from then on
  author by;
  time_point deadline{};
};
struct totp_confirmed {
  totp_record totp;                   // without its secret
  std::vector<secret> recovery_codes; // empty: there were some
};

/// NOT_FOUND when the user has no such app.
struct remove_totp {
  std::uint64_t id = 0;
  signed_in_session caller;
  author by;
  time_point deadline{};
};

/// New recovery codes; those of before are over. CONFLICT (field "recovery_codes") for a user
/// without a second factor.
struct make_recovery_codes {
  signed_in_session caller;
  author by;
  time_point deadline{};
};
struct recovery_codes_made {
  std::vector<secret> codes;
};

/// Remove every factor and recovery code, on an administrator's word, and end the user's sessions.
/// `role_seen` as in update_user.
struct reset_factors {
  author by;
  time_point deadline{};
  std::optional<std::string> role_seen = {};
};

} // namespace latchkey::messages
