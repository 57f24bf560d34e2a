// messages/workflow.hpp — what is said to and by a workflow's proxy, and to the way that leads to
// the core manager ("Auth Service Internal API Documentation", WebSocket Protocol).
#pragma once

#include "protocol/messages/live.hpp"
#include "protocol/permission.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace latchkey::messages {

/// The socket that statuses go to.
struct audience {
  socket_registry_actor registry;
  std::uint64_t socket = 0; // a number of the registry's own, never given twice
};

/// Start the workflow, once however often this is said: charge the user's quota and make the
/// run durable, then answer, then tell the audience every status from the first. One that was
/// started before tells those who ask again as `resume_workflow` does. SUB002 as `spend`; CONFLICT
/// (field "id") when the run was ordered with other words.
struct start_workflow {
  workflow_record run;
  audience to;
  time_point deadline{};
};
struct workflow_started {
  std::int64_t last_seq = 0; // that is durable
};

/// Tell the audience every status behind `last_seq`, then what comes. NOT_FOUND when the workflow
/// is another user's; VALIDATION_ERROR (field "last_seq") for one that is ahead.
struct resume_workflow {
  user_id user;
  std::int64_t last_seq = 0;
  audience to;
};
struct workflow_resumed {
  std::int64_t last_seq = 0; // that is durable
  std::string message_id;    // that started it
};

/// Ask upstream to end it; its last status tells when it has. NOT_FOUND as above, CONFLICT
/// (field "workflow_id") when it has ended, GW001 and GW002 when upstream does not answer.
struct cancel_workflow {
  user_id user;
  time_point deadline{};
};

/// What upstream says of the run. `position` counts upstream's statuses from 1 where it is known;
/// one that was taken before changes nothing. The answer comes after COMMIT. NOT_FOUND when
/// there is no such run; VALIDATION_ERROR for what is no status.
struct take_status {
  std::string body; // a JSON object: status, step, progress, result
  std::optional<std::int64_t> position;
  time_point deadline{};
};
struct status_taken {
  bool is_over = false; // it was the last: no more will be taken
};

/// Whom the core manager is told of.
struct workflow_caller {
  user_id user;
  std::string client_id;
  std::string role;
  std::string tier;
  std::string email;
  permission_set permissions;
  bool email_verified = false;
};

/// Order a run, or find it again when `order` is empty, and bring what is streamed of it to
/// `workflow`, one `take_status` after the other (their positions are those in the stream, or
/// what its objects say themselves: `sequence`), until it is over. GW001 when upstream cannot be
/// asked or answers 5xx, GW002 when it is silent.
struct stream_workflow {
  workflow_id workflow;
  workflow_caller who;
  std::string order; // the body of POST /api/v1/workflows; empty: GET /api/v1/workflows/{id}
};
struct stream_ended {
  enum class how : std::uint8_t {
    over,     // the last status was taken
    cut,      // the stream ended before
    accepted, // 202: statuses will be called back
    missing,  // 404
    refused   // another 4xx: the run was not begun
  } how = how::over;
  std::string why; // of `refused`: "422 Unprocessable Entity"
};

/// Ask upstream to end the run: DELETE. A 404 counts as done.
struct cancel_upstream {
  workflow_id workflow;
  workflow_caller who;
  time_point deadline{};
};

/// Whose actor is this workflow's? NOT_FOUND when there is no such run.
struct find_workflow {
  workflow_id id;
  std::uint64_t gone = 0; // as in find_user
};
/// The same for one that may not be there yet.
struct make_workflow {
  workflow_id id;
  std::uint64_t gone = 0;
};
struct leave_workflow {
  workflow_id id;
};

} // namespace latchkey::messages
