// Changing and removing users. The order of locks is the same everywhere: administrators, the
// user, its names.
#include "protocol/name_look.hpp"
#include "storage/sql/catalogue_accounts.hpp"
#include "storage/sql/facts.hpp"

namespace latchkey::storage::sql {

namespace {

constexpr const char* looks_taken = "looks like another's";
constexpr const char* last_admin = "the last active administrator stays";

struct user_state {
  std::int64_t version = 0;
  std::string role;
  bool is_active = false;

  bool is_active_admin() const { return is_active && is_admin_role(role); }
};

/// What is there of the user, held until the transaction ends.
std::optional<user_state> hold(runner& on, const statement& how, const std::string& id) {
  std::optional<user_state> found;
  on.run(how, {id}, [&found](const row_source& row) {
    found = user_state{number_at(row, 0), text_or(row, 1, "user"), flag_at(row, 2)};
  });
  return found;
}

bool has_other_admins(runner& on, const std::string& id) {
  return on.run(other_admins, {id}) > 0;
}

/// The two keys under which a user signs in; they may be one.
struct name_keys {
  std::string username;
  std::string email;
};

name_keys read_names(runner& on, const std::string& id) {
  name_keys found;
  on.run(names_of, {id}, [&found](const row_source& row) {
    const auto kind = text_or(row, 1);
    if (kind != "email") found.username = text_or(row, 0);
    if (kind != "username") found.email = text_or(row, 0);
  });
  return found;
}

bool add_name(runner& on, const std::string& key, const std::string& id, const char* kind) {
  return on.run(add_login_name, {key, id, std::string(kind)}) > 0;
}

std::optional<failure> change_names(runner& on, const std::string& id, const user_changes& c) {
  const auto before = read_names(on, id);
  auto after = before;
  if (c.username) after.username = c.username_key;
  if (c.email) after.email = c.email_key;
  if (after.username == before.username && after.email == before.email) return std::nullopt;
  // Its own names are given back first, so that they may change places.
  on.run(drop_names, {id});
  const bool is_one = after.username == after.email;
  // A name that did not change was its own a moment ago, so what is taken is what is new.
  if (!after.username.empty() && !add_name(on, after.username, id, is_one ? "both" : "username"))
    return losing(error_code::user_exists, c.username ? "username" : "email", "is taken");
  for (const auto& looks : skeletons_of(after.username))
    if (!add_name(on, looks, id, "skeleton"))
      return losing(error_code::user_exists, "username", looks_taken);
  if (!after.email.empty() && !is_one && !add_name(on, after.email, id, "email"))
    return losing(error_code::user_exists, c.email ? "email" : "username", "is taken");
  return std::nullopt;
}

void change_profile_of(runner& on, const std::string& id, const storage::update_user& f) {
  const auto& c = f.changes;
  const bool any = c.first_name || c.last_name || c.full_name || c.company || c.phone ||
                   c.avatar_url || c.preferences;
  if (!any) return;
  on.run(change_profile,
         {id, time_text(f.at), text_or_null(c.first_name), text_or_null(c.last_name),
          text_or_null(c.full_name), text_or_null(c.company), text_or_null(c.phone),
          text_or_null(c.avatar_url), text_or_null(c.preferences)});
}

} // namespace

std::optional<failure> write(runner& on, const storage::update_user& f, written&) {
  const auto id = to_string(f.user);
  const auto& c = f.changes;
  const bool demotes = c.role && !is_admin_role(*c.role);
  const bool deactivates = c.is_active && !*c.is_active;
  if (demotes || deactivates) on.run(lock_admins, {});
  if (c.role && !is_built_in_role(*c.role) && on.run(hold_role, {*c.role}) == 0)
    return losing(error_code::validation_error, "role", "is not a role");
  // Whoever opens a session at this moment must wait and see that the user is inactive.
  const auto before = hold(on, deactivates ? hold_user : share_user, id);
  if (!before) return losing(error_code::user_not_found);
  if (before->version != f.based_on)
    return losing(error_code::conflict, "version", "the user was changed meanwhile");
  if ((demotes || deactivates) && before->is_active_admin() && !has_other_admins(on, id))
    return losing(error_code::conflict, demotes ? "role" : "is_active", last_admin);
  if (c.username || c.email)
    if (auto why = change_names(on, id, c)) return why;
  on.run(change_user,
         {id, f.based_on, time_text(f.at), text_or_null(c.username), text_or_null(c.email),
          text_or_null(c.role), text_or_null(c.client_id), flag_or_null(c.is_active),
          flag_or_null(c.email_verified), time_or_null(c.synced_at), text_or_null(c.brought_by)});
  change_profile_of(on, id, f);
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::mark_used& f, written&) {
  on.run(mark_used, {to_string(f.user), time_text(f.at)});
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::delete_user& f, written& note) {
  const auto id = to_string(f.user);
  on.run(lock_admins, {});
  const auto before = hold(on, hold_user, id);
  if (!before) return losing(error_code::user_not_found);
  if (before->is_active_admin() && !has_other_admins(on, id))
    return losing(error_code::conflict, "user_id", last_admin);
  on.run(drop_sessions, {id, time_text(f.at)},
         [&note](const row_source& row) { note.sessions_ended += flag_at(row, 0); });
  for (const auto* what :
       {&drop_names, &drop_profile, &drop_projects, &drop_subscription, &drop_user})
    on.run(*what, {id});
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::count_password_failures& f, written&) {
  on.run(count_failures_of[static_cast<std::size_t>(f.budget)], {to_string(f.user), f.count});
  return std::nullopt;
}

std::optional<failure> write(runner& on, const storage::forget_password_failures& f, written&) {
  on.run(forget_failures, {to_string(f.user)});
  return std::nullopt;
}

} // namespace latchkey::storage::sql
