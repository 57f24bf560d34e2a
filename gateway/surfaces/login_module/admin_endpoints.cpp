// What administrators do with accounts ("API Reference", Admin Account Management).
#include "gateway/request/endpoint.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/sign_in/registration.hpp"
#include "gateway/surfaces/login_module/render.hpp"
#include "protocol/text/json_writer.hpp"

#include <utility>

namespace latchkey::gateway::login_module {
namespace {

constexpr std::int64_t page_max = 1'000'000;
constexpr std::int64_t limit_max = 500;
constexpr std::int64_t limit_default = 50;

/// The user that `{id}` names, if the caller stands above them. USER001, AUTH004.
awaitable<result<messages::user_view>> managed_user(http::exchange& ex, const principal& caller) {
  auto id = co_await resolve_user(ex, ex.params["id"]);
  if (!id) co_return fail(id.error());
  const messages::describe_user question;
  auto user = co_await edge_of(ex).ask_user(*id, question, ex.deadline);
  if (user && !may_manage(caller, edge_of(ex).roles(), *user))
    co_return fail(error_code::insufficient_permissions, "user_id",
                   "has more permissions than you have");
  co_return user;
}

/// What to make of `is_admin`: nothing when it is so already.
std::optional<std::string> role_for(bool is_admin, std::string_view role) {
  if (is_admin == is_admin_role(role)) return std::nullopt;
  return is_admin ? "admin" : "user";
}

} // namespace

awaitable<result<http::response>> list_users(http::exchange& ex, const principal&) {
  auto& edge = edge_of(ex);
  auto query = input::of_query(ex.in);
  const auto page = query.optional_integer("page", 1, page_max).value_or(1);
  const auto limit = query.optional_integer("limit", 1, limit_max).value_or(limit_default);
  const auto active = query.optional_flag("active");
  if (auto read = query.done(); !read) co_return fail(read.error());

  storage::list_users question;
  question.active = active;
  question.limit = static_cast<std::size_t>(limit);
  question.offset = static_cast<std::size_t>((page - 1) * limit);
  auto found = co_await edge.read(question, ex.deadline);
  if (!found) co_return fail(found.error());
  std::string out;
  json_writer list(out);
  list.begin_object()
      .number("total", static_cast<std::int64_t>(found->total))
      .number("page", page)
      .number("limit", limit)
      .begin_list("users");
  for (const auto& user : found->users)
    append_account(out, messages::view_of(user), account_form::listed);
  list.end_list().end_object();
  co_return http::json_response(200, std::move(out));
}

awaitable<result<http::response>> get_user(http::exchange& ex, const principal&) {
  auto id = co_await resolve_user(ex, ex.params["id"]);
  if (!id) co_return fail(id.error());
  const messages::describe_user question;
  auto user = co_await edge_of(ex).ask_user(*id, question, ex.deadline);
  if (!user) co_return fail(user.error());
  co_return http::json_response(200, account_body(*user, account_form::seen));
}

awaitable<result<http::response>> update_user(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in);
  messages::update_user request;
  request.changes.is_active = body.optional_flag("is_active");
  const auto is_admin = body.optional_flag("is_admin");
  const auto full_name = body.optional_text("full_name", full_name_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto user = co_await managed_user(ex, caller);
  if (!user) co_return fail(user.error());
  if (full_name) {
    auto checked = check_person_name_change("full_name", *full_name, full_name_code_points_max,
                                            messages::full_name_of(*user));
    if (!checked) co_return fail(checked.error());
    request.changes.full_name = std::move(*checked);
  }
  if (is_admin) request.changes.role = role_for(*is_admin, user->role);
  if (request.changes.role) {
    auto good = check_role_given(caller, edge.roles(), *request.changes.role, "is_admin");
    if (!good) co_return fail(good.error());
  }
  request.role_seen = user->role;
  request.author = author_of(ex, caller);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto updated = co_await edge.ask_user(user->id, std::move(request), ex.deadline);
  if (!updated) co_return fail(updated.error());
  co_return http::json_response(200, account_body(*updated, account_form::administered));
}

awaitable<result<http::response>> delete_user(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  auto user = co_await managed_user(ex, caller);
  if (!user) co_return fail(user.error());
  messages::delete_user request{author_of(ex, caller), edge.deadline_for_actors(ex.deadline),
                                user->role};
  auto deleted = co_await edge.ask_user(user->id, std::move(request), ex.deadline);
  if (!deleted) co_return fail(deleted.error());
  co_return http::empty_response();
}

} // namespace latchkey::gateway::login_module
