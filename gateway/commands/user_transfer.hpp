// user_transfer.hpp — many users in and out of a store, a few hundred at a time and with the same
// memory however many they are.
#pragma once

#include "gateway/commands/progress.hpp"
#include "protocol/result.hpp"
#include "storage/store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace latchkey::gateway::commands {

inline constexpr std::size_t import_batch_users_max = 256;
inline constexpr std::size_t export_page_users_max = 500;

struct import_options {
  bool is_dry_run = false;    // nothing is written
  bool skips_present = false; // users that are there are no failures
  /// Asked once, when the first authenticator app comes. Required.
  std::function<result<secret>()> sealing_key;
};

struct export_options {
  bool with_hashes = false; // of passwords and recovery passphrases
  /// With second factors, which this key opens.
  std::optional<secret> sealing_key = {};
};

struct import_outcome {
  std::uint64_t imported = 0; // in a dry run: that would be
  std::uint64_t present = 0;  // the store has a user of that id or email
  std::uint64_t refused = 0;  // lines that are wrong, or want what is somebody else's, or
                              // have somebody else's email in other letters' case
  // Of those imported:
  std::uint64_t with_passkeys = 0;
  std::uint64_t without_codes = 0; // a sign-in asks for a second factor, and no recovery code helps
};

/// Reads lines from the descriptor `from` until it ends. Every line that does not become a user
/// is told through `shown` with its number, field and reason. Fails when the store or the file
/// fails; what was imported until then stays. A byte order mark is passed over; a file in UTF-16
/// or UTF-32 is refused as one.
result<import_outcome> import_users(storage::store& store, int from, const import_options& options,
                                    progress& shown);

/// Writes every user to the descriptor `to`, in the order of their numbers; answers how many. Fails
/// in the end when authenticator apps were sealed under another secret, each of which is told
/// through `shown`: without them, a password alone would sign in after the next import. Nothing is
/// written behind the first.
result<std::uint64_t> export_users(storage::store& store, int to, const export_options& options,
                                   progress& shown);

} // namespace latchkey::gateway::commands
