// ask.hpp — how a coroutine asks other actors.
#pragma once

#include "actors/base/task.hpp"
#include "protocol/caf_compat.hpp"

#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace latchkey {

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
