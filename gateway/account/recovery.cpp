#include "gateway/account/recovery.hpp"

#include "gateway/sign_in/sign_in.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/text/trim.hpp"
#include "protocol/tokens/opaque_key.hpp"
#include "protocol/tokens/recovery_passphrase.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <utility>

namespace latchkey::gateway {
namespace {

/// The address that was sent, which must be one.
result<std::string> checked_address(std::string_view sent) {
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

constexpr const char* nobodys_address = "no user has this address";

/// The grant of the address's owner; the same work when it has none.
awaitable<result<messages::reset_grant>> ask_owner_for_grant(http::exchange& ex,
                                                             const result<user_id>& owner,
                                                             std::string_view email,
                                                             secret passphrase) {
  auto& edge = edge_of(ex);
  if (!owner) {
    auto compared = co_await compare_with_nothing(ex, email, std::move(passphrase), true);
    if (!compared) co_return fail(compared.error());
    co_return fail_because(error_code::invalid_credentials, nobodys_address);
  }
  ex.user = *owner;
  messages::verify_passphrase request;
  request.passphrase = std::move(passphrase);
  request.author.client = client_of(ex);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto grant = co_await edge.ask_user(*owner, std::move(request), ex.deadline);
  if (!grant && grant.error().code == error_code::user_not_found)
    co_return fail_because(error_code::invalid_credentials, nobodys_address);
  co_return grant;
}

} // namespace

awaitable<result<void>> mail_reset(http::exchange& ex, std::string_view sent) {
  auto& edge = edge_of(ex);
  auto email = checked_address(sent);
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
  co_return outcome;
}

awaitable<result<messages::reset_grant>>
reset_by_passphrase(http::exchange& ex, std::string_view sent, const secret& phrase) {
  auto email = checked_address(sent);
  if (!email) co_return fail(email.error());
  auto passphrase = normal_passphrase(phrase, "passphrase");
  if (!passphrase) co_return fail(passphrase.error());

  auto attempt = co_await address_attempt::begin(ex);
  if (!attempt) co_return fail(attempt.error());
  auto owner = co_await owner_of(ex, *email);
  if (!owner && owner.error().code != error_code::user_not_found) co_return fail(owner.error());
  auto grant = co_await ask_owner_for_grant(ex, owner, *email, std::move(*passphrase));
  if (!grant && grant.error().code == error_code::invalid_credentials) {
    attempt->was_wrong(); // whatever goes wrong from here on
    std::optional<user_id> named;
    if (owner) named = *owner;
    auto written = co_await audit_refusal(
        ex, named ? "user.recovery_passphrase_refused" : "recovery.passphrase_refused", named,
        grant.error().why);
    if (!written) co_return fail(written.error());
  }
  co_return grant;
}

awaitable<result<void>> reset_password_with(http::exchange& ex, const secret& token, secret next) {
  auto& edge = edge_of(ex);
  const failure refusal{error_code::token_invalid, "reset_token",
                        "is invalid, expired or already used"};
  const auto key = parse_opaque_key(reset_token_kind, token.reveal());
  if (!key) co_return fail(refusal);
  messages::reset_password request;
  request.next = std::move(next);
  request.token_id = key->id;
  request.token_hash = key->secret_hash;
  request.author.client = client_of(ex);
  request.deadline = edge.deadline_for_actors(ex.deadline);
  auto changed = co_await edge.ask_user(key->user, std::move(request), ex.deadline);
  if (changed) co_return result<void>{};
  const auto code = changed.error().code;
  const bool is_unknown = code == error_code::token_invalid || code == error_code::user_not_found;
  co_return fail(is_unknown ? refusal : changed.error());
}

} // namespace latchkey::gateway
