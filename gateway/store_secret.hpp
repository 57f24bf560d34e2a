// store_secret.hpp — whether the signing secret is the one that the store's sessions were opened
// with.
#pragma once

#include "config/settings/settings.hpp"
#include "protocol/result.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace latchkey::gateway {

enum class secret_origin : std::uint8_t {
  setting, // JWT_SECRET_KEY
  kept,    // DATA_DIR/jwt_secret, which was there
  made,    // by this very start
};

/// To be asked before the secret is loaded, for that makes a missing one.
secret_origin origin_of_secret(const settings& configured);

/// The warning for a JWT_SECRET_KEY that looks like a placeholder; empty when it does not. A
/// placeholder in DATA_DIR is refused when it is read (config/signing_secret.hpp).
std::string warning_of_placeholder(const settings& configured);

/// What `agree_on_secret` would say of the store, without a word in the log and without a change:
/// its refusal, or its warning, empty when there is none. `key` is empty when a start would make
/// one.
result<std::string> compare_secret(storage::store& store, const std::optional<secret>& key,
                                   secret_origin origin, const settings& configured);

/// Whether to go on with a secret that the store was not used with last.
enum class another_secret : std::uint8_t { accepted, refused };

/// Compares the secret, then notes its fingerprint as that of the one in use, unless it is another
/// one and is refused for that. Answers what `compare_secret` does. For all that keeps something
/// under the secret: what is not noted, a later start could not miss.
result<std::string> compare_and_note_secret(storage::store& store, const secret& key,
                                            secret_origin origin, const settings& configured,
                                            another_secret is);

/// Compares the secret with the fingerprints of those that the store was used with, and adds its
/// own. Logs the warning for a placeholder. Another secret that the operator set, or that had to be
/// made, ends all sessions: a warning says so. Another secret in DATA_DIR while the store has live
/// sessions is likely a mistake: CONFLICT with a sentence.
result<void> agree_on_secret(storage::store& store, const secret& key, secret_origin origin,
                             const settings& configured);

} // namespace latchkey::gateway
