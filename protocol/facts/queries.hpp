// queries.hpp — every query that the store answers.
//
// A query names its answer. Absence is an empty optional, never an error.
#pragma once

#include "protocol/facts/api_keys.hpp"
#include "protocol/facts/audit.hpp"
#include "protocol/facts/mails.hpp"
#include "protocol/facts/projects.hpp"
#include "protocol/facts/quotas.hpp"
#include "protocol/facts/recovery.hpp"
#include "protocol/facts/roles.hpp"
#include "protocol/facts/services.hpp"
#include "protocol/facts/sessions.hpp"
#include "protocol/facts/subscriptions.hpp"
#include "protocol/facts/users.hpp"
#include "protocol/facts/workflows.hpp"
#include "protocol/one_of.hpp"

namespace latchkey::storage {

using query =
    one_of<find_user_by_number, list_users, users_after, has_administrator, find_profile,
           find_recovery, find_reset_token, list_sessions, due_mails, list_roles, list_api_keys,
           list_services, find_subscription, find_stripe_customer, find_stripe_subscription,
           list_stripe_subscriptions, list_quota_usage, find_project, list_projects,
           find_workflow_record, list_workflow_statuses, list_running_workflows, list_audit>;

template <class Queries>
struct answers_of;
template <class... Queries>
struct answers_of<one_of<Queries...>> {
  using type = one_of<typename Queries::answer...>;
};

/// The answer to any query; `answer_to` in storage/store.hpp takes the query's own out of it.
using finding = answers_of<query>::type;

} // namespace latchkey::storage
