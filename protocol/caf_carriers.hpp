// caf_carriers.hpp — what CAF makes for each type of message, for those that may be sent.
//
// CAF's own templates can also print, load and save what they carry, and match any number of
// elements; each message and each handler costs a hundred functions that nothing here calls. A
// message of ours is one struct that stays inside one process: these specialisations carry it, and
// hand it to its handler, by a few. They follow CAF 0.17.6 (caf/detail/tuple_vals.hpp,
// caf/detail/type_erased_value_impl.hpp, caf/match_case.hpp).
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/detail/behavior_impl.hpp>
#include <caf/detail/invoke_result_visitor.hpp>
#include <caf/detail/tuple_vals.hpp>
#include <caf/detail/type_erased_value_impl.hpp>
#include <caf/error.hpp>
#include <caf/match_case.hpp>
#include <caf/rtti_pair.hpp>
#include <caf/sec.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace latchkey {

/// May be sent, though CAF cannot serialise it.
template <class T>
concept unsafe_message = caf::allowed_unsafe_message_type<T>::value;

/// Takes exactly one message, as `Message&`.
template <class F>
concept takes_unsafe_message = requires {
  typename caf::detail::get_callable_trait<F>::arg_types;
  requires caf::detail::tl_size<typename caf::detail::get_callable_trait<F>::arg_types>::value == 1;
  requires caf::detail::is_mutable_ref<
      caf::detail::tl_head_t<typename caf::detail::get_callable_trait<F>::arg_types>>::value;
  requires unsafe_message<
      std::decay_t<caf::detail::tl_head_t<typename caf::detail::get_callable_trait<F>::arg_types>>>;
};

/// What handles one message type, whatever it does with it.
class message_case : public caf::match_case {
public:
  using match_case::match_case;

protected:
  /// `handle`s the content if it is one message of that type.
  result invoke_for(caf::rtti_pair type, caf::detail::invoke_result_visitor& answer,
                    caf::type_erased_tuple& content);

private:
  /// Handles the message and gives `answer` what came of it.
  virtual result handle(caf::detail::invoke_result_visitor& answer, void* message) = 0;
};

/// What continues when a request has been answered; CAF keeps it with the request.
class reply_handler : public caf::detail::behavior_impl {
public:
  explicit reply_handler(caf::rtti_pair reply) : reply_(reply) {}

  using behavior_impl::invoke;
  caf::match_case::result invoke(caf::detail::invoke_result_visitor& answer,
                                 caf::type_erased_tuple& content) final;

private:
  virtual void replied(void* reply) = 0;
  virtual void failed(caf::error& error) = 0;

  caf::rtti_pair reply_;
};

/// `on_reply` takes a `Reply&`, `on_error` a `caf::error&`.
template <class Reply, class OnReply, class OnError>
class reply_handler_of final : public reply_handler {
public:
  reply_handler_of(OnReply on_reply, OnError on_error)
      : reply_handler(caf::make_rtti_pair<Reply>()), on_reply_(std::move(on_reply)),
        on_error_(std::move(on_error)) {}

private:
  void replied(void* reply) override { on_reply_(*static_cast<Reply*>(reply)); }
  void failed(caf::error& error) override { on_error_(error); }

  OnReply on_reply_;
  OnError on_error_;
};

} // namespace latchkey

namespace caf {

template <class F>
requires latchkey::takes_unsafe_message<F>
class trivial_match_case<F> : public latchkey::message_case {
public:
  using message =
      std::decay_t<detail::tl_head_t<typename detail::get_callable_trait<F>::arg_types>>;

  trivial_match_case(F f) : message_case(make_type_token<message>()), f_(std::move(f)) {}

  result invoke(detail::invoke_result_visitor& answer, type_erased_tuple& content) override {
    return invoke_for(make_rtti_pair<message>(), answer, content);
  }

private:
  result handle(detail::invoke_result_visitor& answer, void* held) override {
    auto& given = *static_cast<message*>(held);
    if constexpr (std::is_void_v<decltype(f_(given))>) {
      f_(given);
      unit_t nothing;
      return answer.visit(nothing) ? match : skip;
    } else {
      auto outcome = f_(given);
      return answer.visit(outcome) ? match : skip;
    }
  }

  F f_;
};

namespace detail {

template <class Base, class Message>
requires latchkey::unsafe_message<Message>
class tuple_vals_impl<Base, Message> : public Base {
public:
  using data_type = std::tuple<Message>;

  tuple_vals_impl(const tuple_vals_impl&) = default;
  template <class T>
  explicit tuple_vals_impl(T&& message) : data_(std::forward<T>(message)) {}

  data_type& data() { return data_; }
  const data_type& data() const { return data_; }

  std::size_t size() const noexcept override { return 1; }
  const void* get(std::size_t) const noexcept override { return &std::get<0>(data_); }
  void* get_mutable(std::size_t) override { return &std::get<0>(data_); }
  std::string stringify(std::size_t) const override { return "<unprintable>"; }
  using Base::copy;
  type_erased_value_ptr copy(std::size_t) const override {
    return type_erased_value_ptr{new type_erased_value_impl<Message>(std::get<0>(data_))};
  }
  error load(std::size_t, deserializer&) override { return sec::state_not_serializable; }
  error save(std::size_t, serializer&) const override { return sec::state_not_serializable; }
  std::uint32_t type_token() const noexcept override { return make_type_token<Message>(); }
  rtti_pair type(std::size_t) const noexcept override { return make_rtti_pair<Message>(); }

private:
  data_type data_;
};

template <class Message>
requires latchkey::unsafe_message<Message>
class type_erased_value_impl<Message> : public type_erased_value {
public:
  template <class T>
  explicit type_erased_value_impl(T&& message) : message_(std::forward<T>(message)) {}

  void* get_mutable() override { return &message_; }
  error load(deserializer&) override { return sec::state_not_serializable; }
  rtti_pair type() const override { return make_rtti_pair<Message>(); }
  const void* get() const override { return &message_; }
  error save(serializer&) const override { return sec::state_not_serializable; }
  std::string stringify() const override { return "<unprintable>"; }
  type_erased_value_ptr copy() const override {
    return type_erased_value_ptr{new type_erased_value_impl(message_)};
  }

private:
  Message message_;
};

} // namespace detail
} // namespace caf
