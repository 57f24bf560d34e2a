// Projects.
#include "storage/facts/rules/topic.hpp"

namespace latchkey::storage {

namespace sql {
namespace {

#define LATCHKEY_PROJECT_ROW                                                                       \
  "SELECT id, client_id, name, description, owner_id, is_active, created_at, updated_at "          \
  "FROM projects "
constexpr statement find_project{"find_project", LATCHKEY_PROJECT_ROW "WHERE id = $1"};
// A project without a client belongs to its owner only.
#define LATCHKEY_PROJECTS_OF "WHERE owner_id = $1 OR (client_id = $2 AND client_id <> '') "
constexpr statement list_projects{"list_projects", LATCHKEY_PROJECT_ROW LATCHKEY_PROJECTS_OF
                                  "ORDER BY created_at, id LIMIT $3 OFFSET $4"};
constexpr statement count_projects{"count_projects",
                                   "SELECT count(*) FROM projects " LATCHKEY_PROJECTS_OF};
constexpr statement add_project{
    "add_project",
    "INSERT INTO projects (id, client_id, name, description, owner_id, is_active, created_at, "
    "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id"};
// NULL leaves a column as it is.
constexpr statement change_project{"change_project",
                                   "UPDATE projects SET name = COALESCE($2, name), "
                                   "description = NULLIF(COALESCE($3, description), ''), "
                                   "is_active = COALESCE($4, is_active), "
                                   "updated_at = $5 WHERE id = $1 RETURNING id"};
constexpr statement drop_project{"drop_project", "DELETE FROM projects WHERE id = $1 RETURNING id"};

} // namespace
} // namespace sql

namespace {

std::optional<project_record> to_project(const row_source& row) {
  const auto id = parse_uuid(row.text(0).value_or(""));
  const auto owner = to_user_id(row.text(4));
  const auto created = time_at(row, 6);
  const auto updated = time_at(row, 7);
  if (!id || !owner || !created || !updated) return std::nullopt;
  project_record p;
  p.id = *id;
  p.client_id = text_or(row, 1);
  p.name = text_or(row, 2);
  p.description = text_or(row, 3);
  p.owner = *owner;
  p.is_active = !row.text(5) || flag_at(row, 5); // its default stands in for NULL
  p.created_at = *created;
  p.updated_at = *updated;
  return p;
}

} // namespace

// -- add_project ----------------------------------------------------------------------

void check(fact_checker& c, const add_project& f) {
  const auto& p = f.project;
  c.id("id", p.id);
  c.text("client_id", p.client_id, client_id_chars_max);
  c.text("name", p.name, project_name_chars_max);
  c.text("description", p.description, project_description_chars_max);
  c.time("created_at", p.created_at);
  c.time("updated_at", p.updated_at);
  c.id("owner", p.owner);
}

void touch(footprint& print, const add_project& f) {
  print.reads(thing::user, f.project.owner);
  print.writes(thing::project, f.project.id);
}

std::optional<failure> write(runner& on, const add_project& f, written&) {
  const auto& p = f.project;
  const auto owner = to_string(p.owner);
  if (on.run(sql::keep_user, {owner}) == 0) return losing(error_code::user_not_found);
  const auto added = on.run(
      sql::add_project, {to_string(p.id), p.client_id, p.name, text_or_null_if_empty(p.description),
                         owner, p.is_active, time_text(p.created_at), time_text(p.updated_at)});
  if (added == 0) return losing(error_code::conflict, "id", "is taken");
  return std::nullopt;
}

// -- update_project -------------------------------------------------------------------

void check(fact_checker& c, const update_project& f) {
  c.id("id", f.project);
  c.text_if_set("name", f.name, project_name_chars_max);
  c.text_if_set("description", f.description, project_description_chars_max);
  c.time("updated_at", f.at);
}

void touch(footprint& print, const update_project& f) {
  print.writes(thing::project, f.project);
}

std::optional<failure> write(runner& on, const update_project& f, written&) {
  const auto changed = on.run(sql::change_project, {to_string(f.project), text_or_null(f.name),
                                                    text_or_null(f.description),
                                                    flag_or_null(f.is_active), time_text(f.at)});
  if (changed == 0) return losing(error_code::not_found, "id");
  return std::nullopt;
}

// -- remove_project -------------------------------------------------------------------

void check(fact_checker& c, const remove_project& f) {
  c.id("project", f.project);
}

void touch(footprint& print, const remove_project& f) {
  print.writes(thing::project, f.project);
}

std::optional<failure> write(runner& on, const remove_project& f, written&) {
  if (on.run(sql::drop_project, {to_string(f.project)}) == 0)
    return losing(error_code::not_found, "id");
  return std::nullopt;
}

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const find_project& q) {
  find_project::answer found;
  on.run(sql::find_project, {to_string(q.id)},
         [&](const row_source& row) { found = to_project(row); });
  return found;
}

finding answer(runner& on, const list_projects& q) {
  list_projects::answer page;
  if (!sql::is_storable(q.client_id)) return page;
  const auto owner = to_string(q.owner);
  on.run(sql::count_projects, {owner, q.client_id},
         [&](const row_source& row) { page.total = number_at(row, 0); });
  on.run(sql::list_projects, {owner, q.client_id, page_rows(q.limit), row_count(q.offset)},
         [&](const row_source& row) {
           if (auto project = to_project(row)) page.projects.push_back(std::move(*project));
         });
  return page;
}

topic projects_topic() {
  static constexpr fact_rules facts[] = {rules_for<add_project>(), rules_for<update_project>(),
                                         rules_for<remove_project>()};
  static constexpr query_rules queries[] = {rules_for_query<find_project>(),
                                            rules_for_query<list_projects>()};
  return {facts, queries};
}

} // namespace latchkey::storage
