// queries.hpp — what can be asked of the store beside sign-in's own questions, each answered
// once for both engines.
#pragma once

#include "protocol/facts/queries.hpp"
#include "storage/sql/runner.hpp"

namespace latchkey::storage::sql {

/// Answers any query, by the alternative of the same position. What cannot be in a column
/// (a NUL, other than UTF-8) is not asked for: nothing is found.
finding answer_any(runner& on, const query& what);

// -- users (user_queries.cpp) --------------------------------------------------------
finding answer(runner& on, const storage::find_user_by_number& q);
finding answer(runner& on, const storage::list_users& q);
finding answer(runner& on, const storage::users_after& q);
finding answer(runner& on, const storage::has_administrator& q);
finding answer(runner& on, const storage::find_profile& q);

// -- recovery and sessions (session_queries.cpp) ---------------------------------------
finding answer(runner& on, const storage::find_recovery& q);
finding answer(runner& on, const storage::find_reset_token& q);
finding answer(runner& on, const storage::list_sessions& q);

// -- mail (mail_queries.cpp) ---------------------------------------------------------
finding answer(runner& on, const storage::due_mails& q);

// -- roles, services, keys (registry_queries.cpp) --------------------------------------
finding answer(runner& on, const storage::list_roles& q);
finding answer(runner& on, const storage::list_api_keys& q);
finding answer(runner& on, const storage::list_services& q);

// -- subscriptions and projects (billing_queries.cpp) ----------------------------------
finding answer(runner& on, const storage::find_subscription& q);
finding answer(runner& on, const storage::find_stripe_customer& q);
finding answer(runner& on, const storage::find_stripe_subscription& q);
finding answer(runner& on, const storage::list_stripe_subscriptions& q);
finding answer(runner& on, const storage::list_quota_usage& q);
finding answer(runner& on, const storage::find_project& q);
finding answer(runner& on, const storage::list_projects& q);

// -- workflows (workflow_queries.cpp) ----------------------------------------------------
finding answer(runner& on, const storage::find_workflow_record& q);
finding answer(runner& on, const storage::list_workflow_statuses& q);
finding answer(runner& on, const storage::list_running_workflows& q);

// -- the audit log (audit_queries.cpp) ---------------------------------------------------
finding answer(runner& on, const storage::list_audit& q);

/// How many rows a query may bring: at most `page_rows_max`.
inline std::int64_t rows_of(std::size_t limit) noexcept {
  return static_cast<std::int64_t>(limit < page_rows_max ? limit : page_rows_max);
}
/// How many rows it leaves out before them.
std::int64_t offset_of(std::size_t offset) noexcept;

} // namespace latchkey::storage::sql
