// interfaces.hpp — the map: every actor's typed interface, one comment a message.
#pragma once

#include "protocol/caf_compat.hpp"
#include "protocol/messages/account.hpp"
#include "protocol/messages/identity.hpp"
#include "protocol/messages/live.hpp"
#include "protocol/messages/service.hpp"
#include "protocol/messages/session.hpp"
#include "protocol/messages/storage.hpp"
#include "protocol/messages/subscription.hpp"
#include "protocol/messages/workflow.hpp"

namespace latchkey {

/// One live session: its refresh counter, its liveness, its tokens.
using session_actor = caf::typed_actor<
    // Is it alive? AUTH003 when it has ended.
    request<messages::validate, messages::validation>,
    // The same, to somebody who shows a refresh token. AUTH003 too when that is not its own.
    request<messages::prove, messages::validation>,
    // The first tokens, for the one who opened it.
    request<messages::issue_tokens, messages::token_pair>,
    // The next tokens, after COMMIT. AUTH003 when the token is not the session's, has
    // been used before, or the session has ended.
    request<messages::refresh, messages::token_pair>,
    // End it, after COMMIT and after those who watch it have heard. AUTH003 when it had ended
    // before.
    request<messages::revoke, messages::revoked>,
    // What the store has done to it, or to its user.
    request<messages::session_ended, messages::done>,
    request<messages::role_changed, messages::done>,
    request<messages::subscription_changed, messages::done>,
    request<messages::session_synced, messages::done>,
    request<messages::outcome_in_doubt, messages::done>,
    // Tell a socket registry what becomes of the session; as `validate`. Tell it no longer.
    request<messages::watch, messages::validation>, notice<messages::unwatch>,
    // A ticket that stands for it is used, which works once.
    request<messages::use_ticket, messages::validation>,
    // Leave memory if unused.
    notice<messages::sweep>>;

/// One user in use: profile and credentials; everything about the user passes here.
using user_actor = caf::typed_actor<
    // Open a session for the right password, after COMMIT. AUTH001 otherwise.
    request<messages::authenticate, messages::token_pair>,
    // What may be shown of the user.
    request<messages::describe_user, messages::user_view>,
    // Change or remove it; end its sessions.
    request<messages::update_user, messages::user_view>,
    request<messages::delete_user, messages::done>,
    request<messages::end_sessions, messages::sessions_ended>,
    // A new password: by the old one, or by a reset token that was mailed or that the recovery
    // passphrase earned.
    request<messages::change_password, messages::done>,
    request<messages::begin_recovery, messages::done>,
    request<messages::verify_passphrase, messages::reset_grant>,
    request<messages::reset_password, messages::done>,
    // The passphrase: set or removed with the password.
    request<messages::change_recovery, messages::done>,
    // A mail that verifies the address, and the token that was in it.
    request<messages::begin_verification, messages::verification_begun>,
    request<messages::confirm_email, messages::done>,
    // Its API keys: made, listed, revoked, used.
    request<messages::create_api_key, messages::api_key_created>,
    request<messages::list_api_keys, messages::api_key_list>,
    request<messages::revoke_api_key, messages::done>,
    request<messages::use_api_key, messages::api_key_use>,
    // Read yourself again.
    request<messages::reload_user, messages::done>,
    // Leave memory if unused.
    notice<messages::sweep>>;

/// One user's subscription: tier, quotas, what is used of them.
using subscription_actor =
    caf::typed_actor<request<messages::describe_subscription, messages::subscription_view>,
                     request<messages::change_subscription, messages::subscription_view>,
                     // SUB002 when it is more than is left.
                     request<messages::spend, messages::spent>,
                     // There is nothing to be measured any more.
                     notice<messages::owner_removed>,
                     // Leave memory if unused.
                     notice<messages::sweep>>;

/// One run of a workflow: what upstream says of it, in order, and who is told.
using workflow_actor =
    caf::typed_actor<request<messages::start_workflow, messages::workflow_started>,
                     request<messages::resume_workflow, messages::workflow_resumed>,
                     request<messages::cancel_workflow, messages::done>,
                     request<messages::take_status, messages::status_taken>,
                     // Leave memory if unused.
                     notice<messages::sweep>>;

/// A reactor's way to the core manager.
using core_manager_actor =
    caf::typed_actor<request<messages::stream_workflow, messages::stream_ended>,
                     request<messages::cancel_upstream, messages::done>>;

/// A shard of the directory: the only place that spawns users and sessions.
using directory_actor = caf::typed_actor<
    // The user's actor, loaded when it is not in memory. USER001 when there is no such user.
    request<messages::find_user, user_actor>,
    // The session's actor. AUTH003 when there is no such session or it has ended.
    request<messages::find_session, session_actor>,
    // The work of a wrong password, for a name that nobody has.
    request<messages::compare_with_nothing, messages::done>,
    // Add a user, after COMMIT. USER002 when a name is taken.
    request<messages::register_user, messages::user_view>,
    // Give a session that has just become durable its actor.
    request<messages::adopt_session, session_actor>,
    // The user's subscription. USER001 when there is no such user.
    request<messages::find_subscription, subscription_actor>,
    // The workflow's actor. NOT_FOUND when there is no such run; the other way there is one all
    // the same.
    request<messages::find_workflow, workflow_actor>,
    request<messages::make_workflow, workflow_actor>,
    // Tell the user's sessions in memory what has become durable.
    request<messages::user_sessions_ended, messages::sessions_told>,
    request<messages::user_role_changed, messages::sessions_told>,
    request<messages::user_subscription_changed, messages::sessions_told>,
    // Add, change or end a session on another service's word, after COMMIT.
    request<messages::sync_session, messages::done>,
    // Forget somebody idle, who then ends.
    request<messages::leave_user, messages::done>, request<messages::leave_session, messages::done>,
    request<messages::leave_subscription, messages::done>,
    request<messages::leave_workflow, messages::done>,
    // Let some of those in memory see whether they are idle (to itself).
    notice<messages::sweep>>;

/// The queue in front of the hashing threads. OVERLOADED at once when it is full.
using password_hasher_actor =
    caf::typed_actor<request<messages::hash_password, messages::hashed>,
                     request<messages::verify_password, messages::verdict>>;

/// The signing keys.
using key_ring_actor = caf::typed_actor<request<messages::sign_access, messages::signed_token>,
                                        request<messages::sign_service, messages::signed_token>>;

/// Roles, services and service keys: small tables that every request needs. It publishes them
/// as snapshots (actors/registry/registry.hpp) and looks once a second for what others have
/// changed.
using registry_actor = caf::typed_actor<request<messages::put_role, messages::role_stored>,
                                        request<messages::delete_role, messages::done>,
                                        // Look again (to itself).
                                        notice<messages::refresh_registry>>;

/// Lets go of what has been over for long, in slices.
using retention_actor = caf::typed_actor<notice<messages::sweep>>;

/// After a start: gives every workflow that runs its actor again.
using workflow_recovery_actor = caf::typed_actor<notice<messages::sweep>>;

/// Sends what is due, with backoff, for as long as it takes.
using mailer_actor = caf::typed_actor<notice<messages::mail_waiting>,
                                      // Look again (to itself).
                                      notice<messages::mail_timer>>;

/// The way a mail goes: SMTP or a folder. Blocks.
using mail_transport_actor =
    caf::typed_actor<request<messages::send_mail, messages::mail_attempted>>;

/// The audit log, for events that come with no other fact.
using audit_actor = caf::typed_actor<request<messages::record_audit, messages::done>>;

/// One writing connection; commits made meanwhile share the next transaction.
using persistence_actor = caf::typed_actor<
    // Make the unit durable, or lose with the error of the fact that lost.
    request<messages::commit, storage::written>,
    // Write what has gathered (to itself).
    notice<messages::flush>>;

/// One reading connection.
using reader_actor = caf::typed_actor<
    request<messages::read_login, messages::login_owner>, request<messages::read_user, user_record>,
    request<messages::read_session, session_record>, request<messages::read, messages::found>,
    request<messages::ping_store, messages::done>>;

/// The connection to Redis.
using redis_actor = caf::typed_actor<request<messages::ping_redis, messages::done>>;

} // namespace latchkey

// What the store keeps travels as it is.
LATCHKEY_LOCAL_MESSAGE(latchkey::user_record)
LATCHKEY_LOCAL_MESSAGE(latchkey::session_record)
LATCHKEY_LOCAL_MESSAGE(latchkey::storage::written)
