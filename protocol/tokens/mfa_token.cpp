#include "protocol/tokens/mfa_token.hpp"

#include "protocol/text/spaced_fields.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "protocol/tokens/sealed.hpp"

namespace latchkey {

namespace {

constexpr std::string_view belongs_to = "second step of a sign-in";
constexpr std::size_t token_id_bytes = 16;
constexpr std::size_t stamp_chars = 16;

} // namespace

mfa_token make_mfa_token(const user_id& user, surface opened_by, auth_methods shown,
                         std::string password_stamp, time_point now) {
  return {user,
          opened_by,
          shown,
          std::move(password_stamp),
          base64url_encode(random_bytes(token_id_bytes)),
          now + mfa_token_ttl};
}

secret write_mfa_token(const secret& key, const mfa_token& token) {
  const auto until = std::chrono::floor<std::chrono::seconds>(token.good_until);
  const auto text = to_string(token.user) + ' ' +
                    std::to_string(static_cast<unsigned>(token.opened_by)) + ' ' +
                    std::to_string(token.shown.as_number()) + ' ' + token.password_stamp + ' ' +
                    token.id + ' ' + std::to_string(until.time_since_epoch().count());
  return secret{seal(key, text, belongs_to)};
}

failure unusable_mfa_token() {
  return {error_code::token_invalid, "mfa_token", "is invalid or already used: sign in again"};
}

result<mfa_token> read_mfa_token(const secret& key, std::string_view text, time_point now) {
  const auto refused = fail(unusable_mfa_token());
  if (text.size() > mfa_token_bytes_max) return refused;
  const auto opened = open_sealed(key, text, belongs_to);
  if (!opened) return refused;
  auto rest = opened->reveal();
  const auto user = parse_uuid(take_field(rest));
  const auto opened_by = take_number<unsigned>(rest);
  const auto shown = take_number<std::int64_t>(rest);
  const auto stamp = take_field(rest);
  const auto id = take_field(rest);
  const auto good_until = take_number<std::int64_t>(rest);
  constexpr auto surfaces = static_cast<unsigned>(surface::integration);
  if (!user || !opened_by || *opened_by > surfaces || !shown || id.empty() || !good_until)
    return refused;
  // One that would be valid for longer was made before the clock was set back.
  const time_point end{std::chrono::seconds{*good_until}};
  if (now >= end || now + mfa_token_ttl < end)
    return fail(error_code::token_expired, "mfa_token",
                "has expired: a sign-in must be finished within " +
                    std::to_string(mfa_token_ttl.count()) + " minutes");
  return mfa_token{user_id{*user},
                   static_cast<surface>(*opened_by),
                   auth_methods::of_number(*shown),
                   std::string{stamp},
                   std::string{id},
                   end};
}

std::string stamp_of_password(const secret& phc) {
  return hash_of_key("password stamp " + std::string{phc.reveal()}).substr(0, stamp_chars);
}

} // namespace latchkey
