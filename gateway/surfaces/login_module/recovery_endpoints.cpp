// Getting back in without the password ("API Reference", Account Recovery). Nothing here
// tells whether an address is anybody's.
#include "gateway/request/endpoint.hpp"
#include "gateway/sign_in/sign_in.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/password_policy.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "protocol/tokens/recovery_passphrase.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <utility>

namespace latchkey::gateway::login_module {
namespace {

/// The `email` of the body, which must be one address.
result<std::string> checked_email(std::string_view sent) {
  return normal_email(trim_white_space(sent));
}

/// A token and a mail are written for an address that is somebody's. So that this does not show,
/// the answer waits for the next of these steps since the request.
constexpr std::chrono::milliseconds answer_step{50};

awaitable<> wait_for_answer_step(std::chrono::steady_clock::time_point begun) {
  const auto steps = (std::chrono::steady_clock::now() - begun) / answer_step + 1;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    reactor_executor>
      timer{co_await boost::asio::this_coro::executor, begun + steps * answer_step};
  co_await timer.async_wait(use_awaitable);
}

} // namespace

awaitable<result<http::response>> request_reset(http::exchange& ex) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in);
  const auto sent = body.text("email", 1, login_name_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto email = checked_email(sent);
  if (!email) co_return fail(email.error());

  const auto begun_at = std::chrono::steady_clock::now();
  auto owner = co_await owner_of(ex, *email);
  result<void> outcome;
  if (owner) {
    messages::begin_recovery request;
    request.author.client = client_of(ex);
    request.deadline = edge.deadline_for_actors(ex.deadline);
    auto begun = co_await edge.ask_user(*owner, std::move(request), ex.deadline);
    // Deleted since the address was looked up.
    if (!begun && begun.error().code != error_code::user_not_found) outcome = fail(begun.error());
  } else if (owner.error().code == error_code::user_not_found) {
    outcome = co_await audit_refusal(ex, "recovery.requested_unknown", std::nullopt,
                                     "no user has this address; nothing was sent");
  } else {
    outcome = fail(owner.error());
  }
  co_await wait_for_answer_step(begun_at);
  if (!outcome) co_return fail(outcome.error());
  co_return http::message_response("Recovery instructions sent if email exists");
}

awaitable<result<http::response>> verify_passphrase(http::exchange& ex) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in);
  const auto sent = body.text("email", 1, login_name_bytes_max);
  const auto phrase = body.hidden("passphrase", 1, recovery_passphrase_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());
  auto email = checked_email(sent);
  if (!email) co_return fail(email.error());
  auto passphrase = normal_passphrase(phrase, "passphrase");
  if (!passphrase) co_return fail(passphrase.error());

  auto attempt = co_await address_attempt::begin(ex);
  if (!attempt) co_return fail(attempt.error());
  auto owner = co_await owner_of(ex, *email);
  if (!owner && owner.error().code != error_code::user_not_found) co_return fail(owner.error());
  constexpr const char* unknown = "no user has this address";
  result<messages::reset_grant> grant = fail_because(error_code::invalid_credentials, unknown);
  if (owner) {
    ex.user = *owner;
    messages::verify_passphrase request;
    request.passphrase = std::move(*passphrase);
    request.author.client = client_of(ex);
    request.deadline = edge.deadline_for_actors(ex.deadline);
    grant = co_await edge.ask_user(*owner, std::move(request), ex.deadline);
    if (!grant && grant.error().code == error_code::user_not_found)
      grant = fail_because(error_code::invalid_credentials, unknown);
  } else {
    auto compared = co_await compare_with_nothing(ex, *email, std::move(*passphrase), true);
    if (!compared) co_return fail(compared.error());
  }
  if (!grant && grant.error().code == error_code::invalid_credentials) {
    attempt->was_wrong(); // whatever goes wrong from here on
    std::optional<user_id> named;
    if (owner) named = *owner;
    auto written = co_await audit_refusal(
        ex, named ? "user.recovery_passphrase_refused" : "recovery.passphrase_refused", named,
        grant.error().why);
    if (!written) co_return fail(written.error());
  }
  if (!grant) co_return fail(grant.error());
  std::string out;
  json_writer(out).begin_object().text("reset_token", grant->token.reveal()).end_object();
  co_return http::json_response(200, std::move(out));
}

awaitable<result<http::response>> reset_password(http::exchange& ex) {
  auto& edge = edge_of(ex);
  auto body = input::of(ex.in);
  const auto token = body.hidden("reset_token", 1, opaque_key_bytes_max);
  messages::reset_password request;
  request.next = body.hidden("new_password", 0, password_input_bytes_max);
  if (auto read = body.done(); !read) co_return fail(read.error());

  const failure refusal{error_code::token_invalid, "reset_token",
                        "is invalid, expired or already used"};
  const auto key = parse_opaque_key(reset_token_kind, token.reveal());
  if (!key) co_return fail(refusal);
  request.token_id = key->id;
  request.token_hash = key->secret_hash;
  request.author.client = client_of(ex);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto changed = co_await edge.ask_user(key->user, std::move(request), ex.deadline);
  if (changed) co_return http::message_response("Password successfully reset");
  const auto code = changed.error().code;
  const bool is_unknown = code == error_code::token_invalid || code == error_code::user_not_found;
  co_return fail(is_unknown ? refusal : changed.error());
}

} // namespace latchkey::gateway::login_module
