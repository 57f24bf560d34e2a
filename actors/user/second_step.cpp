// second_step.cpp — what a user shows beside the password: to finish a sign-in, or once more in a
// session that lives. Of one code exactly one use wins, whichever nodes it is shown to, for the
// store decides with the same COMMIT; wrong ones are counted over all sign-ins together.
#include "actors/user/user.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/user/passkey_refusal.hpp"
#include "protocol/text/json_writer.hpp"
#include "protocol/tokens/recovery_code.hpp"
#include "protocol/tokens/sealed.hpp"
#include "protocol/tokens/totp.hpp"

#include <utility>

namespace latchkey {
namespace {

failure wrong_code() {
  failure error{error_code::invalid_credentials, "code", "is wrong or was used before"};
  error.why = "wrong code of a second factor";
  return error;
}

failure no_such_factor() {
  return {error_code::not_found, "method", "is none of the account's factors"};
}

failure needs_second_factor() {
  return {error_code::validation_error, "method",
          "the password is not enough for an account with a second factor"};
}

bool is_used_code(const failure& lost) {
  return lost.code == error_code::conflict && lost.field == "code";
}

const char* words_for(auth_method method) {
  switch (method) {
  case auth_method::recovery_code:
    return "by password and a recovery code";
  case auth_method::passkey:
  case auth_method::verified_passkey:
    return "by password and a passkey";
  default:
    return "by password and an authenticator app";
  }
}

} // namespace

// -- what is asked for ------------------------------------------------------------------------

std::vector<std::string> user_state::methods() const {
  std::vector<std::string> words;
  if (record.factors.has_passkeys()) words.emplace_back(to_string(auth_method::passkey));
  if (record.factors.has(factor_kinds::totp)) words.emplace_back(to_string(auth_method::totp));
  words.emplace_back(
      to_string(record.factors.any() ? auth_method::recovery_code : auth_method::password));
  return words;
}

std::string user_state::methods_member() const {
  std::string members;
  json_writer(members).texts("methods", methods());
  return members;
}

failure user_state::second_step(surface opened_by, auth_methods shown) const {
  const auto token = make_mfa_token(record.id, opened_by, shown,
                                    stamp_of_password(record.password_hash), env->now());
  const auto text = write_mfa_token(env->keys->sealing, token);
  failure asked{error_code::mfa_required, {}, "finish the sign-in with a second factor"};
  asked.more = "\"mfa_token\":\"" + std::string{text.reveal()} + "\"," + methods_member();
  asked.why = "a second factor was asked for";
  return asked;
}

result<void> user_state::check_recent(const authentication& shown) const {
  const auto needed = record.factors.any() ? assurance_level::aal2 : assurance_level::aal1;
  const auto age = env->now() - shown.at;
  if (age <= env->policy.recent_sign_in && shown.by.level() >= needed) return {};
  const auto max_age = std::to_string(env->policy.recent_sign_in.count());
  const std::string level{to_string(needed)};
  failure asked{error_code::mfa_required, {}, "show who you are once more, and try again"};
  asked.more = "\"acr_values\":\"" + level + "\",\"max_age\":" + max_age + ',' + methods_member();
  asked.challenge = "acr_values=\"" + level + "\", max_age=\"" + max_age + '"';
  return fail(std::move(asked));
}

result<void> user_state::check_recent_factor(const authentication& shown) const {
  return record.factors.any() ? check_recent(shown) : result<void>{};
}

// -- what is shown ----------------------------------------------------------------------------

task<failure_gate::pass> user_state::enter_second_step(const messages::factor_proof& proof) {
  if (proof.passkey) co_return failure_gate::pass{};
  auto pass = co_await second_steps->enter();
  if (!pass) co_return too_many();
  if (*pass) co_return std::move(*pass);
  const auto in_a_row_max = env->policy.login_failures_in_a_row_max;
  const bool is_locked = in_a_row_max > 0 && wrong_codes_in_a_row->count >= in_a_row_max;
  failure error{error_code::rate_limited, "code"};
  error.reason = is_locked ? "too many wrong codes in a row: reset the password by mail, or ask an "
                             "administrator"
                           : "too many wrong codes: try again later";
  error.retry_after_s = static_cast<std::uint32_t>(env->policy.login_failures.window_s);
  co_return error;
}

task<user_state::accepted_proof> user_state::check_proof(const messages::factor_proof& proof,
                                                         time_point deadline) {
  if (proof.passkey) co_return co_await check_passkey(*proof.passkey, false, deadline);
  if (proof.method == auth_method::totp) co_return co_await check_totp(proof.code, deadline);
  if (proof.method != auth_method::recovery_code || !record.factors.any())
    co_return no_such_factor();
  auto hash = hash_of_recovery_code(proof.code.reveal());
  if (!hash) co_return wrong_code();
  accepted_proof accepted{proof.method};
  accepted.uses_up.emplace_back(
      storage::use_recovery_code{record.id, std::move(*hash), env->now()});
  co_return accepted;
}

task<user_state::accepted_proof> user_state::check_totp(const secret& code, time_point deadline) {
  if (!record.factors.has(factor_kinds::totp)) co_return no_such_factor();
  const storage::list_factors query{record.id};
  const auto found = co_await read(query, deadline);
  if (!found) co_return found.error();
  const auto now = env->now();
  bool has_app = false;
  for (const auto& totp : found->totp) {
    if (!totp.confirmed_at) continue;
    has_app = true;
    const auto key = open_totp(totp);
    if (!key) continue; // it shows codes that nobody can check; recovery codes are the way in
    if (const auto step = matching_totp_step(*key, code.reveal(), now, totp.last_step)) {
      accepted_proof accepted{auth_method::totp};
      accepted.uses_up.emplace_back(storage::use_totp{totp.id, record.id, *step, now});
      co_return accepted;
    }
  }
  if (has_app) co_return wrong_code();
  // Somebody has removed it, and the row that is remembered is older.
  const auto reread = co_await reload(deadline);
  if (!reread) co_return reread.error();
  co_return no_such_factor();
}

failure user_state::counted(const failure_gate::pass& pass, failure error) {
  if (is_used_code(error)) error = wrong_code();
  error = as_refused_passkey(std::move(error));
  if (pass && error.code == error_code::invalid_credentials) pass->wrong();
  return error;
}

void user_state::forget_wrong_codes() {
  second_steps->forget();
}

void user_state::accepted(const failure_gate::pass& pass, auth_method method) {
  if (!pass) return; // a passkey: it was no guess
  if (method == auth_method::recovery_code) converse(self, presence(), warn_of_few_codes());
  // Other nodes may have counted some.
  if (wrong_codes_in_a_row->count > 0 || env->cluster)
    commit_unawaited({{storage::count_factor_failures{record.id, 0}}}, nullptr);
  pass->right();
}

// -- a sign-in is finished --------------------------------------------------------------------

bool user_state::has_password_of(const mfa_token& token) const {
  const auto is = [&token](const secret& phc) {
    return token.password_stamp == stamp_of_password(phc);
  };
  // Another node may have hashed the password anew: then the user signs in once more.
  return is(record.password_hash) || (record.password_hash == rehashed_.to && is(rehashed_.from));
}

task<messages::token_pair> user_state::on_finish_sign_in(messages::finish_sign_in request) {
  const auto& token = request.token;
  const auto is_good = [this, &token] {
    return record.is_active && record.factors.any() && has_password_of(token);
  };
  // Before the code is looked at: a token of another password tells nothing and counts nothing.
  if (!is_good()) co_return unusable_mfa_token();
  const auto pass = co_await enter_second_step(request.proof);
  if (!pass) co_return pass.error();
  auto proof = co_await check_proof(request.proof, request.deadline);
  if (!proof) co_return counted(*pass, proof.error());
  const auto turn = co_await take_turn(turnstile::kind::shared);
  if (!turn) co_return turn.error();
  if (!is_good()) co_return unusable_mfa_token();

  const auto method = proof->method;
  opening wanted{token.opened_by, request.client, request.deadline, token.shown.with(method),
                 words_for(method)};
  wanted.uses_up.emplace_back(storage::spend_challenge{token.id, token.good_until, env->now()});
  for (auto& fact : proof->uses_up)
    wanted.uses_up.push_back(std::move(fact));
  auto tokens = co_await open_session(std::move(wanted), is_good);
  if (tokens) {
    accepted(*pass, method);
    co_return tokens;
  }
  const auto& lost = tokens.error();
  const bool is_spent = lost.code == error_code::token_invalid;
  if (is_spent || (is_lost_by_version(lost) && !is_good())) co_return unusable_mfa_token();
  if (is_lost_by_version(lost)) co_return too_many();
  co_return counted(*pass, lost);
}

task<> user_state::warn_of_few_codes() {
  const auto deadline = env->steady_now() + env->policy.internal_deadline;
  const storage::list_factors query{record.id};
  const auto found = co_await read(query, deadline);
  if (!found || found->recovery_codes_left > recovery_codes_few || !env->mails) co_return;
  const auto may = co_await may_notify("recovery_codes_few");
  if (!may.value_or(false)) co_return;
  storage::unit unit{
      {env->mails->recovery_codes_few(record.email, found->recovery_codes_left, env->now())}};
  const auto written = co_await commit(std::move(unit), deadline);
  if (written) announce_mail();
}

// -- in a session that lives ------------------------------------------------------------------

task<messages::stepped_up> user_state::on_step_up(messages::step_up request) {
  if (request.proof.method == auth_method::password) {
    // What one factor shows must not renew what two have shown.
    if (record.factors.any()) co_return needs_second_factor();
    const auto matched = co_await match_password(request.proof.code, request.deadline);
    if (!matched) co_return matched.error();
    if (record.factors.any()) co_return needs_second_factor(); // by now
    const accepted_proof by_password{auth_method::password};
    co_return co_await commit_step_up(request, by_password);
  }
  const auto pass = co_await enter_second_step(request.proof);
  if (!pass) co_return pass.error();
  const auto proof = co_await check_proof(request.proof, request.deadline);
  if (!proof) co_return counted(*pass, proof.error());
  auto stepped = co_await commit_step_up(request, *proof);
  if (!stepped) co_return counted(*pass, stepped.error());
  accepted(*pass, proof->method);
  co_return stepped;
}

task<messages::stepped_up> user_state::commit_step_up(const messages::step_up& request,
                                                      const accepted_proof& proof) {
  const auto at = env->now();
  auto entry = audit_entry("user.authenticated_again",
                           "by " + std::string{to_string(proof.method)} + ", in a live session", at,
                           request.by, record.id);
  entry.session = request.session;
  storage::unit unit{proof.uses_up};
  unit.facts.emplace_back(
      storage::reauthenticate_session{request.session, record.id, proof.method, at});
  unit.facts.emplace_back(storage::add_audit{std::move(entry)});
  messages::commit message{std::move(unit), request.deadline};
  const auto written = co_await ask(env->writer_for(request.session), std::move(message));
  if (!written) co_return written.error();
  co_return co_await notify_session(request.session, proof.method, at);
}

task<messages::stepped_up> user_state::notify_session(const session_id& session, auth_methods by,
                                                      time_point at) {
  const messages::find_session question{session};
  const auto found = co_await ask(env->directory_for(session), question);
  if (!found) co_return found.error();
  const messages::reauthenticated event{by, at};
  co_return co_await ask(*found, event);
}

} // namespace latchkey
