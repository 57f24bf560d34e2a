// reactor_fixture.hpp — an actor system on real reactors, with an edge on each; and what
// is said to the actors that tests put there.
#pragma once

#include "gateway/reactor/reactor_scheduler.hpp"
#include "gateway/request/reactor_edge.hpp"

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <vector>

namespace latchkey::gateway::test {

/// How long a test waits for what must happen; never how long it takes.
inline constexpr std::chrono::seconds patience{30};

/// The index of the reactor whose thread this is.
inline constexpr std::size_t no_reactor = ~std::size_t{0};
inline std::size_t this_reactor() {
  const auto* r = reactor::current();
  return r == nullptr ? no_reactor : r->index();
}

struct question {
  std::uint64_t number = 0;
};
struct reply {
  std::uint64_t number = 0;
  std::size_t handled_on = no_reactor;
};
using answerer = caf::typed_actor<request<question, reply>>;

/// Answers at once.
answerer::behavior_type echo(answerer::pointer self, caf::unit_t);
/// Keeps every question until it is asked number 0, then answers all of them with 0.
answerer::behavior_type mute(answerer::pointer self, caf::unit_t);

/// Aborts the process, so that a hang is a failure and not a test that never ends.
class watchdog {
public:
  explicit watchdog(std::chrono::seconds after);
  ~watchdog();
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;

private:
  std::promise<void> done_;
  std::thread thread_;
};

/// Counts coroutine frames, or whatever else holds one, that are alive.
class frame_guard {
public:
  explicit frame_guard(std::atomic<int>& count) : count_(count) { ++count_; }
  ~frame_guard() { --count_; }
  frame_guard(const frame_guard&) = delete;
  frame_guard& operator=(const frame_guard&) = delete;

private:
  std::atomic<int>& count_;
};

class reactor_fixture {
public:
  explicit reactor_fixture(std::size_t reactors = 1);
  ~reactor_fixture();
  /// Stops as the server does; returns when all threads have ended. Whoever derives, and has what
  /// actors use, calls it first.
  void stop();
  reactor_fixture(const reactor_fixture&) = delete;
  reactor_fixture& operator=(const reactor_fixture&) = delete;

  caf::actor_system& system() { return *system_; }
  reactor& at(std::size_t index) { return reactor_scheduler::of(*system_).at(index); }
  /// To be used on its reactor's thread.
  reactor_edge& edge(std::size_t index = 0) { return *edges_[index]; }
  actor_env& env() { return *env_; }

  /// Spawns an actor that ends with the fixture. A function without arguments takes a
  /// `caf::unit`: CAF 0.17 binds a null reference where there is none.
  template <class... Args>
  auto spawn(Args&&... args) {
    return keep(system_->spawn(std::forward<Args>(args)...));
  }
  template <class... Args>
  auto spawn_detached(Args&&... args) {
    return keep(system_->spawn<caf::detached>(std::forward<Args>(args)...));
  }

  /// Runs `work` on the reactor's thread; the future holds what it answers.
  template <class Work>
  auto on_reactor(std::size_t index, Work work) {
    auto task = std::make_shared<std::packaged_task<decltype(work())()>>(std::move(work));
    auto done = task->get_future();
    boost::asio::post(at(index).context(), [task] { (*task)(); });
    return done;
  }

  /// Runs `talk(edge)`, a coroutine, on the reactor and waits for what it answers.
  template <class Talk>
  auto run(std::size_t index, Talk talk) {
    using answer = typename std::invoke_result_t<Talk, reactor_edge&>::value_type;
    auto promised = std::make_shared<std::promise<answer>>();
    auto done = promised->get_future();
    boost::asio::post(at(index).context(), [this, index, talk, promised] {
      boost::asio::co_spawn(
          at(index).context(), [talk, &edge = edge(index)] { return talk(edge); },
          [promised](std::exception_ptr thrown, answer value) {
            if (thrown)
              promised->set_exception(thrown);
            else
              promised->set_value(std::move(value));
          });
    });
    if (done.wait_for(patience) != std::future_status::ready)
      throw std::runtime_error("a coroutine has not ended");
    return done.get();
  }

  /// Whether `holds()` becomes true while that reactor goes on with its work.
  template <class Predicate>
  bool wait_until(std::size_t index, Predicate holds) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!on_reactor(index, holds).get())
      if (std::chrono::steady_clock::now() > until) return false;
    return true;
  }

  void close_edge(std::size_t index) {
    on_reactor(index, [this, index] { edges_[index].reset(); }).get();
  }
  /// The same, for one who is on its thread already.
  void close_edge_here(std::size_t index) { edges_[index].reset(); }

  /// Tells every actor that was spawned here to end.
  void end_actors();

private:
  template <class Handle>
  Handle keep(Handle handle) {
    ends_.push_back([handle] { caf::anon_send_exit(handle, caf::exit_reason::user_shutdown); });
    return handle;
  }

  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  std::shared_ptr<actor_env> env_ = std::make_shared<actor_env>();
  std::vector<std::unique_ptr<reactor_edge>> edges_;
  std::vector<std::function<void()>> ends_;
};

inline reactor_edge::deadline_point in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

} // namespace latchkey::gateway::test

LATCHKEY_LOCAL_MESSAGE(latchkey::gateway::test::question)
LATCHKEY_LOCAL_MESSAGE(latchkey::gateway::test::reply)
