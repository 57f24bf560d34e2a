// "Service Integration API Documentation", Sync User Data; "Flask Service Integration
// Documentation", User Data Synchronization.
#include "gateway/request/endpoint.hpp"
#include "gateway/request/input/picture_url.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/sign_in/registration.hpp"
#include "gateway/surfaces/integration/answers.hpp"
#include "gateway/surfaces/integration/user_ids.hpp"
#include "protocol/text/login_name.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace latchkey::gateway::integration {
namespace {

constexpr std::string_view user_failed = "Failed to sync user data";
constexpr std::size_t name_bytes_max = 4 * first_name_code_points_max;

/// Somebody else may add, rename or remove the same user at the same moment.
constexpr int tries_max = 4;

/// The body, as read and checked.
struct user_report {
  named_user named;
  std::string id; // the same as text
  std::string email;
  std::string email_key; // folded
  storage::user_changes changes;
};

/// The names that `user` has already, if there is one, are no change: they may be older than the
/// rules.
result<void> check_names(storage::user_changes& changes, const messages::user_view* user) {
  const auto check = [](std::string_view field, std::optional<std::string>& name,
                        const std::string* shown) -> result<void> {
    if (!name || (shown != nullptr && *name == *shown)) return {};
    auto checked = check_person_name(field, *name, first_name_code_points_max);
    if (!checked) return fail(checked.error());
    *name = std::move(*checked);
    return {};
  };
  auto good = check("first_name", changes.first_name, user ? &user->first_name : nullptr);
  if (good) good = check("last_name", changes.last_name, user ? &user->last_name : nullptr);
  if (good && changes.avatar_url)
    good = check_picture_url("profile_picture", *changes.avatar_url, picture_url_form::reference);
  return good;
}

result<user_report> read_user(http::exchange& ex) {
  user_report report;
  auto& changes = report.changes;
  auto body = input::of(ex.in);
  report.id = body.id_text("id");
  report.email = trim_white_space(body.text("email", 1, login_name_bytes_max));
  changes.is_active = body.optional_flag("is_active");
  changes.email_verified = body.optional_flag("is_email_verified");
  changes.first_name = body.optional_text("first_name", name_bytes_max);
  changes.last_name = body.optional_text("last_name", name_bytes_max);
  changes.avatar_url = body.optional_text("profile_picture", picture_url_bytes_max);
  changes.synced_at = body.optional_time("last_sync");
  // One from the future would keep all others out until then.
  if (changes.synced_at) changes.synced_at = std::min(*changes.synced_at, edge_of(ex).env().now());
  if (auto good = body.done(); !good) return fail(good.error());

  const auto named = parse_user(report.id);
  if (!named) return fail(error_code::validation_error, "id", "must be a user's number or UUID");
  report.named = *named;
  auto email = normal_email(report.email);
  if (!email) return fail(email.error());
  report.email = std::move(*email);
  auto key = fold_login_name(report.email);
  if (!key) return fail(error_code::validation_error, "email", "is not a valid address");
  report.email_key = std::move(*key);
  return report;
}

bool is_nobody(const failure& error) {
  return error.code == error_code::user_not_found;
}

bool has_other_role(const failure& error) {
  return error.code == error_code::conflict && error.field == "role";
}

/// What a person with the scopes of the service might change of that user ("may_manage"). Whoever
/// sets an email has a reset mailed to it, so administrators' is for nobody but themselves.
bool may_manage(reactor_edge& edge, const service_principal& caller,
                const messages::user_view& user) {
  if (!caller.service->scopes->has("users:write") || is_admin_role(user.role)) return false;
  const auto& roles = edge.roles();
  const auto own = caller.service->scopes->with(*roles.everybody);
  return own.has_all(roles.permissions_of(user.role)->words());
}

/// Of users who may more than everybody, the email and the state are not for every service: whoever
/// sets the state shuts administrators out. VALIDATION_ERROR.
result<void> check_privilege(reactor_edge& edge, const service_principal& caller,
                             const user_report& report, const messages::user_view& user) {
  const auto& roles = edge.roles();
  if (roles.everybody->has_all(roles.permissions_of(user.role)->words())) return {};
  if (may_manage(edge, caller, user)) return {};
  const auto refuse = [&user](std::string field) {
    return fail(
        error_code::validation_error, std::move(field),
        is_admin_role(user.role)
            ? "of an administrator can only be changed by an administrator (and the last one is "
              "never shut out); no scope allows a service to, not even users:write"
            : "of a user with a role above \"user\" can only be changed by a service with the "
              "scope users:write and all permissions of that role");
  };
  if (report.email_key != fold_login_name(user.email)) return refuse("email");
  if (report.changes.is_active.value_or(user.is_active) != user.is_active)
    return refuse("is_active");
  return {};
}

/// Changes an existing user as reported. USER001 when there is none.
awaitable<result<void>> change(http::exchange& ex, const service_principal& caller,
                               const user_report& report, user_id id) {
  auto& edge = edge_of(ex);
  const messages::describe_user question;
  const auto user = co_await edge.ask_user(id, question, ex.deadline);
  if (!user) co_return fail(user.error());
  auto wanted = report.changes;
  if (auto good = check_names(wanted, &*user); !good) co_return good;
  if (auto may = check_privilege(edge, caller, report, *user); !may) co_return may;
  messages::update_user request{std::move(wanted), author_of(ex, caller),
                                edge.deadline_for_actors(ex.deadline)};
  request.service = messages::service_author{caller.service->id, may_manage(edge, caller, *user)};
  // By the role it was decided what the service may: should it be another by now, it asks again.
  request.role_seen = user->role;
  auto& changes = request.changes;
  changes.email = report.email;
  changes.email_key = report.email_key;
  // Who goes by the email goes by the new one: the old may become somebody else's.
  const auto old_key = fold_login_name(user->email);
  if (old_key && *old_key != report.email_key && fold_login_name(user->username) == old_key) {
    changes.username = report.email;
    changes.username_key = report.email_key;
  }
  const auto changed = co_await edge.ask_user(id, std::move(request), ex.deadline);
  if (!changed) co_return fail(changed.error());
  co_return result<void>{};
}

/// Whose email it is. USER001 when nobody's; USER002 when it is somebody's username alone.
awaitable<result<user_id>> owner_of_email(http::exchange& ex, const user_report& report) {
  auto& edge = edge_of(ex);
  const auto& readers = edge.env().readers;
  const auto& reader = readers[std::hash<std::string>{}(report.email_key) % readers.size()];
  messages::read_login login_question{report.email_key, edge.deadline_for_actors(ex.deadline)};
  const auto found = co_await edge.ask(reader, std::move(login_question), ex.deadline);
  if (!found) co_return fail(found.error());
  if (!found->user) co_return fail(error_code::user_not_found);
  const messages::describe_user question;
  const auto user = co_await edge.ask_user(*found->user, question, ex.deadline);
  if (!user) co_return fail(user.error());
  if (fold_login_name(user->email) != report.email_key)
    co_return fail(error_code::user_exists, "email", "is taken");
  co_return *found->user;
}

/// Adds the user: without a password, known by the email. USER002 when any of it is taken.
awaitable<result<void>> create(http::exchange& ex, const service_principal& caller,
                               const user_report& report) {
  auto& edge = edge_of(ex);
  const auto now = edge.env().now();
  messages::register_user request;
  auto& user = request.user;
  if (const auto* number = std::get_if<std::int64_t>(&report.named)) {
    user.id = user_id{make_uuid(now)};
    user.number = *number;
    const auto most = edge.configured().sync_user_number_max;
    if (*number > most)
      co_return fail(error_code::validation_error, "id",
                     "of a new user must be from 1 to " + std::to_string(most));
  } else {
    user.id = std::get<user_id>(report.named);
  }
  user.username = user.email = report.email;
  request.username_key = request.email_key = report.email_key;
  auto wanted = report.changes;
  if (auto good = check_names(wanted, nullptr); !good) co_return good;
  user.first_name = wanted.first_name.value_or("");
  user.last_name = wanted.last_name.value_or("");
  user.is_active = wanted.is_active.value_or(true);
  user.email_verified = wanted.email_verified.value_or(false);
  user.created_at = user.updated_at = now;
  request.keeps_sequence = true;
  // What a new user's row does not bring along.
  storage::update_user rest{user.id, user.version, {}, now};
  rest.changes.avatar_url = wanted.avatar_url;
  rest.changes.synced_at = wanted.synced_at;
  rest.changes.brought_by = caller.service->id;
  request.also.emplace_back(std::move(rest));
  request.client = client_of(ex);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  request.by = name_in_audit(caller);
  const auto& directory = edge.env().directory_for(user.id);
  const auto added = co_await edge.ask(directory, std::move(request), ex.deadline);
  if (!added) co_return fail(added.error());
  co_return result<void>{};
}

/// By the id, then by the email, then as somebody new. `lost` becomes whether that failed over
/// what may have changed on the way: the user came, or went.
awaitable<result<void>> change_or_create(http::exchange& ex, const service_principal& caller,
                                         const user_report& report, bool& lost) {
  lost = false;
  const auto id = co_await find_user(ex, "id", report.id);
  if (!id && !is_nobody(id.error())) co_return fail(id.error());
  if (id) {
    auto changed = co_await change(ex, caller, report, *id);
    lost = !changed && has_other_role(changed.error());
    if (changed || !is_nobody(changed.error())) co_return changed;
  }
  const auto owner = co_await owner_of_email(ex, report);
  if (!owner && !is_nobody(owner.error())) co_return fail(owner.error());
  if (owner) {
    auto changed = co_await change(ex, caller, report, *owner);
    lost = !changed && (is_nobody(changed.error()) || has_other_role(changed.error()));
    co_return changed;
  }
  auto created = co_await create(ex, caller, report);
  lost = !created && created.error().code == error_code::user_exists;
  co_return created;
}

} // namespace

awaitable<result<http::response>> sync_user(http::exchange& ex, const service_principal& caller) {
  const auto report = read_user(ex);
  if (!report) co_return refused(report.error(), user_failed);
  result<void> done = fail(error_code::internal_error);
  bool lost = true;
  for (int i = 0; lost && i < tries_max; ++i)
    done = co_await change_or_create(ex, caller, *report, lost);
  if (done) co_return success();
  auto error = done.error();
  if (error.field == "username") error.field = "email"; // which it was made of
  if (error.field == "number") error.field = "id";
  co_return refused(error, user_failed);
}

} // namespace latchkey::gateway::integration
