// status_body.hpp — a status of a workflow as the core manager sends it, read strictly and written
// anew; and the statuses that this server makes itself.
#pragma once

#include "protocol/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr std::size_t workflow_step_chars_max = 255;
inline constexpr std::size_t workflow_json_depth_max = 64;
inline constexpr std::int64_t workflow_sequence_max = std::int64_t{1} << 52;

/// A status' words. What is JSON is as it was written, to the last digit, without white space.
struct workflow_status_words {
  workflow_phase status = workflow_phase::in_progress;
  std::string step;
  std::optional<std::string> progress;  // a number from 0 to 1; unset: it was not given
  std::string result = "{}";            // any value
  std::string error;                    // an object; empty: none
  std::optional<std::int64_t> sequence; // its position, from 1

  bool is_last() const noexcept { return status != workflow_phase::in_progress; }
};

/// Reads an object of 64 KiB at most without doubled names: `status` and `step`, and, if present,
/// `progress`, `result`, `error` and `sequence`. Other members are left out. VALIDATION_ERROR and
/// the field.
result<workflow_status_words> read_workflow_status(std::string_view text);

/// `{status, step, progress, result[, error]}`. Without a progress, a completed workflow has 1, any
/// other that of the status `before`.
std::string workflow_status_body(const workflow_status_words& words,
                                 const workflow_status_words& before);

/// The first status: the workflow is durable, and nothing more is known.
const std::string& accepted_workflow_status();

/// The last status of a workflow that has failed here, at the step and with the progress of the
/// status `before`.
std::string failed_workflow_status(const workflow_status_words& before, const failure& why);
/// The last status of a workflow that was cancelled and that the core manager knows no more.
std::string cancelled_workflow_status(const workflow_status_words& before);

} // namespace latchkey
