#include "gateway/principal.hpp"

namespace latchkey::gateway {

bool may_grant(const principal& who, const permission_set& granted) {
  return who.permissions().has_all(granted.words());
}

bool may_manage(const principal& who, const role_table& roles, const messages::user_view& target) {
  return who.role_permissions->has_all(roles.permissions_of(target.role)->words());
}

} // namespace latchkey::gateway
