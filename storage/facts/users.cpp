// Changing and removing users. Locks are taken in the same order everywhere: administrators, the
// user, its names.
#include "protocol/text/name_look.hpp"
#include "storage/facts/rules/topic.hpp"

namespace latchkey::storage {

namespace sql {
namespace {

constexpr statement hold_user{
    "hold_user", "SELECT version, role, is_active FROM users WHERE id = $1",
    "SELECT version, role, is_active FROM users WHERE id = $1 FOR UPDATE"};
constexpr statement lock_admins{"lock_admins", nullptr,
                                "SELECT pg_advisory_xact_lock(7811032165094213)"};
constexpr statement names_of{"names_of",
                             "SELECT name_key, kind FROM login_names WHERE user_id = $1 "
                             "AND kind <> 'skeleton'"};
// NULL leaves the column as it is.
constexpr statement change_user{
    "change_user",
    "UPDATE users SET version = version + 1, updated_at = $3, username = COALESCE($4, username), "
    "email = COALESCE($5, email), role = COALESCE($6, role), "
    "client_id = COALESCE($7, client_id), is_active = COALESCE($8, is_active), "
    "email_verified = COALESCE($9, email_verified), synced_at = COALESCE($10, synced_at), "
    "brought_by = COALESCE($11, brought_by) "
    "WHERE id = $1 AND version = $2 RETURNING id"};
// The same, and empty text becomes NULL. PostgreSQL's form casts to JSON.
constexpr statement change_profile{
    "change_profile",
    "INSERT INTO user_profiles (user_id, created_at, updated_at, first_name, last_name, "
    "full_name, company, phone, avatar_url, preferences) VALUES ($1, $2, $2, NULLIF($3, ''), "
    "NULLIF($4, ''), NULLIF($5, ''), NULLIF($6, ''), NULLIF($7, ''), NULLIF($8, ''), "
    "NULLIF($9, '')) ON CONFLICT (user_id) DO UPDATE SET updated_at = $2, "
    "first_name = NULLIF(COALESCE($3, user_profiles.first_name), ''), "
    "last_name = NULLIF(COALESCE($4, user_profiles.last_name), ''), "
    "full_name = NULLIF(COALESCE($5, user_profiles.full_name), ''), "
    "company = NULLIF(COALESCE($6, user_profiles.company), ''), "
    "phone = NULLIF(COALESCE($7, user_profiles.phone), ''), "
    "avatar_url = NULLIF(COALESCE($8, user_profiles.avatar_url), ''), "
    "preferences = NULLIF(COALESCE($9, user_profiles.preferences), '')",
    "INSERT INTO user_profiles (user_id, created_at, updated_at, first_name, last_name, "
    "full_name, company, phone, avatar_url, preferences) VALUES ($1, $2, $2, "
    "NULLIF($3::text, ''), NULLIF($4::text, ''), NULLIF($5::text, ''), NULLIF($6::text, ''), "
    "NULLIF($7::text, ''), NULLIF($8::text, ''), NULLIF($9::text, '')::json) "
    "ON CONFLICT (user_id) DO UPDATE SET updated_at = $2, "
    "first_name = NULLIF(COALESCE($3::text, user_profiles.first_name), ''), "
    "last_name = NULLIF(COALESCE($4::text, user_profiles.last_name), ''), "
    "full_name = NULLIF(COALESCE($5::text, user_profiles.full_name), ''), "
    "company = NULLIF(COALESCE($6::text, user_profiles.company), ''), "
    "phone = NULLIF(COALESCE($7::text, user_profiles.phone), ''), "
    "avatar_url = NULLIF(COALESCE($8::text, user_profiles.avatar_url), ''), "
    "preferences = CASE WHEN $9::text IS NULL THEN user_profiles.preferences "
    "ELSE NULLIF($9::text, '')::json END"};
constexpr statement drop_names{"drop_names", "DELETE FROM login_names WHERE user_id = $1"};
constexpr statement drop_sessions{"drop_sessions",
                                  "DELETE FROM sessions WHERE user_id = $1 "
                                  "RETURNING ended_at IS NULL AND expires_at > $2"};
constexpr statement drop_profile{"drop_profile", "DELETE FROM user_profiles WHERE user_id = $1"};
constexpr statement drop_projects{"drop_projects", "DELETE FROM projects WHERE owner_id = $1"};
constexpr statement drop_subscription{"drop_subscription",
                                      "DELETE FROM subscriptions WHERE user_id = $1"};
constexpr statement drop_user{"drop_user", "DELETE FROM users WHERE id = $1"};

} // namespace
} // namespace sql

namespace {

constexpr const char* looks_taken = "looks like another's";

constexpr const char* last_admin = "the last active administrator stays";

struct user_state {
  std::int64_t version = 0;
  std::string role;
  bool is_active = false;

  bool is_active_admin() const { return is_active && is_admin_role(role); }
};

/// The user's state; the row stays locked until the transaction ends.
std::optional<user_state> hold(runner& on, const statement& lock, const std::string& id) {
  std::optional<user_state> found;
  on.run(lock, {id}, [&found](const row_source& row) {
    found = user_state{number_at(row, 0), text_or(row, 1, "user"), flag_at(row, 2)};
  });
  return found;
}

bool has_other_admins(runner& on, const std::string& id) {
  return on.run(sql::other_admins, {id}) > 0;
}

/// The two keys under which a user signs in; they may be one.
struct name_keys {
  std::string username;
  std::string email;
};

name_keys read_names(runner& on, const std::string& id) {
  name_keys found;
  on.run(sql::names_of, {id}, [&found](const row_source& row) {
    const auto kind = text_or(row, 1);
    if (kind != "email") found.username = text_or(row, 0);
    if (kind != "username") found.email = text_or(row, 0);
  });
  return found;
}

bool add_name(runner& on, const std::string& key, const std::string& id, const char* kind) {
  return on.run(sql::add_login_name, {key, id, std::string(kind)}) > 0;
}

std::optional<failure> change_names(runner& on, const std::string& id, const user_changes& c) {
  const auto before = read_names(on, id);
  auto after = before;
  if (c.username) after.username = c.username_key;
  if (c.email) after.email = c.email_key;
  if (after.username == before.username && after.email == before.email) return std::nullopt;
  // The old names are removed first, so that username and email may be swapped.
  on.run(sql::drop_names, {id});
  const bool is_one = after.username == after.email;
  // An unchanged name was the user's own a moment ago, so a taken name is the new one.
  if (!after.username.empty() && !add_name(on, after.username, id, is_one ? "both" : "username"))
    return losing(error_code::user_exists, c.username ? "username" : "email", "is taken");
  for (const auto& skeleton : skeletons_of(after.username))
    if (!add_name(on, skeleton, id, "skeleton"))
      return losing(error_code::user_exists, "username", looks_taken);
  if (!after.email.empty() && !is_one && !add_name(on, after.email, id, "email"))
    return losing(error_code::user_exists, c.email ? "email" : "username", "is taken");
  return std::nullopt;
}

void change_profile_of(runner& on, const std::string& id, const update_user& f) {
  const auto& c = f.changes;
  const bool any = c.first_name || c.last_name || c.full_name || c.company || c.phone ||
                   c.avatar_url || c.preferences;
  if (!any) return;
  on.run(sql::change_profile,
         {id, time_text(f.at), text_or_null(c.first_name), text_or_null(c.last_name),
          text_or_null(c.full_name), text_or_null(c.company), text_or_null(c.phone),
          text_or_null(c.avatar_url), text_or_null(c.preferences)});
}

} // namespace

// -- update_user ----------------------------------------------------------------------

void check(fact_checker& c, const update_user& f) {
  const auto& u = f.changes;
  c.id("user", f.user);
  c.text_if_set("username", u.username, username_chars_max);
  c.text_if_set("email", u.email, email_chars_max);
  if (u.username) c.key("username", u.username_key);
  if (u.email) c.key("email", u.email_key);
  c.text_if_set("first_name", u.first_name, first_name_chars_max);
  c.text_if_set("last_name", u.last_name, last_name_chars_max);
  c.text_if_set("full_name", u.full_name, full_name_chars_max);
  c.text_if_set("company", u.company, company_chars_max);
  c.text_if_set("phone", u.phone, phone_chars_max);
  c.text_if_set("avatar_url", u.avatar_url, avatar_url_chars_max);
  if (u.preferences) c.json_object("preferences", *u.preferences, preferences_bytes_max);
  if (u.role) c.name("role", *u.role, role_chars_max);
  c.text_if_set("client_id", u.client_id, client_id_chars_max);
  c.time("synced_at", u.synced_at);
  c.text_if_set("brought_by", u.brought_by, service_chars_max);
  c.time("at", f.at);
}

void touch(footprint& print, const update_user& f) {
  const auto& c = f.changes;
  print.writes(thing::user, f.user);
  // The names that it gives up are not known here.
  if (c.username || c.email) print.stands_alone();
  if (c.role || c.is_active) print.writes(thing::admins, "");
  if (c.role) print.reads(thing::role, *c.role);
}

std::optional<failure> write(runner& on, const update_user& f, written&) {
  const auto id = to_string(f.user);
  const auto& c = f.changes;
  const bool demotes = c.role && !is_admin_role(*c.role);
  const bool deactivates = c.is_active && !*c.is_active;
  if (demotes || deactivates) on.run(sql::lock_admins, {});
  if (c.role && !is_built_in_role(*c.role) && on.run(sql::hold_role, {*c.role}) == 0)
    return losing(error_code::validation_error, "role", "is not a role");
  // A transaction that opens a session must wait and then see that the user is inactive.
  const auto before = hold(on, deactivates ? sql::hold_user : sql::share_user, id);
  if (!before) return losing(error_code::user_not_found);
  if (before->version != f.based_on)
    return losing(error_code::conflict, "version", "the user was changed meanwhile");
  if ((demotes || deactivates) && before->is_active_admin() && !has_other_admins(on, id))
    return losing(error_code::conflict, demotes ? "role" : "is_active", last_admin);
  if (c.username || c.email)
    if (auto why = change_names(on, id, c)) return why;
  on.run(sql::change_user,
         {id, f.based_on, time_text(f.at), text_or_null(c.username), text_or_null(c.email),
          text_or_null(c.role), text_or_null(c.client_id), flag_or_null(c.is_active),
          flag_or_null(c.email_verified), time_or_null(c.synced_at), text_or_null(c.brought_by)});
  change_profile_of(on, id, f);
  return std::nullopt;
}

// -- delete_user ----------------------------------------------------------------------

void check(fact_checker& c, const delete_user& f) {
  c.id("user", f.user);
  c.time("at", f.at);
}

void touch(footprint& print, const delete_user& f) {
  // What is removed with the user is not known here.
  print.writes(thing::user, f.user);
  print.ends_all_sessions();
  print.stands_alone();
}

std::optional<failure> write(runner& on, const delete_user& f, written& note) {
  const auto id = to_string(f.user);
  on.run(sql::lock_admins, {});
  const auto before = hold(on, sql::hold_user, id);
  if (!before) return losing(error_code::user_not_found);
  if (before->is_active_admin() && !has_other_admins(on, id))
    return losing(error_code::conflict, "user_id", last_admin);
  on.run(sql::drop_sessions, {id, time_text(f.at)},
         [&note](const row_source& row) { note.sessions_ended += flag_at(row, 0); });
  for (const auto* removal : {&sql::drop_names, &sql::drop_profile, &sql::drop_projects,
                              &sql::drop_subscription, &sql::drop_user})
    on.run(*removal, {id});
  return std::nullopt;
}

topic users_topic() {
  static constexpr fact_rules facts[] = {rules_for<update_user>(), rules_for<delete_user>()};
  return {facts, {}};
}

} // namespace latchkey::storage
