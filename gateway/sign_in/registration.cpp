#include "gateway/sign_in/registration.hpp"

#include "actors/base/owner_token.hpp"
#include "actors/limits/charge_rate.hpp"
#include "gateway/request/request_limit.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/name_look.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/text/text_codec.hpp"
#include "protocol/tokens/recovery_passphrase.hpp"

#include <utility>

namespace latchkey::gateway {
namespace {

result<void> set_name(std::string& to, std::string_view field,
                      const std::optional<std::string>& name, std::size_t code_points_max) {
  if (!name) return {};
  auto checked = check_person_name(field, *name, code_points_max);
  if (!checked) return fail(checked.error());
  to = std::move(*checked);
  return {};
}

/// Everything but what takes a hash.
result<messages::register_user> checked(const registration& given, std::size_t length_min) {
  messages::register_user request;
  auto& user = request.user;
  user.username = given.username;
  user.email = given.email;
  auto good = set_name(user.first_name, "first_name", given.first_name, first_name_code_points_max);
  if (good)
    good = set_name(user.last_name, "last_name", given.last_name, first_name_code_points_max);
  if (good)
    good = set_name(user.full_name, "full_name", given.full_name, full_name_code_points_max);
  if (good) {
    auto email = normal_email(user.email);
    if (!email) return fail(email.error());
    user.email = std::move(*email);
  }
  if (good) good = check_username(user.username, user.email);
  if (good) good = check_password(given.password.reveal(), user.username, user.email, length_min);
  if (!good) return fail(good.error());
  auto username_key = fold_login_name(user.username);
  auto email_key = fold_login_name(user.email);
  if (!username_key) return fail(error_code::validation_error, "username", "is not a valid name");
  if (!email_key) return fail(error_code::validation_error, "email", "is not a valid address");
  request.username_key = std::move(*username_key);
  request.email_key = std::move(*email_key);
  return request;
}

/// The mail that asks whether the address is theirs, durable with the user.
awaitable<result<void>> add_verification(http::exchange& ex, messages::register_user& request) {
  const auto& env = edge_of(ex).env();
  if (env.policy.verification == email_verification::off || !env.mails) co_return result<void>{};
  const auto key = mail_rate_key("email_verification", request.email_key);
  const auto charged = co_await take_rate(ex, key, env.policy.notice_mails);
  if (!charged) co_return fail(charged.error());
  if (!charged->granted) co_return result<void>{};
  const auto& user = request.user;
  const auto ttl = env.policy.email_token_ttl;
  auto token = make_owner_token(user.id, token_purpose::email_verification, user.created_at, ttl);
  request.also.emplace_back(std::move(token.fact));
  request.also.emplace_back(
      env.mails->email_verification(user.email, token.text, ttl.count(), user.created_at));
  co_return result<void>{};
}

awaitable<result<secret>> hashed(http::exchange& ex, secret text) {
  auto& edge = edge_of(ex);
  messages::hash_password question{std::move(text), edge.deadline_for_actors(ex.deadline)};
  auto answer = co_await edge.ask(edge.env().hasher, std::move(question), ex.deadline);
  if (!answer) co_return fail(answer.error());
  co_return std::move(answer->phc);
}

} // namespace

result<std::string> check_person_name(std::string_view field, std::string_view name,
                                      std::size_t code_points_max) {
  const auto trimmed = trim_white_space(name);
  if (count_code_points(trimmed) > code_points_max)
    return fail(error_code::validation_error, std::string{field},
                "must have at most " + std::to_string(code_points_max) + " characters");
  if (has_invisible_characters(trimmed))
    return fail(error_code::validation_error, std::string{field},
                "must not contain control or invisible characters");
  return std::string{trimmed};
}

result<std::optional<std::string>> check_person_name_change(std::string_view field,
                                                            std::string_view name,
                                                            std::size_t code_points_max,
                                                            std::string_view shown) {
  if (name == shown) return std::optional<std::string>{};
  auto checked = check_person_name(field, name, code_points_max);
  if (!checked) return fail(checked.error());
  return std::optional{std::move(*checked)};
}

result<void> check_registration_open(http::exchange& ex) {
  if (edge_of(ex).configured().registration_open) return {};
  return fail(error_code::insufficient_permissions, "registration",
              "is closed on this server: its operator adds users");
}

awaitable<result<messages::user_view>> register_new_user(http::exchange& ex, registration given) {
  auto& edge = edge_of(ex);
  auto request = checked(given, edge.env().policy.password_length_min_alone);
  if (!request) co_return fail(request.error());
  secret passphrase;
  if (given.recovery_passphrase) {
    auto normal = normal_passphrase(*given.recovery_passphrase, "recovery_passphrase");
    if (!normal) co_return fail(normal.error());
    auto good = check_passphrase(*normal, "recovery_passphrase");
    if (!good) co_return fail(good.error());
    passphrase = std::move(*normal);
  }

  auto password_hash = co_await hashed(ex, std::move(given.password));
  if (!password_hash) co_return fail(password_hash.error());
  const auto now = edge.env().now();
  auto& user = request->user;
  user.id = user_id{make_uuid(now)};
  user.created_at = user.updated_at = now;
  user.password_hash = std::move(*password_hash);
  if (!passphrase.empty()) {
    auto passphrase_hash = co_await hashed(ex, std::move(passphrase));
    if (!passphrase_hash) co_return fail(passphrase_hash.error());
    request->also.emplace_back(storage::set_recovery{user.id, std::move(*passphrase_hash), now});
  }
  if (auto added = co_await add_verification(ex, *request); !added) co_return fail(added.error());
  request->client = client_of(ex);
  request->deadline = edge.deadline_for_actors(ex.deadline);
  const auto& directory = edge.env().directory_for(user.id);
  co_return co_await edge.ask(directory, std::move(*request), ex.deadline);
}

} // namespace latchkey::gateway
