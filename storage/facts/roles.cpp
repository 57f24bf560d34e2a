// Roles that administrators have made.
#include "storage/facts/rules/topic.hpp"

namespace latchkey::storage {

namespace sql {
namespace {

constexpr statement list_roles{"list_roles",
                               "SELECT name, description, permissions, created_at, updated_at, "
                               "requires_second_factor FROM roles ORDER BY name LIMIT $1"};
constexpr statement lock_roles{"lock_roles", nullptr,
                               "SELECT pg_advisory_xact_lock(7811032165094214)"};
constexpr statement find_role{"find_role", "SELECT 1 FROM roles WHERE name = $1"};
constexpr statement count_roles{"count_roles", "SELECT count(*) FROM roles"};
constexpr statement add_role{
    "add_role", "INSERT INTO roles (name, description, permissions, created_at, updated_at, "
                "requires_second_factor) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING "
                "RETURNING name"};
constexpr statement change_role{
    "change_role", "UPDATE roles SET description = $2, permissions = $3, updated_at = $4, "
                   "requires_second_factor = $5 WHERE name = $1 RETURNING name"};
constexpr statement own_role{"own_role", "SELECT 1 FROM roles WHERE name = $1",
                             "SELECT 1 FROM roles WHERE name = $1 FOR UPDATE"};
// The second condition repeats the index's; no built-in role is ever asked for.
constexpr statement users_with_role{
    "users_with_role", "SELECT 1 FROM users WHERE role = $1 AND role <> 'user' LIMIT 1"};
constexpr statement drop_role{"drop_role", "DELETE FROM roles WHERE name = $1"};

} // namespace
} // namespace sql

namespace {

void check_role(fact_checker& c, const role_record& r) {
  c.name("name", r.name, role_chars_max);
  c.text("description", r.description, role_description_chars_max);
  c.words("permissions", r.permissions);
  c.time("created_at", r.created_at);
  c.time("updated_at", r.updated_at);
}

std::optional<role_record> to_role(const row_source& row) {
  const auto created = time_at(row, 3);
  const auto updated = time_at(row, 4);
  if (!created || !updated) return std::nullopt;
  role_record role;
  role.name = text_or(row, 0);
  role.description = text_or(row, 1);
  role.permissions = words_at(row, 2);
  role.created_at = *created;
  role.updated_at = *updated;
  role.requires_second_factor = flag_at(row, 5);
  return role;
}

} // namespace

// -- add_role -------------------------------------------------------------------------

void check(fact_checker& c, const add_role& f) {
  check_role(c, f.role);
}

void touch(footprint& print, const add_role& f) {
  print.writes(thing::roles, ""); // roles are counted
  print.writes(thing::role, f.role.name);
}

std::optional<failure> write(runner& on, const add_role& f, written&) {
  const auto& r = f.role;
  if (is_built_in_role(r.name)) return losing(error_code::conflict, "name", "is built in");
  on.run(sql::lock_roles, {});
  if (on.run(sql::find_role, {r.name}) > 0) return losing(error_code::conflict, "name", "is taken");
  if (reaches(count_of(on, sql::count_roles, {}), f.max))
    return losing(error_code::conflict, "name", "no more roles are allowed");
  const auto added = on.run(sql::add_role, {r.name, r.description, join_words(r.permissions),
                                            time_text(r.created_at), time_text(r.updated_at),
                                            r.requires_second_factor});
  if (added == 0) return losing(error_code::conflict, "name", "is taken");
  return std::nullopt;
}

// -- update_role ----------------------------------------------------------------------

void check(fact_checker& c, const update_role& f) {
  check_role(c, f.role);
}

void touch(footprint& print, const update_role& f) {
  print.writes(thing::role, f.role.name);
}

std::optional<failure> write(runner& on, const update_role& f, written&) {
  const auto& r = f.role;
  const auto changed =
      on.run(sql::change_role, {r.name, r.description, join_words(r.permissions),
                                time_text(r.updated_at), r.requires_second_factor});
  if (changed == 0) return losing(error_code::not_found, "name");
  return std::nullopt;
}

// -- remove_role ----------------------------------------------------------------------

void check(fact_checker& c, const remove_role& f) {
  c.name("name", f.name, role_chars_max);
}

void touch(footprint& print, const remove_role& f) {
  print.writes(thing::roles, "");
  print.writes(thing::admins, "");
  print.writes(thing::role, f.name);
}

std::optional<failure> write(runner& on, const remove_role& f, written&) {
  // Each statement sees what was committed before it began, so it sees users who got the role
  // before the lock.
  if (on.run(sql::own_role, {f.name}) == 0) return losing(error_code::not_found, "name");
  if (on.run(sql::users_with_role, {f.name}) > 0)
    return losing(error_code::conflict, "name", "users have this role");
  on.run(sql::drop_role, {f.name});
  return std::nullopt;
}

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const list_roles&) {
  list_roles::answer roles;
  on.run(sql::list_roles, {registry_rows_max}, [&](const row_source& row) {
    if (auto role = to_role(row)) roles.push_back(std::move(*role));
  });
  return roles;
}

topic roles_topic() {
  static constexpr fact_rules facts[] = {rules_for<add_role>(), rules_for<update_role>(),
                                         rules_for<remove_role>()};
  static constexpr query_rules queries[] = {rules_for_query<list_roles>()};
  return {facts, queries};
}

} // namespace latchkey::storage
