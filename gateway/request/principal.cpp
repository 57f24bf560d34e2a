#include "gateway/request/principal.hpp"

#include <utility>

namespace latchkey::gateway {

principal principal_by_session(const session_id& session, messages::validation validation,
                               const role_table& roles) {
  principal caller;
  caller.user = validation.user;
  caller.user_number = validation.user_number;
  caller.session = session;
  caller.role = std::move(validation.role);
  caller.opened_by = validation.opened_by;
  caller.authenticated = validation.authenticated;
  caller.role_permissions = roles.permissions_of(caller.role);
  return caller;
}

bool may_grant(const principal& caller, const permission_set& granted) {
  return caller.permissions().has_all(granted.words());
}

result<void> check_role_given(const principal& caller, const role_table& roles,
                              std::string_view role, const char* field) {
  if (caller.api_key != 0)
    return fail(error_code::insufficient_permissions, "X-API-Key",
                "an API key does not change roles: sign in");
  if (!may_grant(caller, *roles.permissions_of(role)))
    return fail(error_code::insufficient_permissions, field,
                "grants more than the caller's own permissions");
  return {};
}

bool may_manage(const principal& caller, const role_table& roles,
                const messages::user_view& target) {
  return caller.role_permissions->has_all(roles.permissions_of(target.role)->words());
}

} // namespace latchkey::gateway
