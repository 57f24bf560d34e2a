// principal.hpp — who makes a request, once that has been proven.
#pragma once

#include "actors/registry/registry.hpp"
#include "protocol/messages/identity.hpp"
#include "protocol/messages/session.hpp"
#include "protocol/permission.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace latchkey::gateway {

/// A user: by an access token of a session that lives, or by an API key.
struct principal {
  user_id user;
  std::int64_t user_number = 0;
  session_id session;        // nil: by an API key
  std::uint64_t api_key = 0; // 0: by a session
  std::string role;
  surface opened_by = surface::auth_service;
  authentication authenticated;      // of the session; of an API key, nothing
  bool awaits_second_factor = false; // the session is good for adding one alone
  std::int64_t issued_at = 0;  // of the access token, in seconds since the epoch; 0: an API key
  std::int64_t expires_at = 0; // the same
  std::shared_ptr<const permission_set> role_permissions;
  std::shared_ptr<const permission_set> key_scopes; // nullptr: by a session
  /// What it has only once a second factor was shown in its session; nullptr: nothing is such.
  std::shared_ptr<const permission_set> withheld;

  /// What the role grants and, of an API key, what the key is for; but for what is withheld.
  bool may(std::string_view permission) const {
    return is_granted(permission) && !(withheld && withheld->has(permission));
  }
  /// AUTH004 (field "permission"), or MFA_REQUIRED for what is withheld.
  result<void> check(std::string_view permission) const;
  /// All that it may do: for other services (X-User-Permissions, validate-token).
  permission_set permissions() const;
  /// Those of it that are among these, for a service that may know no others.
  permission_set permissions_among(const permission_set& scopes) const;

private:
  bool is_granted(std::string_view permission) const {
    return role_permissions->has(permission) && (!key_scopes || key_scopes->has(permission));
  }
  permission_set granted() const {
    return key_scopes ? role_permissions->in_common_with(*key_scopes) : *role_permissions;
  }
  permission_set without_withheld(const permission_set& all) const;
};

/// The user of a session, by the session's own answer; the times are those of the token.
principal principal_by_session(const session_id& session, messages::validation validation,
                               const role_table& roles);

/// Nobody gives a role that grants more than they may themselves: only a superuser makes
/// superusers. `granted` is what the role grants, everybody's permissions included.
bool may_grant(const principal& caller, const permission_set& granted);
/// The same as AUTH004 with `field` and `reason`; MFA_REQUIRED where no more is missing than what
/// is withheld.
result<void> check_grant(const principal& caller, const permission_set& granted, const char* field,
                         const char* reason);
/// The rule for setting the role of a user, on every path: the caller is signed in, because what an
/// API key granted would outlive its revocation, and `may_grant` allows it. AUTH004 with `field`.
result<void> check_role_given(const principal& caller, const role_table& roles,
                              std::string_view role, const char* field);
/// Nobody changes somebody whose role grants more than their own: an administrator does not
/// touch a superuser.
bool may_manage(const principal& caller, const role_table& roles,
                const messages::user_view& target);

/// A service, by one of its keys.
struct service_principal {
  std::shared_ptr<const service_entry> service;
};

} // namespace latchkey::gateway
