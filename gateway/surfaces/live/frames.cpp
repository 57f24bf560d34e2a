#include "gateway/surfaces/live/frames.hpp"

#include "actors/workflow_status_body.hpp"
#include "gateway/http/error_body.hpp"
#include "protocol/error_code.hpp"
#include "protocol/json_text.hpp"
#include "protocol/text_codec.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <utility>

namespace latchkey::gateway::live {
namespace {

/// `data` as text: its own limits stand in the endpoints that read it.
constexpr std::size_t data_bytes_max = std::size_t{64} << 10;

constexpr std::size_t number_chars_max = 100;

void append_name(std::string& out, std::string_view name) {
  if (out.back() != '{') out.push_back(',');
  append_json_string(out, name);
  out.push_back(':');
}
void append_text(std::string& out, std::string_view name, std::string_view text) {
  append_name(out, name);
  append_json_string(out, text);
}

/// An id of a number keeps its digits behind this mark; a text that begins with it has it twice.
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
  std::string out{"{"};
  out.reserve(256);
  append_text(out, "type", type);
  if (!correlation_id.empty()) {
    append_name(out, "correlation_id");
    append_message_id(out, correlation_id);
  }
  return out;
}

ws::frame finish(std::string&& out) {
  out.push_back('}');
  return ws::text_frame(out);
}

} // namespace

spoken read_message(std::string_view text) {
  spoken out;
  auto fields = input::of_object(text);
  // First, so that it is there to answer to whatever else is wrong.
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
  append_name(out, "data");
  out.append("{").append(members).append("}");
  return finish(std::move(out));
}

ws::frame error(std::string_view correlation_id, const failure& what) {
  const auto& entry = describe(what.code);
  auto out = begin("error", correlation_id);
  append_name(out, "error");
  out.push_back('{');
  append_text(out, "code", entry.name);
  append_text(out, "message", entry.message);
  append_name(out, "details");
  http::append_details(out, what);
  if (what.retry_after_s > 0) {
    append_name(out, "retry_after");
    out.append(std::to_string(what.retry_after_s));
  }
  out.push_back('}');
  return finish(std::move(out));
}

ws::frame status(const messages::run_news& news, const messages::workflow_status& one) {
  auto out = begin("workflow_status", news.correlation_id);
  append_name(out, "data");
  out.push_back('{');
  append_text(out, "workflow_id", to_string(news.workflow));
  append_name(out, "seq");
  out.append(std::to_string(one.seq));
  // Why it failed stands beside `data`, as in every message.
  const bool may_tell_why = one.body.find("\"error\"") != std::string::npos;
  const auto words = json_members(may_tell_why ? one.body : "{}", workflow_json_depth_max);
  if (!may_tell_why || !words) {
    out.append(",").append(std::string_view{one.body}.substr(1));
    return finish(std::move(out));
  }
  std::string_view why;
  for (const auto& word : *words) {
    if (word.name == "error") {
      why = word.value;
      continue;
    }
    append_name(out, word.name);
    out.append(word.value);
  }
  out.push_back('}');
  if (!why.empty()) {
    append_name(out, "error");
    out.append(why);
  }
  return finish(std::move(out));
}

ws::frame session_revoked(std::string_view reason) {
  auto out = begin("session_revoked");
  append_name(out, "data");
  out.push_back('{');
  append_text(out, "reason", reason);
  out.push_back('}');
  return finish(std::move(out));
}

ws::frame session_expiring(std::int64_t expires_at) {
  auto out = begin("session_expiring");
  append_name(out, "data");
  out.push_back('{');
  append_text(out, "expires_at", to_rfc3339_seconds(time_point{std::chrono::seconds{expires_at}}));
  out.push_back('}');
  return finish(std::move(out));
}

ws::frame permissions_changed(std::string_view role, const permission_set& permissions) {
  auto out = begin("permissions_changed");
  append_name(out, "data");
  out.push_back('{');
  append_text(out, "role", role);
  append_name(out, "permissions");
  out.push_back('[');
  for (const auto& word : permissions.words()) {
    if (out.back() != '[') out.push_back(',');
    append_json_string(out, word);
  }
  out.append("]}");
  return finish(std::move(out));
}

ws::frame subscription_changed(std::string_view tier, std::string_view status) {
  auto out = begin("subscription_changed");
  append_name(out, "data");
  out.push_back('{');
  append_text(out, "tier", tier);
  append_text(out, "status", status);
  out.push_back('}');
  return finish(std::move(out));
}

} // namespace latchkey::gateway::live
