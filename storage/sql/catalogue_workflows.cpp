#include "storage/sql/catalogue_workflows.hpp"

namespace latchkey::storage::sql {

const statement find_workflow_record{
    "find_workflow_record",
    "SELECT id, user_id, message_id, workflow_type, agent_instance_id, project_id, parameters, "
    "status, last_seq, last_position, created_at, ended_at FROM workflows WHERE id = $1"};
const statement list_workflow_statuses{"list_workflow_statuses",
                                       "SELECT seq, body, at FROM workflow_statuses "
                                       "WHERE workflow_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"};
const statement list_running_workflows{"list_running_workflows",
                                       "SELECT id FROM workflows WHERE ended_at IS NULL "
                                       "AND id > $1 ORDER BY id LIMIT $2"};

const statement add_workflow{
    "add_workflow",
    "INSERT INTO workflows (id, user_id, message_id, workflow_type, agent_instance_id, project_id, "
    "parameters, status, last_seq, last_position, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING id"};

// The condition decides on the row as it is when it is this writer's turn: no two add one status.
const statement move_workflow{"move_workflow",
                              "UPDATE workflows SET last_seq = $2, last_position = $3, "
                              "status = $4, ended_at = $5 WHERE id = $1 "
                              "AND last_seq + 1 = $2 AND ended_at IS NULL RETURNING id"};
const statement add_workflow_status{
    "add_workflow_status",
    "INSERT INTO workflow_statuses (workflow_id, seq, body, at) VALUES ($1, $2, $3, $4)"};
const statement has_workflow{"has_workflow", "SELECT 1 FROM workflows WHERE id = $1"};

#define LATCHKEY_FORGET_WORKFLOWS(lock)                                                            \
  "DELETE FROM workflows WHERE id IN (SELECT id FROM workflows WHERE ended_at < $1 "               \
  "ORDER BY ended_at LIMIT $2" lock ") RETURNING id"
const statement forget_workflows{"forget_workflows", LATCHKEY_FORGET_WORKFLOWS(""),
                                 LATCHKEY_FORGET_WORKFLOWS(" FOR UPDATE SKIP LOCKED")};

} // namespace latchkey::storage::sql
