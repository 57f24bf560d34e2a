// caf_compat.hpp — the only file with spellings that CAF changed after 0.17.
//
// It brings in the parts of CAF that conversations need, says which types may be sent, and carries
// a `failure` in a `caf::error` and back.
#pragma once

#include "protocol/result.hpp"

#include <caf/actor_cast.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/duration.hpp>
#include <caf/error.hpp>
#include <caf/exit_reason.hpp>
#include <caf/make_message.hpp>
#include <caf/replies_to.hpp>
#include <caf/result.hpp>
#include <caf/sec.hpp>
#include <caf/typed_actor.hpp>

#include <type_traits>

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

constexpr auto failure_category = caf::atom("latchkey");

inline caf::error to_error(const failure& f) {
  return caf::error{static_cast<std::uint8_t>(f.code), failure_category,
                    caf::make_message(f.field, f.reason, f.retry_after_s, f.more, f.why)};
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
  if (context.match_elements<std::string, std::string, std::uint32_t, std::string, std::string>()) {
    f.field = context.get_as<std::string>(0);
    f.reason = context.get_as<std::string>(1);
    f.retry_after_s = context.get_as<std::uint32_t>(2);
    f.more = context.get_as<std::string>(3);
    f.why = context.get_as<std::string>(4);
  }
  return f;
}

/// What an actor answers that is about to end: ask the directory for its successor.
inline caf::error gone() {
  return caf::sec::request_receiver_down;
}

/// Whether the error says that the receiver had ended before it could answer.
inline bool is_gone(const caf::error& e) {
  return e == caf::sec::request_receiver_down || e.category() == caf::atom("exit");
}

} // namespace latchkey
