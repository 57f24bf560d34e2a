// workflows.hpp — workflows and their statuses.
#pragma once

#include "protocol/facts/page.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

inline constexpr std::size_t workflow_message_id_chars_max = 128;
inline constexpr std::size_t workflow_name_chars_max = 255; // type, agent instance, project
inline constexpr std::size_t workflow_parameters_bytes_max = 65536;
inline constexpr std::size_t workflow_status_bytes_max = 65536;

/// The member `status` of a status ("Auth Service Internal API Documentation", Workflow Status),
/// and the workflow's own: its newest one's.
enum class workflow_phase : std::uint8_t { in_progress, completed, failed };

inline constexpr std::array<std::string_view, 3> workflow_phase_texts{"in_progress", "completed",
                                                                      "failed"};

constexpr std::string_view to_string(workflow_phase phase) noexcept {
  return workflow_phase_texts[static_cast<std::size_t>(phase)];
}

/// Nothing for any other text.
constexpr std::optional<workflow_phase> parse_workflow_phase(std::string_view text) noexcept {
  for (std::size_t i = 0; i < workflow_phase_texts.size(); ++i)
    if (workflow_phase_texts[i] == text) return static_cast<workflow_phase>(i);
  return std::nullopt;
}

/// A workflow that a user started ("Auth Service Internal API Documentation", Start Workflow).
struct workflow_record {
  workflow_id id; // workflow_id_of(user, message_id)
  user_id user;
  std::string message_id; // of the message that started it
  std::string workflow_type;
  std::string agent_instance_id; // empty: none
  std::string project_id;        // empty: none
  std::string parameters = "{}"; // a JSON object as text
  workflow_phase status = workflow_phase::in_progress;
  std::int64_t last_seq = 0;      // of its newest durable status; 0: none yet
  std::int64_t last_position = 0; // of the newest status taken from upstream
  member_id owner;                // the member of a cluster that follows it; nil: nobody's
  time_point created_at{};
  std::optional<time_point> ended_at;

  bool has_ended() const noexcept { return ended_at.has_value(); }
};

/// One durable status of a workflow.
struct workflow_status_record {
  std::int64_t seq = 0; // 1, 2, 3, …
  std::string body;     // a JSON object
  time_point at{};
};

} // namespace latchkey

namespace latchkey::storage {

// -- facts -------------------------------------------------------------------------------

/// Adds a workflow. Its last_seq must be 0; `add_workflow_status` raises it. Loses with USER001
/// without its user, CONFLICT (field "id") when it exists.
struct add_workflow {
  workflow_record workflow;
};

/// Adds the status `seq`, which must follow the workflow's last one; any status but
/// `in_progress` ends the workflow. Loses with NOT_FOUND when the workflow does not exist, CONFLICT
/// (field "seq") when its last status is not `seq - 1` or it has ended.
struct add_workflow_status {
  workflow_id workflow;
  std::int64_t seq = 0;
  std::int64_t position = 0; // workflow_record::last_position from now on
  std::string body;          // a JSON object as text
  workflow_phase status = workflow_phase::in_progress;
  time_point at{};
};

/// The workflow is that member's from now on, whoever's it was. Loses with NOT_FOUND when it does
/// not exist or has ended.
struct own_workflow {
  workflow_id workflow;
  member_id owner;
};

/// At most `max` workflows that have not ended and were `from`'s are `to`'s from now on
/// (written::claimed). Two who claim at once share them.
struct claim_workflows {
  member_id from; // nil: nobody's
  member_id to;
  std::size_t max = 0;
};

/// Removes the oldest `max` workflows that ended before that time, with their statuses.
struct forget_workflows {
  time_point before{};
  std::size_t max = 0;
};

// -- queries -----------------------------------------------------------------------------

struct find_workflow_record {
  using answer = std::optional<workflow_record>;
  workflow_id id;
};

/// The statuses after `after_seq`, in order.
struct list_workflow_statuses {
  using answer = std::vector<workflow_status_record>;
  workflow_id workflow;
  std::int64_t after_seq = 0;
  std::size_t limit = page_rows_max;
};

/// The next workflows after an id that have not ended, in the order of their ids.
struct list_running_workflows {
  using answer = std::vector<workflow_id>;
  workflow_id after;
  std::size_t limit = page_rows_max;
  member_id owner; // nil: whoever's they are
};

/// Whose workflows have not ended, each once; nil is among them when some are nobody's.
struct list_workflow_owners {
  using answer = std::vector<member_id>;
};

} // namespace latchkey::storage
