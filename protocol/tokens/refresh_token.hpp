// refresh_token.hpp — refresh tokens: `<session uuid>.<counter>.<mac>`.
//
// A token is derived, never stored: its MAC is made with a key of its own session, so the
// successor of a token can be answered twice with the same bytes.
#pragma once

#include "protocol/ids.hpp"
#include "protocol/result.hpp"
#include "protocol/tokens/hmac.hpp"
#include "protocol/tokens/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey {

/// The longest text that is looked at.
inline constexpr std::size_t refresh_token_bytes_max = 256;

/// A token that has the right form; whether it is genuine is `refresh_keys::check`'s word.
struct refresh_token {
  session_id session;
  std::uint64_t counter = 0; // from 1
  secret mac;                // 43 characters of base64url
};

/// AUTH003 unless the text is exactly what `refresh_keys::issue` could have written:
/// lower case, a counter without sign or leading zero, strict base64url.
result<refresh_token> parse_refresh_token(std::string_view text);

/// Makes and checks refresh tokens with keys derived from the server's secret. Neither
/// the database (which has the salts) nor one session's key gives another's.
class refresh_keys {
public:
  /// `server_secret` is the one that access tokens are signed with; the keys here come
  /// from it by HKDF under a label of their own.
  explicit refresh_keys(const secret& server_secret);

  /// `salt` is the session's, 32 random bytes. Equal arguments give equal tokens.
  secret issue(const session_id& session, std::string_view salt, std::uint64_t counter) const;
  /// Constant time in the MAC.
  bool check(const refresh_token& token, std::string_view salt) const;

private:
  /// The MAC of "<session uuid>.<counter>" in base64url.
  secret mac_of(const session_id& session, std::string_view salt, std::string_view text) const;

  hmac_sha256_key master_;
};

} // namespace latchkey
