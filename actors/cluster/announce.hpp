// announce.hpp — telling the other nodes of a cluster what has changed here.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/conversation.hpp"
#include "protocol/messages/cluster.hpp"

namespace latchkey {

/// For a change that is durable and that this node's memory follows. Ends when no other node
/// answers from memory that is older; at once for a server that is alone.
task<messages::done> announce(const actor_env& env, messages::durable_change change);

} // namespace latchkey
