#include "actors/base/key_ring.hpp"

#include "protocol/tokens/hmac.hpp"

#include <utility>

namespace latchkey {

result<std::shared_ptr<const key_set>> make_key_set(const secret& signing_secret,
                                                    std::string issuer, std::string audience) {
  auto access = hs256_key::make(signing_secret);
  if (!access) return fail(access.error());
  constexpr std::size_t sealing_key_bytes = 32;
  return std::make_shared<const key_set>(
      key_set{std::move(*access), refresh_keys{signing_secret},
              hkdf_sha256(signing_secret, {}, "latchkey ticket", sealing_key_bytes),
              std::move(issuer), std::move(audience),
              hmac_sha256_key{
                  hkdf_sha256(signing_secret, {}, "latchkey page forms", sha256_mac{}.size())}});
}

caf::result<messages::signed_token> key_ring_state::on_sign(messages::sign_access& request) {
  return messages::signed_token{secret{keys->access.sign(request.claims)}};
}

caf::result<messages::signed_token>
key_ring_state::on_sign_service(messages::sign_service& request) {
  secret token{keys->access.sign(request.claims)};
  // Nobody would look at it.
  if (token.reveal().size() > access_token_bytes_max)
    return to_error(failure{error_code::validation_error, "scopes",
                            "make a token of more than " + std::to_string(access_token_bytes_max) +
                                " bytes: ask for fewer",
                            0});
  return messages::signed_token{std::move(token)};
}

key_ring_actor::behavior_type key_ring(key_ring_actor::stateful_pointer<key_ring_state> self,
                                       std::shared_ptr<const key_set> keys) {
  install_default_handlers(self);
  self->state.keys = std::move(keys);
  return {handler<&key_ring_state::on_sign>(&self->state),
          handler<&key_ring_state::on_sign_service>(&self->state)};
}

} // namespace latchkey
