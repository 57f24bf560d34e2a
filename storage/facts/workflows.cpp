// Workflows and their statuses.
#include "storage/facts/rules/topic.hpp"

namespace latchkey::storage {

namespace sql {
namespace {

constexpr statement find_workflow_record{
    "find_workflow_record",
    "SELECT id, user_id, message_id, workflow_type, agent_instance_id, project_id, parameters, "
    "status, last_seq, last_position, created_at, ended_at, owner FROM workflows WHERE id = $1"};
constexpr statement list_workflow_statuses{
    "list_workflow_statuses", "SELECT seq, body, at FROM workflow_statuses "
                              "WHERE workflow_id = $1 AND seq > $2 ORDER BY seq LIMIT $3"};
constexpr statement list_running_workflows{"list_running_workflows",
                                           "SELECT id FROM workflows WHERE ended_at IS NULL "
                                           "AND id > $1 ORDER BY id LIMIT $2"};
constexpr statement list_owned_workflows{"list_owned_workflows",
                                         "SELECT id FROM workflows WHERE ended_at IS NULL "
                                         "AND id > $1 AND owner = $3 ORDER BY id LIMIT $2"};
constexpr statement list_workflow_owners{
    "list_workflow_owners", "SELECT DISTINCT owner FROM workflows WHERE ended_at IS NULL"};
constexpr statement add_workflow{
    "add_workflow",
    "INSERT INTO workflows (id, user_id, message_id, workflow_type, agent_instance_id, project_id, "
    "parameters, status, last_seq, last_position, created_at, owner) VALUES "
    "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING RETURNING id"};
constexpr statement own_workflow{
    "own_workflow",
    "UPDATE workflows SET owner = $2 WHERE id = $1 AND ended_at IS NULL RETURNING id"};
#define LATCHKEY_CLAIM_WORKFLOWS(is_same, lock)                                                    \
  "UPDATE workflows SET owner = $2 WHERE id IN (SELECT id FROM workflows WHERE ended_at IS NULL "  \
  "AND owner " is_same " $1 ORDER BY id LIMIT $3" lock ") RETURNING id"
constexpr statement claim_workflows{
    "claim_workflows", LATCHKEY_CLAIM_WORKFLOWS("IS", ""),
    LATCHKEY_CLAIM_WORKFLOWS("IS NOT DISTINCT FROM", " FOR UPDATE SKIP LOCKED")};
// The condition looks at the row as it is when the statement gets its lock, so no two writers add
// the same status.
constexpr statement move_workflow{"move_workflow",
                                  "UPDATE workflows SET last_seq = $2, last_position = $3, "
                                  "status = $4, ended_at = $5 WHERE id = $1 "
                                  "AND last_seq + 1 = $2 AND ended_at IS NULL RETURNING id"};
constexpr statement add_workflow_status{
    "add_workflow_status",
    "INSERT INTO workflow_statuses (workflow_id, seq, body, at) VALUES ($1, $2, $3, $4)"};
constexpr statement has_workflow{"has_workflow", "SELECT 1 FROM workflows WHERE id = $1"};
#define LATCHKEY_FORGET_WORKFLOWS(lock)                                                            \
  "DELETE FROM workflows WHERE id IN (SELECT id FROM workflows WHERE ended_at < $1 "               \
  "ORDER BY ended_at LIMIT $2" lock ") RETURNING id"
constexpr statement forget_workflows{"forget_workflows", LATCHKEY_FORGET_WORKFLOWS(""),
                                     LATCHKEY_FORGET_WORKFLOWS(" FOR UPDATE SKIP LOCKED")};

} // namespace
} // namespace sql

namespace {

member_id owner_at(const row_source& row, int column) {
  return member_id{parse_uuid(row.text(column).value_or("")).value_or(uuid{})};
}
parameter owner_or_null(const member_id& owner) {
  return text_or_null(owner.is_nil() ? std::nullopt : std::optional{to_string(owner)});
}

std::optional<workflow_record> to_workflow(const row_source& row) {
  const auto id = parse_uuid(row.text(0).value_or(""));
  const auto user = to_user_id(row.text(1));
  const auto created = time_at(row, 10);
  if (!id || !user || !created) return std::nullopt;
  workflow_record w;
  w.id = workflow_id{*id};
  w.user = *user;
  w.message_id = text_or(row, 2);
  w.workflow_type = text_or(row, 3);
  w.agent_instance_id = text_or(row, 4);
  w.project_id = text_or(row, 5);
  w.parameters = text_or(row, 6);
  w.status = parse_workflow_phase(text_or(row, 7)).value_or(workflow_phase::failed);
  w.last_seq = number_at(row, 8);
  w.last_position = number_at(row, 9);
  w.created_at = *created;
  w.ended_at = time_at(row, 11);
  w.owner = owner_at(row, 12);
  return w;
}

} // namespace

// -- add_workflow ---------------------------------------------------------------------

void check(fact_checker& c, const add_workflow& f) {
  const auto& w = f.workflow;
  c.id("id", w.id);
  c.id("user", w.user);
  c.name("message_id", w.message_id, workflow_message_id_chars_max);
  c.name("workflow_type", w.workflow_type, workflow_name_chars_max);
  c.text("agent_instance_id", w.agent_instance_id, workflow_name_chars_max);
  c.text("project_id", w.project_id, workflow_name_chars_max);
  c.json_object("parameters", w.parameters, workflow_parameters_bytes_max);
  c.require(w.last_seq == 0 && w.last_position == 0, "last_seq", "is not 0");
  c.require(!w.ended_at, "ended_at", "has ended before it began");
  c.time("created_at", w.created_at);
}

void touch(footprint& print, const add_workflow& f) {
  print.reads(thing::user, f.workflow.user);
  print.writes(thing::workflow, f.workflow.id);
}

std::optional<failure> write(runner& on, const add_workflow& f, written&) {
  const auto& w = f.workflow;
  const auto user = to_string(w.user);
  if (on.run(sql::keep_user, {user}) == 0) return losing(error_code::user_not_found);
  const auto added = on.run(
      sql::add_workflow, {to_string(w.id), user, w.message_id, w.workflow_type, w.agent_instance_id,
                          w.project_id, w.parameters, std::string{to_string(w.status)}, w.last_seq,
                          w.last_position, time_text(w.created_at), owner_or_null(w.owner)});
  if (added == 0) return losing(error_code::conflict, "id", "is taken");
  return std::nullopt;
}

// -- add_workflow_status --------------------------------------------------------------

void check(fact_checker& c, const add_workflow_status& f) {
  constexpr auto most = std::int64_t{1} << 52;
  c.id("workflow", f.workflow);
  c.require(f.seq >= 1 && f.seq <= most, "seq", "is out of range");
  c.require(f.position >= 0 && f.position <= most, "position", "is out of range");
  c.require(!f.body.empty(), "body", "is empty");
  c.json_object("body", f.body, workflow_status_bytes_max);
  c.time("at", f.at);
}

void touch(footprint& print, const add_workflow_status& f) {
  print.writes(thing::workflow, f.workflow);
}

std::optional<failure> write(runner& on, const add_workflow_status& f, written&) {
  const auto id = to_string(f.workflow);
  const auto ended = f.status == workflow_phase::in_progress ? std::optional<time_point>{} : f.at;
  if (on.run(sql::move_workflow,
             {id, f.seq, f.position, std::string{to_string(f.status)}, time_or_null(ended)}) == 0) {
    if (on.run(sql::has_workflow, {id}) == 0) return losing(error_code::not_found, "id");
    return losing(error_code::conflict, "seq", "is not the next");
  }
  on.run(sql::add_workflow_status, {id, f.seq, f.body, time_text(f.at)});
  return std::nullopt;
}

// -- own_workflow ---------------------------------------------------------------------

void check(fact_checker& c, const own_workflow& f) {
  c.id("workflow", f.workflow);
  c.id("owner", f.owner);
}

void touch(footprint& print, const own_workflow& f) {
  print.writes(thing::workflow, f.workflow);
}

std::optional<failure> write(runner& on, const own_workflow& f, written&) {
  if (on.run(sql::own_workflow, {to_string(f.workflow), to_string(f.owner)}) == 0)
    return losing(error_code::not_found, "workflow");
  return std::nullopt;
}

// -- claim_workflows ------------------------------------------------------------------

void check(fact_checker& c, const claim_workflows& f) {
  c.id("to", f.to);
}

void touch(footprint&, const claim_workflows&) {}

std::optional<failure> write(runner& on, const claim_workflows& f, written& note) {
  note.claimed += row_count(
      on.run(sql::claim_workflows, {owner_or_null(f.from), to_string(f.to), row_count(f.max)}));
  return std::nullopt;
}

// -- forget_workflows -----------------------------------------------------------------

void check(fact_checker& c, const forget_workflows& f) {
  c.time("before", f.before);
}

void touch(footprint&, const forget_workflows&) {}

std::optional<failure> write(runner& on, const forget_workflows& f, written& note) {
  note.forgotten +=
      row_count(on.run(sql::forget_workflows, {time_text(f.before), row_count(f.max)}));
  return std::nullopt;
}

// -- queries ------------------------------------------------------------------------------

finding answer(runner& on, const find_workflow_record& q) {
  find_workflow_record::answer found;
  on.run(sql::find_workflow_record, {to_string(q.id)},
         [&](const row_source& row) { found = to_workflow(row); });
  return found;
}

finding answer(runner& on, const list_workflow_statuses& q) {
  list_workflow_statuses::answer statuses;
  on.run(sql::list_workflow_statuses, {to_string(q.workflow), q.after_seq, page_rows(q.limit)},
         [&](const row_source& row) {
           if (const auto at = time_at(row, 2))
             statuses.push_back({number_at(row, 0), text_or(row, 1), *at});
         });
  return statuses;
}

finding answer(runner& on, const list_running_workflows& q) {
  list_running_workflows::answer running;
  const auto take = [&](const row_source& row) {
    if (const auto id = parse_uuid(row.text(0).value_or(""))) running.push_back(workflow_id{*id});
  };
  if (q.owner.is_nil())
    on.run(sql::list_running_workflows, {to_string(q.after), page_rows(q.limit)}, take);
  else
    on.run(sql::list_owned_workflows, {to_string(q.after), page_rows(q.limit), to_string(q.owner)},
           take);
  return running;
}

finding answer(runner& on, const list_workflow_owners&) {
  list_workflow_owners::answer owners;
  on.run(sql::list_workflow_owners, {},
         [&](const row_source& row) { owners.push_back(owner_at(row, 0)); });
  return owners;
}

topic workflows_topic() {
  static constexpr fact_rules facts[] = {
      rules_for<add_workflow>(), rules_for<add_workflow_status>(), rules_for<forget_workflows>(),
      rules_for<own_workflow>(), rules_for<claim_workflows>()};
  static constexpr query_rules queries[] = {
      rules_for_query<find_workflow_record>(), rules_for_query<list_workflow_statuses>(),
      rules_for_query<list_running_workflows>(), rules_for_query<list_workflow_owners>()};
  return {facts, queries};
}

} // namespace latchkey::storage
