// reactor.hpp — one thread that serves sockets and runs actors.
//
// A reactor is an io_context and a CAF execution unit in one: a message sent from a
// reactor's thread is handled on that thread, so a conversation between a socket and an
// actor costs no thread switch. Other threads (detached actors, CAF's clock) hand their
// work over through a queue that wakes the reactor once.
#pragma once

#include "gateway/reactor/timer_wheel.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/resumable.hpp>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

namespace latchkey::gateway {

class reactor_actor;

/// Something that waits for its turn on a reactor: an actor that has mail, or one
/// message for an actor of the edge. Both own a reference.
struct reactor_job {
  caf::resumable* actor = nullptr;
  reactor_actor* edge = nullptr;
  caf::mailbox_element* element = nullptr;
};

class reactor final : public caf::execution_unit {
public:
  /// `throughput`: messages that an actor may handle before the next has its turn.
  reactor(caf::actor_system* system, std::size_t index, std::size_t throughput);
  ~reactor() override;
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;

  /// The reactor whose thread this is, or nullptr.
  static reactor* current() noexcept;

  std::size_t index() const noexcept { return index_; }
  boost::asio::io_context& context() noexcept { return context_; }
  timer_wheel& timers() noexcept { return timers_; }

  /// Gives the job a turn on this reactor. From any thread.
  void schedule(reactor_job job);

  /// CAF's way in: called by an actor that runs on this reactor.
  void exec_later(caf::resumable* actor) override { push({actor, nullptr, nullptr}); }

  /// Serves until `finish` was called and nothing is left to do. Call once, in the
  /// reactor's thread.
  void run();
  /// Lets `run` return once sockets and jobs are gone. From any thread.
  void finish();

  /// Releases what never had its turn. After `run` has returned.
  void discard_jobs();

private:
  void push(reactor_job job);
  void post_drain();
  void drain();
  void take_remote();
  void execute(reactor_job job);

  /// Jobs that run before sockets have their turn again.
  static constexpr std::size_t jobs_per_turn_max = 256;

  std::size_t index_;
  std::size_t throughput_;
  boost::asio::io_context context_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> guard_;
  timer_wheel timers_;

  std::vector<reactor_job> local_; // a queue: taken from head_, grown at the end
  std::size_t head_ = 0;
  bool drain_posted_ = false;

  std::mutex remote_mutex_;
  std::vector<reactor_job> remote_;
  std::vector<reactor_job> taken_;
};

} // namespace latchkey::gateway
