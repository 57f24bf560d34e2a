#include "tests/gateway/reactor/reactor_fixture.hpp"

#include "actors/base/behave.hpp"

#include <caf/stateful_actor.hpp>
#include <cstdio>
#include <cstdlib>

namespace latchkey::gateway::test {
namespace {

struct mute_state {
  std::vector<caf::typed_response_promise<reply>> owed;
};

} // namespace

answerer::behavior_type echo(answerer::pointer self, caf::unit_t) {
  install_default_handlers(self);
  return {[](question& q) { return reply{q.number, this_reactor()}; }};
}

answerer::behavior_type mute(answerer::pointer self, caf::unit_t) {
  install_default_handlers(self);
  auto state = std::make_shared<mute_state>();
  return {[self, state](question& q) -> caf::result<reply> {
    if (q.number != 0) {
      state->owed.push_back(self->make_response_promise<reply>());
      return state->owed.back();
    }
    for (auto& owed : std::exchange(state->owed, {}))
      owed.deliver(reply{0, this_reactor()});
    return reply{0, this_reactor()};
  }};
}

watchdog::watchdog(std::chrono::seconds after)
    : thread_([done = done_.get_future(), after] {
        if (done.wait_for(after) == std::future_status::ready) return;
        std::fputs("the watchdog: this test hangs\n", stderr);
        std::abort();
      }) {}

watchdog::~watchdog() {
  done_.set_value();
  thread_.join();
}

reactor_fixture::reactor_fixture(std::size_t reactors)
    : config_(reactor_config(reactors)), system_(std::make_unique<caf::actor_system>(*config_)) {
  env_->clock = &system_clock_source();
  auto configured = std::make_shared<const settings>();
  for (std::size_t i = 0; i < reactors; ++i)
    edges_.push_back(on_reactor(i, [this, i, configured] {
                       return std::make_unique<reactor_edge>(*system_, at(i), env_, configured);
                     }).get());
}

reactor_fixture::~reactor_fixture() {
  stop();
}

void reactor_fixture::stop() {
  if (!system_) return;
  for (std::size_t i = 0; i < edges_.size(); ++i)
    close_edge(i);
  end_actors();
  *env_ = actor_env{};
  system_.reset();
}

void reactor_fixture::end_actors() {
  for (auto& end : std::exchange(ends_, {}))
    end();
}

} // namespace latchkey::gateway::test
