#include "gateway/live/conversation.hpp"

#include "config/log.hpp"
#include "gateway/live/live_connection.hpp"
#include "gateway/live/socket_registry.hpp"
#include "protocol/text/text_codec.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace latchkey::gateway::live {
namespace {

using deadline_point = std::chrono::steady_clock::time_point;

/// One message, until it is answered. Whoever asks holds no socket: it may go meanwhile.
struct talk {
  socket_registry& sockets;
  std::uint64_t socket;
  principal who;
  spoken said;
  deadline_point deadline;

  reactor_edge& edge() { return sockets.edge(); }
};

/// The frame that answers; nullptr where what follows is the answer.
using answered = result<ws::frame>;

void append_member(std::string& out, std::string_view name, std::string_view json) {
  if (!out.empty()) out.push_back(',');
  append_json_string(out, name);
  out.append(":").append(json);
}
std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

result<workflow_id> named_workflow(input& data) {
  const auto text = data.text("workflow_id", 1, workflow_ref_bytes_max);
  const auto id = parse_uuid(text);
  if (!text.empty() && !id) return fail(error_code::validation_error, "workflow_id", "is no UUID");
  return id ? workflow_id{*id} : workflow_id{};
}

/// Somebody else's, or nobody's.
failure no_such_workflow() {
  return {error_code::not_found, "workflow_id", "names no workflow of yours", 0};
}
failure as_client_hears(failure why) {
  return why.code == error_code::not_found ? no_such_workflow() : why;
}

// -- authenticate ----------------------------------------------------------------------------

awaitable<answered> authenticate(talk& t) {
  const auto token = t.said.data.hidden("token", 1, 8192);
  if (auto wrong = t.said.data.done(); !wrong) co_return fail(wrong.error());
  auto who = co_await t.edge().authenticate(token.reveal(), t.deadline);
  if (!who) {
    who.error().field = "token";
    co_return fail(who.error());
  }
  if (who->session != t.who.session)
    co_return fail(error_code::insufficient_permissions, "token",
                   "is another session's: open another socket with it");
  if (auto* client = t.sockets.find(t.socket)) client->set_expiry(who->expires_at);
  const time_point end{std::chrono::seconds{who->expires_at}};
  std::string members;
  append_member(members, "expires_at", json_text(to_rfc3339_seconds(end)));
  co_return ack(t.said.id, members);
}

// -- workflows -------------------------------------------------------------------------------

result<workflow_record> read_order(talk& t) {
  auto& data = t.said.data;
  workflow_record run;
  run.user = t.who.user;
  run.message_id = t.said.id;
  run.workflow_type = data.text("workflow_type", 1, workflow_type_bytes_max);
  run.agent_instance_id =
      data.optional_text("agent_instance_id", workflow_ref_bytes_max).value_or(std::string{});
  run.project_id = data.optional_text("project_id", workflow_ref_bytes_max).value_or(std::string{});
  run.parameters = data.object_text("parameters", parameters_bytes_max).value_or("{}");
  if (auto wrong = data.done(); !wrong) return fail(wrong.error());
  if (run.message_id.empty())
    return fail(error_code::validation_error, "id", "is required: it starts the workflow once");
  run.id = workflow_id_of(run.user, run.message_id);
  return run;
}

awaitable<answered> start_workflow(talk& t) {
  auto run = read_order(t);
  if (!run) co_return fail(run.error());
  const auto id = run->id;
  messages::start_workflow order{
      std::move(*run), {t.sockets.handle(), t.socket}, t.edge().deadline_for_actors(t.deadline)};
  auto started =
      co_await t.edge().ask_workflow<messages::make_workflow>(id, std::move(order), t.deadline);
  if (!started) co_return fail(started.error());
  co_return ws::frame{};
}

awaitable<answered> resume(talk& t) {
  auto id = named_workflow(t.said.data);
  const auto last_seq = t.said.data.optional_integer("last_seq", 0, std::int64_t{1} << 53);
  if (!id) co_return fail(id.error());
  if (auto wrong = t.said.data.done(); !wrong) co_return fail(wrong.error());
  messages::resume_workflow request{
      t.who.user, last_seq.value_or(0), {t.sockets.handle(), t.socket}};
  auto attached =
      co_await t.edge().ask_workflow<messages::find_workflow>(*id, std::move(request), t.deadline);
  if (!attached) co_return fail(as_client_hears(attached.error()));
  std::string members;
  append_member(members, "workflow_id", json_text(to_string(*id)));
  append_member(members, "last_seq", std::to_string(attached->last_seq));
  co_return ack(t.said.id, members);
}

awaitable<answered> cancel_workflow(talk& t) {
  auto id = named_workflow(t.said.data);
  if (!id) co_return fail(id.error());
  if (auto wrong = t.said.data.done(); !wrong) co_return fail(wrong.error());
  messages::cancel_workflow request{t.who.user, t.edge().deadline_for_actors(t.deadline)};
  auto begun =
      co_await t.edge().ask_workflow<messages::find_workflow>(*id, std::move(request), t.deadline);
  if (!begun) co_return fail(as_client_hears(begun.error()));
  std::string members;
  append_member(members, "workflow_id", json_text(to_string(*id)));
  co_return ack(t.said.id, members);
}

// -- the table -------------------------------------------------------------------------------

struct message_row {
  std::string_view type;
  awaitable<answered> (*answer)(talk&);
};
constexpr message_row message_table[] = {{"authenticate", authenticate},
                                         {"start_workflow", start_workflow},
                                         {"resume", resume},
                                         {"cancel_workflow", cancel_workflow}};

awaitable<answered> answer_to(talk& t) {
  if (!t.said.form) co_return fail(t.said.form.error());
  for (const auto& row : message_table)
    if (row.type == t.said.type) co_return co_await row.answer(t);
  co_return fail(error_code::validation_error, "type",
                 "must be ping, authenticate, start_workflow, resume or cancel_workflow");
}

awaitable<> converse_to_the_end(talk t) {
  answered answer = fail(error_code::internal_error);
  try {
    answer = co_await answer_to(t);
  } catch (const std::exception& e) {
    log_error("ws", "a message of type ", t.said.type.substr(0, 32), " failed: ", e.what());
  }
  if (answer)
    t.sockets.finish(t.socket, "ack", std::move(*answer));
  else
    t.sockets.finish(t.socket, "error", error(t.said.id, answer.error()));
}

} // namespace

void converse(socket_registry& sockets, std::uint64_t socket, spoken said) {
  const auto patience = std::chrono::seconds{sockets.edge().configured().request_timeout_s};
  talk t{sockets, socket, sockets.find(socket)->who(), std::move(said),
         std::chrono::steady_clock::now() + patience};
  boost::asio::co_spawn(sockets.edge().home().context(), converse_to_the_end(std::move(t)),
                        [](std::exception_ptr) {});
}

} // namespace latchkey::gateway::live
