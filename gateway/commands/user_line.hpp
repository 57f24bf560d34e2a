// user_line.hpp — a user as one line of JSON: what `users export` writes and `users import` reads.
//
//   {"id":…,"number":…,"username":…,"email":…,"password_hash":…,"first_name":…,"last_name":…,
//    "full_name":…,"role":…,"client_id":…,"is_active":…,"email_verified":…,"created_at":…,
//    "updated_at":…,"last_login_at":…,"recovery_passphrase_hash":…,"company":…,"phone":…,
//    "avatar_url":…,"preferences":{…}}
//
// Second factors stand beside these (gateway/transfer/user_factors.hpp).
//
// Only `username` and `email` are required; null and absent are the same. A user without
// `password_hash` has no password, and gets one by a reset by mail.
#pragma once

#include "gateway/transfer/user_factors.hpp"
#include "protocol/facts/facts.hpp"
#include "protocol/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey::gateway::commands {

inline constexpr std::size_t user_line_bytes_max = std::size_t{128} * 1024;

/// All that a line says.
struct user_line {
  user_record user;
  secret recovery_passphrase_hash; // a PHC string; empty: none
  profile_record profile;
  user_factors factors;
};

/// Read as strictly as a request's body: a field that is none of these, one that stands twice and
/// one of the wrong type are refused, and so are names that a registration would not take and
/// hashes that a sign-in could not compare with. Roles are not looked up. What is not given is as
/// in a new user; the id is new, the times are `now`. VALIDATION_ERROR with field and reason.
result<user_line> read_user_line(std::string_view line, time_point now);

/// With a newline, and the factors. `with_hashes`: also the password's and the recovery
/// passphrase's.
void append_user_line(std::string& out, const user_line& all, bool with_hashes);

/// A number up to this moves our own numbering past it. A larger one, which is likely of another
/// numbering, does not: otherwise one huge number would give every later user a larger one, which
/// no import takes (`chosen_user_number_max`). Services' numbers end here, too.
inline constexpr std::int64_t sequence_moving_number_max = (std::int64_t{1} << 31) - 1;

/// The facts that add the user, with a line for the audit log. `sealing_key` seals the secrets of
/// authenticator apps: INTERNAL_ERROR without it for a user who has one.
result<storage::unit> unit_of(const user_line& all, const std::optional<secret>& sealing_key,
                              time_point now);

} // namespace latchkey::gateway::commands
