#include "storage/migrations/eighth_schema.hpp"

namespace latchkey::storage {

namespace {

constexpr std::string_view store_notes = R"(
CREATE TABLE store_notes (
    name VARCHAR(64) {key} PRIMARY KEY,
    value TEXT NOT NULL
))";

} // namespace

migration eighth_schema() {
  return {8, "0008_store_notes", {store_notes}, {}, {}};
}

} // namespace latchkey::storage
