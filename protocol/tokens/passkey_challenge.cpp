#include "protocol/tokens/passkey_challenge.hpp"

#include "protocol/text/spaced_fields.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/sealed.hpp"

#include <algorithm>

namespace latchkey {

namespace {

constexpr std::size_t challenge_id_bytes = 16;
constexpr std::size_t challenge_bytes_max = 512;

std::string_view sealed_for(passkey_ceremony ceremony) {
  return ceremony == passkey_ceremony::registration ? "registration of a passkey"
                                                    : "assertion of a passkey";
}

} // namespace

std::string user_handle_of(const user_id& user) {
  return {user.bytes.begin(), user.bytes.end()};
}

std::optional<user_id> user_of_handle(std::string_view handle) {
  constexpr std::size_t uuid_chars = 36;
  user_id user;
  if (handle.size() == uuid_chars) {
    const auto written = parse_uuid(handle);
    return written && !written->is_nil() ? std::optional{user_id{*written}} : std::nullopt;
  }
  if (handle.size() != user.bytes.size()) return std::nullopt;
  std::copy(handle.begin(), handle.end(), user.bytes.begin());
  if (user.is_nil()) return std::nullopt;
  return user;
}

passkey_challenge make_passkey_challenge(const secret& key, passkey_ceremony ceremony,
                                         const user_id& user, time_point now) {
  passkey_challenge out{ceremony,
                        user,
                        base64url_encode(random_bytes(challenge_id_bytes)),
                        std::chrono::floor<std::chrono::seconds>(now + passkey_challenge_ttl),
                        {}};
  const auto until = std::chrono::floor<std::chrono::seconds>(out.good_until);
  const auto text =
      to_string(user) + ' ' + out.id + ' ' + std::to_string(until.time_since_epoch().count());
  out.text = seal(key, text, sealed_for(ceremony));
  return out;
}

result<passkey_challenge> read_passkey_challenge(const secret& key, passkey_ceremony ceremony,
                                                 std::string_view text, time_point now) {
  const auto refused =
      fail(error_code::token_invalid, "credential", "answers no challenge of ours");
  if (text.size() > challenge_bytes_max) return refused;
  const auto opened = open_sealed(key, text, sealed_for(ceremony));
  if (!opened) return refused;
  auto rest = opened->reveal();
  const auto user = parse_uuid(take_field(rest));
  const auto id = take_field(rest);
  const auto good_until = take_number<std::int64_t>(rest);
  if (!user || id.empty() || !good_until) return refused;
  // One that would be valid for longer was made before the clock was set back.
  const time_point end{std::chrono::seconds{*good_until}};
  if (now >= end || now + passkey_challenge_ttl < end)
    return fail(error_code::token_expired, "credential",
                "comes too late: answer within " + std::to_string(passkey_challenge_ttl.count()) +
                    " minutes");
  return passkey_challenge{ceremony, user_id{*user}, std::string{id}, end, std::string{text}};
}

} // namespace latchkey
