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

/// The session has ended, durably. The answer comes when none of its sockets here is open any
/// more and nothing else will be sent on one.
struct session_over {
  session_id session;
  std::string reason; // for the client: one of `end_reason`
};
struct heard {};

/// The session's user has another role from now on.
struct role_news {
  session_id session;
  std::string role;
};

/// The session's user has another subscription, or another tier of it, from now on.
struct subscription_news {
  session_id session;
  std::string tier;   // in force
  std::string status; // "active", "canceled", …
};

/// One status of a workflow, as it was made durable.
struct workflow_status {
  std::int64_t seq = 0; // 1, 2, 3, …
  std::string body;     // a JSON object: status, step, progress, result
};

/// Statuses, in order, for sockets that are all told the same.
struct run_news {
  std::vector<std::uint64_t> sockets; // as in `audience`
  workflow_id workflow;
  std::string correlation_id; // of the message that started the workflow
  std::vector<workflow_status> statuses;
  bool is_replay = false; // of what the client has missed: the answer comes when it was sent
};
/// The others are open still.
struct run_heard {
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
    caf::typed_actor<request<messages::session_over, messages::heard>, notice<messages::role_news>,
                     notice<messages::subscription_news>,
                     request<messages::run_news, messages::run_heard>,
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
