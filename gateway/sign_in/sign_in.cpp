#include "gateway/sign_in/sign_in.hpp"

#include "actors/audit/audit_entry.hpp"
#include "gateway/request/request_limit.hpp"
#include "gateway/sign_in/refresh_cookie.hpp"
#include "protocol/text/login_name.hpp"
#include "protocol/tokens/refresh_token.hpp"

#include <optional>
#include <utility>

namespace latchkey::gateway {
namespace {

/// The hint for an address with too many sign-ins at once.
constexpr std::uint32_t retry_after_s = 1;

/// Whose earlier session that refresh token proves: one that lives, or has run out. One that was
/// ended proves nothing, for it may have been ended because a thief had it. Nobody's when it is not
/// ours.
awaitable<std::optional<user_id>> owner_of_token(http::exchange& ex, const refresh_token& token) {
  auto& edge = edge_of(ex);
  const auto noted = ex.rate;
  const auto may = co_await may_be_looked_up(ex, token.session);
  ex.rate = noted; // what the sign-in counts against
  if (!may) co_return std::nullopt;
  const messages::read_session question{token.session, edge.deadline_for_actors(ex.deadline)};
  const auto found = co_await edge.ask(edge.env().reader_for(token.session), question, ex.deadline);
  const bool is_ours = found && token.counter <= found->counter &&
                       edge.env().keys->refresh.check(token, found->salt);
  if (!is_ours) {
    // It has cost a read. What the store could not say proves nothing, and is nobody's fault.
    if (found || found.error().code == error_code::token_invalid)
      (void)co_await charge_unproven_limit(ex);
    ex.rate = noted;
    co_return std::nullopt;
  }
  if (found->ended_at) co_return std::nullopt;
  co_return found->user;
}

/// Whose earlier session one of the client's refresh cookies proves; nobody's when none does. It
/// tells a client of the account from a stranger, and nothing else.
awaitable<std::optional<user_id>> known_to_client(http::exchange& ex) {
  const auto shown = refresh_cookies(ex);
  if (!shown) co_return std::nullopt;
  for (const auto& token : *shown)
    if (const auto owner = co_await owner_of_token(ex, token)) co_return owner;
  co_return std::nullopt;
}

/// `sign_in` without the address's limit. `was_wrong` says of a failure that the credentials
/// were, whatever has gone wrong after that.
awaitable<result<messages::token_pair>> try_to_sign_in(http::exchange& ex, std::string_view login,
                                                       secret password, surface opened_by,
                                                       bool& was_wrong) {
  auto& edge = edge_of(ex);
  const auto known = co_await known_to_client(ex);
  auto owner = co_await owner_of(ex, login);
  if (!owner && owner.error().code != error_code::user_not_found) co_return fail(owner.error());

  constexpr const char* unknown = "unknown name";
  result<messages::token_pair> outcome = fail_because(error_code::invalid_credentials, unknown);
  if (owner) {
    ex.user = *owner;
    messages::authenticate question{std::move(password), opened_by, client_of(ex),
                                    edge.deadline_for_actors(ex.deadline)};
    if (known == *owner) question.budget = failure_budget::known_client;
    outcome = co_await edge.ask_user(*owner, std::move(question), ex.deadline);
    // Deleted since the name was looked up.
    if (!outcome && outcome.error().code == error_code::user_not_found)
      outcome = fail_because(error_code::invalid_credentials, unknown);
  } else {
    auto compared = co_await compare_with_nothing(ex, login, std::move(password));
    if (!compared) outcome = fail(compared.error());
  }
  count_sign_in(edge.env().outcomes, outcome);
  was_wrong = !outcome && outcome.error().code == error_code::invalid_credentials;
  // The right password of somebody who must verify the address first.
  const bool is_early = !outcome && outcome.error().code == error_code::insufficient_permissions;
  if (was_wrong || is_early) {
    std::optional<user_id> named;
    if (owner) named = *owner;
    auto written = co_await audit_refusal(ex, "user.sign_in_refused", named, outcome.error().why);
    if (!written) co_return fail(written.error());
  }
  co_return outcome;
}

} // namespace

void count_sign_in(const outcome_counters& counts, const result<messages::token_pair>& outcome) {
  if (outcome)
    counts.login_success->add();
  else if (outcome.error().code == error_code::invalid_credentials)
    counts.login_refused->add();
  else if (outcome.error().code == error_code::mfa_required)
    counts.login_first_step->add();
  else if (outcome.error().code == error_code::overloaded)
    counts.login_overloaded->add();
  else
    counts.login_error->add();
}

awaitable<result<void>> audit_refusal(http::exchange& ex, std::string action,
                                      std::optional<user_id> owner, std::string why) {
  auto& edge = edge_of(ex);
  messages::record_audit record;
  record.entry = audit_entry(std::move(action), std::move(why), edge.env().now(), client_of(ex));
  record.entry.user = owner;
  record.deadline = edge.deadline_for_actors(ex.deadline);
  auto written = co_await edge.ask(edge.env().audit, std::move(record), ex.deadline);
  if (!written) co_return fail(written.error());
  co_return result<void>{};
}

awaitable<failure> audited(http::exchange& ex, const principal& caller, std::string action,
                           failure refused) {
  if (refused.code != error_code::invalid_credentials) co_return refused;
  auto written = co_await audit_refusal(ex, std::move(action), caller.user, refused.why);
  co_return written ? refused : written.error();
}

awaitable<result<user_id>> owner_of(http::exchange& ex, std::string_view login) {
  auto& edge = edge_of(ex);
  auto key = fold_login_name(login);
  if (!key) co_return fail(error_code::user_not_found);
  const auto& readers = edge.env().readers;
  const auto& reader = readers[std::hash<std::string>{}(*key) % readers.size()];
  messages::read_login question{std::move(*key), edge.deadline_for_actors(ex.deadline)};
  auto owner = co_await edge.ask(reader, std::move(question), ex.deadline);
  if (!owner) co_return fail(owner.error());
  if (!owner->user) co_return fail(error_code::user_not_found);
  co_return *owner->user;
}

awaitable<result<void>> compare_with_nothing(http::exchange& ex, std::string_view login,
                                             secret password, bool is_passphrase) {
  auto& edge = edge_of(ex);
  // The same name always takes the same way, as a user's does.
  const auto& shards = edge.env().directories;
  const auto& shard = shards[std::hash<std::string_view>{}(login) % shards.size()];
  messages::compare_with_nothing question;
  question.password = std::move(password);
  question.deadline = edge.deadline_for_actors(ex.deadline);
  question.is_passphrase = is_passphrase;
  question.name = fold_login_name(login).value_or(std::string{login});
  auto done = co_await edge.ask(shard, std::move(question), ex.deadline);
  if (!done) co_return fail(done.error());
  co_return result<void>{};
}

awaitable<result<address_attempt>> address_attempt::begin(http::exchange& ex) {
  auto& edge = edge_of(ex);
  const auto& env = edge.env();
  const auto& limit = edge.configured().login_failure_limit_address;
  address_attempt attempt;
  if (limit.is_off()) co_return attempt;
  attempt.key_ = address_key("login-address", ex.client_address);
  const auto held = co_await take_rate(ex, attempt.key_, limit, true);
  if (!held) co_return fail(held.error());
  const auto& verdict = *held;
  if (!verdict.granted && verdict.held > 0) {
    // Right sign-ins give back what they hold in a moment.
    env.outcomes.sign_ins_refused->add();
    co_return fail(failure{error_code::overloaded, {}, "too many sign-ins at once", retry_after_s});
  }
  if (!verdict.granted) {
    ex.rate = verdict;
    co_return fail(rate_refusal(verdict, env.steady_now()));
  }
  attempt.limiter_ = env.limiter;
  attempt.window_ = verdict.reset;
  co_return attempt;
}

address_attempt::~address_attempt() {
  if (limiter_) limiter_->give_back(key_, window_);
}

void address_attempt::was_wrong() {
  if (limiter_) limiter_->keep(key_, window_);
  limiter_.reset();
}

awaitable<result<messages::token_pair>> sign_in(http::exchange& ex, std::string_view login,
                                                secret password, surface opened_by) {
  auto attempt = co_await address_attempt::begin(ex);
  if (!attempt) co_return fail(attempt.error());
  bool was_wrong = false;
  auto outcome = co_await try_to_sign_in(ex, login, std::move(password), opened_by, was_wrong);
  if (was_wrong) attempt->was_wrong();
  co_return outcome;
}

} // namespace latchkey::gateway
