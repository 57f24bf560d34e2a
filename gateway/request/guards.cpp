#include "gateway/request/guards.hpp"

#include "gateway/request/request_limit.hpp"
#include "gateway/sign_in/refresh_cookie.hpp"
#include "gateway/surfaces/integration/flat_error.hpp"
#include "gateway/surfaces/live/handshake.hpp"

#include <utility>

namespace latchkey::gateway {
namespace {

using http::access;
using http::route;

using proof = awaitable<result<principal>> (*)(http::exchange&);

/// Who asks, if the matched row is open to them.
awaitable<result<principal>> admitted_user(http::exchange& ex, proof prove) {
  const auto& needs = ex.matched->needs;
  auto who = co_await prove(ex);
  if (!who) co_return fail(charge_address_on_failure(ex, std::move(who.error())));
  ex.user = who->user;
  if (auto charged = charge_limit(ex, *who); !charged) co_return fail(std::move(charged.error()));
  if (needs.who == access::session && who->api_key != 0)
    co_return fail(error_code::insufficient_permissions, "X-API-Key",
                   "an API key does not open this: sign in");
  if (!needs.permission.empty() && !who->may(needs.permission))
    co_return fail(error_code::insufficient_permissions, "permission",
                   needs.permission + " is required");
  co_return who;
}

result<service_principal> admitted_service(http::exchange& ex) {
  auto who = service_of(ex);
  if (!who) return fail(charge_address_on_failure(ex, std::move(who.error())));
  ex.service = who->service->id;
  if (auto charged = charge_limit(ex, *who); !charged) return fail(std::move(charged.error()));
  const auto& scope = ex.matched->needs.permission;
  if (!who->service->scopes->has(scope))
    return fail(error_code::insufficient_permissions, "scope", scope + " is required");
  return who;
}

route row(http::method verb, std::string path, http::requirement needs, std::string operation,
          http::handler handle) {
  route made;
  made.method = verb;
  made.pattern = std::move(path);
  made.needs = std::move(needs);
  made.operation = std::move(operation);
  made.handle = std::move(handle);
  return made;
}

template <class Endpoint>
route row_for_users(http::method verb, std::string path, http::requirement needs,
                    std::string operation, Endpoint answer, proof prove = principal_of) {
  // The requirement is read where it stands, in the table: there is no second copy.
  auto guarded = [answer, prove](http::exchange& ex) -> awaitable<http::response> {
    auto who = co_await admitted_user(ex, prove);
    if (!who) co_return refusal(ex, who.error());
    co_return co_await answer(ex, *who);
  };
  return row(verb, std::move(path), std::move(needs), std::move(operation), guarded);
}

} // namespace

http::response refusal(const http::exchange& ex, const failure& error) {
  return integration::is_flat_path(ex.in.path) ? integration::flat_error(ex, error)
                                               : error_answer(ex, error);
}

http::route counted_against(http::window which, http::route made) {
  made.needs.counts_against = which;
  return made;
}

http::route open_to_anyone(http::method verb, std::string path, std::string operation,
                           endpoint answer) {
  auto guarded = [answer](http::exchange& ex) -> awaitable<http::response> {
    if (auto charged = charge_address_limit(ex); !charged) co_return refusal(ex, charged.error());
    co_return co_await answer(ex);
  };
  return row(verb, std::move(path), {access::anyone}, std::move(operation), guarded);
}

http::route open_to_own_pages(http::method verb, std::string path, std::string operation,
                              endpoint answer) {
  auto guarded = [answer](http::exchange& ex) -> awaitable<http::response> {
    if (auto charged = charge_address_limit(ex); !charged) co_return refusal(ex, charged.error());
    if (auto allowed = check_origin(ex); !allowed) co_return refusal(ex, allowed.error());
    co_return co_await answer(ex);
  };
  return row(verb, std::move(path), {access::own_pages}, std::move(operation), guarded);
}

http::route open_to_anyone_who_is_counted_later(http::method verb, std::string path,
                                                std::string operation, endpoint answer) {
  return row(verb, std::move(path), {access::anyone}, std::move(operation), answer);
}

http::route open_to_own_pages_counted_later(http::method verb, std::string path,
                                            std::string operation, endpoint answer) {
  auto guarded = [answer](http::exchange& ex) -> awaitable<http::response> {
    auto allowed = check_origin(ex);
    if (!allowed) co_return refusal(ex, charge_address_on_failure(ex, std::move(allowed.error())));
    co_return co_await answer(ex);
  };
  return row(verb, std::move(path), {access::own_pages}, std::move(operation), guarded);
}

http::route open_to_session(http::method verb, std::string path, std::string operation,
                            signed_in_endpoint answer) {
  return row_for_users(verb, std::move(path), {access::session}, std::move(operation), answer);
}

http::route open_with(std::string permission, http::method verb, std::string path,
                      std::string operation, signed_in_endpoint answer) {
  return row_for_users(verb, std::move(path), {access::principal, std::move(permission)},
                       std::move(operation), answer);
}

http::route open_to_users_and_sockets(std::string permission, http::method verb, std::string path,
                                      std::string operation, signed_in_handler answer) {
  return row_for_users(verb, std::move(path), {access::principal, std::move(permission)},
                       std::move(operation), std::move(answer), live::principal_of_handshake);
}

http::route open_to_session_with(std::string permission, http::method verb, std::string path,
                                 std::string operation, signed_in_endpoint answer) {
  return row_for_users(verb, std::move(path), {access::session, std::move(permission)},
                       std::move(operation), answer);
}

http::route open_to_services(std::string scope, http::method verb, std::string path,
                             std::string operation, service_endpoint answer) {
  auto guarded = [answer](http::exchange& ex) -> awaitable<http::response> {
    auto who = admitted_service(ex);
    if (!who) co_return refusal(ex, who.error());
    co_return co_await answer(ex, *who);
  };
  return row(verb, std::move(path), {access::service, std::move(scope)}, std::move(operation),
             guarded);
}

http::route open_to_services_internally(std::string scope, http::method verb, std::string path,
                                        std::string operation, service_endpoint answer) {
  auto made =
      open_to_services(std::move(scope), verb, std::move(path), std::move(operation), answer);
  made.needs.is_counted = false;
  made.needs.is_internal = true;
  return made;
}

http::route open_internally(std::string path, std::string operation, endpoint answer) {
  return row(http::method::get, std::move(path), {access::internal, {}, false},
             std::move(operation), answer);
}

http::route open_to_anyone_freely(std::string path, std::string operation, endpoint answer) {
  return row(http::method::get, std::move(path), {access::anyone, {}, false}, std::move(operation),
             answer);
}

} // namespace latchkey::gateway
