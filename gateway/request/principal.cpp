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
  caller.awaits_second_factor = validation.awaits_second_factor;
  caller.role_permissions = roles.permissions_of(caller.role);
  if (caller.authenticated.by.level() == assurance_level::aal1)
    caller.withheld = roles.by_second_factor;
  return caller;
}

result<void> principal::check(std::string_view permission) const {
  if (may(permission)) return {};
  const std::string name{permission};
  if (is_granted(permission))
    return fail(needs_level(assurance_level::aal2, name + " needs a second factor: show it, and "
                                                          "try again"));
  return fail(error_code::insufficient_permissions, "permission", name + " is required");
}

permission_set principal::permissions() const {
  return withheld ? without_withheld(granted()) : granted();
}

permission_set principal::permissions_among(const permission_set& scopes) const {
  const auto common = granted().in_common_with(scopes);
  return withheld ? without_withheld(common) : common;
}

permission_set principal::without_withheld(const permission_set& all) const {
  std::vector<std::string> words;
  const auto add = [this, &words](std::string_view word) {
    if (!withheld->has(word)) words.emplace_back(word);
  };
  // "*" would have what is withheld in it: what this program knows by name stands for it.
  if (all.has("*"))
    for (const auto& known : known_permissions())
      add(known.permission);
  for (const auto& word : all.words())
    if (word != "*") add(word);
  return permission_set{std::move(words)};
}

bool may_grant(const principal& caller, const permission_set& granted) {
  return caller.permissions().has_all(granted.words());
}

result<void> check_grant(const principal& caller, const permission_set& granted, const char* field,
                         const char* reason) {
  if (may_grant(caller, granted)) return {};
  auto once_shown = caller;
  once_shown.withheld = nullptr;
  if (caller.withheld && may_grant(once_shown, granted))
    return fail(needs_level(assurance_level::aal2,
                            std::string{field} + " grants what needs a second factor"));
  return fail(error_code::insufficient_permissions, field, reason);
}

result<void> check_role_given(const principal& caller, const role_table& roles,
                              std::string_view role, const char* field) {
  if (caller.api_key != 0)
    return fail(error_code::insufficient_permissions, "X-API-Key",
                "an API key does not change roles: sign in");
  return check_grant(caller, *roles.permissions_of(role), field,
                     "grants more than the caller's own permissions");
}

bool may_manage(const principal& caller, const role_table& roles,
                const messages::user_view& target) {
  return caller.role_permissions->has_all(roles.permissions_of(target.role)->words());
}

} // namespace latchkey::gateway
