// Projects: made within a quota, shared by those of one client.
#include "actors/audit/audit_entry.hpp"
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/billing/render.hpp"
#include "protocol/text/control_characters.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/name_look.hpp"
#include "protocol/text/text_codec.hpp"

#include <utility>

namespace latchkey::gateway::billing {
namespace {

constexpr std::size_t name_code_points_max = 255; // VARCHAR(255)
constexpr std::size_t description_code_points_max = 4000;
constexpr std::int64_t page_max = 1'000'000;
constexpr std::int64_t limit_default = 50;
constexpr const char* quota = "projects";

struct project_input {
  std::optional<std::string> name;
  std::optional<std::string> description; // empty: none
  std::optional<bool> is_active;
};

enum class name_is : bool { optional, required };

result<void> check_name(std::string& name) {
  name = std::string{trim_white_space(name)};
  if (name.empty()) return fail(error_code::validation_error, "name", "must not be empty");
  if (count_code_points(name) > name_code_points_max)
    return fail(error_code::validation_error, "name", "must have at most 255 characters");
  if (has_invisible_characters(name))
    return fail(error_code::validation_error, "name",
                "must not contain control or invisible characters");
  return {};
}

/// Paragraphs are welcome; other control characters are not text.
result<void> check_description(const std::string& text) {
  if (count_code_points(text) > description_code_points_max)
    return fail(error_code::validation_error, "description", "must have at most 4000 characters");
  return check_no_control_characters("description", text, "\n\r\t");
}

result<project_input> read_project(const http::exchange& ex, name_is needed) {
  auto body = input::of(ex.in);
  project_input out;
  if (needed == name_is::required || body.has("name"))
    out.name = body.text("name", 1, 4 * name_code_points_max);
  if (body.has("description"))
    out.description =
        body.optional_text("description", 4 * description_code_points_max).value_or("");
  if (body.has("is_active")) out.is_active = body.flag("is_active");
  auto good = body.done();
  if (good && out.name) good = check_name(*out.name);
  if (good && out.description) good = check_description(*out.description);
  if (!good) return fail(good.error());
  return out;
}

awaitable<result<messages::user_view>> describe(http::exchange& ex, const principal& caller) {
  const messages::describe_user question;
  co_return co_await edge_of(ex).ask_user(caller.user, question, ex.deadline);
}

/// The project that `{id}` names, if the caller may know of it; NOT_FOUND otherwise.
awaitable<result<project_record>> visible_project(http::exchange& ex, const principal& caller) {
  const auto id = parse_uuid(ex.params["id"]);
  if (!id) co_return fail(error_code::not_found);
  const storage::find_project question{*id};
  auto found = co_await edge_of(ex).read(question, ex.deadline);
  if (!found) co_return fail(found.error());
  if (!*found) co_return fail(error_code::not_found);
  if ((*found)->owner == caller.user) co_return std::move(**found);
  auto account = co_await describe(ex, caller);
  if (!account) co_return fail(account.error());
  if (account->client_id.empty() || account->client_id != (*found)->client_id)
    co_return fail(error_code::not_found);
  co_return std::move(**found);
}

storage::fact audit_of(const http::exchange& ex, const principal& caller, std::string action,
                       const project_record& project) {
  return storage::add_audit{audit_entry(std::move(action), to_string(project.id),
                                        edge_of(ex).env().now(), author_of(ex, caller),
                                        project.owner)};
}

http::response project_answer(unsigned status, const project_record& project) {
  std::string out;
  append_project(out, project);
  return http::json_response(status, std::move(out));
}

} // namespace

awaitable<result<http::response>> list_projects(http::exchange& ex, const principal& caller) {
  auto query = input::of_query(ex.in);
  const auto page = query.optional_integer("page", 1, page_max).value_or(1);
  const auto limit =
      query.optional_integer("limit", 1, storage::page_rows_max).value_or(limit_default);
  if (auto read = query.done(); !read) co_return fail(read.error());
  auto account = co_await describe(ex, caller);
  if (!account) co_return fail(account.error());

  storage::list_projects question;
  question.owner = caller.user;
  question.client_id = account->client_id;
  question.offset = static_cast<std::size_t>((page - 1) * limit);
  question.limit = static_cast<std::size_t>(limit);
  auto found = co_await edge_of(ex).read(question, ex.deadline);
  if (!found) co_return fail(found.error());
  std::string out;
  json_writer list(out);
  list.begin_object()
      .number("total", static_cast<std::int64_t>(found->total))
      .number("page", page)
      .number("limit", limit)
      .begin_list("projects");
  for (const auto& project : found->projects)
    append_project(out, project);
  list.end_list().end_object();
  co_return http::json_response(200, std::move(out));
}

awaitable<result<http::response>> create_project(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  auto given = read_project(ex, name_is::required);
  if (!given) co_return fail(given.error());
  auto account = co_await describe(ex, caller);
  if (!account) co_return fail(account.error());

  project_record project;
  const auto now = edge.env().now();
  project.id = make_uuid(now);
  project.client_id = account->client_id;
  project.owner = caller.user;
  project.name = std::move(*given->name);
  project.description = given->description.value_or("");
  project.is_active = given->is_active.value_or(true);
  project.created_at = project.updated_at = now;

  messages::spend request;
  request.quota = quota;
  request.also.emplace_back(storage::add_project{project});
  request.also.push_back(audit_of(ex, caller, "project.created", project));
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto spent = co_await edge.ask_subscription(caller.user, std::move(request), ex.deadline);
  if (!spent) co_return fail(spent.error());
  co_return project_answer(201, project);
}

awaitable<result<http::response>> get_project(http::exchange& ex, const principal& caller) {
  auto project = co_await visible_project(ex, caller);
  if (!project) co_return fail(project.error());
  co_return project_answer(200, *project);
}

awaitable<result<http::response>> update_project(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  auto given = read_project(ex, name_is::optional);
  if (!given) co_return fail(given.error());
  auto project = co_await visible_project(ex, caller);
  if (!project) co_return fail(project.error());

  storage::update_project change;
  change.project = project->id;
  change.name = std::move(given->name);
  change.description = std::move(given->description);
  change.is_active = given->is_active;
  change.at = edge.env().now();
  messages::commit request;
  request.unit.facts.emplace_back(std::move(change));
  request.unit.facts.push_back(audit_of(ex, caller, "project.changed", *project));
  request.deadline = edge.deadline_for_actors(ex.deadline);
  const auto& writer = edge.env().writer_for(project->owner);
  auto written = co_await edge.ask(writer, std::move(request), ex.deadline);
  if (!written) co_return fail(written.error());
  // Somebody else may have changed the rest meanwhile.
  auto changed = co_await visible_project(ex, caller);
  if (!changed) co_return fail(changed.error());
  co_return project_answer(200, *changed);
}

awaitable<result<http::response>> delete_project(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  auto project = co_await visible_project(ex, caller);
  if (!project) co_return fail(project.error());
  messages::spend request;
  request.quota = quota;
  request.amount = -1;
  request.also.emplace_back(storage::remove_project{project->id});
  request.also.push_back(audit_of(ex, caller, "project.deleted", *project));
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto spent = co_await edge.ask_subscription(project->owner, std::move(request), ex.deadline);
  if (!spent) co_return fail(spent.error());
  co_return http::empty_response();
}

} // namespace latchkey::gateway::billing
