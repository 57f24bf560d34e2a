// facts.hpp — every fact that the store can make durable, what a writer learns afterwards, and
// every query that the store answers.
//
// Actors state facts; the engines behind storage/store.hpp write them. When a fact loses is part
// of its meaning, and the same on every engine: each fact says so in its topic's header.
#pragma once

#include "protocol/facts/api_keys.hpp"
#include "protocol/facts/audit.hpp"
#include "protocol/facts/factors.hpp"
#include "protocol/facts/mails.hpp"
#include "protocol/facts/passkeys.hpp"
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

#include <cstdint>
#include <vector>

namespace latchkey::storage {

// -- facts -------------------------------------------------------------------------------

/// The order counts: within a group of units, facts run by kind in this order (storage/batch.hpp).
/// The first eight have a form of their own for whole batches on PostgreSQL.
using fact =
    one_of<create_user, set_password_hash, create_session, rotate_session, end_session,
           end_sessions_of, add_audit, touch_login, update_user, delete_user, set_recovery,
           add_reset_token, use_reset_token, use_up_reset_tokens, add_mail, lease_mail, settle_mail,
           add_role, update_role, remove_role, add_api_key, revoke_api_key, touch_api_key,
           put_service, add_service_key, revoke_service_key, touch_service_key, add_stripe_event,
           put_stripe_subscription, put_subscription, spend_quota, add_project, update_project,
           remove_project, upsert_session, touch_session, forget_sessions, forget_audits,
           add_workflow, add_workflow_status, forget_workflows, remove_recovery, mark_used,
           drop_mails_to, revoke_api_keys_of, count_password_failures, forget_password_failures,
           spend_ticket, own_workflow, claim_workflows, enrol_totp, confirm_totp, use_totp,
           remove_totp, add_passkey, use_passkey, change_passkey, remove_passkey,
           put_recovery_codes, use_recovery_code, remove_factors, spend_challenge,
           count_factor_failures, reauthenticate_session, need_live_session, begin_factor_grace>;

/// Facts that become durable together or not at all, in the order given. A unit fails with
/// VALIDATION_ERROR and the field when text is not UTF-8, holds a NUL or is longer than its
/// column, when an id is nil, or when a number or a time is out of range (the limits stand in the
/// topics' headers).
struct unit {
  std::vector<fact> facts;
};

/// What a writer may want to know about a unit that became durable.
struct written {
  std::int64_t user_number = 0;    // of the user that it created
  std::int64_t sessions_ended = 0; // live sessions that it ended
  std::int64_t quota_used = 0;     // after its last `spend_quota`, of that quota
  std::int64_t forgotten = 0;      // sessions, audit lines or workflows that it removed
  std::int64_t claimed = 0;        // workflows that have another owner by it
};

// -- queries -----------------------------------------------------------------------------

/// Each names its answer. Absence is an empty optional, never an error.
using query = one_of<find_user_by_number, list_users, users_after, hashes_after, has_administrator,
                     find_profile, find_recovery, find_reset_token, list_sessions, due_mails,
                     list_roles, list_api_keys, list_services, find_subscription,
                     find_stripe_customer, find_stripe_subscription, list_stripe_subscriptions,
                     list_quota_usage, find_project, list_projects, find_workflow_record,
                     list_workflow_statuses, list_running_workflows, list_workflow_owners,
                     list_audit, count_audit, list_factors, find_passkey, list_recovery_codes>;

template <class Queries>
struct answers_of;
template <class... Queries>
struct answers_of<one_of<Queries...>> {
  using type = one_of<typename Queries::answer...>;
};

/// The answer to any query; `answer_to` in storage/store.hpp takes the query's own out of it.
using finding = answers_of<query>::type;

} // namespace latchkey::storage
