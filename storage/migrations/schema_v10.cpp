// schema_v10.cpp — version 10: the members of a cluster, whose transaction a mark is of, and the
// tickets that were used.
#include "storage/migrations/versions.hpp"

namespace latchkey::storage {

namespace {

constexpr std::string_view members = R"(
CREATE TABLE cluster_members (
    id VARCHAR(36) {key} PRIMARY KEY,
    node VARCHAR(255) {key} NOT NULL,
    address VARCHAR(255) NOT NULL,
    joined_at TIMESTAMPTZ NOT NULL,
    heartbeat_at TIMESTAMPTZ NOT NULL,
    gapless_since TIMESTAMPTZ NOT NULL,
    is_open BOOLEAN NOT NULL DEFAULT FALSE
) WITH (fillfactor = 50))";

// A transaction of a member that was fenced finds no row to refer to and fails.
constexpr std::string_view mark_of_member = R"(
ALTER TABLE commit_marks ADD COLUMN member VARCHAR(36) {key}
    REFERENCES cluster_members (id) ON DELETE CASCADE)";

constexpr std::string_view marks_of_member = R"(
CREATE INDEX commit_marks_of_member ON commit_marks (member))";

constexpr std::string_view tickets = R"(
CREATE TABLE spent_tickets (
    session_id VARCHAR(36) {key} NOT NULL,
    number BIGINT NOT NULL,
    until TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (session_id, number)
))";

constexpr std::string_view tickets_by_end = R"(
CREATE INDEX spent_tickets_by_end ON spent_tickets (until))";

} // namespace

migration schema_v10() {
  return {10,
          "0010_cluster_members",
          {tickets, tickets_by_end},
          {members, mark_of_member, marks_of_member},
          {}};
}

} // namespace latchkey::storage
