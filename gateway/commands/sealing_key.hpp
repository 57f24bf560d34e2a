// sealing_key.hpp — the key that seals the secrets of authenticator apps, for commands.
#pragma once

#include "config/settings/settings.hpp"
#include "protocol/result.hpp"
#include "storage/store.hpp"

namespace latchkey::gateway::commands {

/// To seal what that store's server shall open: makes a secret as a start would when there is none.
/// CONFLICT with a sentence when the secret is not the one that the store was used with last.
result<secret> key_to_seal(storage::store& store, const settings& configured);
/// To open what was sealed, or to try an import: makes nothing. Without a secret, a key that opens
/// nothing.
result<secret> key_to_open(const settings& configured);

} // namespace latchkey::gateway::commands
