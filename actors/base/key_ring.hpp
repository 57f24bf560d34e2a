// key_ring.hpp — signs access tokens and services' tokens. Refresh tokens are not asked for here: a
// session makes and checks its own with the key set.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/behave.hpp"

#include <caf/stateful_actor.hpp>

namespace latchkey {

/// The keys that follow from the server's secret (JWT_SECRET_KEY). Fails when it is
/// shorter than 32 bytes.
result<std::shared_ptr<const key_set>> make_key_set(const secret& signing_secret,
                                                    std::string issuer, std::string audience);

struct key_ring_state {
  static inline const char* name = "key_ring";

  std::shared_ptr<const key_set> keys;

  caf::result<messages::signed_token> on_sign(messages::sign_access& request);
  caf::result<messages::signed_token> on_sign_service(messages::sign_service& request);
};

key_ring_actor::behavior_type key_ring(key_ring_actor::stateful_pointer<key_ring_state> self,
                                       std::shared_ptr<const key_set> keys);

} // namespace latchkey
