#include "gateway/surfaces/live/frames.hpp"

#include "gateway/http/error_body.hpp"
#include "protocol/error_code.hpp"
#include "protocol/text_codec.hpp"
#include "protocol/time.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

namespace latchkey::gateway::live {
namespace {

/// `data` as text: its own limits stand in the endpoints that read it.
constexpr std::size_t data_bytes_max = std::size_t{64} << 10;

void append_name(std::string& out, std::string_view name) {
  if (out.back() != '{') out.push_back(',');
  append_json_string(out, name);
  out.push_back(':');
}
void append_text(std::string& out, std::string_view name, std::string_view text) {
  append_name(out, name);
  append_json_string(out, text);
}

/// `{"type":…` and, when there is one, `"correlation_id":…`.
std::string begin(std::string_view type, std::string_view correlation_id = {}) {
  std::string out{"{"};
  out.reserve(256);
  append_text(out, "type", type);
  if (!correlation_id.empty()) append_text(out, "correlation_id", correlation_id);
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
  out.id = fields.optional_text("id", message_id_bytes_max).value_or(std::string{});
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
  std::string why;
  if (one.body.find("\"error\"") != std::string::npos) {
    auto parsed = nlohmann::ordered_json::parse(one.body, nullptr, false);
    if (parsed.is_object() && parsed.contains("error")) why = parsed["error"].dump();
    if (!why.empty()) {
      parsed.erase("error");
      out.append(",").append(std::string_view{parsed.dump()}.substr(1));
    }
  }
  if (why.empty()) out.append(",").append(std::string_view{one.body}.substr(1));
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
