#include "gateway/reactor_scheduler.hpp"

#include <algorithm>
#include <caf/detail/set_thread_name.hpp>
#include <cstdint>

namespace latchkey::gateway {

reactor_scheduler::reactor_scheduler(caf::actor_system& system) : abstract_coordinator(system) {}

reactor_scheduler::~reactor_scheduler() = default;

caf::actor_system::module* reactor_scheduler::make(caf::actor_system& system,
                                                   caf::detail::type_list<>) {
  return new reactor_scheduler(system);
}

reactor_scheduler& reactor_scheduler::of(caf::actor_system& system) {
  return dynamic_cast<reactor_scheduler&>(system.scheduler());
}

void reactor_scheduler::init(caf::actor_system_config& cfg) {
  abstract_coordinator::init(cfg);
  // The reactors exist before the first actor is spawned, and that is before start().
  for (std::size_t i = 0; i < num_workers(); ++i)
    reactors_.push_back(
        std::make_unique<reactor>(&system(), i, std::min(max_throughput(), messages_per_job_max)));
}

void reactor_scheduler::start() {
  for (auto& r : reactors_)
    threads_.emplace_back([this, one = r.get()] {
      system().thread_started();
      one->run();
      system().thread_terminates();
    });
  clock_thread_ = std::thread{[this] {
    caf::detail::set_thread_name("latchkey.clock");
    system().thread_started();
    clock_.run_dispatch_loop();
    system().thread_terminates();
  }};
  abstract_coordinator::start();
}

void reactor_scheduler::stop() {
  stop_actors();
  for (auto& r : reactors_)
    r->finish();
  for (auto& t : threads_)
    t.join();
  clock_.cancel_dispatch_loop();
  clock_thread_.join();
  for (auto& r : reactors_)
    r->discard_jobs();
}

void reactor_scheduler::enqueue(caf::resumable* actor) {
  // Work of a reactor's own thread stays there. Anything else is spread by the actor's
  // address, so that one actor's work tends to come back to the same core.
  if (auto* here = reactor::current()) return here->schedule({actor, nullptr, nullptr});
  auto address = reinterpret_cast<std::uintptr_t>(actor) >> 6;
  auto index = (address * 0x9E3779B97F4A7C15ull >> 32) % reactors_.size();
  reactors_[index]->schedule({actor, nullptr, nullptr});
}

} // namespace latchkey::gateway
