#include "gateway/reactor/reactor.hpp"

#include "gateway/reactor/reactor_actor.hpp"

#include <boost/asio/post.hpp>
#include <caf/detail/set_thread_name.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

namespace latchkey::gateway {
namespace {
thread_local reactor* current_reactor = nullptr;
}

reactor::reactor(caf::actor_system* system, std::size_t index, std::size_t throughput)
    : caf::execution_unit(system), index_(index), throughput_(throughput),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      guard_(boost::asio::make_work_guard(context_)), timers_(context_) {}

reactor::~reactor() {
  discard_jobs();
}

reactor* reactor::current() noexcept {
  return current_reactor;
}

void reactor::schedule(reactor_job job) {
  if (current_reactor == this) return push(job);
  bool first = false;
  {
    std::lock_guard lock{remote_mutex_};
    first = remote_.empty();
    remote_.push_back(job);
  }
  // The thread that finds the queue empty wakes the reactor, which takes the whole queue.
  if (first) boost::asio::post(context_, [this] { take_remote(); });
}

void reactor::push(reactor_job job) {
  local_.push_back(job);
  post_drain();
}

void reactor::post_drain() {
  if (drain_posted_) return;
  drain_posted_ = true;
  boost::asio::post(context_, [this] {
    drain_posted_ = false;
    drain();
  });
}

void reactor::take_remote() {
  {
    std::lock_guard lock{remote_mutex_};
    taken_.swap(remote_);
  }
  local_.insert(local_.end(), taken_.begin(), taken_.end());
  taken_.clear();
  drain();
}

void reactor::drain() {
  for (std::size_t turns = 0; head_ < local_.size() && turns < jobs_per_turn_max; ++turns)
    execute(local_[head_++]);
  if (head_ == local_.size()) {
    local_.clear();
    head_ = 0;
    return;
  }
  // Actors that feed each other must not keep sockets waiting: the rest comes after
  // them. The front is cut off so that the queue cannot creep through memory.
  local_.erase(local_.begin(), local_.begin() + static_cast<std::ptrdiff_t>(head_));
  head_ = 0;
  post_drain();
}

void reactor::execute(reactor_job job) {
  if (job.edge != nullptr) {
    job.edge->handle(this, caf::mailbox_element_ptr{job.element});
    caf::intrusive_ptr_release(job.edge->ctrl());
    return;
  }
  switch (job.actor->resume(this, throughput_)) {
  case caf::resumable::resume_later:
    push(job);
    break;
  case caf::resumable::done:
  case caf::resumable::awaiting_message:
    caf::intrusive_ptr_release(job.actor);
    break;
  case caf::resumable::shutdown_execution_unit:
    break;
  }
}

void reactor::run() {
  caf::detail::set_thread_name("latchkey.io");
  current_reactor = this;
  context_.run();
  current_reactor = nullptr;
}

void reactor::finish() {
  boost::asio::post(context_, [this] { guard_.reset(); });
}

void reactor::discard_jobs() {
  auto release = [](reactor_job& job) {
    if (job.edge != nullptr) {
      caf::mailbox_element_ptr element{job.element};
      caf::intrusive_ptr_release(job.edge->ctrl());
    } else {
      caf::scheduler::abstract_coordinator::cleanup_and_release(job.actor);
    }
  };
  // Releasing an actor may schedule others, so the queues are walked by index and
  // looked at again.
  for (std::size_t left = 1; left > 0;) {
    left = 0;
    auto jobs = std::move(local_);
    local_.clear();
    auto start = head_;
    head_ = 0;
    for (std::size_t i = start; i < jobs.size(); ++i, ++left)
      release(jobs[i]);
    {
      std::lock_guard lock{remote_mutex_};
      jobs = std::move(remote_);
      remote_.clear();
    }
    for (auto& job : jobs)
      release(job), ++left;
  }
}

} // namespace latchkey::gateway
