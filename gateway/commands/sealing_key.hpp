// sealing_key.hpp — the key that seals the secrets of authenticator apps, for commands.
#pragma once

#include "config/settings/settings.hpp"
#include "protocol/result.hpp"
#include "storage/store.hpp"

namespace latchkey::gateway::commands {

/// To seal what that store's server shall open. A store that knows no secret notes this one, which
/// is made as a start would when there is none. CONFLICT with a sentence when the secret is not the
/// one that the store was used with last, or when there is none and the store was used with one.
result<secret> key_to_seal(storage::store& store, const settings& configured);
/// The same for a dry run: makes and notes nothing.
result<secret> key_to_try(storage::store& store, const settings& configured);
/// To open what was sealed: makes nothing. Without a secret, a key that opens nothing.
result<secret> key_to_open(const settings& configured);

} // namespace latchkey::gateway::commands
