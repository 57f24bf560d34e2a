#include "gateway/live/frames.hpp"

#include "actors/workflow/status_body.hpp"
#include "gateway/http/message/error_body.hpp"
#include "protocol/error_code.hpp"
#include "protocol/text/json_text.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <utility>

namespace latchkey::gateway::live {
namespace {

/// The largest `data`; each type of message has limits of its own.
constexpr std::size_t data_bytes_max = std::size_t{64} << 10;

constexpr std::size_t number_chars_max = 100;

/// An id that is a number keeps its digits after this mark; a text that begins with the mark has it
/// twice.
constexpr char number_mark = '#';

std::string read_message_id(input& fields) {
  fields.needs_text_or_number("id");
  if (auto number = fields.optional_number("id", number_chars_max)) return number_mark + *number;
  auto text = fields.optional_text("id", message_id_bytes_max).value_or(std::string{});
  if (!text.starts_with(number_mark)) return text;
  if (text.size() == message_id_bytes_max)
    fields.problem("id", "must have at most 127 bytes when it begins with #");
  return number_mark + text;
}

void append_message_id(std::string& out, std::string_view id) {
  if (!id.starts_with(number_mark)) return append_json_string(out, id);
  id.remove_prefix(1);
  if (is_json_number(id))
    out.append(id);
  else
    append_json_string(out, id);
}

/// `{"type":…` and, when there is one, `"correlation_id":…`.
std::string begin(std::string_view type, std::string_view correlation_id = {}) {
  std::string out;
  out.reserve(256);
  json_writer frame(out);
  frame.begin_object().text("type", type);
  if (!correlation_id.empty()) {
    frame.name("correlation_id");
    append_message_id(out, correlation_id);
  }
  return out;
}

/// Ends the outermost object.
ws::frame finish(std::string&& out) {
  json_writer(out).end_object();
  return ws::text_frame(out);
}

} // namespace

client_message read_message(std::string_view text) {
  client_message out;
  auto fields = input::of_object(text);
  // First, so that the answer has it whatever else is wrong.
  out.id = read_message_id(fields);
  out.type = fields.text("type", 1, message_type_bytes_max);
  const auto data = fields.object_text("data", data_bytes_max);
  out.form = fields.done();
  if (out.form && data) out.data = input::of_object(*data);
  return out;
}

ws::frame pong(std::string_view correlation_id) {
  return finish(begin("pong", correlation_id));
}

ws::frame ack(std::string_view correlation_id, std::string_view members) {
  auto out = begin("ack", correlation_id);
  json_writer(out).begin_object("data").members(members).end_object();
  return finish(std::move(out));
}

ws::frame error(std::string_view correlation_id, const failure& problem) {
  const auto& entry = describe(problem.code);
  auto out = begin("error", correlation_id);
  json_writer frame(out);
  frame.begin_object("error")
      .text("code", entry.name)
      .text("message", entry.message)
      .name("details");
  http::append_details(out, problem);
  if (problem.retry_after_s > 0) frame.number("retry_after", problem.retry_after_s);
  frame.end_object();
  return finish(std::move(out));
}

ws::frame status(const messages::workflow_statuses& statuses,
                 const messages::workflow_status& shown) {
  auto out = begin("workflow_status", statuses.correlation_id);
  json_writer frame(out);
  frame.begin_object("data")
      .text("workflow_id", to_string(statuses.workflow))
      .number("seq", static_cast<std::int64_t>(shown.seq));
  // The error of a failed workflow is a member beside `data`, as in every message.
  const bool may_have_error = shown.body.find("\"error\"") != std::string::npos;
  const auto members = json_members(may_have_error ? shown.body : "{}", workflow_json_depth_max);
  if (!may_have_error || !members) {
    out.append(",").append(std::string_view{shown.body}.substr(1));
    return finish(std::move(out));
  }
  std::string_view error_member;
  for (const auto& member : *members) {
    if (member.name == "error")
      error_member = member.value;
    else
      frame.json_as(member.name, member.value);
  }
  frame.end_object();
  if (!error_member.empty()) frame.json("error", error_member);
  return finish(std::move(out));
}

ws::frame session_revoked(std::string_view reason) {
  auto out = begin("session_revoked");
  json_writer(out).begin_object("data").text("reason", reason).end_object();
  return finish(std::move(out));
}

ws::frame session_expiring(std::int64_t expires_at) {
  auto out = begin("session_expiring");
  const auto end = to_rfc3339_seconds(time_point{std::chrono::seconds{expires_at}});
  json_writer(out).begin_object("data").text("expires_at", end).end_object();
  return finish(std::move(out));
}

ws::frame permissions_changed(std::string_view role, const permission_set& permissions) {
  auto out = begin("permissions_changed");
  json_writer(out)
      .begin_object("data")
      .text("role", role)
      .texts("permissions", permissions.words())
      .end_object();
  return finish(std::move(out));
}

ws::frame subscription_changed(std::string_view tier, std::string_view status) {
  auto out = begin("subscription_changed");
  json_writer(out).begin_object("data").text("tier", tier).text("status", status).end_object();
  return finish(std::move(out));
}

ws::frame server_stopping(std::chrono::milliseconds reconnect_in) {
  auto out = begin("server_stopping");
  json_writer(out)
      .begin_object("data")
      .number("reconnect_in_ms", reconnect_in.count())
      .end_object();
  return finish(std::move(out));
}

} // namespace latchkey::gateway::live
