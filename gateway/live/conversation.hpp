// live/conversation.hpp — carries out the messages of live sockets: one function for each type.
#pragma once

#include "gateway/live/frames.hpp"

#include <cstdint>

namespace latchkey::gateway {
class socket_registry;
}

namespace latchkey::gateway::live {

inline constexpr std::size_t workflow_type_bytes_max = 100;
inline constexpr std::size_t workflow_ref_bytes_max = 64; // agent_instance_id, project_id
inline constexpr std::size_t parameters_bytes_max = std::size_t{48} << 10;

/// Answers the message by `socket_registry::finish`, once, whatever becomes of it:
///
///   authenticate {token}                   ack {expires_at}: the socket stays until that ends
///   authenticate {challenge: true}         ack {acr, amr, auth_time, methods, publicKey}: how the
///                                          session was authenticated, and what may be shown now
///   authenticate {method, code | password | credential}
///                                          ack {acr, amr, auth_time}: it was, by that too
///   start_workflow {workflow_type, agent_instance_id, project_id, parameters}
///                                          workflow_status, the first as soon as it is durable
///   resume {workflow_id, last_seq}         ack {workflow_id, last_seq}, then what was missed
///   cancel_workflow {workflow_id}          ack {workflow_id}; its last status tells when it has
///   ping                                   is answered by pong without a conversation
void converse(socket_registry& sockets, std::uint64_t socket, client_message message);

} // namespace latchkey::gateway::live
