#include "gateway/request/guards.hpp"

#include "gateway/request/errors.hpp"
#include "gateway/request/origin_check.hpp"
#include "gateway/request/request_limit.hpp"

#include <utility>

namespace latchkey::gateway {
namespace {

// What a row requires is read from the table, by way of `ex.matched`: there is no second copy.

awaitable<result<void>> admit_anonymous(http::exchange& ex) {
  const auto& needs = ex.matched->needs;
  const bool endpoint_counts = needs.limit == http::window::by_endpoint;
  if (needs.is_counted() && !endpoint_counts)
    if (auto charged = co_await charge_address_limit(ex); !charged) co_return charged;
  if (needs.open_to != http::access::own_pages) co_return result<void>{};
  auto allowed = check_page_origin(ex);
  if (!allowed && endpoint_counts)
    co_return fail(co_await charge_address_on_failure(ex, std::move(allowed.error())));
  co_return allowed;
}

awaitable<result<principal>> admit_user(http::exchange& ex, user_proof prove) {
  // Roles decide who may do what; for services, their keys too.
  if (!edge_of(ex).is_registry_current())
    if (auto known = co_await edge_of(ex).reread_registry(ex.deadline); !known)
      co_return fail(std::move(known.error()));
  const auto& needs = ex.matched->needs;
  auto caller = co_await prove(ex);
  if (!caller) co_return fail(co_await charge_address_on_failure(ex, std::move(caller.error())));
  ex.user = caller->user;
  auto charged = charge_at_once(ex, *caller);
  if (!charged) charged = co_await charge_limit(ex, *caller);
  if (!*charged) co_return fail(std::move(charged->error()));
  if (needs.open_to == http::access::session && caller->api_key != 0)
    co_return fail(error_code::insufficient_permissions, "X-API-Key",
                   "an API key is not accepted here: sign in");
  if (!needs.permission.empty())
    if (auto may = caller->check(needs.permission); !may) co_return fail(std::move(may.error()));
  co_return caller;
}

awaitable<result<service_principal>> admit_service(http::exchange& ex) {
  // Roles decide who may do what; for services, their keys too.
  if (!edge_of(ex).is_registry_current())
    if (auto known = co_await edge_of(ex).reread_registry(ex.deadline); !known)
      co_return fail(std::move(known.error()));
  auto caller = service_of(ex);
  if (!caller) co_return fail(co_await charge_address_on_failure(ex, std::move(caller.error())));
  ex.service = caller->service->id;
  auto charged = charge_at_once(ex, *caller);
  if (!charged) charged = co_await charge_limit(ex, *caller);
  if (!*charged) co_return fail(std::move(charged->error()));
  const auto& scope = ex.matched->needs.permission;
  if (!caller->service->scopes->has(scope))
    co_return fail(error_code::insufficient_permissions, "scope", scope + " is required");
  co_return caller;
}

http::response rendered(const http::exchange& ex, result<http::response> outcome) {
  if (!outcome) return error_answer(ex, outcome.error());
  return *std::move(outcome);
}

} // namespace

route_row::route_row(http::method verb, std::string pattern, std::string operation,
                     caller_kind kind)
    : caller_(kind) {
  route_.method = verb;
  route_.pattern = std::move(pattern);
  route_.operation = std::move(operation);
}

route_row::route_row(http::method verb, std::string pattern, std::string operation,
                     anonymous_endpoint answer)
    : route_row(verb, std::move(pattern), std::move(operation), caller_kind::anonymous) {
  route_.handle = [answer = std::move(answer)](http::exchange& ex) -> awaitable<http::response> {
    auto admitted = co_await admit_anonymous(ex);
    if (!admitted) co_return error_answer(ex, admitted.error());
    auto outcome = co_await answer(ex);
    co_return rendered(ex, std::move(outcome));
  };
}

route_row::route_row(http::method verb, std::string pattern, std::string operation,
                     user_endpoint answer, user_proof prove)
    : route_row(verb, std::move(pattern), std::move(operation), caller_kind::user) {
  route_.handle = [answer = std::move(answer),
                   prove](http::exchange& ex) -> awaitable<http::response> {
    auto caller = co_await admit_user(ex, prove);
    if (!caller) co_return error_answer(ex, caller.error());
    auto outcome = co_await answer(ex, *caller);
    co_return rendered(ex, std::move(outcome));
  };
}

route_row::route_row(http::method verb, std::string pattern, std::string operation,
                     service_endpoint answer)
    : route_row(verb, std::move(pattern), std::move(operation), caller_kind::service) {
  route_.handle = [answer = std::move(answer)](http::exchange& ex) -> awaitable<http::response> {
    auto caller = co_await admit_service(ex);
    if (!caller) co_return error_answer(ex, caller.error());
    auto outcome = co_await answer(ex, *caller);
    co_return rendered(ex, std::move(outcome));
  };
}

bool route_row::fits(http::access open_to) const noexcept {
  switch (open_to) {
  case http::access::anyone:
  case http::access::own_pages:
  case http::access::internal:
    return caller_ == caller_kind::anonymous;
  case http::access::session:
  case http::access::principal:
    return caller_ == caller_kind::user;
  case http::access::service:
    return caller_ == caller_kind::service;
  case http::access::undecided:
    break;
  }
  return false;
}

route_row&& route_row::access(http::access open_to, std::string permission) && {
  if (fits(open_to)) route_.needs.open_to = open_to;
  route_.needs.permission = std::move(permission);
  // Clients of the internal listener are trusted not to flood it.
  if (open_to == http::access::internal) route_.needs.limit = http::window::none;
  return std::move(*this);
}

route_row&& route_row::limit(http::window which) && {
  route_.needs.limit = which;
  return std::move(*this);
}

route_row&& route_row::errors(http::error_form form) && {
  route_.errors = form;
  return std::move(*this);
}

route_row&& route_row::errors(http::page_of_failure make) && {
  route_.errors = http::error_form::page;
  route_.failure_page = std::move(make);
  return std::move(*this);
}

route_row&& route_row::admits_awaiting() && {
  route_.needs.admits_awaiting = true;
  return std::move(*this);
}

route_row&& route_row::internal() && {
  route_.needs.is_internal = true;
  route_.needs.limit = http::window::none;
  return std::move(*this);
}

route_row&& route_row::body(std::size_t bytes_max, bool streams) && {
  route_.body_bytes_max = bytes_max;
  route_.streams_body = streams;
  return std::move(*this);
}

} // namespace latchkey::gateway
