// messages/live.hpp — what is said to whoever holds live sockets: what has become of the
// sessions that their users signed in with, and what their workflows tell.
#pragma once

#include "protocol/caf_compat.hpp"
#include "protocol/messages/session.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace latchkey::messages {

/// One status of a workflow, as it was made durable.
struct workflow_status {
  std::int64_t seq = 0; // 1, 2, 3, …
  std::string body;     // a JSON object: status, step, progress, result
};

/// Statuses, in order, for sockets that are all told the same.
struct workflow_statuses {
  std::vector<std::uint64_t> sockets; // as in `audience`
  workflow_id workflow;
  std::string correlation_id; // of the message that started the workflow
  std::vector<workflow_status> statuses;
  bool is_replay = false; // of what the client has missed: the answer comes when it was sent
};
/// The others are open still.
struct statuses_delivered {
  std::vector<std::uint64_t> closed;
};

/// How many sockets does each of these sessions have here?
struct count_sockets {
  std::vector<session_id> sessions;
};
struct socket_counts {
  std::vector<std::size_t> counts; // in that order
};

} // namespace latchkey::messages

namespace latchkey {

/// Whoever holds live sockets; one a reactor.
using socket_registry_actor =
    caf::typed_actor<request<messages::session_ended, messages::done>,
                     notice<messages::role_changed>, notice<messages::subscription_changed>,
                     request<messages::workflow_statuses, messages::statuses_delivered>,
                     request<messages::count_sockets, messages::socket_counts>>;

} // namespace latchkey

namespace latchkey::messages {

/// Tell this one from now on what becomes of you; told again, it is told once. The answer is as
/// that to `validate`: AUTH003 when the session has ended, and nothing is told then. Otherwise
/// whatever ends the session later is told after the answer.
struct watch {
  socket_registry_actor registry;
  std::uint64_t counter = 0; // as of `validate`
};
/// The ticket of this number, good until then, is used: AUTH003 when it was before. As `validate`
/// otherwise.
struct use_ticket {
  std::uint64_t number = 0;
  time_point until{};
};
/// No longer.
struct unwatch {
  socket_registry_actor registry;
};

} // namespace latchkey::messages
