// interfaces.hpp — the map: every actor's typed interface, one comment a message.
//
// A comment says what is asked, what the answer is and which errors there are. Beside those, any
// request may fail with OVERLOADED (too many wait for their turn), TIMEOUT (its deadline has
// passed), STORE_UNAVAILABLE, OUTCOME_UNKNOWN (the connection was lost during COMMIT) and
// INTERNAL_ERROR; a user, a session, a subscription or a workflow that is leaving memory answers
// `gone()`, and the asker goes to the directory again. The fields of each message are described
// where it is declared (protocol/messages/).
#pragma once

#include "protocol/caf_compat.hpp"
#include "protocol/messages/account.hpp"
#include "protocol/messages/cluster.hpp"
#include "protocol/messages/factors.hpp"
#include "protocol/messages/identity.hpp"
#include "protocol/messages/live.hpp"
#include "protocol/messages/passkeys.hpp"
#include "protocol/messages/service.hpp"
#include "protocol/messages/session.hpp"
#include "protocol/messages/storage.hpp"
#include "protocol/messages/subscription.hpp"
#include "protocol/messages/workflow.hpp"

namespace latchkey {

/// One live session: its refresh counter, its liveness, its tokens.
using session_actor = caf::typed_actor<
    // Is the session alive? Its user, role and surface. AUTH003 when it has ended.
    request<messages::validate, messages::validation>,
    // The same, for a caller who shows a refresh token. AUTH003 also when the token is not the
    // session's or, of one that is used, when it was exchanged and its successor was seen.
    request<messages::prove, messages::validation>,
    // The session's first tokens, for the user actor that opened it. AUTH003 when it has ended.
    request<messages::issue_tokens, messages::token_pair>,
    // The next tokens, after COMMIT. AUTH003 when the token is not the session's, was used before,
    // or the session has ended.
    request<messages::refresh, messages::token_pair>,
    // End the session: the surface that opened it, after COMMIT and after every socket registry
    // that watches it has closed its sockets. AUTH003 when it had ended before.
    request<messages::revoke, messages::revoked>,
    // The store has ended the session. Done when the watchers have closed its sockets.
    request<messages::session_ended, messages::done>,
    // The store has another role for the session's user. Done at once; the watchers are told.
    request<messages::role_changed, messages::done>,
    // The store has another subscription for the session's user. Done at once; as above.
    request<messages::subscription_changed, messages::done>,
    // Another service has changed the session's expiry, last use or user agent. Done at once.
    request<messages::session_synced, messages::done>,
    // Its user has been authenticated again, durably: by which methods, and when.
    request<messages::reauthenticated, messages::stepped_up>,
    // Another node may have changed it. Done when the row was read.
    request<messages::reread_session, messages::done>,
    // A commit may or may not have ended the session. Done when the session has read its row again,
    // or knows that it must.
    request<messages::outcome_in_doubt, messages::done>,
    // Tell this socket registry how the session goes on: answered as `validate`.
    request<messages::watch, messages::validation>,
    // Tell this socket registry nothing more. Not answered.
    notice<messages::unwatch>,
    // Use a ticket of the session, which works once: answered as `validate`; AUTH003 also when the
    // ticket was used before.
    request<messages::use_ticket, messages::validation>,
    // Leave memory if unused. Not answered.
    notice<messages::sweep>>;

/// One user in use: profile and credentials; every change of the user passes through this actor.
using user_actor = caf::typed_actor<
    // Open a session for the right password: its tokens, after COMMIT. AUTH001 for a wrong
    // password, an inactive or a locked account; AUTH004 while the address must be verified first;
    // MFA_REQUIRED, with a token for the second step, of a user with a second factor.
    request<messages::authenticate, messages::token_pair>,
    // Open it for the second factor: its tokens, after COMMIT. AUTH001, AUTH003, RATE_LIMITED.
    request<messages::finish_sign_in, messages::token_pair>,
    // The user of a live session proves again who they are. AUTH001, AUTH003, RATE_LIMITED.
    request<messages::step_up, messages::stepped_up>,
    // Open a session for a passkey alone: its tokens, after COMMIT. AUTH001, AUTH003, AUTH004.
    request<messages::sign_in_with_passkey, messages::token_pair>,
    // What a browser that makes a new passkey is told. MFA_REQUIRED, CONFLICT.
    request<messages::begin_passkey, messages::passkey_wanted>,
    // Add it. MFA_REQUIRED, AUTH001, AUTH003, CONFLICT.
    request<messages::add_passkey, messages::passkey_added>,
    // Rename it, or say what it is for: as it is now. MFA_REQUIRED, NOT_FOUND.
    request<messages::change_passkey, messages::passkey_added>,
    // Remove it. Done after COMMIT. MFA_REQUIRED, NOT_FOUND.
    request<messages::remove_passkey, messages::done>,
    // Does this sign-in allow what needs a recent one? Done, or MFA_REQUIRED.
    request<messages::require_recent_sign_in, messages::done>,
    // The user's second factors, without their secrets.
    request<messages::list_factors, messages::factor_list>,
    // Begin to enrol an authenticator app: its secret. MFA_REQUIRED, CONFLICT.
    request<messages::enrol_totp, messages::totp_enrolled>,
    // Confirm it by its first code. MFA_REQUIRED, AUTH001, NOT_FOUND.
    request<messages::confirm_totp, messages::totp_confirmed>,
    // Remove it. Done after COMMIT. MFA_REQUIRED, NOT_FOUND.
    request<messages::remove_totp, messages::done>,
    // Make new recovery codes: the codes, shown this once. MFA_REQUIRED, CONFLICT.
    request<messages::make_recovery_codes, messages::recovery_codes_made>,
    // Remove every factor and end every session. Done after COMMIT. CONFLICT (field "role").
    request<messages::reset_factors, messages::done>,
    // What may be shown of the user. Answered from memory.
    request<messages::describe_user, messages::user_view>,
    // Change the user: what may be shown afterwards, after COMMIT. USER002 when a name is taken,
    // VALIDATION_ERROR for a bad value, CONFLICT (field "role") when the user has another role by
    // now.
    request<messages::update_user, messages::user_view>,
    // Remove the user and end every session. Done after COMMIT. CONFLICT as above, AUTH001 when the
    // owner asks with a wrong password.
    request<messages::delete_user, messages::done>,
    // End the user's sessions: how many there were, after COMMIT.
    request<messages::end_sessions, messages::sessions_ended>,
    // Replace the password by one the user chooses, who knows the current one. Done after COMMIT.
    // AUTH001 when the current one is wrong, USER003 for a bad new one.
    request<messages::change_password, messages::done>,
    // Mail a reset token. Done in any case, so that the answer tells nothing of the account.
    request<messages::begin_recovery, messages::done>,
    // A reset token for the right recovery passphrase. AUTH001.
    request<messages::verify_passphrase, messages::reset_grant>,
    // Set a password by a reset token. Done after COMMIT. AUTH003 for the token, USER003 for the
    // password.
    request<messages::reset_password, messages::done>,
    // Set or remove the recovery passphrase, with the password. Done after COMMIT. AUTH001.
    request<messages::change_recovery, messages::done>,
    // Mail a token that verifies the address: whether it was verified already. RATE_LIMITED.
    request<messages::begin_verification, messages::verification_begun>,
    // Verify the address by the token that was mailed. Done after COMMIT. AUTH003.
    request<messages::confirm_email, messages::done>,
    // Make an API key: the key, shown this once, after COMMIT. SUB002 when the quota is used up,
    // AUTH003 when the session has ended, AUTH004 for a scope that the user does not have.
    request<messages::create_api_key, messages::api_key_created>,
    // The user's API keys, without their text.
    request<messages::list_api_keys, messages::api_key_list>,
    // Revoke an API key. Done after COMMIT. NOT_FOUND.
    request<messages::revoke_api_key, messages::done>,
    // Is this a live API key of the user's? The user, role and scopes. AUTH003.
    request<messages::use_api_key, messages::api_key_use>,
    // Read the user's row again, because the store knows better. Done when it was read.
    request<messages::reload_user, messages::done>,
    // Leave memory if unused. Not answered.
    notice<messages::sweep>>;

/// One user's subscription: its tier, its quotas and how much of them is used.
using subscription_actor = caf::typed_actor<
    // The subscription, its tier in force and how much of each quota is used.
    request<messages::describe_subscription, messages::subscription_view>,
    // Change it, by hand or by an event of Stripe's: as above, after COMMIT and after the user's
    // sessions know. CONFLICT (field "id", "event" or "price") when Stripe's event changes nothing.
    request<messages::change_subscription, messages::subscription_view>,
    // Charge a quota and make the facts durable with it: how much is used now. SUB002 when it is
    // more than is left; the error of a fact that loses.
    request<messages::spend, messages::spent>,
    // The user has been removed: answer those who wait, then end. Not answered.
    notice<messages::owner_removed>,
    // The store may have another subscription. Done: it is read when next asked for.
    request<messages::user_changed, messages::done>,
    // Leave memory if unused. Not answered.
    notice<messages::sweep>>;

/// One workflow: its statuses, in order, and the sockets that they go to.
using workflow_actor = caf::typed_actor<
    // Start the workflow, once: the number of its last durable status. SUB002, GW001 when no core
    // manager is configured, CONFLICT (field "id") when the workflow was started with other
    // parameters.
    request<messages::start_workflow, messages::workflow_started>,
    // Send a socket the statuses that it has missed and those to come: the number of the last one.
    // NOT_FOUND when the workflow is another user's, VALIDATION_ERROR (field "last_seq").
    request<messages::resume_workflow, messages::workflow_resumed>,
    // Ask the core manager to end the workflow. Done when that has taken it. NOT_FOUND as above,
    // CONFLICT (field "workflow_id") when the workflow has ended, GW001, GW002.
    request<messages::cancel_workflow, messages::done>,
    // Take the core manager's next status: whether it was the last, after COMMIT. NOT_FOUND when
    // there is no such workflow, VALIDATION_ERROR, CONFLICT (field "sequence") when it is ahead.
    request<messages::take_status, messages::status_taken>,
    // Another node has written to it. Not answered.
    notice<messages::workflow_changed>,
    // Another node has sockets that follow it. Not answered.
    notice<messages::attend_workflow>,
    // Leave memory if unused; without a time: do what is due. Not answered.
    notice<messages::sweep>>;

/// A reactor's client of the core manager.
using core_manager_actor = caf::typed_actor<
    // Order a workflow, or find it again, and bring its statuses to its actor: how the stream
    // ended. GW001, GW002.
    request<messages::stream_workflow, messages::stream_ended>,
    // Ask the core manager to end a workflow. Done also when it knows none. GW001, GW002.
    request<messages::cancel_upstream, messages::done>>;

/// A shard of the directory: the only place that spawns users, sessions, subscriptions and
/// workflows.
using directory_actor = caf::typed_actor<
    // The user's actor, loaded when it is not in memory. USER001 when there is no such user.
    request<messages::find_user, user_actor>,
    // The session's actor. AUTH003 when there is no such session or it has ended.
    request<messages::find_session, session_actor>,
    // Compare a password for a name that nobody has. Done when it was compared.
    request<messages::compare_with_nothing, messages::done>,
    // Add a user: what may be shown of it, after COMMIT. USER002 when a name is taken.
    request<messages::register_user, messages::user_view>,
    // The actor of a session that has just become durable. AUTH003 when it is over already.
    request<messages::adopt_session, session_actor>,
    // The actor of the user's subscription. USER001 when there is no such user.
    request<messages::find_subscription, subscription_actor>,
    // The workflow's actor. NOT_FOUND when there is no such workflow.
    request<messages::find_workflow, workflow_actor>,
    // The workflow's actor, for a workflow that may be about to start.
    request<messages::make_workflow, workflow_actor>,
    // The store has ended a user's sessions. How many in memory know, and have had their sockets
    // closed.
    request<messages::user_sessions_ended, messages::sessions_notified>,
    // The store has another role for a user. How many sessions in memory know.
    request<messages::user_role_changed, messages::sessions_notified>,
    // The store has another subscription for a user. How many sessions in memory know.
    request<messages::user_subscription_changed, messages::sessions_notified>,
    // Another node has changed a user's sessions: how many in memory have read their rows again.
    request<messages::user_sessions_changed, messages::sessions_notified>,
    // Another node has changed the user. Done when the user's actor has read its row again.
    request<messages::user_changed, messages::done>,
    // Add, change or end a session that another service keeps. Done after COMMIT and when its actor
    // in memory knows. AUTH003 when it is another user's, USER001 when there is no such user.
    request<messages::sync_session, messages::done>,
    // Forget the user's actor, which is about to end. Done: nobody is sent to it any more.
    request<messages::leave_user, messages::done>,
    // The same for a session.
    request<messages::leave_session, messages::done>,
    // The same for a subscription.
    request<messages::leave_subscription, messages::done>,
    // The same for a workflow.
    request<messages::leave_workflow, messages::done>,
    // Another node has written to a workflow: its actor, if it is in memory, is told. Not answered.
    notice<messages::workflow_changed>,
    // Another node has sockets that follow a workflow: its actor is told. Not answered.
    notice<messages::attend_workflow>,
    // Ask some of the actors in memory to leave if unused (to itself). Not answered.
    notice<messages::sweep>>;

/// The queue in front of the hashing threads. OVERLOADED at once when it is full.
using password_hasher_actor = caf::typed_actor<
    // The password's hash at today's cost, as a PHC string.
    request<messages::hash_password, messages::hashed>,
    // Whether the password matches the hash, and its hash at today's cost when that is due.
    request<messages::verify_password, messages::verdict>>;

/// The signing keys.
using key_ring_actor = caf::typed_actor<
    // The claims as a signed access token.
    request<messages::sign_access, messages::signed_token>,
    // The claims as a signed token of a service. VALIDATION_ERROR (field "scopes") when it would
    // be too long.
    request<messages::sign_service, messages::signed_token>>;

/// Roles, services and service keys: small tables that every request needs. The actor publishes
/// them as snapshots (actors/registry/registry.hpp) and reads once a second what others have
/// changed.
using registry_actor = caf::typed_actor<
    // Add or change a role: the role, after COMMIT and when the snapshot has it. CONFLICT (field
    // "name") for a built-in role, NOT_FOUND or CONFLICT as storage::update_role and add_role.
    request<messages::put_role, messages::role_stored>,
    // Remove a role. Done after COMMIT and when the snapshot has it no more. CONFLICT as above,
    // NOT_FOUND.
    request<messages::delete_role, messages::done>,
    // Another node has changed the tables, or may have. Done when the snapshot has what the store
    // has.
    request<messages::registry_changed, messages::done>,
    // Read the tables again (to itself). Not answered.
    notice<messages::refresh_registry>>;

/// Forgets sessions, workflows and audit lines once their history is over, in slices.
using retention_actor = caf::typed_actor<
    // Forget the next slice (to itself). Not answered.
    notice<messages::sweep>>;

/// After a start: has the directory load the actor of every workflow that runs. In a cluster: of
/// every workflow that is this node's, which those of a member that is gone become.
using workflow_recovery_actor = caf::typed_actor<
    // Load the next page (to itself). Not answered.
    notice<messages::sweep>>;

/// Sends the mails that are due, with backoff, for as long as it takes.
using mailer_actor = caf::typed_actor<
    // A mail has become durable: send what is due. Not answered.
    notice<messages::mail_waiting>,
    // The time has come to look for mails (to itself). Not answered.
    notice<messages::mail_timer>>;

/// Carries mails: by SMTP or into a folder. Blocks.
using mail_transport_actor = caf::typed_actor<
    // Hand a mail over: whether it was sent and, if not, whether it ever will be.
    request<messages::send_mail, messages::mail_attempted>>;

/// The audit log, for events that come with no other fact.
using audit_actor = caf::typed_actor<
    // Write an entry. Done after COMMIT.
    request<messages::record_audit, messages::done>>;

/// This node's member of the cluster: tells the others what changes here, follows what changes
/// there, and knows whether memory counts (actors/cluster/promises.hpp).
using cluster_actor = caf::typed_actor<
    // The change is durable. Done when no other node answers from memory that is older.
    request<messages::tell_members, messages::done>,
    // May this node serve? Done when it may.
    request<messages::await_open, messages::done>,
    // Change nothing more and leave. Done when the row is removed.
    request<messages::leave_cluster, messages::done>,
    // The members of the newest table.
    request<messages::list_members, messages::members_listed>,
    // Tell a member of a workflow. Not answered.
    notice<messages::tell_of_workflow>,
    // Ask a member to tell of a workflow. Not answered.
    notice<messages::attend_at>,
    // A connection to another member is there. Not answered.
    notice<messages::member_connected>,
    // It is there no more. Not answered.
    notice<messages::member_disconnected>,
    // Another member says something. Not answered.
    notice<messages::member_said>,
    // Do what is due (to itself). Not answered.
    notice<messages::cluster_tick>>;

/// The connection to the table of members. Blocks. STORE_UNAVAILABLE soon when the database does
/// not answer.
using member_table_actor = caf::typed_actor<
    // Remove the rows of this node's earlier lives. Done.
    request<messages::remove_predecessors, messages::done>,
    // Add a row: whether that was possible now.
    request<messages::join_members, messages::members_joined>,
    // Write a heartbeat: the table.
    request<messages::beat_member, messages::members_read>,
    // This node may serve: whether its row was there.
    request<messages::open_member, messages::member_opened>,
    // Remove the row of a member that gives no sign of life, if that is still so. Done.
    request<messages::fence_member, messages::done>,
    // Remove this node's row. Done.
    request<messages::leave_members, messages::done>>;

/// One writing connection; commits that arrive during a transaction share the next one.
using persistence_actor = caf::typed_actor<
    // Make the unit durable: what the store decided, after COMMIT. The error of the fact that lost.
    request<messages::commit, storage::written>,
    // Write the commits that have gathered (to itself). Not answered.
    notice<messages::flush>>;

/// One reading connection.
using reader_actor = caf::typed_actor<
    // The user who has this name or address; none is an answer too.
    request<messages::read_login, messages::login_owner>,
    // The user's row. USER001 when there is none.
    request<messages::read_user, user_record>,
    // The session's row. AUTH003 when there is none.
    request<messages::read_session, session_record>,
    // Any other query of protocol/facts/facts.hpp: its answer.
    request<messages::read, messages::found>,
    // Does the database answer? Done.
    request<messages::ping_store, messages::done>>;

/// The connection to Redis. What is asked during one round trip goes out together in the next.
using redis_actor = caf::typed_actor<
    // Does Redis answer? Done.
    request<messages::ping_redis, messages::done>,
    // Take one from a window of all nodes: whether there was one. While Redis does not answer, this
    // node's share of the window decides, and there is no error.
    request<messages::take_rate, messages::rate_taken>,
    // One that was held counts, or is there again. Not answered.
    notice<messages::settle_rate>,
    // All of a window are there again. Not answered.
    notice<messages::forget_rate>,
    // Send what has gathered (to itself). Not answered.
    notice<messages::flush>,
    // Do what is due (to itself). Not answered.
    notice<messages::redis_tick>>;

} // namespace latchkey

// Records of the store are sent as they are.
LATCHKEY_LOCAL_MESSAGE(latchkey::user_record)
LATCHKEY_LOCAL_MESSAGE(latchkey::session_record)
LATCHKEY_LOCAL_MESSAGE(latchkey::storage::written)
