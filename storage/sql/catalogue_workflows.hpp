// catalogue_workflows.hpp — statements about workflows and their statuses.
#pragma once

#include "storage/sql/catalogue.hpp"

namespace latchkey::storage::sql {

extern const statement find_workflow_record; // $1 id → a workflow row (workflow_queries.cpp)
/// $1 workflow, $2 seq, $3 limit: those behind that one → seq, body, at
extern const statement list_workflow_statuses;
extern const statement list_running_workflows; // $1 id, $2 limit: those behind that one → id

extern const statement add_workflow; // $1 … $11 the record → id when it won
/// $1 id, $2 seq, $3 position, $4 status, $5 ended_at → id when it won
extern const statement move_workflow;
extern const statement add_workflow_status; // $1 workflow, $2 seq, $3 body, $4 at
extern const statement has_workflow;        // $1 id → 1
extern const statement forget_workflows;    // $1 time, $2 how many at most → id of each

} // namespace latchkey::storage::sql
