// user.hpp — one user in use: profile and credentials. Everything about the user passes
// through here, one message after the other.
//
// What takes longer than a message stands in order in two queues. `turns`: sign-ins open their
// sessions together, but never beside a change that ends sessions, so none slips through;
// changes of the user's row pass alone. `logins` and `recoveries`: how many wrong secrets are
// compared.
#pragma once

#include "actors/behave.hpp"
#include "actors/failure_gate.hpp"
#include "actors/services.hpp"
#include "actors/turnstile.hpp"

#include <array>
#include <caf/stateful_actor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace latchkey {

struct user_state {
  static inline const char* name = "user";

  /// How often something is begun anew because the row was changed under it.
  static constexpr std::size_t attempts_max = 3;
  /// Keys of one user, whatever the tier allows: what "unlimited" may fill in memory.
  static constexpr std::size_t api_keys_max = storage::api_keys_read_max;
  /// After a COMMIT of unknown outcome the store is asked so often, until it says what it did.
  static constexpr std::chrono::seconds look_again_every{1};
  /// Who wait while the keys are being read.
  static constexpr std::size_t key_askers_max = 1024;

  user_actor::pointer self = nullptr;
  services_ptr with;
  user_record record;                              // what the store knows
  std::optional<std::vector<api_key_record>> keys; // not revoked, by id; unset: not read yet
  bool leaving = false;                            // memory: whoever asks is sent away
  bool removed = false;                            // from the store
  time_point last_used{};
  std::optional<turnstile> turns;
  /// Of the password, by budget (failure_budget).
  std::array<std::optional<failure_gate>, failure_budgets> logins;
  std::array<std::shared_ptr<failures_in_a_row>, failure_budgets> wrong_in_a_row;
  std::optional<failure_gate> recoveries;

  // user_sign_in.cpp
  caf::result<messages::token_pair> on_authenticate(messages::authenticate& request);
  /// Gates and counters of a user that has just come into memory.
  void count_failures();
  // user_account.cpp
  caf::result<messages::user_view> on_describe(messages::describe_user&);
  caf::result<messages::user_view> on_update(messages::update_user& request);
  caf::result<messages::user_deleted> on_delete(messages::delete_user& request);
  caf::result<messages::sessions_ended> on_end_sessions(messages::end_sessions& request);
  // user_password.cpp
  caf::result<messages::password_changed> on_change_password(messages::change_password& request);
  caf::result<messages::password_changed> on_reset_password(messages::reset_password& request);
  // user_recovery.cpp
  caf::result<messages::recovery_begun> on_begin_recovery(messages::begin_recovery& request);
  // user_passphrase.cpp
  caf::result<messages::reset_grant> on_verify_passphrase(messages::verify_passphrase& request);
  caf::result<messages::recovery_changed> on_change_recovery(messages::change_recovery& request);
  // user_email.cpp
  caf::result<messages::verification_begun>
  on_begin_verification(messages::begin_verification& request);
  caf::result<messages::email_confirmed> on_confirm_email(messages::confirm_email& request);
  // user_keys.cpp
  caf::result<messages::api_key_created> on_create_key(messages::create_api_key& request);
  caf::result<messages::api_key_list> on_list_keys(messages::list_api_keys& request);
  caf::result<messages::api_key_revoked> on_revoke_key(messages::revoke_api_key& request);
  caf::result<messages::api_key_use> on_use_key(messages::use_api_key& request);
  // user.cpp
  caf::result<messages::user_reloaded> on_reload(messages::reload_user& request);
  void on_sweep(messages::sweep& sweep);

private:
  using on_error = std::function<void(const caf::error&)>;
  using presence = std::shared_ptr<const char>;
  using turn = turnstile::turn;

  // -- what every conversation needs (user.cpp) ------------------------------------------

  /// Whoever holds a copy keeps the actor in memory.
  presence present_ = std::make_shared<const char>();
  bool is_busy() const { return doubt_ || present_.use_count() > 1; }
  /// Whether somebody may still be served here; counts as a use.
  bool serves();
  void leave();
  void be_removed();

  /// A turn, once there is no doubt, or OVERLOADED. `go` hears nothing when the asker has been
  /// told.
  template <class Reply>
  void take_turn(turnstile::kind how, const promise<Reply>& answer, turnstile::go_on go) {
    auto begin = [this, answer, go = std::move(go), here = present_](const turn& mine) {
      settle_doubt([answer, go, mine, here](const caf::error* error) {
        if (error != nullptr) return answer.deliver(*error);
        go(mine);
      });
    };
    if (!turns->enter(how, std::move(begin))) answer.fail(error_code::overloaded);
  }
  void commit(storage::unit unit, time_point deadline, std::function<void(storage::written&)> done,
              on_error failed);
  template <class Query>
  void read(Query query, time_point deadline, std::function<void(typename Query::answer&)> done,
            on_error failed) {
    self->request(with->reader_for(record.id), no_timeout,
                  messages::read{std::move(query), deadline})
        .then([done = std::move(done),
               here = present_](messages::found& found) { done(found.as<Query>()); },
              [failed = std::move(failed), here = present_](caf::error& e) { failed(e); });
  }
  /// Reads the row again; `done` hears an error or nothing, after sessions in memory know
  /// what it says of them.
  void reload(time_point deadline, std::function<void(const caf::error*)> done);
  void learn(user_record fresh, std::function<void(const caf::error*)> done);
  /// Says it to every shard of the directory (actors/shard_round.hpp).
  template <class Message>
  void tell_sessions(Message what, std::function<void(const caf::error*)> done);
  void announce_mail() const;
  /// Whether the owner is told by mail of something of that kind once more in this hour.
  bool may_notify(std::string_view kind) const;

  // -- changes of the row (user_revision.cpp) -----------------------------------------------

  /// A change of the row together with what it means for sessions.
  struct revision {
    /// The facts, from the record as it is by then; nothing when the asker has been answered.
    std::function<std::optional<storage::unit>()> facts;
    /// COMMIT went through and the record is still the one that `facts` saw.
    std::function<void()> learn;
    /// COMMIT went through, whatever the record is by then; may be empty.
    std::function<void()> committed;
    const char* ends_sessions = nullptr; // one of `end_reason`; null: it does not
    std::optional<session_id> keep;
    bool changes_role = false;
    time_point deadline{};
    std::function<void(const storage::written&)> done; // sessions in memory know
    on_error failed;
    turn alone;
    std::size_t attempt = 1;
  };
  using revision_ptr = std::shared_ptr<revision>;
  void revise(const revision_ptr& change);
  void revised(const revision_ptr& change, const storage::written& written);
  void lost_revision(const revision_ptr& change, const caf::error& error);

  /// What another email brings with it (user_account.cpp): tokens of the old one die, both
  /// addresses are written to.
  void add_move_of_email(std::vector<storage::fact>& facts, const storage::user_changes& changes,
                         time_point at) const;

  // -- doubt (user_doubt.cpp) -----------------------------------------------------------------

  /// What a COMMIT of unknown outcome may have done besides changing the row.
  struct doubt {
    const char* ends_sessions = nullptr; // as in `revision`
    std::optional<session_id> keep;
  };
  /// Calls `done` at once, or when the store has been asked what it did; with an error when the
  /// store does not say.
  void settle_doubt(std::function<void(const caf::error*)> done);
  void look_again();
  void looked(const caf::error* error);
  std::optional<doubt> doubt_;
  std::vector<std::function<void(const caf::error*)>> doubt_askers_; // while it is being looked
  bool has_reminder_ = false;                                        // to look again

  // -- passwords (user_sign_in.cpp, user_password.cpp) ----------------------------------------

  /// Is this the password? Counted among the account's failures when not.
  struct password_check {
    secret password;
    time_point deadline{};
    std::function<void(const secret& tried)> right; // `tried`: the hash that it matches
    on_error refused;                               // AUTH001 and whatever went wrong
    std::size_t attempt = 1;
    failure_budget budget = failure_budget::signed_in; // that a wrong one counts against
  };
  /// A right password, or a reset: the store forgets the failures when it knows of any.
  bool has_failures_in_a_row() const;
  /// What a password, or a passphrase, that is chosen by the current password does to tokens that
  /// are under way. As long as the address is not proven, whoever reads its mail may be the owner
  /// and whoever knows the password a squatter: mailed tokens stay good.
  storage::tokens_of outdone_by_password() const;
  void forget_failures();
  void check_login(password_check check);
  void compare(password_check check, const failure_gate::pass& pass);
  /// What a sign-in hears when too many of this account are under way; counted.
  caf::error too_many() const;
  /// Whether the password that matches `tried` is still the user's.
  bool is_current(const secret& tried) const;
  /// Whoever holds it hashes anew what has another cost than today's; nobody else does meanwhile.
  using rehash_right = std::shared_ptr<const char>;
  rehash_right take_rehash();
  void keep_rehashed(const secret& from, const secret& to, time_point deadline,
                     const rehash_right& right);
  std::weak_ptr<const char> rehashing_;
  struct rehash {
    secret from;
    secret to;
  };
  rehash rehashed_; // the last one: both are of one password

  using sign_in_answer = promise<messages::token_pair>;
  void sign_in(const messages::authenticate& request, const sign_in_answer& answer,
               std::size_t attempt);
  /// EMAIL_VERIFICATION=required: nobody signs in before the address is verified.
  bool must_verify_first() const;
  void open_session(const messages::authenticate& request, const sign_in_answer& answer,
                    const turn& together);
  void hand_out_tokens(session_record session, const sign_in_answer& answer, const turn& together);

  using password_answer = promise<messages::password_changed>;
  void change_password(const messages::change_password& request, const password_answer& answer,
                       std::size_t attempt);
  void set_changed_password(const messages::change_password& request, const password_answer& answer,
                            const secret& tried, const secret& phc, std::size_t attempt);
  void set_reset_password(const messages::reset_password& request, const password_answer& answer,
                          const secret& phc, token_purpose purpose);
  /// What a reset does beside the new password: decided by what its token proves.
  struct reset_effects {
    time_point at{};
    bool proves_address = false;
    bool takes_over = false; // the address was not verified before: what was set up before goes
    bool ends_keys = false;  // API keys and the recovery passphrase
  };
  reset_effects effects_of(token_purpose purpose) const;
  storage::unit reset_facts(const messages::reset_password& request, const secret& phc,
                            token_purpose purpose, const reset_effects& does) const;
  /// What every new password brings with it: its hash, the end of sessions and of reset tokens, a
  /// line, a mail.
  storage::unit password_facts(const secret& phc, const std::string& action,
                               const messages::author& who,
                               const std::optional<session_id>& keep) const;

  // -- recovery (user_recovery.cpp, user_passphrase.cpp)
  // -----------------------------------------------------------

  void begin_recovery(const messages::begin_recovery& request,
                      const promise<messages::recovery_begun>& answer, const turn& together);
  void compare_passphrase(const messages::verify_passphrase& request,
                          const promise<messages::reset_grant>& answer,
                          const failure_gate::pass& pass, const secret& phc, std::uint64_t seen,
                          bool has_passphrase = true);
  void grant_reset(const messages::verify_passphrase& request,
                   const promise<messages::reset_grant>& answer, const secret& rehashed,
                   const turn& together);
  using recovery_answer = promise<messages::recovery_changed>;
  void change_recovery(const messages::change_recovery& request, const recovery_answer& answer,
                       std::size_t attempt);
  void set_recovery(const messages::change_recovery& request, const recovery_answer& answer,
                    const secret& tried, const secret& phc, std::size_t attempt);
  storage::unit recovery_facts(const messages::author& who, const secret& phc) const;
  std::uint64_t recovery_changes_ = 0; // of the passphrase, that may have become durable

  // -- the address (user_email.cpp) -------------------------------------------------------------

  /// Whether nobody has proven to own the address where that is asked for.
  bool lacks_proof() const;
  /// A token that verifies the address, and the mail with it. There must be `mails`.
  void add_verification(std::vector<storage::fact>& facts, const std::string& address,
                        time_point at) const;
  void begin_verification(const messages::begin_verification& request,
                          const promise<messages::verification_begun>& answer,
                          const turn& together);

  // -- API keys (user_keys.cpp) -----------------------------------------------------------------

  /// Calls `done` once the keys have been read.
  void with_keys(std::function<void()> done, on_error failed);
  void read_keys();
  /// The store may have others: they are read when next needed.
  void forget_keys();
  /// They count for nothing any more.
  void drop_expired_keys();
  void create_key(const messages::create_api_key& request, std::string_view tier,
                  const promise<messages::api_key_created>& answer, const turn& together);
  result<messages::api_key_use> use_key(const messages::use_api_key& request);
  struct key_asker {
    std::function<void()> done;
    on_error failed;
  };
  std::vector<key_asker> key_askers_;
  std::uint64_t key_changes_ = 0; // that were answered
};

user_actor::behavior_type user(user_actor::stateful_pointer<user_state> self, user_record record,
                               services_ptr with);

} // namespace latchkey
