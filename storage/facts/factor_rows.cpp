#include "storage/facts/factor_rows.hpp"

namespace latchkey::storage {

namespace sql {

const statement drop_recovery_codes{"drop_recovery_codes",
                                    "DELETE FROM recovery_codes WHERE user_id = $1"};

namespace {

// The bits of protocol/authentication.hpp, factor_kinds; those of kinds that a newer program knows
// stay as they are.
constexpr statement revise_factors{
    "revise_factors", "UPDATE users SET version = version + 1, updated_at = $2, second_factors = "
                      "(second_factors & ~7) "
                      "| CASE WHEN EXISTS (SELECT 1 FROM totp_factors t WHERE t.user_id = users.id "
                      "AND t.confirmed_at IS NOT NULL) THEN 1 ELSE 0 END "
                      "| CASE WHEN EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = users.id "
                      "AND p.is_second_factor) THEN 2 ELSE 0 END "
                      "| CASE WHEN EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = users.id "
                      "AND NOT p.is_second_factor) THEN 4 ELSE 0 END "
                      "WHERE id = $1 RETURNING second_factors"};

} // namespace
} // namespace sql

std::optional<failure> hold_user(sql::runner& on, const std::string& user, std::int64_t based_on) {
  std::optional<std::int64_t> version;
  on.run(sql::share_user, {user},
         [&version](const sql::row_source& row) { version = sql::number_at(row, 0); });
  if (!version) return losing(error_code::user_not_found);
  if (*version != based_on)
    return losing(error_code::conflict, "version", "the user was changed meanwhile");
  return std::nullopt;
}

void revise_factors(sql::runner& on, const std::string& user, time_point at) {
  factor_kinds kinds;
  on.run(sql::revise_factors, {user, time_text(at)}, [&kinds](const sql::row_source& row) {
    kinds = factor_kinds::of_number(sql::number_at(row, 0));
  });
  if (!kinds.any()) on.run(sql::drop_recovery_codes, {user});
}

} // namespace latchkey::storage
