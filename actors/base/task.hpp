// task.hpp — coroutines of actors, and how they run: see conversation.hpp.
#pragma once

#include "protocol/result.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/scheduled_actor.hpp>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace latchkey {

/// One coroutine of an actor and those that it calls, from its beginning to its answer.
///
/// It belongs to whoever will continue it: while it waits for an answer, to the handlers that CAF
/// keeps for the request; while it waits for a turn, to the turnstile. Nobody else holds it. So the
/// end of the actor, which drops those, destroys the frames, and the promise in them answers
/// INTERNAL_ERROR, as every dropped promise does.
///
/// It runs on a trampoline: a coroutine that calls another, or ends, says which one is next and
/// returns to `run`. So no call is nested in another, however many are made in a loop and whatever
/// the optimiser does with tail calls.
class conversation : public std::enable_shared_from_this<conversation> {
public:
  /// `presence` is held until the end: that of a resident keeps it in memory.
  conversation(caf::scheduled_actor* self, std::shared_ptr<const void> presence);
  virtual ~conversation() = default;
  conversation(const conversation&) = delete;
  conversation& operator=(const conversation&) = delete;

  caf::scheduled_actor* self() const noexcept { return self_; }

  /// Runs a new one to its first pause, like a call of a function. Throws what it threw.
  static void start(const std::shared_ptr<conversation>& talk, std::coroutine_handle<> outermost);
  /// Continues `frame` of the conversation: at once, or, when another one is running on this
  /// thread, after that has come to its next pause. That one may have ended a turn in the middle of
  /// a function, and finds everything as it left it. Nothing is continued in an actor that shuts
  /// down. Throws what the conversation threw.
  static void go_on(const std::shared_ptr<conversation>& talk, std::coroutine_handle<> frame);

  /// For coroutines: this frame is next; null: something outside will continue it.
  void set_next(std::coroutine_handle<> frame) noexcept { next_ = frame; }
  /// For coroutines: the outermost has ended.
  void set_ended() noexcept { has_ended_ = true; }

protected:
  /// Gives the answer. Called once.
  virtual void finish() = 0;

private:
  void run();

  caf::scheduled_actor* self_;
  caf::strong_actor_ptr keeps_alive_; // the actor, as a promise does
  std::shared_ptr<const void> presence_;
  std::coroutine_handle<> next_;
  bool has_ended_ = false;
};

namespace detail {

/// What the promises of all coroutines here have in common.
class frame_promise {
public:
  conversation* talk = nullptr;   // set when it is begun
  std::coroutine_handle<> parent; // that called it; null: it is the outermost
  std::exception_ptr thrown;

  struct end {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      auto& promise = ended.promise();
      if (promise.parent)
        promise.talk->set_next(promise.parent);
      else
        promise.talk->set_ended();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  end final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { thrown = std::current_exception(); }
};

template <class T>
class task_promise : public frame_promise {
public:
  using outcome = result<T>;
  void return_value(outcome value) { outcome_.emplace(std::move(value)); }
  void return_value(failure error) { outcome_.emplace(fail(std::move(error))); }
  outcome take() {
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*outcome_);
  }

private:
  std::optional<outcome> outcome_;
};

template <>
class task_promise<void> : public frame_promise {
public:
  using outcome = void;
  void return_void() const noexcept {}
  void take() const {
    if (thrown) std::rethrow_exception(thrown);
  }
};

} // namespace detail

/// A coroutine of an actor. `co_return` takes the value, a `failure` or `fail(…)`; to `co_await`
/// one runs it and gives a `result<T>`. One without a value cannot fail: it gives nothing. It does
/// not begin before it is awaited or given to `converse`.
template <class T = void>
class [[nodiscard]] task {
public:
  class promise_type : public detail::task_promise<T> {
  public:
    task get_return_object() noexcept {
      return task{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
  };

  task(task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  task& operator=(task&&) = delete;
  ~task() { drop(); }

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> parent) noexcept {
    frame_.promise().parent = parent;
    begin(*parent.promise().talk);
  }
  typename promise_type::outcome await_resume() { return frame_.promise().take(); }

  // -- for the conversation alone --------------------------------------------------------------

  std::coroutine_handle<> begin(conversation& talk) noexcept {
    frame_.promise().talk = &talk;
    talk.set_next(frame_);
    return frame_;
  }
  /// Destroys the frame, with what the coroutine has held.
  void drop() noexcept {
    if (frame_) std::exchange(frame_, {}).destroy();
  }

private:
  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T, class Done>
class conversation_of final : public conversation {
public:
  conversation_of(caf::scheduled_actor* self, std::shared_ptr<const void> presence, task<T> root,
                  Done done)
      : conversation(self, std::move(presence)), root_(std::move(root)), done_(std::move(done)) {}
  task<T>& root() noexcept { return root_; }

private:
  void finish() override {
    // What the coroutine held goes before its answer does, so that the asker finds it free.
    if constexpr (std::is_void_v<T>) {
      root_.await_resume();
      root_.drop();
      done_();
    } else {
      auto outcome = root_.await_resume();
      root_.drop();
      done_(std::move(outcome));
    }
  }

  task<T> root_;
  Done done_;
};

} // namespace detail

/// Begins a coroutine, which runs to its first pause before this returns. `done` is called with its
/// `result<T>`, or with nothing for a `task<>`; it is dropped when the actor ends before.
template <class T, class Done>
void converse(caf::scheduled_actor* self, std::shared_ptr<const void> presence, task<T> root,
              Done done) {
  using talk_type = detail::conversation_of<T, Done>;
  auto talk =
      std::make_shared<talk_type>(self, std::move(presence), std::move(root), std::move(done));
  const auto outermost = talk->root().begin(*talk);
  conversation::start(talk, outermost);
}

/// One that nobody waits for.
inline void converse(caf::scheduled_actor* self, std::shared_ptr<const void> presence,
                     task<> root) {
  converse(self, std::move(presence), std::move(root), [] {});
}

} // namespace latchkey
