// jwt.cpp — verification runs from the outside in: length, header, signature, and only
// then the payload, so that nobody without the key reaches the JSON parser.
#include "protocol/jwt.hpp"

#include "protocol/text_codec.hpp"

#include <algorithm>
#include <array>
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
constexpr std::size_t claims_max = 32;
constexpr std::size_t payload_depth_max = 8;
/// The end of the year 9999. A time outside 1 … this is a mistake or an attack.
constexpr std::int64_t seconds_max = 253'402'300'799;

using simdjson::dom::element;

enum claim : std::size_t {
  sub,
  user_number,
  sid,
  type,
  role,
  iss,
  aud,
  iat,
  exp,
  jti,
  nbf,
  service,
  scope
};
/// Their names, in the order of the enumerators.
constexpr std::array<std::string_view, 13> claim_names{"sub", "user_id",    "sid",  "type", "role",
                                                       "iss", "aud",        "iat",  "exp",  "jti",
                                                       "nbf", "service_id", "scope"};

using claim_table = std::array<std::optional<element>, claim_names.size()>;

/// The payload's members by name; nullopt when it is not an object whose names differ.
std::optional<claim_table> members_of(element payload) {
  simdjson::dom::object object;
  if (payload.get(object) != simdjson::SUCCESS) return std::nullopt;
  claim_table known;
  std::array<std::string_view, claims_max> others;
  std::size_t others_size = 0;
  for (auto [name, value] : object) {
    auto at = std::find(claim_names.begin(), claim_names.end(), name);
    if (at != claim_names.end()) {
      auto& slot = known[static_cast<std::size_t>(at - claim_names.begin())];
      if (slot) return std::nullopt;
      slot = value;
      continue;
    }
    auto* end = others.data() + others_size;
    if (others_size == others.size() || std::find(others.data(), end, name) != end)
      return std::nullopt;
    others[others_size++] = name;
  }
  return known;
}

std::optional<std::string_view> text(const std::optional<element>& value) {
  std::string_view view;
  if (!value || value->get(view) != simdjson::SUCCESS || view.empty()) return std::nullopt;
  return view;
}

/// A whole number from 1 to `highest`.
std::optional<std::int64_t> number(const std::optional<element>& value, std::int64_t highest) {
  std::int64_t out = 0;
  if (!value || value->get(out) != simdjson::SUCCESS || out < 1 || out > highest)
    return std::nullopt;
  return out;
}

/// Words with one space between each two (RFC 8693, 4.2); none for an empty text.
std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::optional<uuid> id(const std::optional<element>& value) {
  auto view = text(value);
  auto parsed = view ? parse_uuid(*view) : std::nullopt;
  return parsed && !parsed->is_nil() ? parsed : std::nullopt;
}

/// Every claim is there, of its type; nothing is said about what they mean.
std::optional<service_claims> service_claims_of(const claim_table& members) {
  auto subject = text(members[sub]);
  auto named = text(members[service]);
  auto kind = text(members[type]);
  auto issued = number(members[iat], seconds_max);
  auto expires = number(members[exp], seconds_max);
  auto issuer = text(members[iss]);
  auto audience = text(members[aud]);
  auto token_id = text(members[jti]);
  std::string_view scopes;
  const bool scoped = members[scope] && members[scope]->get(scopes) == simdjson::SUCCESS;
  if (!subject || !named || *subject != *named || !kind || *kind != "service" || !issued ||
      !expires || !issuer || !audience || !token_id || !scoped)
    return std::nullopt;
  return service_claims{std::string{*named},    words(scopes), std::string{*issuer},
                        std::string{*audience}, *issued,       *expires,
                        std::string{*token_id}};
}

std::optional<access_claims> access_claims_of(const claim_table& members) {
  auto user = id(members[sub]);
  auto session = id(members[sid]);
  auto user_count = number(members[user_number], INT64_MAX);
  auto issued = number(members[iat], seconds_max);
  auto expires = number(members[exp], seconds_max);
  auto kind = text(members[type]);
  auto role_name = text(members[role]);
  auto issuer = text(members[iss]);
  auto audience = text(members[aud]);
  auto token_id = text(members[jti]);
  if (!user || !session || !user_count || !issued || !expires || !kind || !role_name || !issuer ||
      !audience || !token_id || *kind != "access")
    return std::nullopt;
  return access_claims{user_id{*user},
                       *user_count,
                       session_id{*session},
                       std::string{*kind},
                       std::string{*role_name},
                       std::string{*issuer},
                       std::string{*audience},
                       *issued,
                       *expires,
                       std::string{*token_id}};
}

/// The parser and the buffer of a thread: allocated once, at their final size.
struct workspace {
  std::array<unsigned char, access_token_bytes_max + simdjson::SIMDJSON_PADDING> buffer;
  simdjson::dom::parser parser{access_token_bytes_max};
  bool ready = parser.allocate(access_token_bytes_max, payload_depth_max) == simdjson::SUCCESS;
};

void append_number(std::string& out, std::string_view name, std::int64_t value) {
  out += name;
  out += std::to_string(value);
}

void append_text(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  append_json_string(out, value);
}

tl::unexpected<failure> invalid(std::string reason) {
  return fail(error_code::token_invalid, {}, std::move(reason));
}

/// What the claims mean at `now`; the expiry comes last, so that AUTH002 is only ever
/// said of a token that was good once.
template <class Claims>
result<Claims> judge(Claims claims, const std::optional<std::int64_t>& not_before,
                     std::string_view issuer, std::string_view audience, std::int64_t now_s,
                     std::int64_t leeway_s) {
  if (claims.iss != issuer || claims.aud != audience) return invalid("wrong issuer or audience");
  if (claims.exp <= claims.iat) return invalid("expires before it begins");
  if (claims.iat > now_s + leeway_s) return invalid("issued in the future");
  if (not_before && *not_before > now_s + leeway_s) return invalid("not valid yet");
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
                           std::optional<Claims> (*claims_of)(const claim_table&)) {
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
  auto members = members_of(payload);
  auto claims = members ? claims_of(*members) : std::nullopt;
  auto not_before = members ? number((*members)[nbf], seconds_max) : std::nullopt;
  if (!claims || ((*members)[nbf] && !not_before))
    return invalid("claims are missing, doubled, of a wrong type or of another kind of token");
  auto now_s = std::chrono::floor<std::chrono::seconds>(at.now).time_since_epoch().count();
  return judge(std::move(*claims), not_before, at.iss, at.aud, now_s, at.leeway.count());
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

result<hs256_key> hs256_key::make(const secret& key) {
  if (key.reveal().size() < hs256_secret_bytes_min)
    return fail(error_code::validation_error, "JWT_SECRET_KEY", "Must have at least 32 bytes");
  return hs256_key{key};
}

std::string hs256_key::sign(const access_claims& claims) const {
  std::string payload;
  payload.reserve(384);
  append_text(payload, R"({"sub":)", to_string(claims.sub));
  append_number(payload, R"(,"user_id":)", claims.user_number);
  append_text(payload, R"(,"sid":)", to_string(claims.sid));
  append_text(payload, R"(,"type":)", claims.type);
  append_text(payload, R"(,"role":)", claims.role);
  append_text(payload, R"(,"iss":)", claims.iss);
  append_text(payload, R"(,"aud":)", claims.aud);
  append_number(payload, R"(,"iat":)", claims.iat);
  append_number(payload, R"(,"exp":)", claims.exp);
  append_text(payload, R"(,"jti":)", claims.jti);
  payload += '}';

  return sign_kind(access_header, payload, key_);
}

std::string hs256_key::sign(const service_claims& claims) const {
  std::string scopes;
  for (const auto& one : claims.scopes) {
    if (!scopes.empty()) scopes += ' ';
    scopes += one;
  }
  std::string payload;
  payload.reserve(256 + scopes.size());
  append_text(payload, R"({"sub":)", claims.service_id);
  append_text(payload, R"(,"service_id":)", claims.service_id);
  append_text(payload, R"(,"type":)", "service");
  append_text(payload, R"(,"scope":)", scopes);
  append_text(payload, R"(,"iss":)", claims.iss);
  append_text(payload, R"(,"aud":)", claims.aud);
  append_number(payload, R"(,"iat":)", claims.iat);
  append_number(payload, R"(,"exp":)", claims.exp);
  append_text(payload, R"(,"jti":)", claims.jti);
  payload += '}';
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
  return verify_kind(access_header, token, keys, {iss, aud, now, leeway}, access_claims_of);
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
                     {iss, aud, now, leeway}, service_claims_of);
}

} // namespace latchkey
