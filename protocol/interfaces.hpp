// interfaces.hpp — the map: every actor's typed interface, one comment a message.
#pragma once

#include "protocol/caf_compat.hpp"
#include "protocol/messages/identity.hpp"
#include "protocol/messages/service.hpp"
#include "protocol/messages/session.hpp"
#include "protocol/messages/storage.hpp"

namespace latchkey {

/// One live session: its refresh counter, its liveness, its tokens.
using session_actor = caf::typed_actor<
    // Is it alive? AUTH003 when it has ended.
    request<messages::validate, messages::validation>,
    // The first tokens, for the one who opened it.
    request<messages::issue_tokens, messages::token_pair>,
    // The next tokens, after COMMIT. AUTH003 when the token is not the session's, has
    // been used before, or the session has ended.
    request<messages::refresh, messages::token_pair>,
    // End it, after COMMIT. AUTH003 when it had ended before.
    request<messages::revoke, messages::revoked>,
    // Leave memory if unused.
    notice<messages::sweep>>;

/// One user in use: profile and credentials; everything about the user passes here.
using user_actor = caf::typed_actor<
    // Open a session for the right password, after COMMIT. AUTH001 otherwise.
    request<messages::authenticate, messages::token_pair>,
    // What may be shown of the user.
    request<messages::describe_user, messages::user_view>,
    // Leave memory if unused.
    notice<messages::sweep>>;

/// A shard of the directory: the only place that spawns users and sessions.
using directory_actor = caf::typed_actor<
    // The user's actor, loaded when it is not in memory. USER001 when there is no such user.
    request<messages::find_user, user_actor>,
    // The session's actor. AUTH003 when there is no such session or it has ended.
    request<messages::find_session, session_actor>,
    // Add a user, after COMMIT. USER002 when a name is taken.
    request<messages::register_user, messages::user_view>,
    // Give a session that has just become durable its actor.
    request<messages::adopt_session, session_actor>,
    // Forget an idle user or session, which then ends.
    request<messages::leave_user, messages::left>, request<messages::leave_session, messages::left>,
    // Let some of those in memory see whether they are idle (to itself).
    notice<messages::sweep>>;

/// The queue in front of the hashing threads. OVERLOADED at once when it is full.
using password_hasher_actor =
    caf::typed_actor<request<messages::hash_password, messages::hashed>,
                     request<messages::verify_password, messages::verdict>>;

/// The signing keys.
using key_ring_actor = caf::typed_actor<request<messages::sign_access, messages::signed_token>>;

/// The audit log, for events that come with no other fact.
using audit_actor = caf::typed_actor<request<messages::record_audit, messages::recorded>>;

/// One writing connection; commits made meanwhile share the next transaction.
using persistence_actor = caf::typed_actor<
    // Make the unit durable, or lose with the error of the fact that lost.
    request<messages::commit, storage::written>,
    // Write what has gathered (to itself).
    notice<messages::flush>>;

/// One reading connection.
using reader_actor = caf::typed_actor<request<messages::read_login, messages::login_owner>,
                                      request<messages::read_user, user_record>,
                                      request<messages::read_session, session_record>,
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
LATCHKEY_LOCAL_MESSAGE(latchkey::storage::written)
LATCHKEY_LOCAL_MESSAGE(latchkey::user_record)
LATCHKEY_LOCAL_MESSAGE(latchkey::session_record)
