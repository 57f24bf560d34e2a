#include "gateway/endpoint.hpp"

#include "actors/audit_entry.hpp"
#include "gateway/request_limit.hpp"
#include "protocol/login_name.hpp"
#include "protocol/text_codec.hpp"

#include <charconv>
#include <utility>

namespace latchkey::gateway {
namespace {

/// Of a User-Agent header, what a session keeps.
constexpr std::size_t user_agent_bytes_max = 255;

/// A User-Agent as a session keeps it: bounded, and UTF-8 whatever was sent.
std::string kept_user_agent(std::string_view sent) {
  std::string kept{sent.substr(0, user_agent_bytes_max)};
  if (is_valid_utf8(sent)) {
    while (!is_valid_utf8(kept))
      kept.pop_back(); // of a character that was cut
  } else {
    for (char& byte : kept)
      if (static_cast<unsigned char>(byte) >= 0x80) byte = '?';
  }
  return kept;
}

/// Which actor has this login name; USER001 when nobody has.
awaitable<result<user_id>> owner_of(http_acceptor& edge, std::string_view login,
                                    http_acceptor::deadline_point deadline) {
  auto key = fold_login_name(login);
  if (!key) co_return fail(error_code::user_not_found);
  const auto& readers = edge.with().readers;
  const auto& reader = readers[std::hash<std::string>{}(*key) % readers.size()];
  messages::read_login question{std::move(*key), edge.deadline_for_actors(deadline)};
  auto owner = co_await edge.ask(reader, std::move(question), deadline);
  if (!owner) co_return tl::unexpected<failure>(owner.error());
  if (!owner->user) co_return fail(error_code::user_not_found);
  co_return *owner->user;
}

/// The work of a wrong password, for a user that does not exist.
awaitable<result<messages::token_pair>> refuse_unknown(http_acceptor& edge, secret password,
                                                       http_acceptor::deadline_point deadline) {
  messages::verify_password question{std::move(password), secret{},
                                     edge.deadline_for_actors(deadline)};
  auto verdict = co_await edge.ask(edge.with().hasher, std::move(question), deadline);
  if (!verdict) co_return tl::unexpected<failure>(verdict.error());
  co_return fail(error_code::invalid_credentials);
}

/// A refusal is on record before it is told.
awaitable<result<void>> audit_refusal(http::exchange& ex, const result<user_id>& owner) {
  auto& edge = acceptor_of(ex);
  messages::record_audit record;
  record.entry = audit_entry("user.sign_in_refused", edge.with().now(), client_of(ex));
  if (owner) record.entry.user = *owner;
  record.deadline = edge.deadline_for_actors(ex.deadline);
  auto written = co_await edge.ask(edge.with().audit, std::move(record), ex.deadline);
  if (!written) co_return tl::unexpected<failure>(written.error());
  co_return result<void>{};
}

void count_sign_in(const outcome_counters& counts, const result<messages::token_pair>& outcome) {
  if (outcome)
    counts.login_success->add();
  else if (outcome.error().code == error_code::invalid_credentials)
    counts.login_refused->add();
  else if (outcome.error().code == error_code::overloaded)
    counts.login_overloaded->add();
  else
    counts.login_error->add();
}

/// `sign_in` without the address's limit. `was_wrong` says of a failure that the credentials
/// were, whatever has gone wrong after that.
awaitable<result<messages::token_pair>> try_to_sign_in(http::exchange& ex, std::string_view login,
                                                       secret password, surface opened_by,
                                                       bool& was_wrong) {
  auto& edge = acceptor_of(ex);
  auto owner = co_await owner_of(edge, login, ex.deadline);
  if (!owner && owner.error().code != error_code::user_not_found)
    co_return tl::unexpected<failure>(owner.error());

  result<messages::token_pair> outcome = fail(error_code::invalid_credentials);
  if (owner) {
    messages::authenticate question{std::move(password), opened_by, client_of(ex),
                                    edge.deadline_for_actors(ex.deadline)};
    outcome = co_await edge.ask_user(*owner, std::move(question), ex.deadline);
    // Deleted since the name was looked up.
    if (!outcome && outcome.error().code == error_code::user_not_found)
      outcome = fail(error_code::invalid_credentials);
  } else {
    outcome = co_await refuse_unknown(edge, std::move(password), ex.deadline);
  }
  count_sign_in(edge.with().outcomes, outcome);
  was_wrong = !outcome && outcome.error().code == error_code::invalid_credentials;
  if (was_wrong) {
    auto written = co_await audit_refusal(ex, owner);
    if (!written) co_return tl::unexpected<failure>(written.error());
  }
  co_return outcome;
}

} // namespace

http::response error_answer(const http::exchange& ex, const failure& error) {
  const auto asks =
      http::bearer_token(ex.in).empty() ? http::challenge::bearer_unasked : http::challenge::bearer;
  return http::error_response(error, ex.in.request_id, acceptor_of(ex).with().now(), asks);
}

messages::client_info client_of(const http::exchange& ex) {
  return {ex.client_address, kept_user_agent(ex.in.user_agent), ex.in.request_id};
}

messages::author author_of(const http::exchange& ex, const principal& who) {
  return {client_of(ex), "user:" + to_string(who.user)};
}

awaitable<result<principal>> signed_in(http::exchange& ex) {
  const auto token = http::bearer_token(ex.in);
  if (token.empty())
    co_return fail(error_code::token_invalid, "Authorization", "a Bearer token is required");
  co_return co_await acceptor_of(ex).authenticate(token, ex.deadline);
}

awaitable<result<principal>> principal_of(http::exchange& ex) {
  if (ex.in.x_api_key.empty()) co_return co_await signed_in(ex);
  if (!ex.in.authorization.empty())
    co_return fail(error_code::validation_error, "X-API-Key",
                   "is sent beside Authorization: send one");
  co_return co_await acceptor_of(ex).authenticate_key(ex.in.x_api_key, ex.deadline);
}

result<service_principal> service_of(http::exchange& ex) {
  const auto bearer = http::bearer_token(ex.in);
  const auto key = ex.in.x_service_key.empty() ? bearer : ex.in.x_service_key;
  if (!bearer.empty() && bearer != key) return fail(error_code::insufficient_permissions);
  return acceptor_of(ex).find_service(key);
}

awaitable<result<user_id>> resolve_user(http::exchange& ex, std::string_view text) {
  if (const auto id = parse_uuid(text)) co_return user_id{*id};
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end || number <= 0)
    co_return fail(error_code::user_not_found);
  co_return co_await acceptor_of(ex).user_with_number(number, ex.deadline);
}

awaitable<result<messages::token_pair>> sign_in(http::exchange& ex, std::string_view login,
                                                secret password, surface opened_by) {
  auto& edge = acceptor_of(ex);
  // One of the address's failures is taken before any work and given back unless it was one,
  // so that however many try at once no more than the limit are ever compared.
  const auto& limit = edge.configured().login_failure_limit_address;
  const auto address = address_key("login-address", ex.client_address);
  const auto verdict = edge.with().limiter->take(address, limit, edge.with().now());
  if (!verdict.granted) {
    ex.rate = verdict;
    co_return tl::unexpected<failure>(rate_refusal(verdict, edge.with().now()));
  }
  bool was_wrong = false;
  auto outcome = co_await try_to_sign_in(ex, login, std::move(password), opened_by, was_wrong);
  if (!was_wrong && !limit.is_off()) edge.with().limiter->give_back(address, edge.with().now());
  co_return outcome;
}

} // namespace latchkey::gateway
