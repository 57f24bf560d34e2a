// messages/workflow.hpp — messages to and from a workflow's actor and the core manager's client
// ("Auth Service Internal API Documentation", WebSocket Protocol).
#pragma once

#include "protocol/messages/live.hpp"
#include "protocol/permission.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace latchkey::messages {

/// A socket that statuses are sent to.
struct audience {
  socket_registry_actor registry;
  std::uint64_t socket = 0; // a number of the registry's own, never given twice
};

/// Start the workflow, once, however often this is sent: charge the user's quota and make the
/// workflow durable, then answer, then send the audience every status from the first. When the
/// workflow was started before, the audience is sent its statuses as by `resume_workflow`. SUB002
/// as `spend`; CONFLICT (field "id") when the workflow was started with other parameters.
struct start_workflow {
  workflow_record workflow;
  audience to;
  time_point deadline{};
};
struct workflow_started {
  std::int64_t last_seq = 0; // that is durable
};

/// Send the audience every status after `last_seq`, then those to come. NOT_FOUND when the workflow
/// is another user's; VALIDATION_ERROR when `last_seq` is ahead of the workflow.
struct resume_workflow {
  user_id user;
  std::int64_t last_seq = 0;
  audience to;
};
struct workflow_resumed {
  std::int64_t last_seq = 0; // that is durable
  std::string message_id;    // that started it
};

/// Ask the core manager to end the workflow; its last status tells when it has ended. NOT_FOUND as
/// above, CONFLICT (field "workflow_id") when it has ended before, GW001 and GW002 when the core
/// manager does not answer.
struct cancel_workflow {
  user_id user;
  time_point deadline{};
};

/// A status of the workflow from the core manager. `position` numbers the core manager's statuses
/// from 1, where it is known; a status that was taken before changes nothing. The answer comes
/// after COMMIT. NOT_FOUND when there is no such workflow; VALIDATION_ERROR when `body` is no
/// status.
struct take_status {
  std::string body; // a JSON object: status, step, progress, result
  std::optional<std::int64_t> position;
  time_point deadline{};
};
struct status_taken {
  bool is_over = false; // the status was the last: no more will be taken
};

/// The store may have more of the workflow, or another owner: another node has written to it. A nil
/// `workflow` is any: what a node has said of those that this one owns may be lost.
struct workflow_changed {
  workflow_id workflow;
  std::int64_t last_seq = 0; // that is durable
  member_id owner;
};
/// A member has sockets that want the workflow's statuses: for a few seconds it is told when there
/// are new ones, and at once when there are some after `last_seq`.
struct attend_workflow {
  workflow_id workflow;
  member_id member;
  std::int64_t last_seq = 0; // that it knows
};

/// The user on whose behalf the core manager is asked.
struct workflow_caller {
  user_id user;
  std::string client_id;
  std::string role;
  std::string tier;
  std::string email;
  permission_set permissions;
  bool email_verified = false;
};

/// Order a workflow, or find it again when `order` is empty, and send its statuses to the actor of
/// `workflow`, one `take_status` after the other, until the workflow is over. Their positions are
/// those in the stream, or the `sequence` of each object. GW001 when the core manager cannot be
/// reached or answers 5xx, GW002 when it is silent.
struct stream_workflow {
  workflow_id workflow;
  workflow_caller caller;
  std::string order; // the body of POST /api/v1/workflows; empty: GET /api/v1/workflows/{id}
};
/// How the stream of a workflow's statuses ended.
enum class stream_outcome : std::uint8_t {
  over,     // the last status was taken
  cut,      // the stream ended before that
  accepted, // 202: the core manager will send statuses to our callback
  missing,  // 404
  refused   // another 4xx: the workflow was not started
};
struct stream_ended {
  stream_outcome outcome = stream_outcome::over;
  std::string reason; // of `refused`: "422 Unprocessable Entity"
};

/// Ask the core manager to end the workflow: DELETE. A 404 counts as done.
struct cancel_upstream {
  workflow_id workflow;
  workflow_caller caller;
  time_point deadline{};
};

/// Which actor has this workflow? NOT_FOUND when there is no such workflow.
struct find_workflow {
  workflow_id id;
  std::uint64_t gone = 0; // as in find_user
};
/// The same for a workflow that may not have started.
struct make_workflow {
  workflow_id id;
  std::uint64_t gone = 0;
};
struct leave_workflow {
  workflow_id id;
};

} // namespace latchkey::messages
