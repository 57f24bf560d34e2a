// status_body.hpp — what upstream says of a run, read strictly and written anew; and what
// is said in its place.
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
  std::string status; // "in_progress", "completed" or "failed"
  std::string step;
  std::optional<std::string> progress;  // a number from 0 to 1; unset: nothing was said of it
  std::string result = "{}";            // any value
  std::string error;                    // an object; empty: none
  std::optional<std::int64_t> sequence; // its position, from 1

  bool is_last() const noexcept { return status != "in_progress"; }
};

/// Reads an object of 64 KiB at most without doubled names: `status` and `step`, and, where they
/// are there, `progress`, `result`, `error` and `sequence`. Other members are left out.
/// VALIDATION_ERROR and the field.
result<workflow_status_words> read_workflow_status(std::string_view text);

/// `{status, step, progress, result[, error]}`. Where nothing was said of the progress, the last
/// status of all has 1, any other one that of the status `before`.
std::string workflow_status_body(const workflow_status_words& words,
                                 const workflow_status_words& before);

/// The status that says that the run is durable and nothing more.
const std::string& accepted_workflow_status();

/// The last one of a run that has failed here, at the step and with the progress of the status
/// `before`.
std::string failed_workflow_status(const workflow_status_words& before, const failure& why);
/// The same of one that was cancelled and that upstream knows no more.
std::string cancelled_workflow_status(const workflow_status_words& before);

} // namespace latchkey
