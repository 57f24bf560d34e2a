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
    request<messages::learn_end, messages::learnt>, request<messages::learn_role, messages::learnt>,
    request<messages::learn_subscription, messages::learnt>,
    request<messages::learn_sync, messages::learnt>,
    request<messages::learn_doubt, messages::learnt>,
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
    request<messages::delete_user, messages::user_deleted>,
    request<messages::end_sessions, messages::sessions_ended>,
    // A new password: by the old one, or by a reset token that was mailed or that the recovery
    // passphrase earned.
    request<messages::change_password, messages::password_changed>,
    request<messages::begin_recovery, messages::recovery_begun>,
    request<messages::verify_passphrase, messages::reset_grant>,
    request<messages::reset_password, messages::password_changed>,
    // The passphrase: set or removed with the password.
    request<messages::change_recovery, messages::recovery_changed>,
    // A mail that verifies the address, and the token that was in it.
    request<messages::begin_verification, messages::verification_begun>,
    request<messages::confirm_email, messages::email_confirmed>,
    // Its API keys: made, listed, revoked, used.
    request<messages::create_api_key, messages::api_key_created>,
    request<messages::list_api_keys, messages::api_key_list>,
    request<messages::revoke_api_key, messages::api_key_revoked>,
    request<messages::use_api_key, messages::api_key_use>,
    // Read yourself again.
    request<messages::reload_user, messages::user_reloaded>,
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
using workflow_actor = caf::typed_actor<request<messages::start_run, messages::run_started>,
                                        request<messages::attach_run, messages::run_attached>,
                                        request<messages::cancel_run, messages::run_cancelling>,
                                        request<messages::take_status, messages::status_taken>,
                                        // Leave memory if unused.
                                        notice<messages::sweep>>;

/// A reactor's way to the core manager.
using core_manager_actor =
    caf::typed_actor<request<messages::follow_run, messages::run_left>,
                     request<messages::cancel_upstream, messages::upstream_cancelled>>;

/// A shard of the directory: the only place that spawns users and sessions.
using directory_actor = caf::typed_actor<
    // The user's actor, loaded when it is not in memory. USER001 when there is no such user.
    request<messages::find_user, user_actor>,
    // The session's actor. AUTH003 when there is no such session or it has ended.
    request<messages::find_session, session_actor>,
    // The work of a wrong password, for a name that nobody has.
    request<messages::compare_with_nothing, messages::compared>,
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
    request<messages::sync_session, messages::session_synced>,
    // Forget somebody idle, who then ends.
    request<messages::leave_user, messages::left>, request<messages::leave_session, messages::left>,
    request<messages::leave_subscription, messages::left>,
    request<messages::leave_workflow, messages::left>,
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
                                        request<messages::delete_role, messages::role_deleted>,
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
using audit_actor = caf::typed_actor<request<messages::record_audit, messages::recorded>>;

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
    request<messages::ping_store, messages::store_alive>>;

/// The connection to Redis.
using redis_actor = caf::typed_actor<request<messages::ping_redis, messages::redis_alive>>;

} // namespace latchkey

LATCHKEY_LOCAL_MESSAGE(latchkey::messages::register_user)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::adopt_session)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::leave_user)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::leave_session)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::left)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::sweep)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::hash_password)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::hashed)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::verify_password)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::verdict)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::sign_access)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::signed_token)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::record_audit)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::recorded)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::commit)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::flush)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::read_login)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::login_owner)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::read_user)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::read_session)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::ping_store)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::store_alive)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::ping_redis)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::redis_alive)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::compare_with_nothing)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::compared)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::user_sessions_ended)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::user_role_changed)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::user_subscription_changed)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::sessions_told)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::sync_session)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::session_synced)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::prove)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::learn_end)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::learn_role)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::learn_subscription)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::learn_sync)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::learn_doubt)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::learnt)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::update_user)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::delete_user)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::user_deleted)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::change_password)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::password_changed)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::end_sessions)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::sessions_ended)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::begin_recovery)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::recovery_begun)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::verify_passphrase)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::reset_grant)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::reset_password)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::change_recovery)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::recovery_changed)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::begin_verification)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::verification_begun)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::confirm_email)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::email_confirmed)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::create_api_key)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::api_key_created)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::list_api_keys)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::api_key_list)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::revoke_api_key)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::api_key_revoked)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::use_api_key)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::api_key_use)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::reload_user)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::user_reloaded)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::describe_subscription)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::subscription_view)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::change_subscription)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::spend)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::spent)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::find_subscription)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::leave_subscription)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::owner_removed)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::read)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::found)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::sign_service)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::put_role)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::delete_role)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::role_stored)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::role_deleted)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::refresh_registry)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::mail_waiting)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::mail_timer)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::send_mail)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::mail_attempted)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::user_view)
LATCHKEY_LOCAL_MESSAGE(latchkey::storage::written)
LATCHKEY_LOCAL_MESSAGE(latchkey::user_record)
LATCHKEY_LOCAL_MESSAGE(latchkey::session_record)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::session_over)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::heard)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::role_news)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::subscription_news)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::run_news)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::run_heard)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::watch)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::unwatch)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::start_run)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::run_started)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::attach_run)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::run_attached)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::cancel_run)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::run_cancelling)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::take_status)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::status_taken)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::follow_run)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::run_left)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::cancel_upstream)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::upstream_cancelled)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::find_workflow)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::make_workflow)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::leave_workflow)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::count_sockets)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::socket_counts)
LATCHKEY_LOCAL_MESSAGE(latchkey::messages::use_ticket)
