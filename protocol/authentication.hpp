// authentication.hpp — how the user of a session has proved who they are: by which methods, what
// these are worth together, and when.
#pragma once

#include "protocol/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

/// What a user shows to sign in. Each is one bit of `auth_methods`.
enum class auth_method : std::uint8_t {
  password = 1,
  totp = 2,             // a code of an authenticator app (RFC 6238)
  recovery_code = 4,    // one of those that the user has put away
  passkey = 8,          // the authenticator was there (WebAuthn, user presence)
  verified_passkey = 16 // and has verified its user, by a PIN or a finger
};
inline constexpr auth_method last_auth_method = auth_method::verified_passkey;

/// The levels of NIST SP 800-63B that a session may have: one factor, or two that are different.
enum class assurance_level : std::uint8_t { aal1 = 1, aal2 = 2 };

/// "aal1", "aal2": the claim `acr` (OpenID Connect Core 1.0, section 2).
constexpr std::string_view to_string(assurance_level level) noexcept {
  return level == assurance_level::aal2 ? "aal2" : "aal1";
}

/// The word that clients use for a method: "password", "totp", "recovery_code", "passkey".
std::string_view to_string(auth_method method) noexcept;

/// The methods by which a session was opened, or its user has proved it since.
class auth_methods {
public:
  constexpr auth_methods() = default;
  constexpr auth_methods(auth_method only) : bits_(static_cast<std::uint8_t>(only)) {}

  constexpr bool has(auth_method method) const noexcept {
    return (bits_ & static_cast<std::uint8_t>(method)) != 0;
  }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  constexpr auth_methods with(auth_methods more) const noexcept {
    auth_methods both;
    both.bits_ = static_cast<std::uint8_t>(bits_ | more.bits_);
    return both;
  }

  /// Two factors are a password and something that the user has, or something that has verified its
  /// user itself (NIST SP 800-63B-4, 2.2).
  assurance_level level() const noexcept;
  /// The claim `amr` (RFC 8176): "pwd", "otp", "rcv" (a recovery code; the RFC has no word for it),
  /// "pop" and "user" of passkeys, and "mfa" for two factors.
  std::vector<std::string_view> amr() const;

  /// As the store has them: the bits as a number.
  constexpr std::int64_t as_number() const noexcept { return bits_; }
  /// Bits that mean nothing are left out.
  static auth_methods of_number(std::int64_t bits) noexcept;

  friend constexpr bool operator==(auth_methods, auth_methods) = default;

private:
  std::uint8_t bits_ = 0;
};

/// What a session knows of how its user was authenticated.
struct authentication {
  auth_methods by;
  time_point at{}; // the last time; the claim `auth_time`

  friend bool operator==(const authentication&, const authentication&) = default;
};

/// Which second factors a user has.
class factor_kinds {
public:
  enum kind : std::uint8_t {
    totp = 1,
    passkey = 2,       // that a sign-in by password asks for
    extra_passkey = 4, // that it does not ask for: only another way in
  };

  constexpr bool has(kind which) const noexcept { return (bits_ & which) != 0; }
  /// Whether a password alone opens no session.
  constexpr bool any() const noexcept { return has(totp) || has(passkey); }
  constexpr bool has_passkeys() const noexcept { return has(passkey) || has(extra_passkey); }
  constexpr void set(kind which, bool is_there) noexcept {
    bits_ = static_cast<std::uint8_t>(is_there ? bits_ | which : bits_ & ~which);
  }

  /// As the store has them.
  constexpr std::int64_t as_number() const noexcept { return bits_; }
  static constexpr factor_kinds of_number(std::int64_t bits) noexcept {
    factor_kinds out;
    out.bits_ = static_cast<std::uint8_t>(bits & (totp | passkey | extra_passkey));
    return out;
  }

  friend constexpr bool operator==(factor_kinds, factor_kinds) = default;

private:
  std::uint8_t bits_ = 0;
};

} // namespace latchkey
