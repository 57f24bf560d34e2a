// The profile: what a user tells of themselves.
#include "gateway/request/endpoint.hpp"
#include "gateway/request/input/picture_url.hpp"
#include "gateway/request/principal.hpp"
#include "gateway/sign_in/registration.hpp"
#include "gateway/surfaces/billing/render.hpp"
#include "protocol/text/text_codec.hpp"

#include <array>
#include <utility>

namespace latchkey::gateway::billing {
namespace {

// "Auth Service Internal API Documentation", user_profiles: in characters.
constexpr std::size_t company_code_points_max = 255;
constexpr std::size_t phone_code_points_max = 50;
constexpr std::size_t preferences_bytes_max = 16 * 1024;

struct profile_text {
  const char* field;
  std::optional<std::string> storage::user_changes::*target;
  std::size_t code_points_max;
};
constexpr std::array<profile_text, 4> texts = {
    {{"first_name", &storage::user_changes::first_name, first_name_code_points_max},
     {"last_name", &storage::user_changes::last_name, first_name_code_points_max},
     {"company", &storage::user_changes::company, company_code_points_max},
     {"phone", &storage::user_changes::phone, phone_code_points_max}}};

/// What is given; null becomes the empty text, which is none.
result<storage::user_changes> read_changes(const http::exchange& ex) {
  auto body = input::of(ex.in);
  storage::user_changes out;
  for (const auto& text : texts)
    if (body.has(text.field))
      out.*text.target = body.optional_text(text.field, 4 * text.code_points_max).value_or("");
  if (body.has("avatar_url"))
    out.avatar_url = body.optional_text("avatar_url", picture_url_bytes_max).value_or("");
  if (body.has("preferences"))
    out.preferences = body.object_text("preferences", preferences_bytes_max).value_or("");
  if (auto read = body.done(); !read) return fail(read.error());
  return out;
}

/// Leaves in the changes what is another value than the one that is shown, which may be older than
/// the rules.
result<void> check_changes(storage::user_changes& changes, const messages::user_view& user,
                           const profile_record& profile) {
  const std::array<std::string_view, texts.size()> shown{user.first_name, user.last_name,
                                                         profile.company, profile.phone};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto& given = changes.*texts[i].target;
    if (!given) continue;
    auto checked =
        check_person_name_change(texts[i].field, *given, texts[i].code_points_max, shown[i]);
    if (!checked) return fail(checked.error());
    given = std::move(*checked);
  }
  if (changes.avatar_url == profile.avatar_url) changes.avatar_url.reset();
  if (!changes.avatar_url) return {};
  return check_picture_url("avatar_url", *changes.avatar_url, picture_url_form::absolute);
}

awaitable<result<http::response>> profile_answer(http::exchange& ex,
                                                 const messages::user_view& user) {
  const storage::find_profile question{user.id};
  auto profile = co_await edge_of(ex).read(question, ex.deadline);
  if (!profile) co_return fail(profile.error());
  co_return http::json_response(200, profile_body(user, profile->value_or(profile_record{})));
}

} // namespace

awaitable<result<http::response>> get_profile(http::exchange& ex, const principal& caller) {
  const messages::describe_user question;
  auto user = co_await edge_of(ex).ask_user(caller.user, question, ex.deadline);
  if (!user) co_return fail(user.error());
  co_return co_await profile_answer(ex, *user);
}

awaitable<result<http::response>> update_profile(http::exchange& ex, const principal& caller) {
  auto& edge = edge_of(ex);
  auto given = read_changes(ex);
  if (!given) co_return fail(given.error());
  const messages::describe_user question;
  auto user = co_await edge.ask_user(caller.user, question, ex.deadline);
  if (!user) co_return fail(user.error());
  const storage::find_profile profile_question{caller.user};
  auto profile = co_await edge.read(profile_question, ex.deadline);
  if (!profile) co_return fail(profile.error());
  auto good = check_changes(*given, *user, profile->value_or(profile_record{}));
  if (!good) co_return fail(good.error());
  messages::update_user request;
  request.changes = std::move(*given);
  request.author = author_of(ex, caller);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto updated = co_await edge.ask_user(caller.user, std::move(request), ex.deadline);
  if (!updated) co_return fail(updated.error());
  co_return co_await profile_answer(ex, *updated);
}

} // namespace latchkey::gateway::billing
