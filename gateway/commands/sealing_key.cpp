#include "gateway/commands/sealing_key.hpp"

#include "actors/base/key_ring.hpp"
#include "config/signing_secret.hpp"
#include "gateway/store_secret.hpp"
#include "protocol/ids.hpp"

namespace latchkey::gateway::commands {
namespace {

result<secret> sealing_part(const secret& signing_secret) {
  const auto keys = make_key_set(signing_secret, {}, {});
  if (!keys) return fail(keys.error());
  return (*keys)->sealing;
}

/// Refuses what `compare_secret` said; `is_given`: whether there is a secret at all.
result<void> refuse_another(const result<std::string>& difference, bool is_given) {
  if (!difference) return fail(difference.error());
  if (difference->empty()) return {};
  const std::string other =
      is_given ? "the store was used with another JWT_SECRET_KEY, and its server could not read "
                 "the authenticator apps: set that one, or start the server once with the new one"
               : "the store was used with a secret, and there is none here: set JWT_SECRET_KEY, or "
                 "put jwt_secret back into DATA_DIR";
  return fail(error_code::conflict, "JWT_SECRET_KEY", other);
}

/// As it is, or as it would be made: nothing is written.
result<void> check_secret_to_seal(storage::store& store, const settings& configured) {
  const auto key = read_signing_secret(configured);
  if (!key) return fail(key.error());
  const auto origin = origin_of_secret(configured);
  return refuse_another(compare_secret(store, *key, origin, configured), key->has_value());
}

} // namespace

result<secret> key_to_seal(storage::store& store, const settings& configured) {
  // First, so that a store that knows a secret is not given a new one.
  if (const auto known = check_secret_to_seal(store, configured); !known)
    return fail(known.error());
  const auto origin = origin_of_secret(configured);
  const auto signing_secret = load_or_create_signing_secret(configured);
  if (!signing_secret) return fail(signing_secret.error());
  const auto difference =
      compare_and_note_secret(store, *signing_secret, origin, configured, another_secret::refused);
  if (const auto same = refuse_another(difference, true); !same) return fail(same.error());
  return sealing_part(*signing_secret);
}

result<secret> key_to_try(storage::store& store, const settings& configured) {
  if (const auto known = check_secret_to_seal(store, configured); !known)
    return fail(known.error());
  return key_to_open(configured);
}

result<secret> key_to_open(const settings& configured) {
  constexpr std::size_t key_bytes = 32;
  const auto signing_secret = read_signing_secret(configured);
  if (!signing_secret) return fail(signing_secret.error());
  if (!*signing_secret) return secret{random_bytes(key_bytes)};
  return sealing_part(**signing_secret);
}

} // namespace latchkey::gateway::commands
