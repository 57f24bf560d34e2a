#include "protocol/caf_carriers.hpp"

#include <caf/message.hpp>
#include <caf/type_erased_tuple.hpp>

namespace latchkey {
namespace {

/// A handler may change what it is given, so what somebody else holds too is copied first.
template <class Handle>
auto with_own(caf::type_erased_tuple& content, Handle handle) {
  if (!content.shared()) return handle(content.get_mutable(0));
  auto copy = caf::message::copy(content);
  return handle(copy.content().get_mutable(0));
}

bool holds(const caf::type_erased_tuple& content, caf::rtti_pair type) {
  return content.size() == 1 && content.matches(0, type.first, type.second);
}

} // namespace

caf::match_case::result message_case::invoke_for(caf::rtti_pair type,
                                                 caf::detail::invoke_result_visitor& answer,
                                                 caf::type_erased_tuple& content) {
  if (!holds(content, type)) return no_match;
  return with_own(content, [this, &answer](void* message) { return handle(answer, message); });
}

caf::match_case::result reply_handler::invoke(caf::detail::invoke_result_visitor& answer,
                                              caf::type_erased_tuple& content) {
  if (holds(content, reply_))
    with_own(content, [this](void* reply) { replied(reply); });
  else if (holds(content, caf::make_rtti_pair<caf::error>()))
    with_own(content, [this](void* error) { failed(*static_cast<caf::error*>(error)); });
  else
    return caf::match_case::no_match;
  // Without a result CAF takes the reply for one that nobody handles.
  caf::unit_t nothing;
  return answer.visit(nothing) ? caf::match_case::match : caf::match_case::skip;
}

} // namespace latchkey
