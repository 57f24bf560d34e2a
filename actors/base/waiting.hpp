// waiting.hpp — what coroutines of one actor wait for: a call, each other, work that one does for
// all.
#pragma once

#include "actors/base/task.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace latchkey {

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
  /// the same outcome, after the one that began it; INTERNAL_ERROR when that one throws. OVERLOADED
  /// when `waiting_max` wait already.
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
      is_running_ = false;
      waiting_.complete(result<T>{fail(error_code::internal_error)});
      throw;
    }
  }
  bool is_running() const noexcept { return is_running_; }

private:
  bool is_running_ = false;
  wait_list<result<T>> waiting_;
};

/// The same for what must not be older than the question: whoever joins gets the outcome of a run
/// that began after that. All who come during one run share the next.
template <class T>
class fresh_task {
public:
  /// `begin` as above. INTERNAL_ERROR for those who share a run that throws.
  template <class Begin>
  task<T> join(Begin begin) {
    const auto begun_before = begun_;
    while (finished_ <= begun_before) {
      if (is_running_) {
        (void)co_await waiting_.wait();
        continue;
      }
      is_running_ = true;
      const auto run = ++begun_;
      try {
        auto outcome = co_await begin();
        finish(run, std::move(outcome));
      } catch (...) {
        finish(run, result<T>{fail(error_code::internal_error)});
        throw;
      }
    }
    co_return *last_;
  }

private:
  void finish(std::uint64_t run, result<T> outcome) {
    is_running_ = false;
    finished_ = run;
    last_.emplace(std::move(outcome));
    waiting_.complete(true);
  }

  std::uint64_t begun_ = 0;
  std::uint64_t finished_ = 0;
  bool is_running_ = false;
  std::optional<result<T>> last_;
  wait_list<bool> waiting_;
};

} // namespace latchkey
