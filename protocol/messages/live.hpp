// messages/live.hpp — messages to the registries of live sockets: changes of the sessions that the
// sockets belong to, and the statuses of their workflows.
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

/// Statuses, in order, for sockets that are all sent the same.
struct workflow_statuses {
  std::vector<std::uint64_t> sockets; // as in `audience`
  workflow_id workflow;
  std::string correlation_id; // of the message that started the workflow
  std::vector<workflow_status> statuses;
  bool is_replay = false; // the client has missed them: the answer comes when they were sent
};
/// Those of the sockets that are closed by now.
struct statuses_delivered {
  std::vector<std::uint64_t> closed;
};

/// How many sockets of this registry does each of these sessions have?
struct count_sockets {
  std::vector<session_id> sessions;
};
struct socket_counts {
  std::vector<std::size_t> counts; // in that order
};

} // namespace latchkey::messages

namespace latchkey {

/// The live sockets of one reactor.
using socket_registry_actor = caf::typed_actor<
    // A session that this registry watches has ended. Done when none of its sockets is open.
    request<messages::session_ended, messages::done>,
    // Its user has another role. Not answered.
    notice<messages::role_changed>,
    // Its user has another subscription. Not answered.
    notice<messages::subscription_changed>,
    // Send these statuses: which of the sockets are closed.
    request<messages::workflow_statuses, messages::statuses_delivered>,
    // How many sockets does each of these sessions have? The counts, in that order.
    request<messages::count_sockets, messages::socket_counts>>;

} // namespace latchkey

namespace latchkey::messages {

/// Send this registry every later event of the session; a second `watch` changes nothing. The
/// answer is as that to `validate`: AUTH003 when the session has ended, and then no event follows.
/// Otherwise every event follows the answer.
struct watch {
  socket_registry_actor registry;
  std::uint64_t counter = 0; // as of `validate`
};
/// Use the ticket of this number, which is valid until then. AUTH003 when it was used before;
/// otherwise as `validate`.
struct use_ticket {
  std::uint64_t number = 0;
  time_point until{};
};
/// Send this registry no more events of the session.
struct unwatch {
  socket_registry_actor registry;
};

} // namespace latchkey::messages
