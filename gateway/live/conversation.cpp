#include "gateway/live/conversation.hpp"

#include "config/log.hpp"
#include "gateway/live/authentication.hpp"
#include "gateway/live/live_connection.hpp"
#include "protocol/text/json_writer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace latchkey::gateway::live {
namespace {

result<workflow_id> named_workflow(input& data) {
  const auto text = data.text("workflow_id", 1, workflow_ref_bytes_max);
  const auto id = parse_uuid(text);
  if (!text.empty() && !id)
    return fail(error_code::validation_error, "workflow_id", "must be a UUID");
  return id ? workflow_id{*id} : workflow_id{};
}

/// The same for a workflow of another user and for one that does not exist.
failure no_such_workflow() {
  return {error_code::not_found, "workflow_id", "is not one of your workflows", 0};
}
failure for_client(failure error) {
  return error.code == error_code::not_found ? no_such_workflow() : error;
}

// -- workflows -------------------------------------------------------------------------------

result<workflow_record> read_order(turn& t) {
  auto& data = t.message.data;
  workflow_record workflow;
  workflow.user = t.caller.user;
  workflow.message_id = t.message.id;
  workflow.workflow_type = data.text("workflow_type", 1, workflow_type_bytes_max);
  workflow.agent_instance_id =
      data.optional_text("agent_instance_id", workflow_ref_bytes_max).value_or(std::string{});
  workflow.project_id =
      data.optional_text("project_id", workflow_ref_bytes_max).value_or(std::string{});
  workflow.parameters = data.object_text("parameters", parameters_bytes_max).value_or("{}");
  if (auto wrong = data.done(); !wrong) return fail(wrong.error());
  if (workflow.message_id.empty())
    return fail(error_code::validation_error, "id", "is required: it starts the workflow once");
  workflow.id = workflow_id_of(workflow.user, workflow.message_id);
  return workflow;
}

awaitable<reply> start_workflow(turn& t) {
  auto workflow = read_order(t);
  if (!workflow) co_return fail(workflow.error());
  const auto id = workflow->id;
  messages::start_workflow order{std::move(*workflow),
                                 {t.sockets.handle(), t.socket},
                                 t.edge().deadline_for_actors(t.deadline)};
  auto started =
      co_await t.edge().ask_workflow<messages::make_workflow>(id, std::move(order), t.deadline);
  if (!started) co_return fail(started.error());
  co_return ws::frame{};
}

awaitable<reply> resume(turn& t) {
  auto id = named_workflow(t.message.data);
  const auto last_seq = t.message.data.optional_integer("last_seq", 0, std::int64_t{1} << 53);
  if (!id) co_return fail(id.error());
  if (auto wrong = t.message.data.done(); !wrong) co_return fail(wrong.error());
  messages::resume_workflow request{
      t.caller.user, last_seq.value_or(0), {t.sockets.handle(), t.socket}};
  auto resumed =
      co_await t.edge().ask_workflow<messages::find_workflow>(*id, std::move(request), t.deadline);
  if (!resumed) co_return fail(for_client(resumed.error()));
  std::string members;
  json_writer(members)
      .text("workflow_id", to_string(*id))
      .number("last_seq", static_cast<std::int64_t>(resumed->last_seq));
  co_return ack(t.message.id, members);
}

awaitable<reply> cancel_workflow(turn& t) {
  auto id = named_workflow(t.message.data);
  if (!id) co_return fail(id.error());
  if (auto wrong = t.message.data.done(); !wrong) co_return fail(wrong.error());
  messages::cancel_workflow request{t.caller.user, t.edge().deadline_for_actors(t.deadline)};
  auto cancelled =
      co_await t.edge().ask_workflow<messages::find_workflow>(*id, std::move(request), t.deadline);
  if (!cancelled) co_return fail(for_client(cancelled.error()));
  std::string members;
  json_writer(members).text("workflow_id", to_string(*id));
  co_return ack(t.message.id, members);
}

// -- the table -------------------------------------------------------------------------------

struct message_row {
  std::string_view type;
  awaitable<reply> (*answer)(turn&);
  std::string_view permission = {}; // empty: none
};
constexpr message_row message_table[] = {{"authenticate", authenticate},
                                         {"start_workflow", start_workflow, "workflows:run"},
                                         {"resume", resume},
                                         {"cancel_workflow", cancel_workflow, "workflows:run"}};

/// AUTH004 (field "permission"); MFA_REQUIRED where the session must show a second factor first,
/// which `authenticate` takes.
awaitable<result<void>> check_permission(turn& t, std::string_view permission) {
  auto may = t.caller.check(permission);
  if (may || may.error().code != error_code::mfa_required) co_return may;
  // The socket does not know what the session has shown since.
  const messages::validate question;
  const auto session = co_await t.edge().ask_session(t.caller.session, question, t.deadline);
  if (!session) co_return fail(session.error());
  if (session->authenticated.by.level() == assurance_level::aal1) co_return may;
  co_return result<void>{};
}

awaitable<reply> answer_to(turn& t) {
  if (!t.message.form) co_return fail(t.message.form.error());
  for (const auto& row : message_table)
    if (row.type == t.message.type) {
      if (!row.permission.empty())
        if (auto may = co_await check_permission(t, row.permission); !may)
          co_return fail(std::move(may.error()));
      co_return co_await row.answer(t);
    }
  co_return fail(error_code::validation_error, "type",
                 "must be ping, authenticate, start_workflow, resume or cancel_workflow");
}

awaitable<> converse_to_the_end(turn t) {
  reply answer = fail(error_code::internal_error);
  try {
    answer = co_await answer_to(t);
  } catch (const std::exception& e) {
    log_error("ws", "a message of type ", t.message.type.substr(0, 32), " failed: ", e.what());
  }
  if (answer)
    t.sockets.finish(t.socket, "ack", std::move(*answer));
  else
    t.sockets.finish(t.socket, "error", error(t.message.id, answer.error()));
}

} // namespace

void converse(socket_registry& sockets, std::uint64_t socket, client_message message) {
  const auto patience = std::chrono::seconds{sockets.edge().configured().request_timeout_s};
  turn t{sockets, socket, sockets.find(socket)->caller(), std::move(message),
         std::chrono::steady_clock::now() + patience};
  boost::asio::co_spawn(sockets.edge().home().context(), converse_to_the_end(std::move(t)),
                        [](std::exception_ptr) {});
}

} // namespace latchkey::gateway::live
