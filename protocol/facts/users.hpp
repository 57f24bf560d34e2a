// users.hpp — users: the records, the facts that change them and the queries about them.
#pragma once

#include "protocol/authentication.hpp"
#include "protocol/facts/page.hpp"
#include "protocol/ids.hpp"
#include "protocol/time.hpp"
#include "protocol/tokens/secret.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

/// The largest user number that is read: every JSON reader keeps it exactly (RFC 8259, 6).
inline constexpr std::int64_t user_number_max = (std::int64_t{1} << 53) - 1;

/// The largest user number that an import may choose. The sequence continues after the largest
/// number in use, and every number that it will ever give must be readable too.
inline constexpr std::int64_t chosen_user_number_max = std::int64_t{1} << 52;

/// Which wrong passwords count together: those of strangers, those of a client that has shown an
/// earlier session of the account, and those of a signed-in user who must confirm the password.
enum class failure_budget : std::uint8_t { stranger, known_client, signed_in };

inline constexpr std::size_t failure_budgets = 3;

/// A user with the profile fields that sign-in and `/auth/me` show.
struct user_record {
  user_id id;
  std::int64_t number = 0; // 0 until the store has given one
  std::string username;    // as entered, trimmed
  std::string email;       // as entered, trimmed
  std::string first_name;  // empty: none
  std::string last_name;   // empty: none
  std::string full_name;   // empty: derive from the two
  secret password_hash;    // a PHC string; empty: no password sign-in
  std::string role = "user";
  std::string
      client_id; // users of one client share its projects; empty when created: the user's id
  std::string subscription_tier = "free";
  bool is_active = true;
  bool email_verified = false;
  std::int64_t version = 1; // a write names the version that it was based on
  time_point created_at{};
  time_point updated_at{};
  std::optional<time_point> last_login_at;
  std::optional<time_point> synced_at; // `last_sync` of the newest sync-user that was taken
  std::string brought_by;              // the service whose sync-user added the user; empty: none
  std::optional<time_point> used_at;   // the first sign-in or proof of the address; durable

  /// Whether anybody has signed in as this user or proved to own the address.
  bool was_used() const noexcept { return used_at || last_login_at; }
  /// Wrong passwords since the last right one, by budget. `count_password_failures` and
  /// `forget_password_failures` write them.
  std::array<std::int64_t, failure_budgets> failures_in_a_row{};
  factor_kinds factors; // that are confirmed; only the facts of factors.hpp write it
  /// From then on a sign-in by one factor opens a session for adding a second one alone. Set by the
  /// first sign-in that the rule applied to (`begin_factor_grace`).
  std::optional<time_point> second_factor_due_at;
  /// Wrong codes of second factors since the last right one. `count_factor_failures` writes it.
  std::int64_t factor_failures_in_a_row = 0;
};

/// Roles whose users are administrators ("Auth Service API Documentation", is_superuser; "API
/// Reference", is_admin).
inline bool is_admin_role(std::string_view role) noexcept {
  return role == "admin" || role == "superuser";
}

/// Roles that always exist and never change; the table of roles does not hold them.
inline bool is_built_in_role(std::string_view role) noexcept {
  return role == "user" || is_admin_role(role);
}

/// The columns of user_profiles ("Auth Service Internal API Documentation") without the names.
struct profile_record {
  std::string company; // empty: none, as in all of these
  std::string phone;
  std::string avatar_url;
  std::string preferences; // a JSON object as text
};

} // namespace latchkey

namespace latchkey::storage {

// -- limits: characters, as VARCHAR counts them, or bytes where the name says so --------------

// The document sets those of the documented columns.
inline constexpr std::size_t username_chars_max = 255;
inline constexpr std::size_t email_chars_max = 255;
inline constexpr std::size_t first_name_chars_max = 100;
inline constexpr std::size_t last_name_chars_max = 100;
inline constexpr std::size_t full_name_chars_max = 255;
inline constexpr std::size_t password_hash_chars_max = 255;
inline constexpr std::size_t role_chars_max = 50;
inline constexpr std::size_t client_id_chars_max = 100;
inline constexpr std::size_t tier_chars_max = 50;
inline constexpr std::size_t company_chars_max = 255;
inline constexpr std::size_t phone_chars_max = 50;
inline constexpr std::size_t avatar_url_chars_max = 500;
inline constexpr std::size_t preferences_bytes_max = 65536;

// -- facts -------------------------------------------------------------------------------

/// Adds a user, its profile and its login names. Loses with USER002 and the field ("username" or
/// "email") when another user has either name, folded, as username or email; with the field
/// "number" or "id" when that is taken; with VALIDATION_ERROR "role" when the role does not exist.
/// `user.number` 0 takes the next free number of the sequence. Any other number is used as it is
/// and moves the sequence past it, unless `keeps_sequence`. The sequence gives no number twice; a
/// chosen number may be one that a deleted user had. `brought_by`, `used_at` and `synced_at` are
/// not written.
struct create_user {
  user_record user;
  std::string username_key;    // folded (protocol/text/login_name.hpp)
  std::string email_key;       // folded
  bool keeps_sequence = false; // the number does not move the sequence
};

/// The fields of a user to change: those that are set.
struct user_changes {
  std::optional<std::string> username; // with `username_key`
  std::optional<std::string> email;    // with `email_key`
  std::string username_key;            // folded (protocol/text/login_name.hpp)
  std::string email_key;               // folded
  std::optional<std::string> first_name, last_name, full_name; // empty: removed
  std::optional<std::string> company, phone, avatar_url;
  std::optional<std::string> preferences; // a JSON object as text
  std::optional<std::string> role;        // VALIDATION_ERROR "role" when it does not exist
  std::optional<std::string> client_id;
  std::optional<bool> is_active;
  std::optional<bool> email_verified;
  std::optional<time_point> synced_at;
  std::optional<std::string> brought_by; // user_record::brought_by
};

/// Changes a user that still has `based_on` as its version, and raises the version by one. Loses
/// with CONFLICT (field "version") when it has another version, USER001 when it does not exist,
/// USER002 and the field when another user has the name, CONFLICT (field "role" or "is_active",
/// reason "the last active administrator stays") when no active administrator would be left,
/// however many such changes run at once.
struct update_user {
  user_id user;
  std::int64_t based_on = 0;
  user_changes changes;
  time_point at{};
};

/// Removes a user with its sessions (live ones count as ended), names, profile, keys, recovery,
/// projects and subscription. The audit log stays. Loses with USER001 when it does not exist, and
/// with CONFLICT (field "user_id") when it is the last active administrator.
struct delete_user {
  user_id user;
  time_point at{};
};

/// Replaces the password hash of a user that still has `based_on` as its version. Loses with
/// CONFLICT (field "version") when it has another, USER001 when it does not exist.
struct set_password_hash {
  user_id user;
  std::int64_t based_on = 0;
  secret password_hash;
  time_point at{};
};

/// Sets the time of the last login; may be lost. Leaves `version` as it is.
struct touch_login {
  user_id user;
  time_point at{};
};

/// Sets user_record::used_at unless it is set already. Leaves `version` as it is.
struct mark_used {
  user_id user;
  time_point at{};
};

/// Adds to user_record::failures_in_a_row. Leaves `version` as it is; changes nothing when the user
/// does not exist.
struct count_password_failures {
  user_id user;
  failure_budget budget = failure_budget::stranger;
  std::int64_t count = 1;
};

/// Sets every budget of user_record::failures_in_a_row to 0, after a right password or a reset.
struct forget_password_failures {
  user_id user;
};

// -- queries -----------------------------------------------------------------------------

struct find_user_by_number {
  using answer = std::optional<user_record>;
  std::int64_t number = 0;
};

/// Users in the order of their numbers. `active` unset: all.
struct list_users {
  struct answer {
    std::int64_t total = 0; // on all pages
    std::vector<user_record> users;
  };
  std::optional<bool> active;
  std::size_t offset = 0;
  std::size_t limit = 50;
};

/// The next users after a number, to read all users in slices.
struct users_after {
  using answer = std::vector<user_record>;
  std::int64_t number = 0;
  std::size_t limit = page_rows_max;
};

/// The hashes of the next users after a number.
struct hashes_after {
  struct user_hashes {
    user_id user;
    std::int64_t number = 0;
    secret password;   // PHC strings; empty: the user has none
    secret passphrase; // of recovery
  };
  using answer = std::vector<user_hashes>;
  std::int64_t number = 0;
  std::size_t limit = page_rows_max;
};

/// Whether an active administrator exists.
struct has_administrator {
  using answer = bool;
};

struct find_profile {
  using answer = std::optional<profile_record>;
  user_id user;
};

} // namespace latchkey::storage
