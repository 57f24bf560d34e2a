// schema_v3.cpp — version 3: workflows and their statuses.
#include "storage/migrations/versions.hpp"

namespace latchkey::storage {

namespace {

constexpr std::string_view workflows = R"(
CREATE TABLE workflows (
    id VARCHAR(36) {key} PRIMARY KEY,
    user_id VARCHAR(36) {key} NOT NULL REFERENCES users(id) ON DELETE CASCADE,
    message_id VARCHAR(128) {key} NOT NULL,
    workflow_type VARCHAR(255) NOT NULL,
    agent_instance_id VARCHAR(255) NOT NULL,
    project_id VARCHAR(255) NOT NULL,
    parameters TEXT NOT NULL,
    status VARCHAR(20) NOT NULL,
    last_seq BIGINT NOT NULL,
    last_position BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    UNIQUE (user_id, message_id)
) {hot})";

// Few of all: those that a start looks for.
constexpr std::string_view workflows_running = R"(
CREATE INDEX workflows_running ON workflows (id) WHERE ended_at IS NULL)";

// Workflows that have ended are removed oldest first.
constexpr std::string_view workflows_by_end = R"(
CREATE INDEX workflows_by_end ON workflows (ended_at) WHERE ended_at IS NOT NULL)";

constexpr std::string_view workflow_statuses = R"(
CREATE TABLE workflow_statuses (
    workflow_id VARCHAR(36) {key} NOT NULL REFERENCES workflows(id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    body TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (workflow_id, seq)
))";

} // namespace

migration schema_v3() {
  return {3,
          "0003_workflows",
          {workflows, workflows_running, workflows_by_end, workflow_statuses},
          {},
          {}};
}

} // namespace latchkey::storage
