// access_token_fixture.hpp — a key, an issuer, a moment, and forgeries made with the key.
#pragma once

#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/jwt.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

namespace latchkey::test {

inline constexpr std::string_view issuer = "https://auth.example.com";
inline constexpr std::string_view audience = "platform";
/// The verdict on what is not a token of ours.
inline constexpr std::string_view invalid = "AUTH003";
inline constexpr std::int64_t now_s = 1'767'322'800; // 2026-01-02T03:00:00Z
inline constexpr std::chrono::seconds leeway{5};
inline constexpr std::string_view hs256_header = R"({"typ":"JWT","alg":"HS256"})";

inline time_point at(std::int64_t seconds) {
  return time_point{std::chrono::seconds{seconds}};
}

inline secret key_text() {
  return secret{std::string(32, 'k')};
}
inline hs256_key key() {
  return hs256_key::make(key_text()).value();
}

inline access_claims good_claims() {
  access_claims claims;
  claims.sub = user_id{*parse_uuid("01943a6e-0000-7000-8000-000000000001")};
  claims.user_number = 42;
  claims.sid = session_id{*parse_uuid("01943a6e-0000-7000-8000-000000000002")};
  claims.role = "user";
  claims.iss = issuer;
  claims.aud = audience;
  claims.iat = now_s - 60;
  claims.exp = now_s + 3600;
  claims.jti = "t-1";
  return claims;
}

/// The payload that `sign` writes for the good claims, as text to be changed.
inline std::string good_payload() {
  return R"({"sub":"01943a6e-0000-7000-8000-000000000001","user_id":42,)"
         R"("sid":"01943a6e-0000-7000-8000-000000000002","type":"access","role":"user",)"
         R"("iss":"https://auth.example.com","aud":"platform","iat":1767322740,)"
         R"("exp":1767326400,"jti":"t-1"})";
}

/// A token over any header and payload, correctly signed by the right key.
inline std::string forge(std::string_view payload, std::string_view header = hs256_header) {
  std::string token = base64url_encode(header) + '.' + base64url_encode(payload);
  auto mac = hmac_sha256(key_text(), token);
  return token + '.' + base64url_encode(bytes_of(mac));
}

/// What `verify` says of a token now: its claims' jti, or the error's name.
inline std::string verdict(std::string_view token, time_point now = at(now_s)) {
  auto claims = verify(token, key(), issuer, audience, now, leeway);
  return claims ? claims->jti : std::string{name_of(claims.error().code)};
}

inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  auto where = text.find(from);
  if (where == std::string::npos) throw std::logic_error("nothing to replace");
  return text.replace(where, from.size(), to);
}

} // namespace latchkey::test
