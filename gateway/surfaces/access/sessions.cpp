// sessions.cpp — a user's own sessions.
#include "gateway/account/holdings.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/access/render.hpp"

#include <string>
#include <utility>
#include <vector>

namespace latchkey::gateway::access {
namespace {

/// How many sockets each of them has, on all reactors.
awaitable<result<std::vector<std::size_t>>>
live_sockets_of(http::exchange& ex, const std::vector<session_record>& all) {
  auto& edge = edge_of(ex);
  messages::count_sockets question;
  for (const auto& record : all)
    question.sessions.push_back(record.id);
  std::vector<std::size_t> sum(all.size());
  for (const auto& registry : edge.socket_registries()) {
    auto counted = co_await edge.ask(registry, question, ex.deadline);
    if (!counted) co_return fail(counted.error());
    for (std::size_t i = 0; i < sum.size(); ++i)
      sum[i] += counted->counts[i];
  }
  co_return sum;
}

} // namespace

awaitable<result<http::response>> list_sessions(http::exchange& ex, const principal& caller) {
  auto found = co_await own_sessions(ex, caller);
  if (!found) co_return fail(found.error());
  auto sockets = co_await live_sockets_of(ex, *found);
  if (!sockets) co_return fail(sockets.error());
  std::string out;
  json_writer body(out);
  body.begin_object().begin_list("sessions");
  for (std::size_t i = 0; i < found->size(); ++i)
    write_session(body, (*found)[i], (*found)[i].id == caller.session, (*sockets)[i]);
  body.end_list().end_object();
  co_return http::json_response(200, std::move(out));
}

awaitable<result<http::response>> end_session(http::exchange& ex, const principal& caller) {
  auto ended = co_await end_own_session(ex, caller, ex.params["id"]);
  if (!ended) co_return fail(ended.error());
  co_return http::empty_response();
}

} // namespace latchkey::gateway::access
