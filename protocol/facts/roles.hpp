// roles.hpp — roles beside the built-in ones, and what they grant.
#pragma once

#include "protocol/time.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace latchkey {

/// A role and the permissions that it adds to those of every user.
struct role_record {
  std::string name; // 1 to 50 of [a-z0-9_-]
  std::string description;
  std::vector<std::string> permissions; // protocol/permission.hpp
  bool is_built_in = false;
  bool requires_second_factor = false; // SECOND_FACTOR_ROLES says it of built-in ones
  time_point created_at{};
  time_point updated_at{};
};

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them, or bytes where the name says so --------------

inline constexpr std::size_t role_description_chars_max = 500;

// -- facts -------------------------------------------------------------------------------

/// Adds a role. Loses with CONFLICT (field "name") when it exists or is built in, or when `max`
/// roles exist, however many are added at once.
struct add_role {
  role_record role;
  std::size_t max = 0;
};

/// Replaces description, permissions and what is required. Loses with NOT_FOUND when the role does
/// not exist.
struct update_role {
  role_record role;
};

/// Removes a role. Loses with NOT_FOUND when it does not exist, CONFLICT (field "name") while users
/// have it.
struct remove_role {
  std::string name;
};

// -- queries -----------------------------------------------------------------------------

/// All roles but the built-in ones, by name.
struct list_roles {
  using answer = std::vector<role_record>;
};

} // namespace latchkey::storage
