// factor_policy.hpp — whom the operator asks for a second factor, and where: the settings
// SECOND_FACTOR and those beside it.
#pragma once

#include "protocol/authentication.hpp"
#include "protocol/permission.hpp"
#include "protocol/result.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

struct factor_policy {
  bool is_required_of_all = false;
  std::vector<std::string> roles; // whose users must have one
  permission_set permissions;     // that a session has once a second factor was shown in it
  /// From the first sign-in that the rule applies to: as long as that a password is enough.
  std::chrono::seconds grace{0};

  /// Roles of the store may say the same of themselves (role_record::requires_second_factor).
  bool is_required_of(std::string_view role) const {
    return is_required_of_all || std::ranges::find(roles, role) != roles.end();
  }
};

/// MFA_REQUIRED for what needs a session of that level (RFC 9470, section 3).
failure needs_level(assurance_level level, std::string reason);

/// The answer to what a session wants that is good for adding a second factor alone.
failure awaits_second_factor();

} // namespace latchkey
