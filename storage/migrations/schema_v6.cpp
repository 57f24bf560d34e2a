// schema_v6.cpp — version 6: password failures in a row, and skeletons of names.
#include "storage/migrations/versions.hpp"

#include "storage/facts/new_users.hpp"

namespace latchkey::storage {

namespace {

// user_record::failures_in_a_row, a column a budget. No index holds them.
constexpr std::string_view of_strangers = R"(
ALTER TABLE users ADD COLUMN failures_of_strangers BIGINT NOT NULL DEFAULT 0)";
constexpr std::string_view of_known_clients = R"(
ALTER TABLE users ADD COLUMN failures_of_known_clients BIGINT NOT NULL DEFAULT 0)";
constexpr std::string_view of_signed_in = R"(
ALTER TABLE users ADD COLUMN failures_of_signed_in BIGINT NOT NULL DEFAULT 0)";

} // namespace

migration schema_v6() {
  // What a name looks like is a row of login_names too (kind 'skeleton'). Code adds those of the
  // users who exist already, for SQL cannot compute them.
  return {6,
          "0006_password_failures_name_skeletons",
          {of_strangers, of_known_clients, of_signed_in},
          {},
          {},
          add_missing_skeletons};
}

} // namespace latchkey::storage
