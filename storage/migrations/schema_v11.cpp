// schema_v11.cpp — version 11: what the members of a cluster have agreed on, and whose member a
// workflow that runs is.
#include "storage/migrations/versions.hpp"

namespace latchkey::storage {

namespace {

constexpr std::string_view terms = R"(
ALTER TABLE cluster_members ADD COLUMN terms VARCHAR(255) NOT NULL DEFAULT '')";

// A member's id, also after it is gone; NULL: a server that is alone, or nobody's yet.
constexpr std::string_view owner = R"(
ALTER TABLE workflows ADD COLUMN owner VARCHAR(36) {key})";

constexpr std::string_view by_owner = R"(
CREATE INDEX workflows_by_owner ON workflows (owner, id) WHERE ended_at IS NULL)";

} // namespace

migration schema_v11() {
  return {11, "0011_workflow_owners", {owner, by_owner}, {terms}, {}, nullptr, 10};
}

} // namespace latchkey::storage
