// user_password.cpp — a new password, for the old one or for a reset token. Whichever way, the
// other sessions end with the same COMMIT, and the user is told by mail.
#include "actors/user.hpp"

#include "actors/audit_entry.hpp"
#include "protocol/password_policy.hpp"

#include <utility>

namespace latchkey {

storage::unit user_state::password_facts(const secret& phc, const std::string& action,
                                         const messages::author& who,
                                         const std::optional<session_id>& keep) const {
  const auto at = with->now();
  auto entry = audit_entry(action,
                           keep ? "with the current password; every other session has ended"
                                : "with the current password; every session has ended",
                           at, who, record.id);
  entry.session = keep;
  storage::unit unit{{storage::set_password_hash{record.id, record.version, phc, at},
                      storage::end_sessions_of{record.id, keep, at, action},
                      storage::use_up_reset_tokens{record.id, at, outdone_by_password()},
                      storage::add_audit{std::move(entry)}}};
  if (may_notify("password_changed"))
    unit.facts.emplace_back(with->mails->password_changed(record.email, at));
  return unit;
}

storage::tokens_of user_state::outdone_by_password() const {
  return record.email_verified ? storage::tokens_of::resets : storage::tokens_of::passphrase_resets;
}

// -- by the old one ---------------------------------------------------------------------

caf::result<messages::password_changed>
user_state::on_change_password(messages::change_password& request) {
  if (!serves()) return gone();
  password_answer answer{self};
  change_password(request, answer, 1);
  return answer;
}

void user_state::change_password(const messages::change_password& request,
                                 const password_answer& answer, std::size_t attempt) {
  password_check check;
  check.password = request.current;
  check.deadline = request.deadline;
  check.refused = [answer](const caf::error& error) { answer.deliver(error); };
  check.right = [this, request, answer, attempt](const secret& tried) {
    if (auto good = check_password(request.next.reveal(), record.username, record.email,
                                   with->policy.password_length_min);
        !good)
      return answer.fail(good.error());
    self->request(with->hasher, no_timeout, messages::hash_password{request.next, request.deadline})
        .then(
            [this, request, answer, tried, attempt, here = present_](messages::hashed& hashed) {
              set_changed_password(request, answer, tried, hashed.phc, attempt);
            },
            [answer, here = present_](caf::error& error) { answer.deliver(error); });
  };
  check_login(std::move(check));
}

void user_state::set_changed_password(const messages::change_password& request,
                                      const password_answer& answer, const secret& tried,
                                      const secret& phc, std::size_t attempt) {
  auto change = std::make_shared<revision>();
  change->deadline = request.deadline;
  change->ends_sessions = end_reason::password_changed;
  change->keep = request.keep;
  change->facts = [this, request, answer, tried, phc, attempt]() -> std::optional<storage::unit> {
    // Another change came before: what was compared is no longer the password's hash.
    if (!is_current(tried)) {
      if (attempt == attempts_max)
        answer.deliver(too_many());
      else
        change_password(request, answer, attempt + 1);
      return std::nullopt;
    }
    return password_facts(phc, "user.password_changed", request.who, request.keep);
  };
  change->learn = [this, phc] {
    record.password_hash = phc;
    ++record.version;
  };
  change->done = [this, answer](const storage::written&) {
    announce_mail();
    answer.deliver(messages::password_changed{});
  };
  change->failed = [answer](const caf::error& error) { answer.deliver(error); };
  take_turn(turnstile::kind::alone, answer, [this, change](turn mine) {
    change->alone = std::move(mine);
    revise(change);
  });
}

// -- by a reset token -----------------------------------------------------------------------

caf::result<messages::password_changed>
user_state::on_reset_password(messages::reset_password& request) {
  if (!serves()) return gone();
  password_answer answer{self};
  const auto failed = [answer](const caf::error& error) { answer.deliver(error); };
  // A look first, so that a token which is no good costs no hash; that it is used once is
  // decided where it is written.
  read(
      storage::find_reset_token{request.token_id}, request.deadline,
      [this, request, answer, failed](std::optional<reset_token_record>& token) {
        const bool good = token && record.is_active && token->user == record.id &&
                          token->purpose != token_purpose::email_verification &&
                          equal_in_constant_time(token->secret_hash, request.token_hash) &&
                          !token->used_at && token->expires_at > with->now();
        if (!good) return answer.fail(error_code::token_invalid);
        // Before the token is used up: whoever chose badly may choose again.
        auto chosen = check_password(request.next.reveal(), record.username, record.email,
                                     with->policy.password_length_min);
        if (!chosen) return answer.fail(chosen.error());
        self->request(with->hasher, no_timeout,
                      messages::hash_password{request.next, request.deadline})
            .then(
                [this, request, answer, purpose = token->purpose,
                 here = present_](messages::hashed& hashed) {
                  set_reset_password(request, answer, hashed.phc, purpose);
                },
                [answer, here = present_](caf::error& error) { answer.deliver(error); });
      },
      failed);
  return answer;
}

user_state::reset_effects user_state::effects_of(token_purpose purpose) const {
  reset_effects does;
  does.at = with->now();
  does.proves_address = purpose == token_purpose::mailed_reset;
  does.takes_over = does.proves_address && !record.email_verified;
  does.ends_keys = does.takes_over || !does.proves_address;
  return does;
}

storage::unit user_state::reset_facts(const messages::reset_password& request, const secret& phc,
                                      token_purpose purpose, const reset_effects& does) const {
  const auto at = does.at;
  const char* how = !does.proves_address ? "by the recovery passphrase"
                    : does.takes_over
                        ? "by mail; the address is proven, what was set up before is gone"
                        : "by mail; the address was verified before";
  auto entry = audit_entry("user.password_reset", how, at, request.who, record.id);
  storage::unit unit{
      {storage::use_reset_token{request.token_id, record.id, request.token_hash, at, purpose},
       storage::set_password_hash{record.id, record.version, phc, at},
       storage::end_sessions_of{record.id, std::nullopt, at, "user.password_reset"},
       storage::use_up_reset_tokens{record.id, at,
                                    does.takes_over ? storage::tokens_of::every_purpose
                                                    : storage::tokens_of::resets}}};
  if (does.ends_keys) {
    unit.facts.emplace_back(storage::remove_recovery{record.id});
    unit.facts.emplace_back(storage::revoke_api_keys_of{record.id, at});
  }
  if (does.takes_over) {
    storage::user_changes changes;
    changes.email_verified = true;
    unit.facts.emplace_back(
        storage::update_user{record.id, record.version + 1, std::move(changes), at});
    unit.facts.emplace_back(storage::drop_mails_to{record.email, at});
  }
  if (does.proves_address) unit.facts.emplace_back(storage::mark_used{record.id, at});
  unit.facts.emplace_back(storage::add_audit{std::move(entry)});
  if (may_notify("password_was_reset"))
    unit.facts.emplace_back(with->mails->password_was_reset(record.email, does.ends_keys, at));
  return unit;
}

void user_state::set_reset_password(const messages::reset_password& request,
                                    const password_answer& answer, const secret& phc,
                                    token_purpose purpose) {
  auto change = std::make_shared<revision>();
  auto does = std::make_shared<reset_effects>();
  change->deadline = request.deadline;
  change->ends_sessions = end_reason::password_reset;
  change->facts = [this, request, answer, phc, purpose, does]() -> std::optional<storage::unit> {
    if (!record.is_active) {
      answer.fail(error_code::token_invalid);
      return std::nullopt;
    }
    *does = effects_of(purpose);
    auto unit = reset_facts(request, phc, purpose, *does);
    unit.facts.emplace_back(storage::forget_password_failures{record.id});
    return unit;
  };
  change->committed = [this, does] {
    ++recovery_changes_;
    if (does->ends_keys) forget_keys();
  };
  change->learn = [this, phc, does] {
    record.password_hash = phc;
    record.version += does->takes_over ? 2 : 1;
    if (!does->proves_address) return;
    record.email_verified = true;
    if (!record.used_at) record.used_at = does->at;
  };
  change->done = [this, answer](const storage::written&) {
    // A locked account is open again for its owner.
    forget_failures();
    announce_mail();
    answer.deliver(messages::password_changed{});
  };
  change->failed = [answer](const caf::error& error) { answer.deliver(error); };
  take_turn(turnstile::kind::alone, answer, [this, change](turn mine) {
    change->alone = std::move(mine);
    revise(change);
  });
}

} // namespace latchkey
