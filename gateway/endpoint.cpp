#include "gateway/endpoint.hpp"

#include "actors/audit_entry.hpp"
#include "protocol/login_name.hpp"
#include "protocol/text_codec.hpp"

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

} // namespace

http::response error_answer(const http::exchange& ex, const failure& error) {
  const auto asks =
      http::bearer_token(ex.in).empty() ? http::challenge::bearer_unasked : http::challenge::bearer;
  return http::error_response(error, ex.in.request_id, acceptor_of(ex).with().now(), asks);
}

messages::client_info client_of(const http::exchange& ex) {
  return {std::string{ex.in.peer_address}, kept_user_agent(ex.in.user_agent), ex.in.request_id};
}

awaitable<result<principal>> signed_in(http::exchange& ex) {
  const auto token = http::bearer_token(ex.in);
  if (token.empty())
    co_return fail(error_code::token_invalid, "Authorization", "a Bearer token is required");
  co_return co_await acceptor_of(ex).authenticate(token, ex.deadline);
}

awaitable<result<messages::token_pair>> sign_in(http::exchange& ex, std::string_view login,
                                                secret password, surface opened_by) {
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
  if (!outcome && outcome.error().code == error_code::invalid_credentials) {
    auto written = co_await audit_refusal(ex, owner);
    if (!written) co_return tl::unexpected<failure>(written.error());
  }
  co_return outcome;
}

} // namespace latchkey::gateway
