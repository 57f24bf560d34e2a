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
      commit(
          {{storage::count_password_failures{record.id, budget}}},
          env->steady_now() + env->policy.internal_deadline, [](storage::written&) {},
          [](const caf::error&) {
            log_warning("user", "a wrong password could not be counted in the store");
          });
    };
    logins[i].emplace(self, env, names[i] + to_string(record.id), &session_policy::login_failures,
                      row);
  }
}

bool user_state::has_failures_in_a_row() const {
  return std::any_of(wrong_in_a_row.begin(), wrong_in_a_row.end(),
                     [](const auto& row) { return row->count > 0; });
}

void user_state::forget_failures() {
  for (auto& gate : logins)
    gate->forget();
}

void user_state::check_login(password_check check) {
  if (in_doubt_)
    return settle_in_doubt([this, check = std::move(check)](const caf::error* error) {
      if (error != nullptr) return check.refused(*error);
      check_login(check);
    });
  const auto refused = check.refused;
  // One that an inactive user gives is compared with nothing: it costs a hash, but no failure.
  if (!record.is_active) return compare(std::move(check), nullptr);
  auto& gate = logins[static_cast<std::size_t>(check.budget)];
  const bool entered = gate->enter([this, check = std::move(check), here = present_](
                                       const failure_gate::pass& pass) { compare(check, pass); });
  if (!entered) refused(too_many());
}

caf::error user_state::too_many() const {
  env->outcomes.sign_ins_refused->add();
  return to_error(too_many_sign_ins());
}

bool user_state::is_current(const secret& tried) const {
  return tried == record.password_hash ||
         (tried == rehashed_.from && record.password_hash == rehashed_.to);
}

user_state::rehash_right user_state::take_rehash() {
  if (!rehashing_.expired()) return nullptr;
  auto right = std::make_shared<const char>();
  rehashing_ = right;
  return right;
}

void user_state::compare(password_check check, const failure_gate::pass& pass) {
  // With what a locked or an inactive user has, the work is done all the same, so that its time
  // tells nothing; nobody hears what came out.
  const bool counts = pass && record.is_active;
  auto phc = record.password_hash;
  const auto right = counts ? take_rehash() : nullptr;
  messages::verify_password question{check.password, phc, check.deadline, right != nullptr};
  question.is_for_nothing = !counts;
  const auto refused = check.refused;
  self->request(env->hasher, no_timeout, std::move(question))
      .then(
          [this, check = std::move(check), pass, phc = std::move(phc), right,
           here = present_](messages::verdict& verdict) mutable {
            // What the client is told is the same for all of them.
            const auto wrong = [](const char* why) {
              return to_error({error_code::invalid_credentials, {}, {}, 0, {}, why});
            };
            if (!pass && !record.is_active) return check.refused(wrong(refused_as_inactive));
            if (!pass) return check.refused(wrong(refused_as_locked));
            if (!verdict.matches) {
              pass->wrong();
              return check.refused(wrong(refused_as_wrong));
            }
            if (!record.is_active) return check.refused(wrong(refused_as_inactive));
            // Meanwhile the hash may have been replaced: by one of another password, which
            // this one must not open, or by one of the same at another cost.
            if (!is_current(phc)) {
              if (check.attempt == attempts_max) return check.refused(too_many());
              ++check.attempt;
              return compare(std::move(check), pass);
            }
            if (has_failures_in_a_row())
              commit(
                  {{storage::forget_password_failures{record.id}}},
                  env->steady_now() + env->policy.internal_deadline, [](storage::written&) {},
                  [](const caf::error&) {});
            pass->right();
            forget_failures();
            if (!verdict.rehashed.empty() && phc == record.password_hash)
              keep_rehashed(phc, verdict.rehashed, check.deadline, right);
            check.right(phc);
          },
          [refused, here = present_](caf::error& error) { refused(error); });
}

void user_state::keep_rehashed(const secret& from, const secret& to, time_point deadline,
                               const rehash_right& right) {
  // Nobody waits for it: if it is lost, the next sign-in does it again.
  commit(
      {{storage::set_password_hash{record.id, record.version, to, env->now()}}}, deadline,
      [this, from, to, right, based_on = record.version](storage::written&) {
        rehashed_ = {from, to};
        if (record.version != based_on) return;
        record.password_hash = to;
        ++record.version;
      },
      [this, right](const caf::error& error) {
        // The store may have another record than this one; each sign-in would then hash anew
        // and lose.
        const auto code = to_failure(error).code;
        if (code == error_code::outcome_unknown || code == error_code::conflict)
          reload(env->steady_now() + env->policy.internal_deadline, [](const caf::error*) {});
      });
}

// -- sessions -----------------------------------------------------------------------------

caf::result<messages::token_pair> user_state::on_authenticate(messages::authenticate& request) {
  if (!is_accepting()) return gone();
  sign_in_answer answer{self};
  sign_in(request, answer, 1);
  return answer;
}

void user_state::sign_in(const messages::authenticate& request, const sign_in_answer& answer,
                         std::size_t attempt) {
  password_check check;
  check.password = request.password;
  check.deadline = request.deadline;
  check.refused = [answer](const caf::error& error) { answer.deliver(error); };
  check.budget = request.budget;
  check.right = [this, request, answer, attempt](const secret& tried) {
    take_turn(turnstile::kind::shared, answer,
              [this, request, answer, attempt, tried](const turn& mine) {
                // A change that went before may have been of this very password.
                if (record.is_active && is_current(tried) && must_verify_first())
                  return answer.fail({error_code::insufficient_permissions,
                                      "email",
                                      "is not verified: use the token of the verification mail, "
                                      "or reset the password by mail",
                                      0,
                                      {},
                                      refused_as_unverified});
                if (record.is_active && is_current(tried))
                  return open_session(request, answer, mine);
                if (attempt == attempts_max) return answer.deliver(too_many());
                sign_in(request, answer, attempt + 1);
              });
  };
  check_login(std::move(check));
}

bool user_state::must_verify_first() const {
  return env->policy.verification == email_verification::required && !record.email_verified;
}

void user_state::open_session(const messages::authenticate& request, const sign_in_answer& answer,
                              const turn& together) {
  const auto at = env->now();
  session_record session;
  session.id = session_id{make_uuid(at)};
  session.user = record.id;
  session.user_number = record.number;
  session.salt = random_bytes(32);
  session.opened_by = request.opened_by;
  session.user_agent = request.client.user_agent;
  session.address = request.client.address;
  session.created_at = session.rotated_at = session.last_seen_at = at;
  session.expires_at = at + env->policy.session_ttl;

  const char* how = request.budget == failure_budget::known_client
                        ? "by password, from a client with an earlier session of the account"
                        : "by password";
  auto entry = audit_entry("user.signed_in", how, at, request.client);
  entry.user = record.id;
  entry.session = session.id;

  storage::unit unit{{storage::create_session{session}, storage::add_audit{std::move(entry)},
                      storage::touch_login{record.id, at}}};
  if (!record.used_at) unit.facts.emplace_back(storage::mark_used{record.id, at});
  self->request(env->writer_for(session.id), no_timeout,
                messages::commit{std::move(unit), request.deadline})
      .then(
          [this, at, answer, session, together, here = present_](storage::written&) {
            record.last_login_at = at;
            if (!record.used_at) record.used_at = at;
            hand_out_tokens(session, answer, together);
          },
          [answer, together, here = present_](caf::error& error) {
            // The store refuses a user that is no longer there, or no longer active.
            if (to_failure(error).code == error_code::user_not_found)
              return answer.fail(
                  {error_code::invalid_credentials, {}, {}, 0, {}, refused_as_inactive});
            answer.deliver(error);
          });
}

void user_state::hand_out_tokens(session_record session, const sign_in_answer& answer,
                                 const turn& together) {
  // The role of this moment: what is told of a new one comes to the shard after this.
  session.user_role = record.role;
  const auto& directory = env->directory_for(session.id);
  const auto failed = [answer, together, here = present_](caf::error& error) {
    answer.deliver(error);
  };
  self->request(directory, no_timeout, messages::adopt_session{std::move(session)})
      .then(
          [this, answer, failed](session_actor& opened) {
            self->request(opened, no_timeout, messages::issue_tokens{})
                .then([answer,
                       failed](messages::token_pair& tokens) { answer.deliver(std::move(tokens)); },
                      failed);
          },
          failed);
}

} // namespace latchkey
