// jwt.cpp — verification checks length, header and signature before the payload, so that nobody
// without the key reaches the JSON parser.
#include "protocol/tokens/jwt.hpp"

#include "protocol/text/json_writer.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/jwt_claims.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <simdjson.h>
#include <utility>

namespace latchkey {
namespace {

/// {"typ":"JWT","alg":"HS256"} and the dot after it.
constexpr std::string_view access_header = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.";
/// {"typ":"service+jwt","alg":"HS256"}: another kind says so (RFC 8725, 3.11).
constexpr std::string_view service_header = "eyJ0eXAiOiJzZXJ2aWNlK2p3dCIsImFsZyI6IkhTMjU2In0.";
constexpr std::size_t signature_chars = 43;
constexpr std::size_t payload_depth_max = 8;

using simdjson::dom::element;

/// The parser and the buffer of a thread: allocated once, at their final size.
struct workspace {
  std::array<unsigned char, access_token_bytes_max + simdjson::SIMDJSON_PADDING> buffer;
  simdjson::dom::parser parser{access_token_bytes_max};
  bool ready = parser.allocate(access_token_bytes_max, payload_depth_max) == simdjson::SUCCESS;
};

tl::unexpected<failure> invalid(std::string reason) {
  return fail(error_code::token_invalid, {}, std::move(reason));
}

/// Checks the claims at `now`. The expiry comes last, so that AUTH002 is the answer only for a
/// token that was valid once.
template <class Claims>
result<Claims> judge(Claims claims, std::int64_t not_before, std::string_view issuer,
                     std::string_view audience, std::int64_t now_s, std::int64_t leeway_s) {
  if (claims.iss != issuer || claims.aud != audience) return invalid("wrong issuer or audience");
  if (claims.exp <= claims.iat) return invalid("expires before it begins");
  if (not_before > now_s + leeway_s) return invalid("not valid yet");
  if (now_s >= claims.exp + leeway_s) return fail(error_code::token_expired);
  return claims;
}

struct circumstances {
  std::string_view iss;
  std::string_view aud;
  time_point now;
  std::chrono::seconds leeway;
};

/// The rules that hold for every kind: `claims_of` makes its claims of the payload's members.
template <class Claims>
result<Claims> verify_kind(std::string_view header, std::string_view token,
                           std::span<const hs256_key* const> keys, const circumstances& at,
                           std::optional<Claims> (*claims_of)(const jwt::claim_table&)) {
  if (token.size() > access_token_bytes_max) return invalid("too long");
  if (!token.starts_with(header)) return invalid("unknown header");
  std::size_t dot = token.find('.', header.size());
  if (dot == std::string_view::npos) return invalid("not three parts");
  // A third dot is no base64url, so the signature refuses it.
  auto input = token.substr(0, dot);
  auto signature = token.substr(dot + 1);
  keys = keys.first(std::min(keys.size(), verification_keys_max));
  bool genuine = std::any_of(keys.begin(), keys.end(), [&](const hs256_key* key) {
    return key->signed_this(input, signature);
  });
  if (!genuine) return invalid("wrong signature");

  thread_local workspace work;
  auto size = base64url_decode_to(input.substr(header.size()), work.buffer);
  if (!size || !work.ready) return invalid("payload is not base64url");
  element payload;
  // The buffer is longer than the payload by the padding, so nothing needs to be copied.
  if (work.parser.parse(work.buffer.data(), *size, false).get(payload) != simdjson::SUCCESS)
    return invalid("payload is not JSON");
  auto members = jwt::members_of(payload);
  auto claims = members ? claims_of(*members) : std::nullopt;
  auto not_before = members ? jwt::not_before_of(*members) : std::nullopt;
  if (!claims || !not_before)
    return invalid("claims are missing, doubled, of a wrong type or of another kind of token");
  auto now_s = std::chrono::floor<std::chrono::seconds>(at.now).time_since_epoch().count();
  return judge(std::move(*claims), *not_before, at.iss, at.aud, now_s, at.leeway.count());
}

void write_authentication(json_writer& out, const access_claims& claims) {
  out.begin_list("amr");
  for (const auto word : claims.methods.amr())
    out.item(word);
  out.end_list()
      .text("acr", to_string(claims.methods.level()))
      .number("auth_time", claims.auth_time);
}

std::string sign_kind(std::string_view header, std::string_view payload,
                      const hmac_sha256_key& key) {
  std::string token;
  token.reserve(header.size() + payload.size() / 3 * 4 + 4 + 1 + signature_chars);
  token = header;
  append_base64url(token, payload);
  auto signature = key.mac(token);
  token += '.';
  append_base64url(token, bytes_of(signature));
  return token;
}

} // namespace

std::uint64_t access_claims::counter() const noexcept {
  constexpr std::size_t uuid_chars = 36;
  if (jti.size() <= uuid_chars || jti[uuid_chars] != '.') return 0;
  std::uint64_t value = 0;
  const char* end = jti.data() + jti.size();
  const auto read = std::from_chars(jti.data() + uuid_chars + 1, end, value);
  return read.ec == std::errc{} && read.ptr == end ? value : 0;
}

result<hs256_key> hs256_key::make(const secret& key) {
  if (key.reveal().size() < hs256_secret_bytes_min)
    return fail(error_code::validation_error, "JWT_SECRET_KEY", "Must have at least 32 bytes");
  return hs256_key{key};
}

std::string hs256_key::sign(const access_claims& claims) const {
  std::string payload;
  payload.reserve(384);
  json_writer out(payload);
  out.begin_object()
      .text("sub", to_string(claims.sub))
      .number("user_id", claims.user_number)
      .text("sid", to_string(claims.sid))
      .text("type", claims.type)
      .text("role", claims.role)
      .text("iss", claims.iss)
      .text("aud", claims.aud)
      .number("iat", claims.iat)
      .number("exp", claims.exp)
      .text("jti", claims.jti);
  if (!claims.methods.empty()) write_authentication(out, claims);
  out.end_object();
  return sign_kind(access_header, payload, key_);
}

std::string hs256_key::sign(const service_claims& claims) const {
  std::string scopes;
  for (const auto& scope : claims.scopes) {
    if (!scopes.empty()) scopes += ' ';
    scopes += scope;
  }
  std::string payload;
  payload.reserve(256 + scopes.size());
  json_writer(payload)
      .begin_object()
      .text("sub", claims.service_id)
      .text("service_id", claims.service_id)
      .text("type", "service")
      .text("scope", scopes)
      .text("iss", claims.iss)
      .text("aud", claims.aud)
      .number("iat", claims.iat)
      .number("exp", claims.exp)
      .text("jti", claims.jti)
      .end_object();
  return sign_kind(service_header, payload, key_);
}

bool hs256_key::signed_this(std::string_view input, std::string_view signature) const {
  sha256_mac given;
  if (signature.size() != signature_chars || !base64url_decode_to(signature, given)) return false;
  auto expected = key_.mac(input);
  return equal_in_constant_time(bytes_of(given), bytes_of(expected));
}

result<access_claims> verify(std::string_view token, std::span<const hs256_key* const> keys,
                             std::string_view iss, std::string_view aud, time_point now,
                             std::chrono::seconds leeway) {
  return verify_kind(access_header, token, keys, {iss, aud, now, leeway}, jwt::access_claims_of);
}

result<access_claims> verify(std::string_view token, const hs256_key& key, std::string_view iss,
                             std::string_view aud, time_point now, std::chrono::seconds leeway) {
  const hs256_key* only = &key;
  return verify(token, std::span<const hs256_key* const>{&only, 1}, iss, aud, now, leeway);
}

result<service_claims> verify_service(std::string_view token, const hs256_key& key,
                                      std::string_view iss, std::string_view aud, time_point now,
                                      std::chrono::seconds leeway) {
  const hs256_key* only = &key;
  return verify_kind(service_header, token, std::span<const hs256_key* const>{&only, 1},
                     {iss, aud, now, leeway}, jwt::service_claims_of);
}

} // namespace latchkey
