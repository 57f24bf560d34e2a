// caf_compat.hpp — the only file with spellings that CAF changed after 0.17.
//
// It brings in the parts of CAF that conversations need, says which types may be sent, and carries
// a `failure` in a `caf::error` and back.
#pragma once

#include "protocol/caf_carriers.hpp"
#include "protocol/result.hpp"

#include <caf/actor_cast.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/behavior.hpp>
#include <caf/detail/profiled_send.hpp>
#include <caf/duration.hpp>
#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/make_message.hpp>
#include <caf/replies_to.hpp>
#include <caf/response_type.hpp>
#include <caf/result.hpp>
#include <caf/sec.hpp>
#include <caf/typed_actor.hpp>

#include <tuple>
#include <type_traits>
#include <utility>

/// For a type outside `latchkey::messages` that actors send to each other.
#define LATCHKEY_LOCAL_MESSAGE(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(type)

namespace latchkey::messages {

/// Found for every type of this namespace: all of them may be sent. They stay inside one process
/// and are never serialised.
template <class Message>
std::true_type may_be_sent(const Message*);

} // namespace latchkey::messages

namespace caf {

template <class Message>
requires requires(const Message* message) {
  may_be_sent(message);
}
struct allowed_unsafe_message_type<Message> : std::true_type {};

} // namespace caf

namespace latchkey {

/// `request<In>` answered by `Out`; `notice<In>` is not answered.
template <class In, class Out>
using request = typename caf::replies_to<In>::template with<Out>;
template <class In>
using notice = caf::reacts_to<In>;

/// Requests never carry a finite timeout: 0.17 does not cancel them and they hold the
/// requester until they expire. Deadlines travel in messages instead.
constexpr auto no_timeout = caf::infinite;

/// What an actor of interface `Handle` answers to `Message`.
template <class Handle, class Message>
using reply_of = std::tuple_element_t<
    0, typename caf::response_type<typename Handle::signatures, Message>::tuple_type>;

/// How a question ended: the answer, or CAF's error as it is (see `is_gone`).
template <class Reply>
using raw_reply = tl::expected<Reply, caf::error>;

/// `self->request(receiver, no_timeout, message).then(on_reply, on_error)` for an actor whose
/// interface the caller does not know: `self` is any scheduled actor.
template <class Self, class Handle, class Message, class OnReply, class OnError>
void request_from(Self* self, const Handle& receiver, Message message, OnReply on_reply,
                  OnError on_error) {
  const auto id = self->new_request_id(caf::message_priority::normal);
  if (receiver)
    caf::detail::profiled_send(self, self->ctrl(), receiver, id, {}, self->context(),
                               std::move(message));
  else
    self->eq_impl(id.response_id(), self->ctrl(), self->context(),
                  caf::make_error(caf::sec::invalid_argument));
  using handler = reply_handler_of<reply_of<Handle, Message>, OnReply, OnError>;
  caf::behavior::impl_ptr continues =
      caf::make_counted<handler>(std::move(on_reply), std::move(on_error));
  self->add_multiplexed_response_handler(id.response_id(), caf::behavior{std::move(continues)});
}

constexpr auto failure_category = caf::atom("latchkey");

inline caf::error to_error(const failure& f) {
  return caf::error{
      static_cast<std::uint8_t>(f.code), failure_category,
      caf::make_message(f.field, f.reason, f.retry_after_s, f.more, f.why, f.challenge)};
}

inline caf::error to_error(error_code code) {
  return to_error(failure{code});
}

/// CAF's own errors (a receiver that is gone, a message nobody expected) become
/// `internal_error`; ask `is_gone` first where that case matters.
inline failure to_failure(const caf::error& e) {
  if (e.category() != failure_category) return failure{};
  failure f{static_cast<error_code>(e.code()), {}, {}, 0};
  const auto& context = e.context();
  if (context.match_elements<std::string, std::string, std::uint32_t, std::string, std::string,
                             std::string>()) {
    f.field = context.get_as<std::string>(0);
    f.reason = context.get_as<std::string>(1);
    f.retry_after_s = context.get_as<std::uint32_t>(2);
    f.more = context.get_as<std::string>(3);
    f.why = context.get_as<std::string>(4);
    f.challenge = context.get_as<std::string>(5);
  }
  return f;
}

/// What a handler has answered that answers at once, in our own form. INTERNAL_ERROR for one that
/// has not.
template <class T>
result<T> to_result(caf::result<T>&& answer) {
  if (answer.flag == caf::rt_error) return tl::unexpected<failure>(to_failure(answer.err));
  if (answer.flag != caf::rt_value) return tl::unexpected<failure>(failure{});
  return std::move(answer.value.template get_mutable_as<T>(0));
}

/// What an actor answers that is about to end: ask the directory for its successor.
inline caf::error gone() {
  return caf::sec::request_receiver_down;
}

/// How often a resident is asked, the first time perhaps by a handle that was kept, before its
/// being gone is an error.
inline constexpr int resident_attempts_max = 3;

/// Whether the error says that the receiver had ended before it could answer.
inline bool is_gone(const caf::error& e) {
  return e == caf::sec::request_receiver_down || e.category() == caf::atom("exit");
}

} // namespace latchkey
