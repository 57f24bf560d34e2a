// refresh_token.cpp — one text for one token: whatever could be written two ways is refused.
#include "protocol/tokens/refresh_token.hpp"

#include "protocol/text/text_codec.hpp"

#include <charconv>
#include <openssl/crypto.h>

namespace latchkey {
namespace {

constexpr std::size_t uuid_chars = 36;
constexpr std::size_t mac_chars = 43;
constexpr std::string_view master_label = "latchkey refresh master v1";
constexpr std::string_view session_label = "latchkey refresh v1";

std::string signed_part(const session_id& session, std::uint64_t counter) {
  return to_string(session) + '.' + std::to_string(counter);
}

} // namespace

result<refresh_token> parse_refresh_token(std::string_view text) {
  auto malformed = [] { return fail(error_code::token_invalid, {}, "malformed refresh token"); };
  if (text.size() > refresh_token_bytes_max || text.size() <= uuid_chars || text[uuid_chars] != '.')
    return malformed();
  auto session = parse_uuid(text.substr(0, uuid_chars));
  if (!session || to_string(*session) != text.substr(0, uuid_chars)) return malformed();

  refresh_token token{session_id{*session}, 0, {}};
  const char* end = text.data() + text.size();
  const char* digits = text.data() + uuid_chars + 1;
  auto [dot, error] = std::from_chars(digits, end, token.counter);
  if (error != std::errc{} || *digits == '0' || dot == end || *dot != '.') return malformed();

  std::string_view mac{dot + 1, static_cast<std::size_t>(end - dot - 1)};
  sha256_mac bytes;
  if (mac.size() != mac_chars || !base64url_decode_to(mac, bytes)) return malformed();
  token.mac = secret{mac};
  return token;
}

refresh_keys::refresh_keys(const secret& server_secret)
    : master_(hkdf_sha256(server_secret, {}, master_label, sha256_mac{}.size())) {}

secret refresh_keys::mac_of(const session_id& session, std::string_view salt,
                            std::string_view text) const {
  std::string purpose{session_label};
  purpose.append(reinterpret_cast<const char*>(session.bytes.data()), session.bytes.size());
  purpose.append(salt);
  auto derived = master_.mac(purpose);
  secret session_key{bytes_of(derived)};
  OPENSSL_cleanse(derived.data(), derived.size());
  auto mac = hmac_sha256(session_key, text);
  return secret{base64url_encode(bytes_of(mac))};
}

secret refresh_keys::issue(const session_id& session, std::string_view salt,
                           std::uint64_t counter) const {
  auto text = signed_part(session, counter);
  text += '.';
  text += mac_of(session, salt, text.substr(0, text.size() - 1)).reveal();
  return secret{std::move(text)};
}

bool refresh_keys::check(const refresh_token& token, std::string_view salt) const {
  auto expected = mac_of(token.session, salt, signed_part(token.session, token.counter));
  return expected == token.mac;
}

} // namespace latchkey
