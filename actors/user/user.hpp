// user.hpp — one user in use: profile and credentials. Everything about the user passes
// through here, one message after the other.
//
// What takes longer than a message stands in order in two queues. `turns`: sign-ins open their
// sessions together, but never beside a change that ends sessions, so none slips through;
// changes of the user's row pass alone. `logins` and `recoveries`: how many wrong secrets are
// compared.
#pragma once

#include "actors/base/actor_env.hpp"
#include "actors/base/behave.hpp"
#include "actors/base/conversation.hpp"
#include "actors/base/resident.hpp"
#include "actors/base/turnstile.hpp"
#include "actors/user/failure_gate.hpp"

#include <array>
#include <caf/stateful_actor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace latchkey {

struct user_state : resident {
  static inline const char* name = "user";

  /// How often something is begun anew because the row was changed under it.
  static constexpr std::size_t attempts_max = 3;
  /// Keys of one user, whatever the tier allows: what "unlimited" may fill in memory.
  static constexpr std::size_t api_keys_max = storage::api_keys_read_max;
  /// Conversations that wait while the keys are being read.
  static constexpr std::size_t key_askers_max = 1024;

  user_actor::pointer self = nullptr;
  actor_env_ptr env;
  user_record record;                              // what the store knows
  std::optional<std::vector<api_key_record>> keys; // not revoked, by id; unset: not read yet
  std::optional<turnstile> turns;
  /// Of the password, by budget (failure_budget).
  std::array<std::optional<failure_gate>, failure_budgets> logins;
  std::array<std::shared_ptr<failures_in_a_row>, failure_budgets> wrong_in_a_row;
  std::optional<failure_gate> recoveries;
  /// Of second factors, of all sign-ins together.
  std::optional<failure_gate> second_steps;
  std::shared_ptr<failures_in_a_row> wrong_codes_in_a_row;

  // sign_in.cpp
  task<messages::token_pair> on_authenticate(messages::authenticate request);
  /// Gates and counters of a user that has just come into memory.
  void count_failures();
  void count_wrong_codes();
  // account.cpp
  caf::result<messages::user_view> on_describe(messages::describe_user&);
  task<messages::user_view> on_update(messages::update_user request);
  task<messages::done> on_delete(messages::delete_user request);
  task<messages::sessions_ended> on_end_sessions(messages::end_sessions request);
  // password.cpp
  task<messages::done> on_change_password(messages::change_password request);
  task<messages::done> on_reset_password(messages::reset_password request);
  // recovery.cpp
  task<messages::done> on_begin_recovery(messages::begin_recovery request);
  // passphrase.cpp
  task<messages::reset_grant> on_verify_passphrase(messages::verify_passphrase request);
  task<messages::done> on_change_recovery(messages::change_recovery request);
  // email.cpp
  task<messages::verification_begun> on_begin_verification(messages::begin_verification request);
  task<messages::done> on_confirm_email(messages::confirm_email request);
  // keys.cpp
  task<messages::api_key_created> on_create_key(messages::create_api_key request);
  task<messages::api_key_list> on_list_keys(messages::list_api_keys request);
  task<messages::done> on_revoke_key(messages::revoke_api_key request);
  /// Plain, for every request with a key comes here.
  task<messages::api_key_use> on_use_key(messages::use_api_key request);
  // second_step.cpp
  task<messages::token_pair> on_finish_sign_in(messages::finish_sign_in request);
  task<messages::stepped_up> on_step_up(messages::step_up request);
  // passkeys.cpp
  task<messages::token_pair> on_sign_in_with_passkey(messages::sign_in_with_passkey request);
  task<messages::passkey_wanted> on_begin_passkey(messages::begin_passkey request);
  task<messages::passkey_added> on_add_passkey(messages::add_passkey request);
  task<messages::passkey_added> on_change_passkey(messages::change_passkey request);
  task<messages::done> on_remove_passkey(messages::remove_passkey request);
  // factors.cpp
  task<messages::done> on_require_recent_sign_in(messages::require_recent_sign_in request);
  task<messages::factor_list> on_list_factors(messages::list_factors request);
  task<messages::totp_enrolled> on_enrol_totp(messages::enrol_totp request);
  task<messages::totp_confirmed> on_confirm_totp(messages::confirm_totp request);
  task<messages::done> on_remove_totp(messages::remove_totp request);
  task<messages::recovery_codes_made> on_make_recovery_codes(messages::make_recovery_codes request);
  task<messages::done> on_reset_factors(messages::reset_factors request);
  // user.cpp
  task<messages::done> on_reload(messages::reload_user request);
  /// Ends when what is remembered is no older than the call.
  task<messages::done> reread();
  void on_sweep(messages::sweep& sweep);

private:
  // -- what every conversation needs (user.cpp) ------------------------------------------

  bool is_busy() { return in_doubt_ || has_conversations(); }
  void on_removed();

  /// A turn, once nothing is in doubt. OVERLOADED when too many wait.
  task<turnstile::turn> take_turn(turnstile::kind type);
  /// `co_await` gives what was written, after COMMIT.
  auto commit(storage::unit unit, time_point deadline) {
    return ask(env->writer_for(record.id), messages::commit{std::move(unit), deadline});
  }
  /// Commits what nobody waits for. `complaint` is logged when it fails; null: nothing is.
  void commit_unawaited(storage::unit unit, const char* complaint);
  task<> write_unawaited(storage::unit unit, const char* complaint);
  template <class Query>
  task<typename Query::answer> read(Query query, time_point deadline) {
    messages::read request{std::move(query), deadline};
    auto found = co_await ask(env->reader_for(record.id), std::move(request));
    if (!found) co_return found.error();
    co_return std::move(found->template as<Query>());
  }
  /// Reads the row again; ends after sessions in memory know what it says of them.
  task<messages::done> reload(time_point deadline);
  task<messages::done> adopt_row(user_record fresh);
  /// An account that was locked is open again when the row says so.
  void adopt_forgotten_failures();
  task<messages::done> read_row();
  std::unique_ptr<fresh_task<messages::done>> row_reads_; // made when it is first needed
  void announce_mail() const;
  /// Whether one more notice of that kind may be mailed to the owner in this hour; never fails. For
  /// facts that are written in any case: it takes one.
  task<bool> may_notify(std::string_view kind) const;

  /// Whether a fact lost because the row has another version than the record.
  static bool is_lost_by_version(const failure& lost) {
    return lost.code == error_code::conflict && lost.field == "version";
  }

  // -- changes of the row (revision.cpp) -----------------------------------------------------

  /// A change of the row together with what it means for sessions. Its functions refer to the
  /// frame of the handler that awaits it.
  struct revision {
    /// The facts, from the record as it is by then; or why there is nothing to change: a failure,
    /// or nothing when that is no error.
    std::function<result<std::optional<storage::unit>>()> facts;
    /// COMMIT went through, whatever the record is by then; may be empty.
    std::function<void()> committed;
    /// COMMIT went through and the record is still the one that `facts` saw; may be empty.
    std::function<void()> adopt;
    std::optional<end_reason> ends_sessions;
    std::optional<session_id> keep;
    bool changes_role = false;
    time_point deadline{};
  };
  /// Writes it, anew when another writer was first; ends when sessions in memory know. Only in an
  /// exclusive turn.
  task<storage::written> revise(revision& change);
  /// Ends when the sessions in memory know what the change means for them.
  task<messages::done> notify_shards_of(const revision& change);
  /// The same for those of other nodes.
  task<messages::done> announce_revision(const revision& change);

  /// Which mails another email brings with it, as far as these may be sent.
  struct move_mails {
    bool notifies = true; // the old address
    bool verifies = true; // the new one
  };
  task<move_mails> may_mail_of_move(const messages::update_user& request) const;
  /// Whether the new address has to be proven.
  bool asks_for_proof(const storage::user_changes& changes) const;
  /// What another email brings with it (account.cpp): tokens of the old one die, both
  /// addresses are written to.
  void add_move_of_email(std::vector<storage::fact>& facts, const storage::user_changes& changes,
                         const move_mails& mails, time_point at) const;

  // -- in doubt (in_doubt.cpp) ----------------------------------------------------------------

  /// What a COMMIT of unknown outcome may have done besides changing the row.
  struct unknown_outcome {
    std::optional<end_reason> ends_sessions; // as in `revision`
    std::optional<session_id> keep;
  };
  /// Ends at once, or when the store has been asked what it did; with a failure when the store
  /// does not tell.
  task<messages::done> settle_in_doubt();
  task<messages::done> look_in_doubt();
  task<messages::done> look_at_store();
  task<messages::done> announce_outcome();
  task<> retry_in_doubt();
  std::optional<unknown_outcome> in_doubt_;
  shared_task<messages::done> looks_;

  // -- passwords (sign_in.cpp, password.cpp) ----------------------------------------------------

  /// The hash that the password matches. AUTH001 when it is wrong, which counts against the budget,
  /// and when the account is locked or inactive; the work is the same.
  task<secret> match_password(const secret& password, time_point deadline,
                              failure_budget budget = failure_budget::signed_in);
  task<secret> compare(const secret& password, time_point deadline, failure_gate::pass pass);
  /// Why a comparison is refused, for the logs; null when it is not.
  const char* refused_as(bool has_pass, bool matches) const;
  /// A right password, or a reset: the store forgets the failures when it knows of any.
  bool has_failures_in_a_row() const;
  /// Which tokens a password, or a passphrase, that is chosen by the current password uses up. As
  /// long as the address is not verified, the reader of its mail may be the owner and the one who
  /// knows the password a squatter: mailed tokens stay valid.
  storage::use_up_reset_tokens::kind outdone_by_password() const;
  void forget_failures();
  /// What a sign-in hears when too many of this account are under way; counted.
  failure too_many() const;
  /// Whether the password that matches `tried` is still the user's.
  bool is_current(const secret& tried) const;
  /// Whoever holds it hashes anew what has another cost than today's; nobody else does meanwhile.
  using rehash_right = std::shared_ptr<const char>;
  rehash_right take_rehash();
  task<> keep_rehashed(secret from, secret to, time_point deadline, rehash_right right);
  std::weak_ptr<const char> rehashing_;
  struct rehash {
    secret from;
    secret to;
  };
  rehash rehashed_; // the last one: both are of one password

  /// EMAIL_VERIFICATION=required: nobody signs in before the address is verified.
  bool must_verify_first() const;
  static failure unverified_address();
  /// Of a new one, in code points.
  std::size_t password_length_min() const {
    const auto& policy = env->policy;
    return record.factors.any() ? policy.password_length_min : policy.password_length_min_alone;
  }
  /// What a sign-in has shown.
  struct opening {
    surface opened_by = surface::auth_service;
    messages::client_info client;
    time_point deadline{};
    auth_methods by;
    const char* how = "";                    // for the audit log
    std::vector<storage::fact> uses_up = {}; // with the session's COMMIT, what works once
  };
  /// The tokens of a new session. CONFLICT (field "version") when the row is another one since, or
  /// `is_good` says that what was shown no longer counts; AUTH003 when another node has ended the
  /// session already. In a turn.
  task<messages::token_pair> open_session(opening wanted, std::function<bool()> is_good);
  session_record new_session(const opening& wanted) const;
  /// From when on a session by one factor is good for adding a second one alone, for a user who
  /// must have one and signs in at that time.
  time_point factor_due_at(time_point at) const;
  /// Whether it is the first sign-in by one factor since the user must have two.
  bool begins_factor_grace(const session_record& session) const;
  task<storage::written> commit_session(const session_record& session, const opening& wanted);

  // -- second factors (second_step.cpp, factors.cpp) ---------------------------------------------

  /// The answer to the right password of a user with a second factor: MFA_REQUIRED, with the token
  /// for the second step.
  failure second_step(surface opened_by, auth_methods shown) const;
  /// What may be shown as a second factor, or once more.
  std::vector<std::string> methods() const;
  /// `"methods":[…]`.
  std::string methods_member() const;
  /// What a right proof is worth, and what it uses up.
  struct accepted_proof {
    auth_method method = auth_method::totp;
    std::vector<storage::fact> uses_up = {};
  };
  /// AUTH001 (fields "code", "credential"), NOT_FOUND (field "method").
  task<accepted_proof> check_proof(const messages::factor_proof& proof, time_point deadline);
  task<accepted_proof> check_totp(const secret& code, time_point deadline);
  /// One of the wrong codes that the account may have; null for a passkey, which nobody guesses.
  /// RATE_LIMITED when none is left.
  task<failure_gate::pass> enter_second_step(const messages::factor_proof& proof);
  /// Counts what came of a proof: of `error`, if there is one, whether the code was wrong.
  failure counted(const failure_gate::pass& pass, failure error);
  /// The code was right, and is used up.
  void accepted(const failure_gate::pass& pass, auth_method method);
  /// As the store does in `remove_factors` and after a reset of the password: an account that too
  /// many wrong codes have locked is open again for its owner.
  void forget_wrong_codes();
  bool has_password_of(const mfa_token& token) const;
  task<messages::stepped_up> commit_step_up(const messages::step_up& request,
                                            const accepted_proof& proof);
  /// The session knows of a proof that is durable.
  task<messages::stepped_up> notify_session(const session_id& session, auth_methods by,
                                            time_point at);
  /// The passkey that has signed; with `is_alone` nothing else was shown. AUTH001 (field
  /// "credential").
  task<accepted_proof> check_passkey(const messages::passkey_proof& proof, bool is_alone,
                                     time_point deadline);
  /// Tells the owner when few recovery codes are left.
  task<> warn_of_few_codes();
  /// MFA_REQUIRED unless the session was authenticated lately, and at the account's own level.
  result<void> check_recent(const authentication& shown) const;
  /// The same beside the right password, which is enough for an account without a second factor.
  result<void> check_recent_factor(const authentication& shown) const;
  /// Whether the operator asks this user for a second factor.
  bool must_have_second_factor() const {
    return env->book->roles()->requires_second_factor(record.role);
  }
  /// CONFLICT (field "id") when the operator asks for a second factor, and without that one there
  /// would be none.
  task<messages::done> check_not_last_factor(std::uint64_t id, time_point deadline);
  /// An exclusive turn for who has signed in recently: a factor that came while it was waited for
  /// is asked for too.
  task<turnstile::turn> take_turn_to_change_factors(const messages::signed_in_session& caller);
  /// A change of factors, written; `what` is the action of the audit log and its reason, `event`
  /// what the owner is told by mail. The row is read again afterwards.
  struct factor_change {
    std::function<std::vector<storage::fact>()> facts; // from the record as it is by then
    std::optional<session_id> session = {};            // in which it is wanted
    const char* action = "";
    std::string reason;
    std::string event;
    messages::author by;
    time_point deadline{};
    std::optional<end_reason> ends_sessions = {}; // all but `session`
    std::optional<std::string> role_seen = {};
  };
  task<messages::done> change_factors(const factor_change& wanted);
  /// A change by the owner, in that session.
  static factor_change change_by_owner(const char* action,
                                       const messages::signed_in_session& caller,
                                       const messages::author& by, time_point deadline);
  result<secret> open_totp(const totp_record& totp) const;

  /// What a reset does beside the new password: decided by what its token proves.
  struct reset_effects {
    time_point at{};
    bool proves_address = false;
    bool takes_over = false; // the address was not verified before: what was set up before goes
    bool ends_keys = false;  // API keys and the recovery passphrase
    bool notifies = false;   // the owner is told by mail
  };
  reset_effects effects_of(token_purpose purpose) const;
  task<messages::done> set_reset_password(const messages::reset_password& request,
                                          const secret& phc, token_purpose purpose);
  storage::unit reset_facts(const messages::reset_password& request, const secret& phc,
                            token_purpose purpose, const reset_effects& effects) const;
  /// What every new password brings with it: its hash, the end of sessions and of reset tokens, a
  /// line, a mail.
  storage::unit password_facts(const secret& phc, const std::string& action,
                               const messages::author& author,
                               const std::optional<session_id>& keep, bool notifies) const;

  // -- recovery (recovery.cpp, passphrase.cpp) ----------------------------------------------------

  task<messages::reset_grant> grant_reset(const messages::verify_passphrase& request,
                                          const secret& rehashed);
  storage::unit recovery_facts(const messages::author& author, const secret& phc,
                               bool notifies) const;
  std::uint64_t recovery_changes_ = 0; // of the passphrase, that may have become durable

  // -- the address (email.cpp) ----------------------------------------------------------------

  /// Whether nobody has proven to own the address where that is asked for.
  bool lacks_proof() const;
  /// A token that verifies the address, and the mail with it. There must be `mails`.
  void add_verification(std::vector<storage::fact>& facts, const std::string& address,
                        time_point at) const;

  // -- API keys (keys.cpp) --------------------------------------------------------------------

  /// Ends once the keys have been read.
  task<messages::done> with_keys();
  task<messages::done> read_keys();
  /// The store may have others: they are read when next needed.
  void forget_keys();
  /// They count for nothing any more.
  void drop_expired_keys();
  void drop_key(std::uint64_t id);
  result<void> check_level_of(const messages::create_api_key& request) const;
  /// What a mail calls it.
  std::string words_for_key(std::uint64_t id) const;
  task<messages::api_key_created> create_key(const messages::create_api_key& request,
                                             std::size_t keys_max);
  result<messages::api_key_use> use_key(const messages::use_api_key& request);
  shared_task<messages::done> key_reads_;
  std::uint64_t key_changes_ = 0; // that were answered
};

user_actor::behavior_type user(user_actor::stateful_pointer<user_state> self, user_record record,
                               actor_env_ptr env, std::uint64_t read_in);

} // namespace latchkey
