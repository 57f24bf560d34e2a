// follow.hpp — what a change that another node has made durable means for this node's memory.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/conversation.hpp"
#include "protocol/messages/cluster.hpp"

namespace latchkey {

/// Ends when every actor in memory, or being loaded, and every socket follows it.
task<messages::done> follow_change(const actor_env& env, messages::durable_change change);

} // namespace latchkey
