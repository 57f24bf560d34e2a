// stub.hpp — the behavior of an actor of any typed interface, of which a test scripts only the
// messages that it is about.
#pragma once

#include "actors/base/behave.hpp"
#include "tests/support/signature.hpp"

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace latchkey::test {
namespace stub_detail {

template <class... Handlers>
struct script : Handlers... {
  using Handlers::operator()...;
};
template <>
struct script<> {};

template <class Script, class Message>
inline constexpr bool has_handler = std::is_invocable_v<Script&, Message&>;

/// The script's handler of that message, or the one that stands in for it.
template <class Signature, class Script>
auto handler_of(const std::shared_ptr<Script>& all) {
  using in = typename signature<Signature>::in;
  using out = typename signature<Signature>::out;
  if constexpr (!has_handler<Script, in> && signature<Signature>::is_answered)
    return [](in&) -> caf::result<out> { return to_error(error_code::internal_error); };
  else if constexpr (!has_handler<Script, in>)
    return [](in&) {};
  else if constexpr (signature<Signature>::is_answered)
    return [all](in& message) -> caf::result<out> { return (*all)(message); };
  else
    return [all](in& message) { (*all)(message); };
}

template <class Handle, class Signatures>
struct behavior_maker;
template <class Handle, class... Signatures>
struct behavior_maker<Handle, caf::detail::type_list<Signatures...>> {
  template <class... Handlers>
  static typename Handle::behavior_type make(Handlers... handlers) {
    using all = script<Handlers...>;
    static_assert((std::size_t{has_handler<all, typename signature<Signatures>::in>} + ...) ==
                      sizeof...(Handlers),
                  "a handler is for a message that the interface does not have");
    const auto scripted = std::make_shared<all>(all{std::move(handlers)...});
    return {handler_of<Signatures>(scripted)...};
  }
};

} // namespace stub_detail

/// Each of `handlers` takes one message of the interface, `Message&`, and answers what the
/// interface says. Any other request is answered with INTERNAL_ERROR, any other notice is dropped.
template <class Handle, class... Handlers>
typename Handle::behavior_type stub(typename Handle::pointer self, Handlers... handlers) {
  install_default_handlers(self);
  return stub_detail::behavior_maker<Handle, typename Handle::signatures>::make(
      std::move(handlers)...);
}

} // namespace latchkey::test
