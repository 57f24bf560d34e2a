#include "gateway/workflows/core_manager_client.hpp"

#include "actors/workflow/status_body.hpp"
#include "config/log.hpp"
#include "gateway/http/message/response.hpp"
#include "gateway/proxy/rules/identity_headers.hpp"
#include "gateway/proxy/rules/trace_context.hpp"
#include "gateway/workflows/status_stream.hpp"
#include "protocol/ids.hpp"
#include "protocol/text/json_text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <charconv>
#include <string>
#include <utility>

namespace latchkey::gateway {
namespace {

constexpr std::string_view workflows_path = "/api/v1/workflows";
constexpr std::size_t core_manager_index = 0; // of the upstreams: it is always the first

proxy::upstream_limits limits_of(std::size_t calls_max) {
  proxy::upstream_limits limits;
  limits.calls_max = calls_max;
  limits.waiting_max = calls_max;
  return limits;
}

/// The object's own `sequence`; its place in the stream where it has none.
std::int64_t position_of(const std::string& body, std::int64_t index) {
  // Not by a parser that refuses numbers beyond a double's: a result may have them.
  const auto members = json_members(body, workflow_json_depth_max);
  if (!members) return index;
  for (const auto& member : *members) {
    if (member.name != "sequence") continue;
    std::int64_t own = 0;
    const auto* end = member.value.data() + member.value.size();
    const auto read = std::from_chars(member.value.data(), end, own);
    const bool is_position = read.ec == std::errc{} && read.ptr == end && own > 0;
    return is_position ? own : index;
  }
  return index;
}

bool is_for_later(unsigned status) {
  return status >= 500 || status == 408 || status == 429;
}

failure not_now(unsigned status) {
  return {error_code::upstream_unavailable, {}, "answers " + std::to_string(status)};
}

messages::stream_ended refusal_of(unsigned status, const std::string& why) {
  return {messages::stream_outcome::refused, std::to_string(status) + " " + why};
}

std::chrono::steady_clock::time_point internal_deadline(const actor_env& env) {
  return std::chrono::steady_clock::now() + env.policy.internal_deadline;
}

} // namespace

/// One conversation with the core manager.
struct core_manager_client::workflow_call {
  actor_env_ptr env;
  workflow_id workflow;
  messages::workflow_caller caller;
  std::string order;
  http::method verb = http::method::get;
  proxy::upstream_call request; // views the texts below
  std::string target;
  std::string headers;
  workflow_actor actor;
  std::uint64_t gone = 0; // the last actor that was found to have ended
  std::int64_t taken = 0; // objects of the stream that were statuses
};

core_manager_actor spawn_core_manager_client(caf::actor_system& system, reactor& home,
                                             actor_env_ptr env,
                                             std::shared_ptr<proxy::upstream_set> upstreams,
                                             const core_manager_limits& limits) {
  caf::actor_config config{&home};
  const auto made = system.spawn_class<core_manager_client, caf::no_spawn_options>(
      config, home, std::move(env), std::move(upstreams), limits);
  return caf::actor_cast<core_manager_actor>(made);
}

core_manager_client::core_manager_client(caf::actor_config& cfg, reactor& home, actor_env_ptr env,
                                         std::shared_ptr<proxy::upstream_set> upstreams,
                                         const core_manager_limits& limits)
    : reactor_actor(cfg, home), env_(std::move(env)), limits_(limits),
      streams_(home.context(), home.timers(), upstreams, limits_of(limits.streams_max)),
      calls_(home.context(), home.timers(), upstreams, limits_of(limits.calls_max)) {}

caf::behavior core_manager_client::answers() {
  return {[this](messages::stream_workflow& order) { return on_follow(order); },
          [this](messages::cancel_upstream& order) { return on_cancel(order); }};
}

void core_manager_client::on_exit() {
  streams_.close();
  calls_.close();
  env_.reset(); // otherwise the two would keep each other alive
}

// -- what is asked ----------------------------------------------------------------------------

/// Runs `work` and answers with what comes of it.
template <class Reply, class Work>
void core_manager_client::start(Work work, std::shared_ptr<workflow_call> call,
                                promise<Reply> owed) {
  const caf::strong_actor_ptr keep{ctrl()};
  auto talk = [this, keep, work, call = std::move(call), owed]() -> awaitable<> {
    auto answer = co_await (this->*work)(call);
    speak();
    if (answer)
      owed.deliver(std::move(*answer));
    else
      owed.fail(answer.error());
  };
  boost::asio::co_spawn(home().context(), std::move(talk), boost::asio::detached);
}

caf::result<messages::stream_ended>
core_manager_client::on_follow(messages::stream_workflow& order) {
  promise<messages::stream_ended> owed{this};
  auto call = std::make_shared<workflow_call>();
  call->env = env_;
  call->workflow = order.workflow;
  call->caller = std::move(order.caller);
  call->order = std::move(order.order);
  call->verb = call->order.empty() ? http::method::get : http::method::post;
  call->request.deadline = internal_deadline(*env_);
  if (auto written = write_call(*call); !written)
    owed.fail(written.error());
  else
    start<messages::stream_ended>(&core_manager_client::follow, std::move(call), owed);
  return owed;
}

caf::result<messages::done> core_manager_client::on_cancel(messages::cancel_upstream& order) {
  promise<messages::done> owed{this};
  auto call = std::make_shared<workflow_call>();
  call->env = env_;
  call->workflow = order.workflow;
  call->caller = std::move(order.caller);
  call->verb = http::method::delete_;
  call->request.deadline =
      std::min(internal_deadline(*env_),
               std::chrono::steady_clock::now() + (order.deadline - env_->steady_now()));
  if (auto written = write_call(*call); !written)
    owed.fail(written.error());
  else
    start<messages::done>(&core_manager_client::cancel, std::move(call), owed);
  return owed;
}

/// The HTTP request of a workflow: the caller and the order.
result<void> core_manager_client::write_call(workflow_call& call) const {
  const auto& upstream = streams_.upstreams().table().upstreams[core_manager_index];
  const auto id = to_string(call.workflow);
  const bool is_order = call.verb == http::method::post;
  call.target = upstream.base_path + std::string{workflows_path} + (is_order ? "" : "/" + id);
  const auto user = to_string(call.caller.user);
  const proxy::caller_identity caller{user,
                                      call.caller.client_id,
                                      call.caller.role,
                                      call.caller.tier,
                                      call.caller.email,
                                      call.caller.permissions,
                                      call.caller.email_verified};
  const auto trace = proxy::next_trace({});
  auto written = proxy::append_caller(caller, make_request_id(), trace.traceparent, call.headers);
  if (!written) return written;
  call.headers.append("Accept: application/x-ndjson, text/event-stream\r\n");
  if (is_order)
    call.headers.append("Content-Type: application/json\r\nIdempotency-Key: " + id + "\r\n");
  call.request.upstream = core_manager_index;
  call.request.method = call.verb;
  call.request.target = call.target;
  call.request.headers = call.headers;
  call.request.body = call.order;
  call.request.silence_max = limits_.silence_max;
  return {};
}

// -- a workflow -------------------------------------------------------------------------------

awaitable<result<messages::stream_ended>>
core_manager_client::follow(std::shared_ptr<workflow_call> call) {
  auto answer = co_await streams_.call(call->request);
  if (!answer) co_return fail(answer.error());
  const auto status = answer->status();
  if (is_for_later(status)) co_return fail(not_now(status));
  messages::stream_ended end;
  end.outcome = messages::stream_outcome::accepted;
  if (status == 202) co_return end;
  end.outcome = messages::stream_outcome::missing;
  if (status == 404) co_return end;
  const auto why = std::string{http::reason_phrase(status)};
  if (status != 200) co_return refusal_of(status, why);
  co_return co_await take_stream(call, std::move(*answer));
}

/// The stream to its end, or the workflow to its.
awaitable<result<messages::stream_ended>>
core_manager_client::take_stream(std::shared_ptr<workflow_call> call,
                                 proxy::upstream_answer answer) {
  const auto form = status_stream::format_of(answer.header("Content-Type"));
  if (!form) co_return refusal_of(answer.status(), "without a stream of statuses");
  messages::stream_ended end;
  end.outcome = messages::stream_outcome::cut;
  status_stream stream(*form);
  const auto body = answer.take_body();
  bool is_whole = false;
  while (!is_whole) {
    const auto piece = co_await body->next();
    if (!piece) co_return end;
    is_whole = piece->empty();
    stream.add(*piece);
    auto next = stream.next();
    if (!next && is_whole) next = stream.rest();
    while (next) {
      const auto over = co_await take_object(call, std::move(*next));
      if (over) end.outcome = *over;
      if (over) co_return end;
      next = stream.next();
    }
    // It would be the same again, however often it is asked for.
    if (stream.is_too_long())
      co_return refusal_of(answer.status(), "with a status that is too long");
  }
  co_return end;
}

/// One object to the workflow's actor. Nothing: go on.
awaitable<std::optional<messages::stream_outcome>>
core_manager_client::take_object(std::shared_ptr<workflow_call> call, std::string body) {
  const auto position = position_of(body, call->taken + 1);
  const auto reply = co_await deliver_status(call, std::move(body), position);
  std::optional<messages::stream_outcome> over;
  if (reply) {
    ++call->taken;
    if (reply->is_over) over = messages::stream_outcome::over;
    co_return over;
  }
  const auto code = reply.error().code;
  if (code == error_code::validation_error) { // it would be refused the next time as well
    log_warning("core_manager", "workflow ", to_string(call->workflow), ": ", reply.error().field,
                " ", reply.error().reason);
    co_return over;
  }
  over = code == error_code::not_found ? messages::stream_outcome::over
                                       : messages::stream_outcome::cut;
  co_return over;
}

/// An actor that left memory meanwhile is looked up again.
awaitable<result<messages::status_taken>>
core_manager_client::deliver_status(std::shared_ptr<workflow_call> call, std::string body,
                                    std::int64_t position) {
  const auto& env = *call->env;
  const auto deadline = internal_deadline(env);
  messages::take_status status;
  status.body = std::move(body);
  status.position = position;
  status.deadline = env.steady_now() + env.policy.internal_deadline;
  for (int i = 0; i < resident_attempts_max; ++i) {
    if (!call->actor) {
      const messages::find_workflow question{call->workflow, call->gone};
      auto found = co_await ask(env.directory_for(call->workflow), question, deadline);
      if (!found) co_return fail(found.error());
      call->actor = std::move(*found);
    }
    auto reply = co_await ask_raw(call->actor, status, deadline);
    if (reply) co_return *reply;
    if (!is_gone(reply.error())) co_return fail(to_failure(reply.error()));
    call->gone = call->actor.id();
    call->actor = nullptr;
  }
  co_return fail(error_code::internal_error);
}

// -- its end ------------------------------------------------------------------------------------

awaitable<result<messages::done>> core_manager_client::cancel(std::shared_ptr<workflow_call> call) {
  const auto answer = co_await calls_.call(call->request);
  if (!answer) co_return fail(answer.error());
  const auto status = answer->status();
  const bool is_done = status / 100 == 2 || status == 404 || status == 409 || status == 410;
  if (!is_done) co_return fail(not_now(status));
  co_return messages::done{};
}

} // namespace latchkey::gateway
