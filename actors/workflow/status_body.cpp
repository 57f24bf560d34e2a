#include "actors/workflow/status_body.hpp"

#include "protocol/facts/workflows.hpp"
#include "protocol/text/json_text.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/text/text_codec.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>
#include <vector>

namespace latchkey {
namespace {

constexpr std::size_t reason_bytes_max = 255; // it may be upstream's

tl::unexpected<failure> wrong_status(const char* field, const char* reason) {
  return fail(error_code::validation_error, field, reason);
}

using members = std::vector<json_member>;

result<members> read_object(std::string_view text) {
  if (text.size() > workflow_status_bytes_max) return wrong_status("body", "is too long");
  auto read = json_members(text, workflow_json_depth_max);
  if (!read) return wrong_status("body", read.error());
  return std::move(*read);
}

/// Empty where there is none, or null.
std::string_view member(const members& of, std::string_view name) {
  const auto found = std::ranges::find(of, name, &json_member::name);
  return found == of.end() || found->value == "null" ? std::string_view{} : found->value;
}

result<void> read_names(const members& from, workflow_status_words& to) {
  const auto status = member(from, "status");
  if (status.empty()) return wrong_status("status", "is required");
  const auto phase = parse_workflow_phase(json_string_content(status));
  if (!phase) return wrong_status("status", "must be in_progress, completed or failed");
  to.status = *phase;
  const auto step = member(from, "step");
  if (step.empty()) return wrong_status("step", "is required");
  if (!step.starts_with('"')) return wrong_status("step", "must be a string");
  to.step = json_string_content(step);
  if (count_code_points(to.step) > workflow_step_chars_max)
    return wrong_status("step", "must be at most 255 characters long");
  return {};
}

result<void> read_numbers(const members& from, workflow_status_words& to) {
  if (const auto progress = member(from, "progress"); !progress.empty()) {
    const double part = is_json_number(progress) ? std::strtod(progress.data(), nullptr) : -1;
    if (!(part >= 0 && part <= 1)) return wrong_status("progress", "must be a number from 0 to 1");
    to.progress = progress;
  }
  if (const auto sequence = member(from, "sequence"); !sequence.empty()) {
    std::int64_t position = 0;
    const auto* end = sequence.data() + sequence.size();
    const auto read = std::from_chars(sequence.data(), end, position);
    if (read.ec != std::errc{} || read.ptr != end || position < 1 ||
        position > workflow_sequence_max)
      return wrong_status("sequence", "must be a positive integer");
    to.sequence = position;
  }
  return {};
}

std::string body_with(workflow_phase status, std::string_view step, std::string_view progress,
                      std::string_view result, std::string_view error) {
  std::string out;
  json_writer body{out};
  body.begin_object()
      .text("status", to_string(status))
      .text("step", step)
      .json("progress", progress.empty() ? "0" : progress)
      .json("result", result);
  if (!error.empty()) body.json("error", error);
  body.end_object();
  return out;
}

} // namespace

result<workflow_status_words> read_workflow_status(std::string_view text) {
  auto object = read_object(text);
  if (!object) return fail(std::move(object.error()));
  workflow_status_words words;
  if (auto good = read_names(*object, words); !good) return fail(std::move(good.error()));
  if (auto good = read_numbers(*object, words); !good) return fail(std::move(good.error()));
  const auto result = std::ranges::find(*object, "result", &json_member::name);
  if (result != object->end()) words.result = std::move(result->value);
  if (const auto error = member(*object, "error"); !error.empty()) {
    if (!error.starts_with('{')) return wrong_status("error", "must be an object");
    words.error = error;
  }
  // It may say more of its progress than it was told.
  if (workflow_status_body(words, words).size() > workflow_status_bytes_max)
    return wrong_status("body", "is too long");
  return words;
}

std::string workflow_status_body(const workflow_status_words& words,
                                 const workflow_status_words& before) {
  const std::string otherwise =
      words.status == workflow_phase::completed ? "1" : before.progress.value_or("0");
  return body_with(words.status, words.step, words.progress.value_or(otherwise), words.result,
                   words.error);
}

const std::string& accepted_workflow_status() {
  static const std::string body = body_with(workflow_phase::in_progress, "accepted", "0", "{}", "");
  return body;
}

std::string failed_workflow_status(const workflow_status_words& before, const failure& why) {
  const auto& entry = describe(why.code);
  std::string error;
  json_writer body{error};
  body.begin_object().text("code", entry.name).text("message", entry.message);
  if (!why.reason.empty())
    body.begin_object("details")
        .text("reason", std::string_view{why.reason}.substr(0, reason_bytes_max))
        .end_object();
  body.end_object();
  return body_with(workflow_phase::failed, before.step, before.progress.value_or("0"), "{}", error);
}

std::string cancelled_workflow_status(const workflow_status_words& before) {
  return body_with(workflow_phase::failed, "cancelled", before.progress.value_or("0"), "{}", "");
}

} // namespace latchkey
