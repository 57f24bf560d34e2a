// catalogue_audit.hpp — statements that read the audit log. Times and ids together order it:
// several lines may have one time.
#pragma once

#include "storage/sql/catalogue.hpp"

namespace latchkey::storage::sql {

/// $1 not before, $2 and $3 the time and the id that come before the line, $4 limit, then the
/// user, the action → rows as in audit_queries.cpp, newest first
extern const statement list_audit;
extern const statement list_audit_of_user;        // $5 user
extern const statement list_audit_of_action;      // $5 action
extern const statement list_audit_of_user_action; // $5 user, $6 action

} // namespace latchkey::storage::sql
