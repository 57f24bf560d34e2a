#include "gateway/account/factors.hpp"

#include "gateway/passkeys/ceremony.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/sign_in/sign_in.hpp"
#include "protocol/tokens/opaque_key.hpp"

#include <utility>

namespace latchkey::gateway {
namespace {

/// Asks the caller's actor for a change, in the caller's session.
template <class Message>
auto ask_owner(http::exchange& ex, const principal& caller, Message request)
    -> awaitable<result<reply_of<user_actor, Message>>> {
  auto& edge = edge_of(ex);
  const auto session = co_await session_of(ex, caller);
  if (!session) co_return fail(session.error());
  request.caller = *session;
  request.by = author_of(ex, caller);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  co_return co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
}

awaitable<result<void>> done_of(awaitable<result<messages::done>> asked) {
  const auto answer = co_await std::move(asked);
  if (!answer) co_return fail(answer.error());
  co_return result<void>{};
}

} // namespace

awaitable<result<messages::factor_list>> own_factors(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  const messages::list_factors question{edge.deadline_for_actors(ex.deadline)};
  co_return co_await edge.ask_user(caller.user, question, ex.deadline);
}

awaitable<result<messages::totp_enrolled>>
enrol_own_totp(http::exchange& ex, const principal& caller, std::string name) {
  messages::enrol_totp request;
  request.name = std::move(name);
  co_return co_await ask_owner(ex, caller, std::move(request));
}

awaitable<result<messages::totp_confirmed>> confirm_own_totp(http::exchange& ex,
                                                             const principal& caller, secret code) {
  messages::confirm_totp request;
  request.code = std::move(code);
  auto confirmed = co_await ask_owner(ex, caller, std::move(request));
  if (confirmed) co_return confirmed;
  co_return fail(co_await audited(ex, caller, "user.totp_refused", confirmed.error()));
}

awaitable<result<void>> remove_own_totp(http::exchange& ex, const principal& caller,
                                        std::string_view id) {
  const auto known = parse_key_id(id);
  if (!known) co_return fail(error_code::not_found);
  messages::remove_totp request;
  request.id = *known;
  co_return co_await done_of(ask_owner(ex, caller, std::move(request)));
}

awaitable<result<messages::recovery_codes_made>> make_own_recovery_codes(http::exchange& ex,
                                                                         const principal& caller) {
  const messages::make_recovery_codes request;
  co_return co_await ask_owner(ex, caller, request);
}

awaitable<result<std::string>> own_passkey_options(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  const auto session = co_await session_of(ex, caller);
  if (!session) co_return fail(session.error());
  const messages::begin_passkey request{*session, edge.deadline_for_actors(ex.deadline)};
  const auto wanted = co_await edge.ask_user(caller.user, request, ex.deadline);
  if (!wanted) co_return fail(wanted.error());
  co_return registration_options(ex, caller.user, *wanted);
}

awaitable<result<messages::passkey_added>>
add_own_passkey(http::exchange& ex, const principal& caller, wanted_passkey wanted) {
  auto made = read_registration(ex, wanted.credential);
  if (!made) co_return fail(made.error());
  messages::add_passkey request;
  request.response = std::move(made->response);
  request.challenge = std::move(made->challenge);
  request.site = std::move(made->site);
  request.name = std::move(wanted.name);
  request.is_second_factor = wanted.is_second_factor;
  request.was_unattended = wanted.was_unattended;
  auto added = co_await ask_owner(ex, caller, std::move(request));
  if (added) co_return added;
  co_return fail(co_await audited(ex, caller, "user.passkey_refused", added.error()));
}

awaitable<result<messages::passkey_added>>
change_own_passkey(http::exchange& ex, const principal& caller, std::string_view id,
                   std::optional<std::string> name, std::optional<bool> is_second_factor) {
  const auto known = parse_key_id(id);
  if (!known) co_return fail(error_code::not_found);
  messages::change_passkey request;
  request.id = *known;
  request.name = std::move(name);
  request.is_second_factor = is_second_factor;
  co_return co_await ask_owner(ex, caller, std::move(request));
}

awaitable<result<void>> remove_own_passkey(http::exchange& ex, const principal& caller,
                                           std::string_view id) {
  const auto known = parse_key_id(id);
  if (!known) co_return fail(error_code::not_found);
  messages::remove_passkey request;
  request.id = *known;
  co_return co_await done_of(ask_owner(ex, caller, std::move(request)));
}

awaitable<result<authentication>> step_up(http::exchange& ex, const principal& caller,
                                          messages::factor_proof proof) {
  auto& edge = edge_of(ex);
  messages::step_up request{caller.session, std::move(proof), author_of(ex, caller),
                            edge.deadline_for_actors(ex.deadline)};
  const auto stepped = co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
  if (!stepped)
    co_return fail(co_await audited(ex, caller, "user.step_up_refused", stepped.error()));
  co_return stepped->authenticated;
}

} // namespace latchkey::gateway
