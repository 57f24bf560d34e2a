// factor_rows.hpp — what the facts of all second factors share.
#pragma once

#include "storage/facts/rules/topic.hpp"

#include <optional>
#include <string>
#include <vector>

namespace latchkey::storage {

namespace sql {
extern const statement drop_recovery_codes; // $1 user
extern const statement drop_all_passkeys;   // $1 user
} // namespace sql

/// Why a fact that is based on that version of the user's row loses, or nothing. The row stays
/// locked until the transaction ends.
std::optional<failure> hold_user(sql::runner& on, const std::string& user, std::int64_t based_on);

/// The user's row says which kinds there are from now on, in its next version. When none is asked
/// for, recovery codes are of no use and go.
void revise_factors(sql::runner& on, const std::string& user, time_point at);

/// The oldest first.
std::vector<passkey_record> passkeys_of(sql::runner& on, const user_id& user);

} // namespace latchkey::storage
