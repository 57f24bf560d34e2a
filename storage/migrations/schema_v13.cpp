// schema_v13.cpp — version 13: passkeys that were registered with another system; who must have a
// second factor, and from when on.
#include "storage/migrations/versions.hpp"

namespace latchkey::storage {

namespace {

constexpr std::string_view foreign_passkeys = R"(
ALTER TABLE passkeys ADD COLUMN is_foreign BOOLEAN NOT NULL DEFAULT FALSE)";

constexpr std::string_view required_factors = R"(
ALTER TABLE roles ADD COLUMN requires_second_factor BOOLEAN NOT NULL DEFAULT FALSE)";

// NULL: the rule has not applied to any sign-in of the user's.
constexpr std::string_view factor_grace = R"(
ALTER TABLE users ADD COLUMN second_factor_due_at TIMESTAMPTZ)";

constexpr std::string_view awaited_factors = R"(
ALTER TABLE sessions ADD COLUMN awaits_second_factor BOOLEAN NOT NULL DEFAULT FALSE)";

} // namespace

migration schema_v13() {
  return {13,
          "0013_factor_policy",
          {foreign_passkeys, required_factors, factor_grace, awaited_factors},
          {},
          {},
          nullptr,
          10};
}

} // namespace latchkey::storage
