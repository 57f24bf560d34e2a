// reactor_scheduler.hpp — CAF's scheduler, as a module that runs actors on reactors.
#pragma once

#include "gateway/reactor/reactor.hpp"

#include <caf/detail/thread_safe_actor_clock.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace latchkey::gateway {

/// Loaded by `reactor_config`. The reactors run from the moment that the actor system exists
/// until it goes.
class reactor_scheduler final : public caf::scheduler::abstract_coordinator {
public:
  /// Messages that an actor handles before the next has its turn. CAF's default has no
  /// bound, so one that feeds itself would keep its reactor for ever.
  static constexpr std::size_t messages_per_job_max = 64;

  explicit reactor_scheduler(caf::actor_system& system);
  ~reactor_scheduler() override;

  static caf::actor_system::module* make(caf::actor_system& system, caf::detail::type_list<>);

  /// The scheduler of a system that was configured with this module.
  static reactor_scheduler& of(caf::actor_system& system);

  std::size_t size() const noexcept { return reactors_.size(); }
  reactor& at(std::size_t index) { return *reactors_[index]; }

  void enqueue(caf::resumable* actor) override;
  caf::actor_clock& clock() noexcept override { return clock_; }

protected:
  void init(caf::actor_system_config& cfg) override;
  void start() override;
  void stop() override;

private:
  caf::detail::thread_safe_actor_clock clock_;
  std::vector<std::unique_ptr<reactor>> reactors_;
  std::vector<std::thread> threads_;
  std::thread clock_thread_;
};

/// What an actor system on that many reactors is made from: this scheduler, and a thread of an
/// actor, detached or a reactor's, that has given back what OpenSSL keeps for it by the time
/// that the system is gone. CAF says nothing on the console.
std::unique_ptr<caf::actor_system_config> reactor_config(std::size_t reactors);

} // namespace latchkey::gateway
