#include "actors/workflow_status_body.hpp"

#include "protocol/records.hpp"
#include "protocol/text_codec.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

namespace latchkey {
namespace {

using nlohmann::json;

constexpr std::size_t reason_bytes_max = 255; // it may be upstream's

tl::unexpected<failure> wrong_status(const char* field, const char* reason) {
  return fail(error_code::validation_error, field, reason);
}

/// Looks on while JSON is parsed: for names that stand twice, and for how deep it goes.
class json_guard {
public:
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    using kind = json::parse_event_t;
    if (event == kind::object_start || event == kind::array_start) {
      if (depth >= static_cast<int>(workflow_json_depth_max)) problem_ = "is nested too deeply";
      if (event == kind::object_start) names_.emplace_back();
    } else if (event == kind::object_end) {
      names_.pop_back();
    } else if (event == kind::key) {
      if (!names_.back().insert(parsed.get<std::string>()).second) problem_ = "has a name twice";
    }
    return problem_ == nullptr; // the rest need not be kept
  }
  const char* problem() const { return problem_; }

private:
  std::vector<std::set<std::string>> names_; // of the objects that are open
  const char* problem_ = nullptr;
};

result<json> read_object(std::string_view text) {
  if (text.size() > workflow_status_bytes_max) return wrong_status("body", "is too long");
  json_guard guard;
  auto parsed = json::parse(text, std::ref(guard), /*allow_exceptions*/ false);
  if (guard.problem() != nullptr) return wrong_status("body", guard.problem());
  if (parsed.is_discarded()) return wrong_status("body", "is not valid JSON");
  if (!parsed.is_object()) return wrong_status("body", "is not a JSON object");
  return parsed;
}

/// Null where there is none.
json* member(json& of, const char* name) {
  const auto found = of.find(name);
  return found == of.end() || found->is_null() ? nullptr : &*found;
}

result<void> read_names(json& from, workflow_status_words& to) {
  const auto* status = member(from, "status");
  if (status == nullptr) return wrong_status("status", "is required");
  if (status->is_string()) to.status = status->get<std::string>();
  if (to.status != "in_progress" && to.status != "completed" && to.status != "failed")
    return wrong_status("status", "must be in_progress, completed or failed");
  const auto* step = member(from, "step");
  if (step == nullptr) return wrong_status("step", "is required");
  if (!step->is_string()) return wrong_status("step", "must be a string");
  to.step = step->get<std::string>();
  if (count_code_points(to.step) > workflow_step_chars_max)
    return wrong_status("step", "must be at most 255 characters long");
  return {};
}

result<void> read_numbers(json& from, workflow_status_words& to) {
  if (const auto* progress = member(from, "progress")) {
    const bool is_part =
        progress->is_number() && progress->get<double>() >= 0 && progress->get<double>() <= 1;
    if (!is_part) return wrong_status("progress", "must be a number from 0 to 1");
    to.progress = progress->dump();
  }
  if (const auto* sequence = member(from, "sequence")) {
    constexpr auto most = static_cast<std::uint64_t>(workflow_sequence_max);
    const bool is_position = sequence->is_number_unsigned() &&
                             sequence->get<std::uint64_t>() >= 1 &&
                             sequence->get<std::uint64_t>() <= most;
    if (!is_position) return wrong_status("sequence", "must be a positive integer");
    to.sequence = sequence->get<std::int64_t>();
  }
  return {};
}

std::string body_with(std::string_view status, std::string_view step, std::string_view progress,
                      std::string_view result, std::string_view error) {
  std::string out = R"({"status":)";
  append_json_string(out, status);
  out += R"(,"step":)";
  append_json_string(out, step);
  (out += R"(,"progress":)") += progress.empty() ? "0" : progress;
  (out += R"(,"result":)") += result;
  if (!error.empty()) (out += R"(,"error":)") += error;
  return out += '}';
}

} // namespace

result<workflow_status_words> read_workflow_status(std::string_view text) {
  auto object = read_object(text);
  if (!object) return tl::unexpected<failure>(std::move(object.error()));
  workflow_status_words words;
  if (auto good = read_names(*object, words); !good)
    return tl::unexpected<failure>(std::move(good.error()));
  if (auto good = read_numbers(*object, words); !good)
    return tl::unexpected<failure>(std::move(good.error()));
  if (const auto found = object->find("result"); found != object->end())
    words.result = found->dump();
  if (const auto* error = member(*object, "error")) {
    if (!error->is_object()) return wrong_status("error", "must be an object");
    words.error = error->dump();
  }
  // Numbers may be longer when they are written anew.
  if (workflow_status_body(words, words).size() > workflow_status_bytes_max)
    return wrong_status("body", "is too long");
  return words;
}

std::string workflow_status_body(const workflow_status_words& words,
                                 const workflow_status_words& before) {
  const std::string otherwise = words.status == "completed" ? "1" : before.progress.value_or("0");
  return body_with(words.status, words.step, words.progress.value_or(otherwise), words.result,
                   words.error);
}

const std::string& accepted_workflow_status() {
  static const std::string body = body_with("in_progress", "accepted", "0", "{}", "");
  return body;
}

std::string failed_workflow_status(const workflow_status_words& before, const failure& why) {
  const auto& entry = describe(why.code);
  std::string error = R"({"code":)";
  append_json_string(error, entry.name);
  error += R"(,"message":)";
  append_json_string(error, entry.message);
  if (!why.reason.empty()) {
    error += R"(,"details":{"reason":)";
    append_json_string(error, std::string_view{why.reason}.substr(0, reason_bytes_max));
    error += '}';
  }
  error += '}';
  return body_with("failed", before.step, before.progress.value_or("0"), "{}", error);
}

std::string cancelled_workflow_status(const workflow_status_words& before) {
  return body_with("failed", "cancelled", before.progress.value_or("0"), "{}", "");
}

} // namespace latchkey
