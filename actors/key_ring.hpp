// key_ring.hpp — the signing keys: whoever needs a signature asks here.
#pragma once

#include "actors/behave.hpp"
#include "actors/services.hpp"

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
};

key_ring_actor::behavior_type key_ring(key_ring_actor::stateful_pointer<key_ring_state> self,
                                       std::shared_ptr<const key_set> keys);

} // namespace latchkey
