// conversation.hpp — handlers of actors that are coroutines: they ask other actors and wait for
// their turn where a callback would stand, and read from top to bottom.
//
//   task<messages::done> user_state::on_confirm_email(messages::confirm_email request) {
//     auto turn = co_await turns->exclusive();
//     if (!turn) co_return turn.error();
//     auto written = co_await ask(env->writer_for(record.id), std::move(commit));
//     if (!written) co_return written.error();
//     co_return messages::done{};
//   }
//
// Rules for their authors:
// - A handler takes its message by value: CAF's message is gone at the first `co_await`.
// - Whatever was looked at before a `co_await` may be otherwise after it: other messages were
//   handled meanwhile. References into maps, and pointers that a handler may reset, do not survive.
// - A frame may be destroyed instead of being continued, and then after the actor's state: CAF
//   destroys the state first, then the handlers of open requests. No destructor of a local may
//   touch the state, so there are no scope guards on its members. A turn and a pass know this.
// - For g++ 12: no brace-initialised aggregate and no lambda inside a `co_await` expression, no
//   `co_await` inside `?:` or `switch`.
#pragma once

#include "actors/base/behave.hpp"
#include "protocol/caf_compat.hpp"
#include "protocol/result.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/scheduled_actor.hpp>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

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

// -- handlers ------------------------------------------------------------------------------------

/// What keeps the actor of that state in memory while a conversation is open; null when nothing
/// has to.
template <class State>
std::shared_ptr<const void> presence_of(State& state) {
  if constexpr (requires { state.presence(); })
    return state.presence();
  else
    return nullptr;
}

/// What a handler returns that leaves the answer to a coroutine; `self` is a member of the state.
/// What has to follow the answer on its way, a state does in `on_answered()`.
template <class State, class Reply>
caf::result<Reply> answer_with(State* state, task<Reply> root) {
  promise<Reply> answer{state->self};
  const auto give = [state, answer](result<Reply> outcome) {
    if (outcome)
      answer.deliver(std::move(*outcome));
    else
      answer.fail(outcome.error());
    if constexpr (requires { state->on_answered(); }) state->on_answered();
  };
  converse(state->self, presence_of(*state), std::move(root), give);
  return answer;
}

/// A message handler that is a coroutine of the state.
template <class State, class Message, class Reply>
auto handler(State* state, task<Reply> (State::*method)(Message)) {
  return [state, method](Message& message) -> caf::result<Reply> {
    try {
      return answer_with(state, (state->*method)(std::move(message)));
    } catch (const std::exception& e) {
      log_error(State::name, "failed to handle a message: ", e.what());
      return to_error(error_code::internal_error); // a promise that was made has answered the same
    }
  };
}

/// The same for a notice, which nobody waits for.
template <class State, class Message>
auto handler(State* state, task<void> (State::*method)(Message)) {
  return [state, method](Message& message) {
    try {
      converse(state->self, presence_of(*state), (state->*method)(std::move(message)));
    } catch (const std::exception& e) {
      log_error(State::name, "failed to handle a notice: ", e.what());
    }
  };
}

// -- what is waited for ----------------------------------------------------------------------

/// Waits until a function that `begin` is given is called with a `T`; when that happens in `begin`
/// there is no pause. `begin` returns false when it will not be called: then OVERLOADED. The
/// function holds the conversation; if it goes uncalled, so does that.
template <class T, class Begin>
class [[nodiscard]] called_back {
public:
  explicit called_back(Begin begin) : begin_(std::move(begin)) {}
  called_back(called_back&&) = default;

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> frame) {
    const bool has_begun =
        begin_([this, frame, talk = frame.promise().talk->shared_from_this()](T value) {
          value_.emplace(std::move(value));
          if (is_waiting_) conversation::go_on(talk, frame);
        });
    return is_waiting_ = has_begun && !value_;
  }
  result<T> await_resume() {
    if (!value_) return fail(error_code::overloaded);
    return std::move(*value_);
  }

private:
  Begin begin_;
  std::optional<T> value_;
  bool is_waiting_ = false;
};

/// Several conversations wait here for what one of them, or a handler, finds out.
template <class T>
class wait_list {
public:
  /// `co_await` gives a `result<T>`; OVERLOADED when `waiting_max` wait already.
  auto wait(std::size_t waiting_max = static_cast<std::size_t>(-1)) {
    auto begin = [this, waiting_max](std::function<void(T)> go_on) {
      if (waiting_.size() >= waiting_max) return false;
      waiting_.push_back(std::move(go_on));
      return true;
    };
    return called_back<T, decltype(begin)>{std::move(begin)};
  }
  /// All who wait go on with a copy, in the order in which they came. Who waits anew stays.
  void complete(const T& value) {
    for (auto& go_on : std::exchange(waiting_, {}))
      go_on(value);
  }
  bool empty() const noexcept { return waiting_.empty(); }

private:
  std::vector<std::function<void(T)>> waiting_;
};

/// What several conversations need at the same time and one of them does for all.
template <class T>
class shared_task {
public:
  /// `begin` returns a `task<T>`; it is called when none is under way. All who join meanwhile get
  /// the same outcome, after the one that began it. OVERLOADED when `waiting_max` wait already.
  template <class Begin>
  task<T> join(Begin begin, std::size_t waiting_max = static_cast<std::size_t>(-1)) {
    if (is_running_) {
      auto outcome = co_await waiting_.wait(waiting_max);
      if (!outcome) co_return outcome.error();
      co_return std::move(*outcome);
    }
    is_running_ = true;
    try {
      auto outcome = co_await begin();
      is_running_ = false;
      waiting_.complete(outcome);
      co_return outcome;
    } catch (...) {
      is_running_ = false; // those that wait join the next one's
      throw;
    }
  }
  bool is_running() const noexcept { return is_running_; }

private:
  bool is_running_ = false;
  wait_list<result<T>> waiting_;
};

/// How a question ended: the answer, or CAF's error as it is (see `is_gone`).
template <class Reply>
using raw_reply = tl::expected<Reply, caf::error>;

/// A question that is sent when it is awaited.
template <class Handle, class Message>
class [[nodiscard]] raw_question {
public:
  using reply = reply_of<Handle, Message>;

  raw_question(Handle receiver, Message message)
      : receiver_(std::move(receiver)), message_(std::move(message)) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame) {
    const auto talk = frame.promise().talk->shared_from_this();
    request_from(
        talk->self(), receiver_, std::move(message_),
        [this, talk, frame](reply& answer) {
          reply_.emplace(std::move(answer));
          conversation::go_on(talk, frame);
        },
        [this, talk, frame](caf::error& error) {
          reply_.emplace(tl::unexpected<caf::error>(std::move(error)));
          conversation::go_on(talk, frame);
        });
  }
  raw_reply<reply> await_resume() { return std::move(*reply_); }

private:
  Handle receiver_;
  Message message_;
  std::optional<raw_reply<reply>> reply_;
};

template <class Handle, class Message>
class [[nodiscard]] question : public raw_question<Handle, Message> {
public:
  using raw_question<Handle, Message>::raw_question;
  result<reply_of<Handle, Message>> await_resume() {
    auto raw = raw_question<Handle, Message>::await_resume();
    if (!raw) return fail(to_failure(raw.error()));
    return std::move(*raw);
  }
};

/// `co_await ask(receiver, message)` sends it and gives a `result` of the answer. That the receiver
/// is gone is INTERNAL_ERROR. There is no time limit: a deadline goes with the message.
template <class Handle, class Message>
question<Handle, Message> ask(Handle receiver, Message message) {
  return {std::move(receiver), std::move(message)};
}

/// The same with CAF's error, for those who ask again when the receiver `is_gone`.
template <class Handle, class Message>
raw_question<Handle, Message> ask_raw(Handle receiver, Message message) {
  return {std::move(receiver), std::move(message)};
}

/// Questions to several.
template <class Handle, class Message>
class [[nodiscard]] questions {
public:
  using reply = reply_of<Handle, Message>;

  explicit questions(std::vector<std::pair<Handle, Message>> all) : all_(std::move(all)) {}

  bool await_ready() const noexcept { return all_.empty(); }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> frame) {
    const auto talk = frame.promise().talk->shared_from_this();
    open_ = all_.size();
    replies_.reserve(open_);
    for (auto& [receiver, message] : all_)
      request_from(
          talk->self(), receiver, std::move(message),
          [this, talk, frame](reply& answer) { add(talk, frame, std::move(answer)); },
          [this, talk, frame](caf::error& error) {
            add(talk, frame, tl::unexpected<caf::error>(std::move(error)));
          });
  }
  std::vector<raw_reply<reply>> await_resume() { return std::move(replies_); }

private:
  void add(const std::shared_ptr<conversation>& talk, std::coroutine_handle<> frame,
           raw_reply<reply> answer) {
    replies_.push_back(std::move(answer));
    if (--open_ == 0) conversation::go_on(talk, frame);
  }

  std::vector<std::pair<Handle, Message>> all_;
  std::vector<raw_reply<reply>> replies_;
  std::size_t open_ = 0;
};

/// `co_await ask_each(questions)` sends each message to its receiver and gives every answer, in the
/// order in which they came.
template <class Handle, class Message>
questions<Handle, Message> ask_each(std::vector<std::pair<Handle, Message>> all) {
  return questions<Handle, Message>{std::move(all)};
}

/// The same with one message to all of them.
template <class Handle, class Message>
questions<Handle, Message> ask_all(const std::vector<Handle>& receivers, const Message& message) {
  std::vector<std::pair<Handle, Message>> all;
  for (const auto& receiver : receivers)
    all.emplace_back(receiver, message);
  return ask_each(std::move(all));
}

} // namespace latchkey
