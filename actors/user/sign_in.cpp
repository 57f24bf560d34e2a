// sign_in.cpp — a user's password and the sessions that it opens.
#include "actors/user/user.hpp"

#include "actors/audit/audit_entry.hpp"
#include "actors/password/password_hasher.hpp"
#include "config/log.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace latchkey {
namespace {

// Why a password is refused, for the log and the audit log.
constexpr const char* refused_as_wrong = "wrong password";
constexpr const char* refused_as_locked = "locked after too many wrong passwords";
constexpr const char* refused_as_inactive = "the account is inactive";
constexpr const char* refused_as_unverified = "the address is not verified";

} // namespace

// -- the password ---------------------------------------------------------------------

void user_state::count_failures() {
  constexpr std::array<const char*, failure_budgets> names{"login:", "login-known:", "password:"};
  for (std::size_t i = 0; i < failure_budgets; ++i) {
    auto& row = wrong_in_a_row[i] = std::make_shared<failures_in_a_row>();
    row->count = record.failures_in_a_row[i];
    row->max = &session_policy::login_failures_in_a_row_max;
    // Nobody waits for it: it is on its way before the refusal is.
    row->on_wrong = [this, budget = static_cast<failure_budget>(i)] {
      commit_unawaited({{storage::count_password_failures{record.id, budget}}},
                       "a wrong password could not be counted in the store");
    };
    logins[i].emplace(self, env, names[i] + to_string(record.id), &session_policy::login_failures,
                      row);
  }
}

void user_state::count_wrong_codes() {
  auto& row = wrong_codes_in_a_row = std::make_shared<failures_in_a_row>();
  row->count = record.factor_failures_in_a_row;
  row->max = &session_policy::login_failures_in_a_row_max;
  row->on_wrong = [this] {
    commit_unawaited({{storage::count_factor_failures{record.id}}},
                     "a wrong code could not be counted in the store");
  };
  second_steps.emplace(self, env, "factor:" + to_string(record.id), &session_policy::login_failures,
                       row);
}

bool user_state::has_failures_in_a_row() const {
  return std::any_of(wrong_in_a_row.begin(), wrong_in_a_row.end(),
                     [](const auto& row) { return row->count > 0; });
}

void user_state::forget_failures() {
  for (auto& gate : logins)
    gate->forget();
}

failure user_state::too_many() const {
  env->outcomes.sign_ins_refused->add();
  return too_many_sign_ins();
}

bool user_state::is_current(const secret& tried) const {
  return tried == record.password_hash ||
         (tried == rehashed_.from && record.password_hash == rehashed_.to);
}

task<secret> user_state::match_password(const secret& password, time_point deadline,
                                        failure_budget budget) {
  while (in_doubt_) {
    const auto settled = co_await settle_in_doubt();
    if (!settled) co_return settled.error();
  }
  // One that an inactive user gives is compared with nothing: it costs a hash, but no failure.
  if (!record.is_active) co_return co_await compare(password, deadline, nullptr);
  const auto pass = co_await logins[static_cast<std::size_t>(budget)]->enter();
  if (!pass) co_return too_many();
  co_return co_await compare(password, deadline, *pass);
}

task<secret> user_state::compare(const secret& password, time_point deadline,
                                 failure_gate::pass pass) {
  for (std::size_t attempt = 1;; ++attempt) {
    // With what a locked or an inactive user has, the work is done all the same, so that its time
    // tells nothing; nobody hears what came out.
    const bool counts = pass && record.is_active;
    const auto phc = record.password_hash;
    const auto right = counts ? take_rehash() : nullptr;
    messages::verify_password question{password, phc, deadline, right != nullptr};
    question.is_for_nothing = !counts;
    const auto verdict = co_await ask(env->hasher, std::move(question));
    if (!verdict) co_return verdict.error();
    // What the client is told is the same for all of them.
    const char* refusal = refused_as(pass != nullptr, verdict->matches);
    if (pass && !verdict->matches) pass->wrong();
    if (refusal != nullptr) co_return fail_because(error_code::invalid_credentials, refusal);
    // Meanwhile the hash may have been replaced: by one of another password, which
    // this one must not open, or by one of the same at another cost.
    if (!is_current(phc)) {
      if (attempt == attempts_max) co_return too_many();
      continue;
    }
    if (has_failures_in_a_row())
      commit_unawaited({{storage::forget_password_failures{record.id}}}, nullptr);
    pass->right();
    forget_failures();
    if (!verdict->rehashed.empty() && phc == record.password_hash)
      converse(self, presence(), keep_rehashed(phc, verdict->rehashed, deadline, right));
    co_return phc;
  }
}

const char* user_state::refused_as(bool has_pass, bool matches) const {
  if (!has_pass) return record.is_active ? refused_as_locked : refused_as_inactive;
  if (!matches) return refused_as_wrong;
  return record.is_active ? nullptr : refused_as_inactive;
}

user_state::rehash_right user_state::take_rehash() {
  if (!rehashing_.expired()) return nullptr;
  auto right = std::make_shared<const char>();
  rehashing_ = right;
  return right;
}

task<> user_state::keep_rehashed(secret from, secret to, time_point deadline, rehash_right right) {
  const auto held = std::move(right); // until it is written
  // Nobody waits for it: if it is lost, the next sign-in does it again.
  const auto based_on = record.version;
  storage::unit unit{{storage::set_password_hash{record.id, based_on, to, env->now()}}};
  const auto written = co_await commit(std::move(unit), deadline);
  if (written) {
    rehashed_ = {from, to};
    if (record.version != based_on) co_return;
    record.password_hash = to;
    ++record.version;
    co_return;
  }
  // The store may have another record than this one; each sign-in would then hash anew
  // and lose.
  const auto code = written.error().code;
  if (code == error_code::outcome_unknown || code == error_code::conflict)
    (void)co_await reload(env->steady_now() + env->policy.internal_deadline);
}

// -- sessions -----------------------------------------------------------------------------

task<messages::token_pair> user_state::on_authenticate(messages::authenticate request) {
  for (std::size_t attempt = 1;; ++attempt) {
    const auto tried = co_await match_password(request.password, request.deadline, request.budget);
    if (!tried) co_return tried.error();
    const auto turn = co_await take_turn(turnstile::kind::shared);
    if (!turn) co_return turn.error();
    // A change that went before may have been of this very password.
    if (!record.is_active || !is_current(*tried)) {
      if (attempt == attempts_max) co_return too_many();
      continue;
    }
    if (must_verify_first()) co_return unverified_address();
    if (record.factors.any()) co_return second_step(request.opened_by, auth_method::password);

    const bool is_known = request.budget == failure_budget::known_client;
    opening wanted{request.opened_by, request.client, request.deadline, auth_method::password,
                   is_known ? "by password, from a client with an earlier session of the account"
                            : "by password"};
    // The row may be changed meanwhile, here or elsewhere: perhaps this very password.
    const auto is_good = [this, &tried] {
      return record.is_active && is_current(*tried) && !record.factors.any();
    };
    auto tokens = co_await open_session(std::move(wanted), is_good);
    if (tokens) co_return tokens;
    const bool is_outdated = is_lost_by_version(tokens.error());
    if (is_outdated && attempt == attempts_max) co_return too_many();
    // Another node has ended it already: perhaps the password is another one now.
    const bool is_over = tokens.error().code == error_code::token_invalid;
    if (is_outdated || (is_over && attempt < attempts_max)) continue;
    co_return tokens.error();
  }
}

task<messages::token_pair> user_state::open_session(opening wanted, std::function<bool()> is_good) {
  const auto epoch = env->trust->epoch();
  const auto sent_at = env->steady_now();
  auto session = new_session(wanted);
  auto written = co_await commit_session(session, wanted);
  if (!written && is_lost_by_version(written.error())) {
    const auto reread = co_await reload(wanted.deadline);
    if (!reread) co_return reread.error();
    if (is_good()) written = co_await commit_session(session, wanted);
  }
  if (!written) co_return written.error();
  record.last_login_at = session.created_at;
  if (!record.used_at) record.used_at = session.created_at;
  if (begins_factor_grace(session)) record.second_factor_due_at = factor_due_at(session.created_at);

  // The role of this moment: what is told of a new one comes to the shard after this.
  session.user_role = record.role;
  const auto& directory = env->directory_for(session.id);
  messages::adopt_session adoption{std::move(session), epoch, sent_at};
  const auto opened = co_await ask(directory, std::move(adoption));
  if (!opened) co_return opened.error();
  const messages::issue_tokens request_for_tokens;
  co_return co_await ask(*opened, request_for_tokens);
}

bool user_state::begins_factor_grace(const session_record& session) const {
  return !record.second_factor_due_at && !record.factors.any() &&
         session.authenticated.by.level() == assurance_level::aal1 && must_have_second_factor() &&
         env->policy.factors.grace.count() > 0;
}

bool user_state::must_verify_first() const {
  return env->policy.verification == email_verification::required && !record.email_verified;
}

failure user_state::unverified_address() {
  failure error{error_code::insufficient_permissions, "email",
                "is not verified: use the token of the verification mail, or reset the password by "
                "mail"};
  error.why = refused_as_unverified;
  return error;
}

session_record user_state::new_session(const opening& wanted) const {
  const auto at = env->now();
  session_record session;
  session.id = session_id{make_uuid(at)};
  session.user = record.id;
  session.user_number = record.number;
  session.salt = random_bytes(32);
  session.opened_by = wanted.opened_by;
  session.user_agent = wanted.client.user_agent;
  session.address = wanted.client.address;
  session.authenticated = {wanted.by, at};
  session.created_at = session.rotated_at = session.last_seen_at = at;
  session.expires_at = at + env->policy.session_ttl;
  session.awaits_second_factor = wanted.by.level() == assurance_level::aal1 &&
                                 must_have_second_factor() && factor_due_at(at) <= at;
  return session;
}

time_point user_state::factor_due_at(time_point at) const {
  return record.second_factor_due_at.value_or(at + env->policy.factors.grace);
}

task<storage::written> user_state::commit_session(const session_record& session,
                                                  const opening& wanted) {
  const auto at = session.created_at;
  auto entry = audit_entry("user.signed_in", wanted.how, at, wanted.client);
  entry.user = record.id;
  entry.session = session.id;

  storage::unit unit{{storage::create_session{session, record.version},
                      storage::add_audit{std::move(entry)}, storage::touch_login{record.id, at}}};
  if (!record.used_at) unit.facts.emplace_back(storage::mark_used{record.id, at});
  if (begins_factor_grace(session))
    unit.facts.emplace_back(storage::begin_factor_grace{record.id, factor_due_at(at)});
  for (const auto& fact : wanted.uses_up)
    unit.facts.push_back(fact);
  messages::commit message{std::move(unit), wanted.deadline};
  auto written = co_await ask(env->writer_for(session.id), std::move(message));
  // The store refuses a user that is no longer there, or no longer active.
  if (!written && written.error().code == error_code::user_not_found)
    co_return fail_because(error_code::invalid_credentials, refused_as_inactive);
  co_return written;
}

} // namespace latchkey
