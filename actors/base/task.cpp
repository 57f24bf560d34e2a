#include "actors/base/task.hpp"

#include "actors/base/behave.hpp"
#include "config/log.hpp"

#include <utility>
#include <vector>

namespace latchkey {
namespace {

/// Those that go on when the one that runs on this thread pauses. Null: none runs.
thread_local std::vector<std::shared_ptr<conversation>>* ready_queue = nullptr;

} // namespace

conversation::conversation(caf::scheduled_actor* self, std::shared_ptr<const void> presence)
    : self_(self), keeps_alive_(self->ctrl()), presence_(std::move(presence)) {}

void conversation::start(const std::shared_ptr<conversation>& talk,
                         std::coroutine_handle<> outermost) {
  // What it lets go on has to wait for the one that began it, if there is one.
  if (ready_queue == nullptr) return go_on(talk, outermost);
  talk->set_next(outermost);
  talk->run();
}

void conversation::go_on(const std::shared_ptr<conversation>& talk, std::coroutine_handle<> frame) {
  talk->set_next(frame);
  if (ready_queue != nullptr) return ready_queue->push_back(talk);
  std::vector<std::shared_ptr<conversation>> queue;
  ready_queue = &queue;
  std::exception_ptr thrown;
  try {
    talk->run();
  } catch (...) {
    thrown = std::current_exception();
  }
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const auto next = std::move(queue[i]); // the queue may grow, and nothing keeps what has ended
    try {
      next->run();
    } catch (const std::exception& e) {
      // Not the first one's fault. The asker of this one hears INTERNAL_ERROR.
      log_error(next->self_->name(), "a conversation failed when its turn had come: ", e.what());
    } catch (...) {
      log_error(next->self_->name(), "a conversation failed when its turn had come");
    }
  }
  ready_queue = nullptr;
  if (thrown) std::rethrow_exception(thrown);
}

void conversation::run() {
  if (is_shutting_down(self_)) return;
  while (next_)
    std::exchange(next_, {}).resume();
  if (!std::exchange(has_ended_, false)) return;
  finish();
  presence_.reset();
}

} // namespace latchkey
