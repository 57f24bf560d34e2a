// core_manager_client.hpp — a reactor's client of the core manager: starts workflows there, brings
// their streamed statuses to their actors, and cancels them.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/behave.hpp"
#include "gateway/proxy/upstream/upstream_client.hpp"
#include "gateway/reactor/reactor_actor.hpp"

#include <chrono>
#include <cstddef>
#include <memory>

namespace latchkey::gateway {

struct core_manager_limits {
  std::size_t streams_max = 1'024; // UPSTREAM_STREAMS_MAX: workflows that are followed
  std::size_t calls_max = 64;      // UPSTREAM_CONNECTIONS_MAX: for asking for ends
  std::chrono::milliseconds silence_max{300'000}; // WORKFLOW_SILENCE_MAX
};

/// Spawns one on that reactor. It ends with `exit_reason::user_shutdown`, or any other; what is
/// under way then answers INTERNAL_ERROR.
core_manager_actor spawn_core_manager_client(caf::actor_system& system, reactor& home,
                                             actor_env_ptr env,
                                             std::shared_ptr<proxy::upstream_set> upstreams,
                                             const core_manager_limits& limits = {});

/// The actor itself, `core_manager_actor` of protocol/interfaces.hpp.
class core_manager_client final : public reactor_actor {
public:
  core_manager_client(caf::actor_config& cfg, reactor& home, actor_env_ptr env,
                      std::shared_ptr<proxy::upstream_set> upstreams,
                      const core_manager_limits& limits);

  const char* name() const override { return "core_manager_client"; }
  caf::behavior answers() override;
  void on_exit() override;

private:
  struct workflow_call;
  using deadline_point = std::chrono::steady_clock::time_point;

  caf::result<messages::stream_ended> on_follow(messages::stream_workflow& order);
  caf::result<messages::done> on_cancel(messages::cancel_upstream& order);

  awaitable<result<messages::stream_ended>> follow(std::shared_ptr<workflow_call> call);
  awaitable<result<messages::stream_ended>> take_stream(std::shared_ptr<workflow_call> call,
                                                        proxy::upstream_answer answer);
  awaitable<std::optional<messages::stream_outcome>>
  take_object(std::shared_ptr<workflow_call> call, std::string body);
  awaitable<result<messages::status_taken>> deliver_status(std::shared_ptr<workflow_call> call,
                                                           std::string body, std::int64_t position);
  awaitable<result<messages::done>> cancel(std::shared_ptr<workflow_call> call);
  result<void> write_call(workflow_call& call) const;
  template <class Reply, class Work>
  void start(Work work, std::shared_ptr<workflow_call> call, promise<Reply> owed);

  actor_env_ptr env_; // until its end: they hold its handle
  const core_manager_limits limits_;
  proxy::upstream_client streams_;
  proxy::upstream_client calls_; // apart, so that many streams keep no cancellation waiting
};

} // namespace latchkey::gateway
