// schema_v13.cpp — version 13: passkeys that were registered with another system.
#include "storage/migrations/versions.hpp"

namespace latchkey::storage {

namespace {

constexpr std::string_view foreign_passkeys = R"(
ALTER TABLE passkeys ADD COLUMN is_foreign BOOLEAN NOT NULL DEFAULT FALSE)";

} // namespace

migration schema_v13() {
  return {13, "0013_foreign_passkeys", {foreign_passkeys}, {}, {}, nullptr, 10};
}

} // namespace latchkey::storage
