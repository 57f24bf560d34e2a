// registration.hpp — how a person becomes a user, on every surface.
#pragma once

#include "gateway/request/endpoint.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::gateway {

/// A person's name: trimmed, without control or invisible characters, `code_points_max` long at
/// most. VALIDATION_ERROR with the field.
result<std::string> check_person_name(std::string_view field, std::string_view name,
                                      std::size_t code_points_max);

/// The same of a change. Nothing for a name that is `shown` already: it may be older than the
/// rules.
result<std::optional<std::string>> check_person_name_change(std::string_view field,
                                                            std::string_view name,
                                                            std::size_t code_points_max,
                                                            std::string_view shown);

/// "Auth Service Internal API Documentation", user_profiles: VARCHAR(100), in characters.
inline constexpr std::size_t first_name_code_points_max = 100;
inline constexpr std::size_t full_name_code_points_max = 255;
inline constexpr std::size_t full_name_bytes_max = 4 * full_name_code_points_max; // in UTF-8

/// What somebody wants to register with, as read.
struct registration {
  std::string username; // trimmed
  std::string email;    // trimmed
  secret password;
  std::optional<std::string> first_name, last_name, full_name;
  std::optional<secret> recovery_passphrase;
};

/// Checks all of it, hashes, and adds the user. VALIDATION_ERROR, USER002, USER003.
/// REGISTRATION=closed: AUTH004 with the reason; for whatever registers, before all else.
result<void> check_registration_open(http::exchange& ex);

awaitable<result<messages::user_view>> register_new_user(http::exchange& ex, registration given);

} // namespace latchkey::gateway
