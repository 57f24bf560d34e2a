// owner_token.hpp — a token for an account's owner: random text, and the fact that keeps its hash.
#pragma once

#include "protocol/facts/recovery.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <chrono>
#include <utility>

namespace latchkey {

struct owner_token {
  secret text; // for the mail, or the answer
  storage::add_reset_token fact;
};

inline owner_token make_owner_token(const user_id& user, token_purpose purpose, time_point at,
                                    std::chrono::seconds ttl) {
  auto made = make_opaque_key(
      purpose == token_purpose::email_verification ? email_token_kind : reset_token_kind, user);
  owner_token out;
  out.text = std::move(made.text);
  auto& token = out.fact.token;
  token.id = made.key.id;
  token.purpose = purpose;
  token.user = user;
  token.secret_hash = std::move(made.key.secret_hash);
  token.created_at = at;
  token.expires_at = at + ttl;
  return out;
}

} // namespace latchkey
