#include "gateway/request/health_probe.hpp"

#include "gateway/proxy/upstream/upstream.hpp"

#include <algorithm>
#include <utility>

namespace latchkey::gateway {
namespace {

/// For how long an answer is given again.
constexpr std::chrono::seconds answer_valid_for{1};
/// And how long the probe waits for one.
constexpr std::chrono::seconds answer_wait_max{2};

} // namespace

health_probe::health_probe(reactor& home, actor_env_ptr env, actor_lookup& actors,
                           std::string_view core_manager_url)
    : env_(std::move(env)), actors_(actors),
      core_manager_(
          home, [target = proxy::parse_upstream_url(core_manager_url)](deadline_point deadline) {
            return target && accepts_connections(target->host, target->port, deadline);
          }) {}

template <class Handle, class Question>
awaitable<bool> health_probe::is_alive(last_answer& last, const Handle& receiver,
                                       deadline_point deadline) {
  const auto now = std::chrono::steady_clock::now();
  if (last.asked != deadline_point{} && now < last.asked + answer_valid_for)
    co_return last.is_alive;
  // Requests that ask meanwhile get the last answer, so a frozen database gets one question
  // a second, not one a request.
  last.asked = now;
  const auto wait_until = std::min(deadline, now + answer_wait_max);
  const Question question{actors_.deadline_for_actors(wait_until)};
  auto reply = co_await actors_.ask(receiver, question, wait_until);
  last.is_alive = reply.has_value();
  last.trouble = !reply && reply.error().field == "database" ? reply.error().reason : "";
  co_return last.is_alive;
}

awaitable<bool> health_probe::is_database_alive(deadline_point deadline) {
  return is_alive<reader_actor, messages::ping_store>(database_, env_->readers.front(), deadline);
}

awaitable<std::string_view> health_probe::redis_state(deadline_point deadline) {
  if (!env_->redis) co_return "disabled";
  const bool answers =
      co_await is_alive<redis_actor, messages::ping_redis>(redis_, env_->redis, deadline);
  if (answers) co_return "connected";
  co_return "disconnected";
}

} // namespace latchkey::gateway
