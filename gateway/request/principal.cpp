#include "gateway/request/principal.hpp"

#include <utility>

namespace latchkey::gateway {

principal principal_by_session(const session_id& session, messages::validation word,
                               const role_table& roles) {
  principal who;
  who.user = word.user;
  who.user_number = word.user_number;
  who.session = session;
  who.role = std::move(word.role);
  who.opened_by = word.opened_by;
  who.role_permissions = roles.permissions_of(who.role);
  return who;
}

bool may_grant(const principal& who, const permission_set& granted) {
  return who.permissions().has_all(granted.words());
}

result<void> check_role_given(const principal& who, const role_table& roles, std::string_view role,
                              const char* field) {
  if (who.api_key != 0)
    return fail(error_code::insufficient_permissions, "X-API-Key",
                "an API key does not change roles: sign in");
  if (!may_grant(who, *roles.permissions_of(role)))
    return fail(error_code::insufficient_permissions, field,
                "grants more than the caller's own permissions");
  return {};
}

bool may_manage(const principal& who, const role_table& roles, const messages::user_view& target) {
  return who.role_permissions->has_all(roles.permissions_of(target.role)->words());
}

} // namespace latchkey::gateway
