// stand_ins.hpp — whose hashes an unknown name's password, or recovery passphrase, is compared
// with, for nothing.
//
// A hash that another system made, or that was made at another cost, takes the time that was chosen
// there. If unknown names always took today's, an account with such a hash would be told by its
// time. So each unknown name follows one of the users, whom a keyed hash of the name selects: it
// takes what that user's takes, and changes when that user's does. Password and passphrase are the
// same user's, as those of a name that is known.
#pragma once

#include "protocol/facts/users.hpp"
#include "protocol/ids.hpp"
#include "protocol/tokens/hmac.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace latchkey {

/// Some of the users: all of a small store, a few hundred of a large one, spread over their
/// numbers.
class stand_ins {
public:
  static constexpr std::size_t page_rows = 16;
  static constexpr std::size_t pages_max = 32;

  /// The answer to a question for the `page_rows` users after a number; the number after which the
  /// next ones are to be asked for. `total` is how many users there are.
  std::int64_t add(const storage::hashes_after::answer& page, std::int64_t after,
                   std::int64_t total);
  /// Whether these are all that are to be read.
  bool is_full() const noexcept { return pages_ >= pages_max || is_at_end_; }

  using hashes = storage::hashes_after::user_hashes;
  /// The user whom the unknown name with that MAC follows. An empty hash: today's cost, which is
  /// also that of a user without a password, or without a passphrase.
  hashes of(const sha256_mac& name) const;

private:
  std::unordered_map<user_id, hashes> users_;
  std::size_t pages_ = 0;
  bool is_at_end_ = false;
};

} // namespace latchkey
