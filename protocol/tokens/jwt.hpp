// jwt.hpp — access tokens: JSON Web Tokens (RFC 7519) in compact form, signed with HS256
// by the server's secret ("Auth Service Internal API Documentation", JWT_SECRET_KEY).
#pragma once

#include "protocol/authentication.hpp"
#include "protocol/ids.hpp"
#include "protocol/result.hpp"
#include "protocol/time.hpp"
#include "protocol/tokens/hmac.hpp"
#include "protocol/tokens/secret.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

/// The longest token that is looked at.
inline constexpr std::size_t access_token_bytes_max = 4096;
/// How many keys a token is tried against: the current one and those in their overlap.
inline constexpr std::size_t verification_keys_max = 4;
/// RFC 7518, 3.2: a key is at least as long as the hash.
inline constexpr std::size_t hs256_secret_bytes_min = 32;

/// The claims of an access token. Times are seconds since the epoch.
struct access_claims {
  user_id sub;
  std::int64_t user_number = 0; // the claim "user_id"
  session_id sid;
  std::string type = "access";
  std::string role;
  std::string iss;
  std::string aud;
  std::int64_t iat = 0;
  std::int64_t exp = 0;
  std::string jti; // "<sid>.<counter>", the counter of the refresh token it came with
  /// For those who read the token: "amr", "acr" and "auth_time" (OpenID Connect Core 1.0, section
  /// 2). Written when there are methods and never read here, for the session knows better.
  auth_methods methods;
  std::int64_t auth_time = 0;

  /// The counter that `jti` names; 0 when it names none.
  std::uint64_t counter() const noexcept;

  friend bool operator==(const access_claims&, const access_claims&) = default;
};

/// The claims of a service's token ("API Reference", Generate Service Token): `sub` and the claim
/// "service_id" are the service, `type` is "service", `scope` is RFC 8693, 4.2. Its header's
/// `typ` and its `type` keep it from being taken for an access token, and the other way round.
struct service_claims {
  std::string service_id;
  std::vector<std::string> scopes;
  std::string iss;
  std::string aud;
  std::int64_t iat = 0;
  std::int64_t exp = 0;
  std::string jti;

  friend bool operator==(const service_claims&, const service_claims&) = default;
};

/// A signing key. Copies are cheap to use and mean the same key.
class hs256_key {
public:
  /// VALIDATION_ERROR when the secret has fewer than 32 bytes.
  static result<hs256_key> make(const secret& key);

  /// The compact form. Equal claims give equal tokens, byte for byte.
  std::string sign(const access_claims& claims) const;
  std::string sign(const service_claims& claims) const;
  /// Constant time: whether `signature`, in base64url, is this key's over `input`.
  bool signed_this(std::string_view input, std::string_view signature) const;

private:
  explicit hs256_key(const secret& key) : key_(key) {}
  hmac_sha256_key key_;
};

/// The claims of a good access token for `aud`, issued by `iss`, at `now`.
///
/// AUTH002 when nothing but its time is wrong: `exp` lies `leeway` or more back. AUTH003
/// for everything else. An `iat` that lies ahead is no fault: the clock was set back since (RFC
/// 7519, 4.1.6 gives the claim no say in this), and how old the token is its session knows. The
/// header is compared, as bytes, with the one that `sign` writes; nothing in it chooses an
/// algorithm or a key. `nbf` is honoured when present; unknown claims are ignored; a name that
/// appears twice, escaped or not, is an error.
result<access_claims> verify(std::string_view token, const hs256_key& key, std::string_view iss,
                             std::string_view aud, time_point now, std::chrono::seconds leeway);
/// The claims of a good service token, by the same rules.
result<service_claims> verify_service(std::string_view token, const hs256_key& key,
                                      std::string_view iss, std::string_view aud, time_point now,
                                      std::chrono::seconds leeway);
/// The same with the first `verification_keys_max` keys, tried in order.
result<access_claims> verify(std::string_view token, std::span<const hs256_key* const> keys,
                             std::string_view iss, std::string_view aud, time_point now,
                             std::chrono::seconds leeway);

} // namespace latchkey
