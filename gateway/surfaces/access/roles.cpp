// roles.cpp — roles and who has them.
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/surfaces/access/render.hpp"
#include "protocol/text/control_characters.hpp"
#include "protocol/text/text_codec.hpp"

#include <string>
#include <utility>

namespace latchkey::gateway::access {
namespace {

constexpr std::size_t description_bytes_max = 4 * role_description_chars_max;

/// Each once, in their order.
std::vector<std::string> read_permissions(input& body) {
  return permission_set{body.texts("permissions", permissions_max, permission_bytes_max)}.words();
}

result<void> check_description(const std::optional<std::string>& description) {
  if (!description) return {};
  if (count_code_points(*description) > role_description_chars_max)
    return fail(error_code::validation_error, "description", "must have at most 255 characters");
  return check_no_control_characters("description", *description);
}

result<void> check_permissions(const std::vector<std::string>& permissions) {
  for (const auto& permission : permissions)
    if (!is_permission(permission))
      return fail(error_code::validation_error, "permissions",
                  "must have the form resource:action");
  return {};
}

/// Everybody's are no more than anybody's own.
result<void> check_role_grant(const principal& caller,
                              const std::vector<std::string>& permissions) {
  return check_grant(caller, permission_set{permissions}, "permissions",
                     "go beyond the caller's own permissions");
}

failure no_such_role() {
  return {error_code::not_found, "name", "is not a role", 0};
}

std::string role_body(const role_table& roles, const role_record& role) {
  std::string out;
  json_writer body(out);
  write_role(body, role, role.requires_second_factor || roles.factors.is_required_of(role.name));
  return out;
}

awaitable<result<http::response>> store_role(http::exchange& ex, const principal& caller,
                                             role_record role, bool is_new) {
  auto& edge = edge_of(ex);
  messages::put_role request{std::move(role), is_new, author_of(ex, caller),
                             edge.deadline_for_actors(ex.deadline)};
  auto stored = co_await edge.ask(edge.env().registry, std::move(request), ex.deadline);
  if (!stored) co_return fail(stored.error());
  co_return http::json_response(is_new ? 201 : 200, role_body(edge.roles(), stored->role));
}

} // namespace

awaitable<result<http::response>> list_roles(http::exchange& ex, const principal&) {
  std::string out;
  json_writer body(out);
  body.begin_object().begin_list("roles");
  for (const auto& [name, entry] : edge_of(ex).roles().roles)
    write_role(body, entry.role, edge_of(ex).roles().requires_second_factor(name));
  body.end_list().end_object();
  co_return http::json_response(200, std::move(out));
}

awaitable<result<http::response>> get_role(http::exchange& ex, const principal&) {
  const auto* found = edge_of(ex).roles().find(ex.params["name"]);
  if (found == nullptr) co_return fail(no_such_role());
  co_return http::json_response(200, role_body(edge_of(ex).roles(), found->role));
}

awaitable<result<http::response>> create_role(http::exchange& ex, const principal& caller) {
  auto body = input::of(ex.in);
  role_record role;
  role.name = body.text("name", 1, role_name_bytes_max);
  auto description = body.optional_text("description", description_bytes_max);
  role.permissions = read_permissions(body);
  role.requires_second_factor = body.optional_flag("requires_second_factor").value_or(false);
  auto good = body.done();
  if (good && !is_role_name(role.name))
    good = fail(error_code::validation_error, "name", "must have only a to z, 0 to 9, _ and -");
  if (good) good = check_description(description);
  if (good) good = check_permissions(role.permissions);
  if (good) good = check_role_grant(caller, role.permissions);
  if (!good) co_return fail(good.error());
  role.description = std::move(description).value_or("");
  co_return co_await store_role(ex, caller, std::move(role), true);
}

awaitable<result<http::response>> update_role(http::exchange& ex, const principal& caller) {
  auto body = input::of(ex.in);
  auto description = body.optional_text("description", description_bytes_max);
  const bool describes = body.has("description");
  auto permissions = read_permissions(body);
  const auto requires_factor = body.optional_flag("requires_second_factor");
  auto good = body.done();
  if (good) good = check_description(description);
  if (good) good = check_permissions(permissions);
  if (!good) co_return fail(good.error());

  const auto* known = edge_of(ex).roles().find(ex.params["name"]);
  if (known == nullptr) co_return fail(no_such_role());
  // Neither what it grants now nor what it will may be more than the caller's own.
  good = check_role_grant(caller, known->role.permissions);
  if (good) good = check_role_grant(caller, permissions);
  if (!good) co_return fail(good.error());
  auto role = known->role;
  role.permissions = std::move(permissions);
  role.requires_second_factor = requires_factor.value_or(role.requires_second_factor);
  if (describes) role.description = std::move(description).value_or("");
  co_return co_await store_role(ex, caller, std::move(role), false);
}

awaitable<result<http::response>> delete_role(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  const auto* known = edge.roles().find(ex.params["name"]);
  if (known == nullptr) co_return fail(no_such_role());
  if (auto good = check_role_grant(caller, known->role.permissions); !good)
    co_return fail(good.error());
  messages::delete_role request{known->role.name, author_of(ex, caller),
                                edge.deadline_for_actors(ex.deadline)};
  auto removed = co_await edge.ask(edge.env().registry, std::move(request), ex.deadline);
  if (!removed) co_return fail(removed.error());
  co_return http::empty_response();
}

awaitable<result<http::response>> set_user_role(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in);
  const auto role = body.text("role", 1, role_name_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  if (edge.roles().find(role) == nullptr)
    co_return fail(error_code::validation_error, "role", "is not a role");
  if (auto good = check_role_given(caller, edge.roles(), role, "role"); !good)
    co_return fail(good.error());

  auto user = co_await resolve_user(ex, ex.params["id"]);
  if (!user) co_return fail(user.error());
  const messages::describe_user question;
  auto target = co_await edge.ask_user(*user, question, ex.deadline);
  if (!target) co_return fail(target.error());
  if (!may_manage(caller, edge.roles(), *target))
    co_return fail(error_code::insufficient_permissions, "id",
                   "has a role that grants more than the caller's own");

  messages::update_user request;
  request.changes.role = role;
  request.role_seen = target->role;
  request.author = author_of(ex, caller);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto changed = co_await edge.ask_user(*user, std::move(request), ex.deadline);
  if (!changed) co_return fail(changed.error());
  std::string out;
  json_writer(out)
      .begin_object()
      .text("id", to_string(changed->id))
      .text("username", changed->username)
      .text("role", changed->role)
      .end_object();
  co_return http::json_response(200, std::move(out));
}

} // namespace latchkey::gateway::access
