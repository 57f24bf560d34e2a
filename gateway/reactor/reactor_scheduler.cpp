#include "gateway/reactor/reactor_scheduler.hpp"

#include <algorithm>
#include <caf/actor_system_config.hpp>
#include <caf/detail/set_thread_name.hpp>
#include <caf/thread_hook.hpp>
#include <cstdint>
#include <openssl/crypto.h>

namespace latchkey::gateway {
namespace {

/// OpenSSL keeps a little for each thread and would clear it when the thread ends. CAF does not
/// join the threads of detached actors, so that may be while the process exits: too late for an
/// OpenSSL that has been cleaned up. For this the actor system does wait.
struct openssl_thread_end final : caf::thread_hook {
  void init(caf::actor_system& /*system*/) override {}
  void thread_started() override {}
  void thread_terminates() override { OPENSSL_thread_stop(); }
};

} // namespace

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
    threads_.emplace_back([this, unit = r.get()] {
      system().thread_started();
      unit->run();
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
  if (auto* current = reactor::current()) return current->schedule({actor, nullptr, nullptr});
  auto address = reinterpret_cast<std::uintptr_t>(actor) >> 6;
  auto index = (address * 0x9E3779B97F4A7C15ull >> 32) % reactors_.size();
  reactors_[index]->schedule({actor, nullptr, nullptr});
}

std::unique_ptr<caf::actor_system_config> reactor_config(std::size_t reactors) {
  auto config = std::make_unique<caf::actor_system_config>();
  config->load<reactor_scheduler>();
  config->add_thread_hook<openssl_thread_end>();
  config->set("scheduler.max-threads", reactors);
  // Messages may hold secrets.
  config->set("logger.console", caf::atom("none"));
  config->set("logger.verbosity", caf::atom("quiet"));
  return config;
}

} // namespace latchkey::gateway
