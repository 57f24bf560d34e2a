// schema_v8.cpp — version 8: notes about the store as a whole.
#include "storage/migrations/versions.hpp"

namespace latchkey::storage {

namespace {

constexpr std::string_view store_notes = R"(
CREATE TABLE store_notes (
    name VARCHAR(64) {key} PRIMARY KEY,
    value TEXT NOT NULL
))";

} // namespace

migration schema_v8() {
  return {8, "0008_store_notes", {store_notes}, {}, {}};
}

} // namespace latchkey::storage
